//! What the model says, task by task, as the bundle names them.
//!
//! The elements stay while their values change: so a bar glides from one value to the next, and a screen reader that
//! stands on one keeps its place.

use leptos::prelude::*;

use super::bars::{Bars, Row};
use super::client::Shown;
use super::marks::{Mark, MarkKind};
use super::scale::Scale;
use super::settings::ordered;
use super::wording::{counted, duration, humanise, percent, title, verdict};
use crate::protocol::{Classification, Display, Model, Reason, Task, TaskScores};

/// No more words are listed of a kind: the text has them all.
const MOST_LISTED: usize = 8;

/// All tasks of the model and what they answer.
#[component]
pub fn Results(
    /// What is loaded; none as long as nothing is.
    model: Signal<Option<Model>>,
    /// The answer to show; none for a blank text.
    answer: Signal<Option<Shown>>,
    /// What is marked in the text; none while that is not known.
    marks: Signal<Option<Vec<Mark>>>,
    /// Which task stands first.
    #[prop(optional)]
    front: Signal<Option<String>>,
) -> impl IntoView {
    // What was marked last stays until something else is known.
    let marks = Memo::new(move |last: Option<&Vec<Mark>>| marks.get().or_else(|| last.cloned()).unwrap_or_default());
    let state = move || {
        answer.with(|answer| match answer {
            None => "empty",
            Some(shown) if shown.is_current => "current",
            Some(_) => "behind",
        })
    };
    let sequence = move || answer.with(|answer| answer.as_ref().map(|shown| shown.answer.sequence.to_string()));
    let tasks = move || {
        model.get().map(|model| {
            let names: Vec<&str> = model.tasks.iter().map(|task| &task.name[..]).collect();
            let order = ordered(&names, front.get().as_deref()).into_iter();
            let panel = |position: usize| {
                let task = model.tasks[position].clone();
                view! { <TaskPanel task position answer marks /> }
            };
            order.map(panel).collect_view()
        })
    };
    view! {
        <section
            class="results"
            id="results"
            aria-label="Tone"
            data-state=state
            data-sequence=sequence
            data-settled=move || answer.with(|answer| answer.as_ref().is_some_and(Shown::is_settled).to_string())
            data-build=move || model.with(|model| model.as_ref().map(|model| model.build.clone()))
            data-model=move || model.with(|model| model.as_ref().map(|model| model.sha256.clone()))
        >
            <Show when=move || model.with(Option::is_none)>
                <p class="hint">"The tone of your text will show here, and change with every word."</p>
            </Show>
            <p class="reason">{move || answer.with(|answer| answer.as_ref().and_then(reason))}</p>
            {tasks}
            <p class="measured">{move || answer.with(|answer| answer.as_ref().map(measured))}</p>
            <p class="truncated">{move || answer.with(|answer| answer.as_ref().and_then(truncation))}</p>
        </section>
    }
}

#[component]
fn TaskPanel(
    task: Task,
    /// Which of the answer's tasks this is.
    position: usize,
    answer: Signal<Option<Shown>>,
    marks: Memo<Vec<Mark>>,
) -> impl IntoView {
    let scores =
        Memo::new(move |_| answer.with(|answer| answer.as_ref()?.answer.classification.tasks.get(position).cloned()));
    let heading = title(&task.name);
    let display = task.display.clone();
    let reason = Memo::new(move |_| answer.with(|answer| answer.as_ref()?.answer.classification.reason));
    let words = move || scores.with(|scores| scores.as_ref().map(|scores| verdict(&display, scores, reason.get())));
    let scale = match task.display {
        Display::Scale(scale) => Some(scale),
        Display::Bars => None,
    };
    let is_scale = scale.is_some();
    let number = move || {
        scores.with(|scores| {
            let scores = scores.as_ref()?;
            let score = scores.labels.first()?;
            (is_scale && !scores.withheld).then(|| format!("{} {}", percent(score.probability), humanise(&score.label)))
        })
    };
    let kinds = match &scale {
        Some(scale) => vec![
            (MarkKind::Raises, format!("Towards {}", humanise(&scale.high))),
            (MarkKind::Lowers, format!("Towards {}", humanise(&scale.low))),
        ],
        None => vec![(MarkKind::Found, "Found in".to_owned())],
    };
    let labels = task.labels;
    let probability = move |label: usize| {
        Signal::derive(move || {
            let known = |scores: &TaskScores| Some(scores.labels.get(label)?.probability).filter(|_| !scores.withheld);
            scores.with(|scores| known(scores.as_ref()?))
        })
    };
    let gauges = if let Some(scale) = scale {
        let label = labels.into_iter().next();
        label.map(|label| view! { <Scale label scale probability=probability(0) /> }).into_any()
    } else {
        let present = move |label: usize| {
            Signal::derive(move || scores.with(|scores| scores.as_ref().is_some_and(|scores| scores.is_present(label))))
        };
        let row = |(index, label)| Row { label, probability: probability(index), present: present(index) };
        let (kind, rows) = (task.kind, labels.into_iter().enumerate().map(row).collect());
        view! { <Bars kind rows /> }.into_any()
    };
    view! {
        <section class="task" data-task=task.name>
            <header>
                <h2>{heading}</h2>
                <p class="verdict">{words}</p>
                <p class="number">{number}</p>
            </header>
            {gauges}
            {kinds.into_iter().map(|(kind, heading)| view! { <Words heading kind task=position marks /> }).collect_view()}
        </section>
    }
}

/// The marked words of one kind, for those who do not see the marks, and what these mean for those who do.
#[component]
fn Words(
    heading: String,
    kind: MarkKind,
    /// The number of the task that they are about.
    task: usize,
    marks: Memo<Vec<Mark>>,
) -> impl IntoView {
    let words = Memo::new(move |_| marks.with(|marks| listed(marks, kind, task)));
    view! {
        <Show when=move || words.with(|words| !words.is_empty())>
            <p class="words">
                <span class="heading">{heading.clone()}": "</span>
                {move || {
                    let word = |word| view! { <mark class=kind.name()>{word}</mark> };
                    words.get().into_iter().map(word).collect_view()
                }}
            </p>
        </Show>
    }
}

/// The words once each, strong ones first.
fn listed(marks: &[Mark], kind: MarkKind, task: usize) -> Vec<String> {
    let mut marked: Vec<&Mark> = marks.iter().filter(|mark| mark.kind == kind && mark.task == Some(task)).collect();
    marked.sort_by_key(|mark| !mark.is_strong);
    let mut words: Vec<String> = Vec::new();
    for Mark { written, .. } in marked {
        if words.len() < MOST_LISTED && !words.iter().any(|word| word.to_lowercase() == written.to_lowercase()) {
            words.push(written.clone());
        }
    }
    words
}

fn measured(shown: &Shown) -> String {
    let tokens = counted(shown.answer.classification.tokens, "token");
    format!("{tokens} in {}, on this device", duration(shown.answer.milliseconds))
}

fn reason(shown: &Shown) -> Option<&'static str> {
    shown.answer.classification.reason.map(Reason::sentence)
}

/// What of its text was not read.
pub fn truncation(shown: &Shown) -> Option<String> {
    let Classification { tokens, truncated, .. } = shown.answer.classification;
    let tokens = counted(tokens, "token");
    truncated.then(|| format!("The text is longer than what is read of one: only the first {tokens} were read."))
}
