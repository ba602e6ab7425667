//! Where a file is chosen. One that is dropped, wherever on the page, is heard of by [`crate::app::own`], which tells it from a model.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{File, HtmlInputElement};

/// What the chooser of files shows first.
const ENDINGS: &str = ".csv,.tsv,.tab,.txt,.jsonl,.ndjson,text/csv,text/plain";

/// The field, which says that a file can be dropped, too.
#[component]
pub fn Choose(
    /// Hears of the file.
    choose: Callback<(File,)>,
) -> impl IntoView {
    let is_over = RwSignal::new(false);
    let chosen = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            choose.run((file,));
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    view! {
        <div
            class="choose"
            class:over=move || is_over.get()
            on:dragover=move |_| is_over.set(true)
            on:dragleave=move |_| is_over.set(false)
            on:drop=move |_| is_over.set(false)
        >
            <label for="file">"Choose a file, or drop it here"</label>
            <input type="file" id="file" accept=ENDINGS on:change=chosen />
            <p class="hint">
                "CSV, TSV, JSON lines or a text a line; up to 200,000 rows and 100 MB. It stays on this device: the page reads it where it is."
            </p>
        </div>
    }
}
