//! A scale, such as from negative over neutral to positive.

use leptos::prelude::*;

use super::wording::{humanise, leaning, spoken_percent};
use crate::protocol::{Label, Scale as Ends};

/// A point on a line from the lower end on the left to the upper end on the right.
#[component]
pub fn Scale(
    /// The one label, whose probability is the point's place.
    label: Label,
    /// What stands at the ends and between them.
    scale: Ends,
    /// The probability, if there is any.
    probability: Signal<Option<f32>>,
) -> impl IntoView {
    let name = format!("Probability of {}", humanise(&label.name));
    let Ends { low, middle, high } = scale.clone();
    let words = move || probability.get().map(|value| format!("{}, {}", spoken_percent(value), leaning(&scale, value)));
    view! {
        <div class="scale" class:empty=move || probability.get().is_none()>
            <div
                class="gauge"
                data-label=label.name
                data-probability=move || probability.get().map(|value| format!("{value:.6}"))
                role=move || probability.get().map(|_| "meter")
                aria-label=move || probability.get().map(|_| name.clone())
                aria-valuemin=move || probability.get().map(|_| "0")
                aria-valuemax=move || probability.get().map(|_| "1")
                aria-valuenow=move || probability.get().map(|value| format!("{value:.2}"))
                aria-valuetext=words
                style:--value=move || probability.get().unwrap_or(0.5).to_string()
            >
                <span class="track"></span>
                <span class="point"></span>
            </div>
            <div class="ends" aria-hidden="true">
                <span>{low}</span>
                <span>{middle}</span>
                <span>{high}</span>
            </div>
        </div>
    }
}
