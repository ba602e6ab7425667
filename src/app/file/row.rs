//! One row of the table.

use leptos::prelude::*;

use super::contents::{Contents, shortened};
use super::others::{FIXED, OtherCells};
use super::sheet::Sheet;
use crate::app::wording::{humanise, percent, spoken_percent, thousands, title};
use crate::desk::{Decision, Labels, Order};
use crate::protocol::is_present;

/// A row, `position` rows below the first one that is shown.
#[component]
pub fn Row(
    /// The file.
    sheet: Sheet,
    /// What stands in its rows.
    contents: Contents,
    /// Which row.
    row: u32,
    /// Its place among those that are shown.
    position: usize,
    /// Where it is, in pixels from the table's top.
    top: Signal<f64>,
) -> impl IntoView {
    let content = Memo::new(move |_| contents.get(row).map(|content| content.text.clone()));
    let is_broken = move || content.with(|content| matches!(content, Some(Err(_))));
    let is_hidden = Memo::new(move |_| sheet.is_hidden(row));
    let words = move || {
        content.with(|content| match content {
            None => "…".to_owned(),
            Some(Ok(text)) => shortened(text),
            Some(Err(reason)) => format!("This row cannot be read: {reason}"),
        })
    };
    let is_focused = move || sheet.focused.get() == Some(row);
    let decision = Memo::new(move |_| sheet.decision(row));
    let marks = Memo::new(move |_| sheet.is_marked(row));
    let cells = move || {
        let labels = sheet.model.with(|model| Some(model.as_ref()?.1.clone()))?;
        let tasks = 0..labels.tasks().len();
        Some(tasks.map(|task| view! { <ScoreCell sheet row task labels=labels.clone() /> }).collect_view())
    };
    view! {
        <div
            role="row"
            class="row"
            class:focused=is_focused
            class:broken=is_broken
            class:marked=move || marks.get()
            aria-rowindex=position + 2
            aria-selected=move || is_focused().to_string()
            tabindex=move || if is_focused() { "0" } else { "-1" }
            data-row=row
            data-decision=move || decision.get().map(Decision::name)
            style:transform=move || format!("translateY({}px)", top.get())
        >
            <span role="gridcell" class="line" aria-colindex="1">{thousands(row as usize + 1)}</span>
            <span role="gridcell" class="decision" aria-colindex="2">{move || sign(decision.get())}</span>
            <span role="gridcell" class="text" translate="no" aria-colindex="3">
                // Who does not want to see it does not want to hear it either.
                {move || is_hidden.get().then(|| view! { <span class="unseen">"Hidden: something unkind was found in it."</span> })}
                <span class:blurred=move || is_hidden.get() aria-hidden=move || is_hidden.get().then_some("true")>{words}</span>
            </span>
            <OtherCells sheet contents row />
            {cells}
        </div>
    }
}

/// What the model says of a row in one task: of the label that rows are sorted by, or else of the likeliest, what was found before what was
/// not.
#[component]
fn ScoreCell(
    sheet: Sheet,
    row: u32,
    task: usize,
    /// The model's labels.
    labels: std::sync::Arc<Labels>,
) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let probabilities = sheet.probabilities(row)?;
        let thresholds = sheet.thresholds.get();
        let sorted = match sheet.view.with(|view| view.order) {
            Order::Highest(label) | Order::Lowest(label) | Order::Doubtful { label, .. } => Some(label),
            Order::File => None,
        };
        let all = || labels.all().iter().enumerate().filter(move |(_, label)| label.task == task);
        let wanted = all().find(|(place, _)| Some(*place) == sorted);
        let is_above = |place: usize| thresholds.get(place).is_some_and(|own| is_present(probabilities[place], *own));
        let key = |place: usize| (is_above(place), probabilities[place]);
        let strongest =
            || all().max_by(|(a, _), (b, _)| key(*a).0.cmp(&key(*b).0).then(key(*a).1.total_cmp(&key(*b).1)));
        let (place, label) = wanted.or_else(strongest)?;
        let probability = Some(probabilities[place]).filter(|probability| !probability.is_nan());
        Some((label.clone(), probability, probability.is_some() && label.marks() && is_above(place)))
    });
    let words = move || {
        let (label, probability, _) = shown.get()?;
        Some(
            probability
                .map_or("–".to_owned(), |probability| format!("{} {}", percent(probability), humanise(&label.name))),
        )
    };
    let spoken = move || {
        let (label, probability, is_marked) = shown.get()?;
        let probability = probability.map_or("no verdict".to_owned(), spoken_percent);
        Some(format!("{}: {probability}{}", title(&label.name), if is_marked { ", above its threshold" } else { "" }))
    };
    view! {
        <span
            role="gridcell"
            class="score"
            aria-colindex=move || FIXED + sheet.shown.with(Vec::len) + task + 1
            class:present=move || shown.with(|shown| shown.as_ref().is_some_and(|shown| shown.2))
            style:--value=move || shown.with(|shown| shown.as_ref().and_then(|shown| shown.1).unwrap_or(0.0).to_string())
        >
            <span class="unseen">{spoken}</span>
            <span aria-hidden="true">{words}</span>
        </span>
    }
}

/// What was decided, in a word.
pub fn sign(decision: Option<Decision>) -> &'static str {
    match decision {
        None => "",
        Some(Decision::Keep) => "Keep",
        Some(Decision::Remove) => "Remove",
        Some(Decision::Unsure) => "Unsure",
    }
}
