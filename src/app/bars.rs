//! Labels, each with its bar: independent ones with the mark of their thresholds, exclusive classes with shares that add up to 1.

use leptos::prelude::*;

use super::wording::{humanise, percent, spoken_percent};
use crate::protocol::{HeadKind, Label};

/// A label with what there is of its answer.
pub struct Row {
    /// The label.
    pub label: Label,
    /// Its probability, if there is any.
    pub probability: Signal<Option<f32>>,
    /// Whether it counts as present.
    pub present: Signal<bool>,
}

/// One bar for each label.
#[component]
pub fn Bars(
    /// How the labels go together.
    kind: HeadKind,
    /// The labels.
    rows: Vec<Row>,
) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Bar kind row /> }).collect_view();
    let legend = match kind {
        HeadKind::Labels => "The mark on each bar is its threshold; ▲ tells what lies above.",
        HeadKind::Classes => "One of these applies, and together they make 100%; ▲ tells the likeliest.",
    };
    view! {
        // Safari takes a list without bullets for none.
        <ul class="bars" role="list">{rows}</ul>
        // Who cannot see the signs hears of each label what they say.
        <p class="legend" aria-hidden="true">{legend}</p>
    }
}

#[component]
fn Bar(kind: HeadKind, row: Row) -> impl IntoView {
    let Row { label, probability, present } = row;
    let threshold = label.threshold;
    let name = humanise(&label.name);
    let heading = name.clone();
    let words = move || {
        let side = match (kind, present.get()) {
            (HeadKind::Labels, true) => format!(", above its threshold of {}", percent(threshold)),
            (HeadKind::Labels, false) => format!(", below its threshold of {}", percent(threshold)),
            (HeadKind::Classes, true) => ", the likeliest".to_owned(),
            (HeadKind::Classes, false) => String::new(),
        };
        probability.get().map(|value| format!("{}{side}", spoken_percent(value)))
    };
    view! {
        <li class="bar" class:present=move || present.get()>
            <span class="name" aria-hidden="true">{heading}</span>
            <div
                class="gauge"
                data-label=label.name
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
                {(kind == HeadKind::Labels).then(|| view! { <span class="mark"></span> })}
            </div>
            <span class="number" aria-hidden="true">
                {move || probability.get().map(percent)}
            </span>
            <span class="sign" aria-hidden="true">{move || present.get().then_some("▲")}</span>
        </li>
    }
}
