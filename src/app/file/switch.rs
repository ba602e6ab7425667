//! Something that is so or is not, for a person to say.

use leptos::prelude::*;

/// A check box with its words.
#[component]
pub fn Switch(
    /// The element's name.
    id: &'static str,
    /// Whether it is so.
    is_on: RwSignal<bool>,
    /// What is so.
    words: &'static str,
) -> impl IntoView {
    view! {
        <label>
            <input
                type="checkbox"
                id=id
                prop:checked=move || is_on.get()
                on:change=move |event| is_on.set(event_target_checked(&event))
            />
            " "
            {words}
        </label>
    }
}
