//! Whether unkind texts are hidden until somebody wants to read them: who reads them all day should not have to.

use leptos::prelude::*;

use super::sheet::Sheet;
use super::switch::Switch;

/// The two switches.
#[component]
pub fn Hiding(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    view! {
        <Switch id="hides" is_on=sheet.hides words="Blur unkind texts" />
        <Switch id="shows-focused" is_on=sheet.shows_focused words="but not the one that is looked at" />
    }
}
