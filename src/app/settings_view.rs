//! The view of the settings (`#/settings`).

use leptos::prelude::*;

mod effect;
mod own_thresholds;

use own_thresholds::OwnThresholds;

use super::settings::{Settings, Theme};
use crate::app::model::CardReader;
use crate::app::wording::title;
use crate::protocol::Model;

/// All settings, each of which holds at once.
#[component]
pub fn SettingsView(
    /// What is set.
    settings: Settings,
    /// The model as its bundle has it; none as long as none is loaded.
    model: Signal<Option<Model>>,
    /// Its card.
    card: CardReader,
) -> impl IntoView {
    let theme = |(theme, name): (Theme, &'static str)| {
        view! {
            <label>
                <input
                    type="radio"
                    name="theme"
                    prop:checked=move || settings.theme() == theme
                    on:change=move |_| settings.set(|kept| kept.theme = theme)
                />
                {name}
            </label>
        }
    };
    let of_model = move || {
        model.get().map(|model| {
            view! {
                <Front settings model=model.clone() />
                <OwnThresholds settings model card />
            }
        })
    };
    view! {
        <section class="settings" aria-labelledby="settings-heading">
            <h2 id="settings-heading" class="entry" tabindex="-1">"Settings"</h2>
            <p class="hint" id="settings-kept">
                {move || match settings.is_kept.get() {
                    true => "Kept in this browser alone, and sent nowhere.",
                    false => "This browser does not let the page keep anything: settings hold until the page is closed.",
                }}
            </p>
            <fieldset class="choices">
                <legend>"Colours"</legend>
                {Theme::ALL.map(theme)}
            </fieldset>
            <fieldset class="choices">
                <legend>"Words"</legend>
                <label>
                    <input
                        type="checkbox"
                        id="tint"
                        prop:checked=move || settings.has_tint()
                        on:change=move |event| settings.set(|kept| kept.is_plain = !event_target_checked(&event))
                    />
                    "Mark in the text which words did it"
                </label>
            </fieldset>
            <Show when=move || model.with(Option::is_none)>
                <p class="hint">"What is set for the model stands here once it is loaded."</p>
            </Show>
            {of_model}
        </section>
    }
}

/// Which task stands in front; nothing where there is but one.
#[component]
fn Front(settings: Settings, model: Model) -> impl IntoView {
    let of = StoredValue::new(model.clone());
    let first = model.tasks.first().map(|task| task.name.clone()).unwrap_or_default();
    let chosen = Memo::new(move |_| of.with_value(|model| settings.front(model)).unwrap_or_else(|| first.clone()));
    let several = model.tasks.len() > 1;
    let choice = move |(number, task): (usize, crate::protocol::Task)| {
        let (name, set) = (task.name.clone(), task.name.clone());
        view! {
            <label>
                <input
                    type="radio"
                    name="front"
                    value=task.name.clone()
                    prop:checked=move || chosen.get() == name
                    on:change=move |_| {
                        let front = (number > 0).then(|| set.clone());
                        of.with_value(|model| settings.set_of(model, |of| of.front = front));
                    }
                />
                {title(&task.name)}
            </label>
        }
    };
    let choices = model.tasks.into_iter().enumerate().map(choice).collect_view();
    several.then(|| {
        view! {
            <fieldset class="choices">
                <legend>"What is told first"</legend>
                {choices}
            </fieldset>
        }
    })
}
