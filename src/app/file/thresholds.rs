//! Thresholds of one's own: what the model's label counts as is for the moderator to say, and can be learnt from what they have decided.

use leptos::prelude::*;

use super::sheet::Sheet;
use crate::app::wording::{humanise, thousands};
use crate::desk::{Fitted, fit, judge};
use crate::threshold::{Decisions, ThresholdObjective};

/// What a threshold can be fitted for, with names.
const OBJECTIVES: [(&str, ThresholdObjective); 4] = [
    ("the best of both", ThresholdObjective::BestF1),
    ("8 of 10 marked are removed", ThresholdObjective::Precision(0.8)),
    ("9 of 10 marked are removed", ThresholdObjective::Precision(0.9)),
    ("95 of 100 marked are removed", ThresholdObjective::Precision(0.95)),
];

/// The threshold of the label that is looked at.
#[component]
pub fn Thresholds(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    let objective = RwSignal::new(0_usize);
    let said = RwSignal::new(String::new());
    let name = move || {
        let label = sheet.label.get();
        sheet.model.with(|model| model.as_ref().and_then(|(_, labels)| Some(humanise(&labels.all().get(label)?.name))))
    };
    let current = Memo::new(move |_| {
        let label = sheet.label.get();
        sheet.thresholds.with(|thresholds| thresholds.get(label).copied().unwrap_or(0.5))
    });
    let set = move |threshold: f32| {
        let label = sheet.label.get_untracked();
        sheet
            .thresholds
            .update(|thresholds| thresholds.iter_mut().skip(label).take(1).for_each(|own| *own = threshold));
    };
    let typed = move |event| {
        if let Ok(percent) = event_target_value(&event).parse::<f32>() {
            set((percent / 100.0).clamp(0.0, 1.0));
        }
    };
    let reset = move |_| {
        let label = sheet.label.get_untracked();
        let own = sheet
            .model
            .with_untracked(|model| model.as_ref().and_then(|(_, labels)| labels.thresholds().get(label).copied()));
        own.map(set);
        said.set(String::new());
    };
    let tell = move |words: String| {
        sheet.say(words.clone());
        said.set(words);
    };
    let learn = move |_| {
        let (label, (_, objective)) = (sheet.label.get_untracked(), OBJECTIVES[objective.get_untracked()]);
        match sheet.with(|data| fit(&data.scores, &data.journal, label, objective)) {
            Ok(Fitted { threshold, reached, .. }) => {
                set(threshold);
                let wanted = if reached { "" } else { " No threshold does that; this one comes nearest." };
                tell(format!("From {:.0}% on it counts.{wanted}", threshold * 100.0));
            }
            Err(error) => tell(format!("Decide some more: {error}.")),
        }
    };
    // How the threshold decides what was decided by hand.
    let quality = move || {
        sheet.settled.track();
        sheet.decided.track();
        let (label, threshold) = (sheet.label.get(), current.get());
        sheet.with(|data| judge(&data.scores, &data.journal, label, threshold)).map(|decisions| in_words(&decisions))
    };
    view! {
        <details class="thresholds" id="thresholds">
            <summary>"The threshold of "{name}": "{move || format!("{:.0}%", current.get() * 100.0)}</summary>
            <div class="controls">
                <label>
                    "It counts from "
                    <input
                        type="number"
                        id="threshold"
                        min="0"
                        max="100"
                        step="1"
                        prop:value=move || format!("{:.0}", current.get() * 100.0)
                        on:change=typed
                    />
                    " % on"
                </label>
                <button type="button" id="bundle-threshold" on:click=reset>"As the model has it"</button>
            </div>
            <div class="controls">
                <label>
                    "Fit it to my decisions, so that "
                    <select
                        id="objective"
                        on:change=move |event| objective.set(event_target_value(&event).parse().unwrap_or_default())
                    >
                        {OBJECTIVES
                            .iter()
                            .enumerate()
                            .map(|(place, (name, _))| view! { <option value=place.to_string()>{*name}</option> })
                            .collect_view()}
                    </select>
                </label>
                <button type="button" id="fit" on:click=learn>"Fit"</button>
            </div>
            <p id="fitted">{said}</p>
            <p class="hint" id="quality">{quality}</p>
        </details>
    }
}

/// How a threshold decides, in words: how much of what it marks was removed, and how much of what was removed it marks.
fn in_words(decisions: &Decisions) -> String {
    let marked = decisions.true_positives + decisions.false_positives;
    let removed = decisions.true_positives + decisions.false_negatives;
    let share = |of: f64, all: f64| if all > 0.0 { format!(" ({:.0}%)", 100.0 * of / all) } else { String::new() };
    let count = |number: f64| thousands(number as usize);
    format!(
        "Of the rows you kept or removed it marks {}, of which you removed {}{}; of the {} that you removed it marks {}{}.",
        count(marked),
        count(decisions.true_positives),
        share(decisions.true_positives, marked),
        count(removed),
        count(decisions.true_positives),
        share(decisions.true_positives, removed),
    )
}
