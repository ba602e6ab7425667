//! Whether unkind texts are hidden until somebody wants to read them: who reads them all day should not have to.

use leptos::prelude::*;

use super::sheet::Sheet;

/// The two switches.
#[component]
pub fn Hiding(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    view! {
        <label>
            <input
                type="checkbox"
                id="hides"
                prop:checked=move || sheet.hides.get()
                on:change=move |event| sheet.hides.set(event_target_checked(&event))
            />
            " Blur unkind texts"
        </label>
        <label>
            <input
                type="checkbox"
                id="shows-focused"
                prop:checked=move || sheet.shows_focused.get()
                on:change=move |event| sheet.shows_focused.set(event_target_checked(&event))
            />
            " but not the one that is looked at"
        </label>
    }
}
