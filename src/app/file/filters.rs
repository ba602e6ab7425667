//! Which rows are shown, and in which order.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::pass::each_row;
use super::sheet::Sheet;
use crate::app::wording::{counted, humanise};
use crate::desk::{Decision, Order};

/// How long nothing is typed before it is looked for, in milliseconds.
const PAUSE: u64 = 300;

/// Decisions that rows can be shown by, with their names.
const SHOWN: [(&str, &[Option<Decision>]); 5] = [
    ("all", &[]),
    ("undecided", &[None]),
    ("kept", &[Some(Decision::Keep)]),
    ("removed", &[Some(Decision::Remove)]),
    ("unsure", &[Some(Decision::Unsure)]),
];

/// The fields.
#[component]
pub fn Filters(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    // What is shown follows what is wanted.
    Effect::new(move |before: Option<()>| {
        sheet.view.track();
        if before.is_some() {
            sheet.refresh();
        }
    });
    let labels = move || sheet.model.with(|model| model.as_ref().map(|(_, labels)| labels.clone()));
    let label_options = move || {
        let labels = labels()?;
        let selected = sheet.label.get_untracked();
        let option = |(place, label): (usize, &crate::desk::Label)| {
            view! { <option value=place.to_string() selected=place == selected>{humanise(&label.name)}</option> }
        };
        Some(labels.all().iter().enumerate().map(option).collect_view())
    };
    let order = RwSignal::new("file".to_owned());
    Effect::new(move |before: Option<()>| {
        let (order, label) = (order.get(), sheet.label.get());
        let threshold = sheet.thresholds.with(|thresholds| thresholds.get(label).copied().unwrap_or(0.5));
        let order = match order.as_str() {
            "highest" => Order::Highest(label),
            "lowest" => Order::Lowest(label),
            "doubtful" => Order::Doubtful { label, threshold },
            _ => Order::File,
        };
        if before.is_some() {
            sheet.view.maybe_update(|view| std::mem::replace(&mut view.order, order) != order);
        }
    });
    let select_label = move |event| {
        if let Ok(label) = event_target_value(&event).parse() {
            sheet.label.set(label);
            // A range is one of a label.
            sheet.view.maybe_update(|view| view.filter.range.take().is_some());
        }
    };
    let select_decision = move |event| {
        let name = event_target_value(&event);
        let decisions = SHOWN.iter().find(|(other, _)| *other == name).map(|(_, decisions)| decisions.to_vec());
        sheet.view.update(|view| view.filter.decisions = decisions.unwrap_or_default());
    };
    let counts = move || {
        let counts = sheet.counts();
        let of =
            |count: usize, what: &str| (count > 0).then(|| format!("{} {what}", crate::app::wording::thousands(count)));
        let counts = [of(counts.keep, "kept"), of(counts.remove, "removed"), of(counts.unsure, "unsure")];
        let counts: Vec<String> = counts.into_iter().flatten().collect();
        if counts.is_empty() { "Nothing is decided yet.".to_owned() } else { format!("{}.", counts.join(", ")) }
    };
    view! {
        <div class="filters" role="search" aria-label="Rows that are shown">
            <label>
                "Label "
                <select id="label" on:change=select_label>{label_options}</select>
            </label>
            <label>
                "Order "
                <select id="order" on:change=move |event| order.set(event_target_value(&event))>
                    <option value="file">"of the file"</option>
                    <option value="highest">"highest first"</option>
                    <option value="lowest">"lowest first"</option>
                    <option value="doubtful">"nearest to the threshold"</option>
                </select>
            </label>
            <label>
                "Show "
                <select id="show" on:change=select_decision>
                    {SHOWN.map(|(name, _)| view! { <option>{name}</option> }).collect_view()}
                </select>
            </label>
            <label>
                <input
                    type="checkbox"
                    id="once"
                    on:change=move |event| sheet.view.update(|view| view.filter.once = event_target_checked(&event))
                />
                " Equal texts once"
            </label>
            <Search sheet />
            <p class="hint" id="counts">{counts}</p>
        </div>
    }
}

/// Looks for words in all texts: what the browser finds is in the rows in sight alone.
#[component]
fn Search(sheet: Sheet) -> impl IntoView {
    let state = RwSignal::new(String::new());
    let turn = StoredValue::new(0_u32);
    let pause = StoredValue::new(None::<TimeoutHandle>);
    let search = move |wanted: String| {
        turn.update_value(|turn| *turn += 1);
        let own = turn.get_value();
        let wanted = wanted.trim().to_lowercase();
        if wanted.is_empty() {
            state.set(String::new());
            sheet.view.maybe_update(|view| view.filter.found.take().is_some());
            return;
        }
        state.set("Searching…".to_owned());
        let (content, layout, count) = sheet.with(|data| (data.content.clone(), data.layout.clone(), data.index.len()));
        spawn_local(async move {
            let mut found = vec![false; count];
            let looked = each_row(&content, &layout, |row| {
                if turn.try_get_value() != Some(own) {
                    return Err(String::new());
                }
                if let (Ok(text), Some(found)) = (&row.text, found.get_mut(row.place - 1)) {
                    *found = text.to_lowercase().contains(&wanted);
                }
                Ok(())
            });
            let looked = looked.await;
            if turn.try_get_value() != Some(own) {
                return;
            }
            match looked {
                Ok(()) => {
                    let words = format!("Found in {}.", counted(found.iter().filter(|found| **found).count(), "row"));
                    sheet.say(words.clone());
                    state.set(words);
                    sheet.view.update(|view| view.filter.found = Some(found));
                }
                Err(sentence) => {
                    sheet.say(sentence.clone());
                    state.set(sentence);
                }
            }
        });
    };
    let typed = move |event| {
        let wanted = event_target_value(&event);
        if let Some(pause) = pause.get_value() {
            pause.clear();
        }
        let later = set_timeout_with_handle(move || search(wanted), Duration::from_millis(PAUSE));
        pause.set_value(later.ok());
    };
    view! {
        <label>
            "Search "
            <input type="search" id="search" autocomplete="off" spellcheck="false" on:input=typed />
        </label>
        <span class="hint" id="found">{state}</span>
    }
}
