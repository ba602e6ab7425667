//! Independent labels, each with its bar and the mark of its threshold.

use leptos::prelude::*;

use super::wording::{humanise, percent, spoken_percent};
use crate::worker::protocol::Label;

/// One bar for each label.
#[component]
pub fn Bars(
    /// The labels, and their probabilities if there are any.
    rows: Vec<(Label, Signal<Option<f32>>)>,
) -> impl IntoView {
    let rows = rows.into_iter().map(|(label, probability)| view! { <Bar label probability /> }).collect_view();
    view! {
        <ul class="bars">{rows}</ul>
        <p class="legend">"The mark on each bar is its threshold; ▲ tells what lies above."</p>
    }
}

#[component]
fn Bar(label: Label, probability: Signal<Option<f32>>) -> impl IntoView {
    let threshold = label.threshold;
    let name = humanise(&label.name);
    let label_name = label.name.clone();
    let present = Signal::derive(move || probability.get().is_some_and(|value| label.is_present(value)));
    let heading = name.clone();
    let words = move || {
        let side = if present.get() { "above" } else { "below" };
        probability.get().map(|value| format!("{}, {side} its threshold", spoken_percent(value)))
    };
    view! {
        <li class="bar" class:present=move || present.get()>
            <span class="name" aria-hidden="true">{heading}</span>
            <div
                class="gauge"
                data-label=label_name
                data-probability=move || probability.get().map(|value| format!("{value:.6}"))
                data-present=move || present.get().to_string()
                role=move || probability.get().map(|_| "meter")
                aria-label=move || probability.get().map(|_| name.clone())
                aria-valuemin=move || probability.get().map(|_| "0")
                aria-valuemax=move || probability.get().map(|_| "1")
                aria-valuenow=move || probability.get().map(|value| format!("{value:.2}"))
                aria-valuetext=words
                style:--value=move || probability.get().unwrap_or(0.0).to_string()
                style:--threshold=threshold.to_string()
            >
                <span class="track"></span>
                <span class="fill"></span>
                <span class="mark"></span>
            </div>
            <span class="number" aria-hidden="true">
                {move || probability.get().map(percent)}
            </span>
            <span class="sign" aria-hidden="true">{move || present.get().then_some("▲")}</span>
        </li>
    }
}
