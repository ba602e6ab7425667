//! The row that is looked at: all of its text, its other columns, what the model says of it, and what can be decided.

use js_sys::JsString;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::contents::{Contents, Other};
use super::decide::Decide;
use super::sheet::Sheet;
use crate::app::bars::{Bars, Row};
use crate::app::marks::{Piece, marks, pieces};
use crate::app::scale::Scale;
use crate::app::wording::{thousands, title};
use crate::desk::Labels;
use crate::protocol::{Display, Label, LabelWords, Task, is_present};

/// The panel.
#[component]
pub fn Panel(
    /// The file.
    sheet: Sheet,
    /// What stands in its rows.
    contents: Contents,
) -> impl IntoView {
    let focused = Memo::new(move |_| sheet.focused.get());
    let content = Memo::new(move |_| contents.get(focused.get()?).map(|content| (*content).clone()));
    let heading = move || match focused.get() {
        Some(row) => {
            let line = sheet.with(|data| data.index.place(row).map_or(0, |place| place.line));
            format!("Row {}, line {}", thousands(row as usize + 1), thousands(line as usize))
        }
        None => "No row".to_owned(),
    };
    let others = move || {
        let mut others = content.get()?.others;
        let shown = sheet.shown.get();
        let is_shown = |other: &Other| other.place.is_some_and(|place| shown.contains(&place));
        others.sort_by_key(|other| !is_shown(other));
        let entry = |other: Other| {
            let is_shown = is_shown(&other);
            view! { <div class:shown=is_shown><dt>{other.name}</dt><dd translate="no">{other.value}</dd></div> }
        };
        Some(others.into_iter().map(entry).collect_view())
    };
    let broken = move || {
        let content = content.get()?;
        let reason = content.text.err()?;
        Some(view! {
            <p class="reason">{format!("This row cannot be read: {reason}.")}</p>
            <pre translate="no">{content.written}</pre>
        })
    };
    let remarks = move || {
        sheet.scored.track();
        let row = focused.get()? as usize;
        let (detail, failure) =
            sheet.with(|data| (data.scores.detail(row), data.scores.failure(row).map(str::to_owned)));
        let truncated = detail
            .is_some_and(|detail| detail.truncated)
            .then(|| "Only the beginning of this text was read.".to_owned());
        let reason = detail.and_then(|detail| detail.reason).map(|reason| reason.sentence().to_owned());
        let remarks: Vec<String> = [failure, reason, truncated].into_iter().flatten().collect();
        Some(remarks.into_iter().map(|remark| view! { <p class="hint">{remark}</p> }).collect_view())
    };
    let decided = move || {
        sheet.decided.track();
        let row = focused.get()? as usize;
        sheet.with(|data| {
            let (decision, reason) = (data.journal.decision(row)?, data.journal.reason(row));
            let because = reason.map(|reason| format!(", because: {reason}")).unwrap_or_default();
            Some(format!("Decided: {}{because}", decision.name()))
        })
    };
    let gauges = move || {
        // Each bar has the mark of its threshold.
        sheet.thresholds.track();
        let labels = sheet.model.with(|model| Some(model.as_ref()?.1.clone()))?;
        let tasks = labels.tasks().to_vec();
        let gauge = |(place, task)| view! { <Gauge sheet task place labels=labels.clone() /> };
        Some(tasks.into_iter().enumerate().map(gauge).collect_view())
    };
    view! {
        <aside class="panel" id="panel" aria-label="The row that is looked at">
            <header>
                <h3>{heading}</h3>
                <p class="hint" id="decided">{decided}</p>
            </header>
            <Decide sheet />
            {broken}
            <Text sheet content=Signal::derive(move || content.with(|content| content.as_ref()?.text.clone().ok())) />
            {remarks}
            <dl class="others">{others}</dl>
            {gauges}
        </aside>
    }
}

/// The text, with the words marked that did it where something was found.
#[component]
fn Text(
    sheet: Sheet,
    /// The text; none where there is none.
    content: Signal<Option<String>>,
) -> impl IntoView {
    // The text that words were asked of, and what they are.
    let words = RwSignal::new(None::<(String, Vec<LabelWords>)>);
    let is_marked = Memo::new(move |_| sheet.focused.get().is_some_and(|row| sheet.is_marked(row)));
    let is_hidden = Memo::new(move |_| sheet.focused.get().is_some_and(|row| sheet.is_hidden(row)));
    Effect::new(move || {
        let Some(text) = content.get().filter(|_| is_marked.get()) else { return };
        if words.with_untracked(|words| words.as_ref().is_some_and(|(of, _)| *of == text)) {
            return;
        }
        let Some(session) = sheet.session.try_get_value() else { return };
        spawn_local(async move {
            // Without an answer nothing is marked, which is no mistake.
            let Ok(answer) = session.words(&text).await else { return };
            let answer = answer.as_string().and_then(|json| serde_json::from_str(&json).ok());
            let _ = words.try_set(answer.map(|answer| (text, answer)));
        });
    });
    let parts = move || {
        let text = content.get()?;
        let marks = words.with(|words| match words {
            Some((of, words)) if *of == text && is_marked.get() => {
                let text = JsString::from(&text[..]);
                sheet.model.with(|model| model.as_ref().map(|(model, _)| marks(&text, model, words, &[])))
            }
            _ => None,
        });
        let text = JsString::from(text);
        let part = |piece: Piece| {
            let written = String::from(text.substring(piece.start, piece.end));
            match piece.names.is_empty() {
                true => written.into_any(),
                false => view! { <mark class=piece.names>{written}</mark> }.into_any(),
            }
        };
        Some(pieces(text.length(), &marks.unwrap_or_default()).into_iter().map(part).collect_view())
    };
    view! {
        <Show
            when=move || !is_hidden.get()
            fallback=move || {
                view! {
                    <p class="hint">"Something unkind was found in this text. "</p>
                    <button type="button" id="reveal" aria-keyshortcuts="r" on:click=move |_| sheet.reveal()>
                        "Show it"
                        <kbd aria-hidden="true">"r"</kbd>
                    </button>
                }
            }
        >
            <p class="whole" id="whole" translate="no">{parts}</p>
        </Show>
    }
}

/// What the model says in one task.
#[component]
fn Gauge(sheet: Sheet, task: Task, place: usize, labels: std::sync::Arc<Labels>) -> impl IntoView {
    let probabilities = Memo::new(move |_| sheet.focused.get().and_then(|row| sheet.probabilities(row)));
    let own: Vec<usize> =
        labels.all().iter().enumerate().filter(|(_, label)| label.task == place).map(|(place, _)| place).collect();
    let probability = move |label: usize| {
        Signal::derive(move || {
            probabilities
                .with(|probabilities| probabilities.as_ref().map(|all| all[label]))
                .filter(|value| !value.is_nan())
        })
    };
    let present = {
        let own = own.clone();
        move |label: usize| {
            let (own, is_class) = (own.clone(), labels.all()[label].is_class);
            Signal::derive(move || {
                let Some(probability) = probability(label).get() else { return false };
                match is_class {
                    true => {
                        own.iter().all(|other| *other == label || probability_of(&probabilities, *other) < probability)
                    }
                    false => sheet
                        .thresholds
                        .with(|thresholds| thresholds.get(label).is_some_and(|own| is_present(probability, *own))),
                }
            })
        }
    };
    let heading = title(&task.name);
    let gauge = match task.display {
        Display::Scale(scale) => {
            let label = task.labels.into_iter().next().zip(own.first().copied());
            label.map(|(label, place)| view! { <Scale label scale probability=probability(place) /> }).into_any()
        }
        Display::Bars => {
            let thresholds = sheet.thresholds.get_untracked();
            let row = |(label, place): (Label, usize)| Row {
                label: Label { threshold: thresholds.get(place).copied().unwrap_or(label.threshold), ..label },
                probability: probability(place),
                present: present(place),
            };
            let rows = task.labels.into_iter().zip(own).map(row).collect();
            view! { <Bars kind=task.kind rows /> }.into_any()
        }
    };
    view! {
        <section class="task" data-task=task.name>
            <header><h4>{heading}</h4></header>
            {gauge}
        </section>
    }
}

fn probability_of(probabilities: &Memo<Option<Vec<f32>>>, label: usize) -> f32 {
    probabilities.with(|probabilities| probabilities.as_ref().map_or(f32::NAN, |all| all[label]))
}
