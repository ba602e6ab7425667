//! The keys, for who asks by `?`.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::sheet::Sheet;

/// The keys, and what they do while the table or the row's panel has the focus.
const KEYS: [(&str, &str); 11] = [
    ("J, ↓", "the next row"),
    ("K, ↑", "the row before"),
    ("Page Up, Page Down, Home, End", "far through the rows"),
    ("1", "keep"),
    ("2", "remove"),
    ("3", "unsure"),
    ("0", "undecided again"),
    ("U, Ctrl+Z", "take the last decision back, be it of one row or of thousands"),
    ("Ctrl+Shift+Z", "let it stand again"),
    ("R", "show a text that is hidden"),
    ("?", "these keys"),
];

/// The list of keys, over everything else, and the button that asks for it.
#[component]
pub fn Keys(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        if sheet.shows_keys.get() && !dialog.open() {
            // Cannot fail: it is on the page and not open.
            let _ = dialog.show_modal();
        }
    });
    let rows = KEYS.map(|(keys, what)| view! { <div><dt><kbd>{keys}</kbd></dt><dd>{what}</dd></div> });
    view! {
        <button type="button" id="keys" aria-keyshortcuts="?" on:click=move |_| sheet.shows_keys.set(true)>"Keys"<kbd aria-hidden="true">"?"</kbd></button>
        <dialog node_ref=dialog aria-labelledby="keys-heading" on:close=move |_| sheet.shows_keys.set(false)>
            <h3 id="keys-heading">"Keys"</h3>
            <p class="hint">"They count while the table or the panel of its row has the focus, and not in fields."</p>
            <dl class="keys">{rows.collect_view()}</dl>
            <button type="button" on:click=move |_| dialog.get_untracked().map_or((), |dialog| dialog.close())>"Close"</button>
        </dialog>
    }
}
