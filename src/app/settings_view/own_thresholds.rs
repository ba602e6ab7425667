//! From which probability on each label counts: a slider each, and what it does by the model's card.

use leptos::prelude::*;

use super::effect::in_words;
use crate::app::model::CardReader;
use crate::app::settings::Settings;
use crate::app::wording::{humanise, percent, title};
use crate::protocol::{Display, HeadKind, Label, Model, Task};

/// The sliders of all tasks whose labels have thresholds that are shown: of a scale there is a point, and of classes the likeliest.
#[component]
pub fn OwnThresholds(
    /// What is set.
    settings: Settings,
    /// The model as its bundle has it.
    model: Model,
    /// Its card.
    card: CardReader,
) -> impl IntoView {
    let has_thresholds = |task: &&Task| task.kind == HeadKind::Labels && matches!(task.display, Display::Bars);
    let tasks: Vec<Task> = model.tasks.iter().filter(has_thresholds).cloned().collect();
    let shown = StoredValue::new(model.clone());
    let has_own = move || shown.with_value(|model| !settings.thresholds(model).0.is_empty());
    let reset = move |_| {
        shown.with_value(|model| settings.set_of(model, |of| of.thresholds = Default::default()));
    };
    let sliders = |task: Task| {
        let model = model.clone();
        let name = task.name.clone();
        let slider = move |label: Label| view! { <Slider settings model=model.clone() task=name.clone() label card /> };
        view! {
            <fieldset>
                <legend>{title(&task.name)}</legend>
                {task.labels.into_iter().map(slider).collect_view()}
            </fieldset>
        }
    };
    let is_empty = tasks.is_empty();
    // On what the card says what a threshold does.
    let names: Vec<String> = tasks.iter().map(|task| task.name.clone()).collect();
    let measured = move || {
        let card = card.known()?;
        let of = card.tasks.iter().find(|of| names.contains(&of.name))?.measured.as_ref()?;
        Some(format!("What a threshold does is told by the model’s card: it was measured on {}.", of.counted))
    };
    view! {
        <h3>"From where on a label counts"</h3>
        <p class="hint">{measured}</p>
        <Show when=move || is_empty>
            <p class="hint">"No label of this model has a threshold that could be changed."</p>
        </Show>
        {tasks.into_iter().map(sliders).collect_view()}
        <p>
            <button type="button" id="reset-thresholds" disabled=move || !has_own() on:click=reset>
                "Back to the model’s thresholds"
            </button>
        </p>
    }
}

#[component]
fn Slider(settings: Settings, model: Model, task: String, label: Label, card: CardReader) -> impl IntoView {
    let bundled = label.threshold;
    let id = format!("threshold-{task}-{}", label.name);
    let hint = format!("{id}-hint");
    let (name, of) = (humanise(&label.name), StoredValue::new((model, task, label.name)));
    let own = Memo::new(move |_| {
        of.with_value(|(model, task, label)| settings.thresholds(model).0.get(task)?.get(label).copied())
    });
    let threshold = move || own.get().unwrap_or(bundled);
    let set = move |event| {
        if let Ok(percent) = event_target_value(&event).parse::<f32>() {
            of.with_value(|(model, task, label)| settings.set_threshold(model, task, label, Some(percent / 100.0)));
        }
    };
    let words = move || {
        let whose = match own.get() {
            Some(_) => format!("Your own; the model’s is {}. ", percent(bundled)),
            None => "The model’s. ".to_owned(),
        };
        let effect = card
            .known()
            .and_then(|card| of.with_value(|(_, task, label)| in_words(card.label(task, label)?, threshold())));
        format!("{whose}{}", effect.unwrap_or_default())
    };
    view! {
        <div class="setting">
            <label for=id.clone()>{name}</label>
            <input
                type="range"
                id=id.clone()
                min="1"
                max="99"
                step="1"
                aria-describedby=hint.clone()
                aria-valuetext=move || percent(threshold())
                prop:value=move || (100.0 * threshold()).round().to_string()
                on:input=set
            />
            <output for=id>{move || percent(threshold())}</output>
            <p class="hint" id=hint>{words}</p>
        </div>
    }
}
