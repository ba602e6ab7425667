//! Where a file is chosen, or dropped.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File, HtmlInputElement};

use crate::app::tools::Tools;

/// What the chooser of files shows first.
const ENDINGS: &str = ".csv,.tsv,.tab,.txt,.jsonl,.ndjson,text/csv,text/plain";

/// The field and the place to drop a file.
#[component]
pub fn Choose(
    /// Hears of the file.
    choose: Callback<(File,)>,
    /// Tells a file from a bundle, which the page takes.
    tools: Tools,
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
    let over = move |event: DragEvent| {
        event.prevent_default();
        is_over.set(true);
    };
    let dropped = move |event: DragEvent| {
        is_over.set(false);
        let Some(dropped) = event.data_transfer().filter(|dropped| !tools.may_be_bundle(dropped)) else { return };
        event.prevent_default();
        let files = dropped.files();
        if let Some(file) = files.and_then(|files| files.get(0)) {
            choose.run((file,));
        }
    };
    view! {
        <div
            class="choose"
            class:over=move || is_over.get()
            on:dragover=over
            on:dragleave=move |_| is_over.set(false)
            on:drop=dropped
        >
            <label for="file">"Choose a file, or drop it here"</label>
            <input type="file" id="file" accept=ENDINGS on:change=chosen />
            <p class="hint">
                "CSV, TSV, JSON lines or a text a line; up to 200,000 rows and 100 MB. It stays on this device: the page reads it where it is."
            </p>
        </div>
    }
}
