//! What the engine is doing as long as it cannot answer: how much of the model is here, or why there will be none.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::client::Engine;
use super::wording::megabytes;
use crate::protocol::{Failure, FailureKind, Status};

/// The line under the text; empty once the engine is ready.
#[component]
pub fn StatusLine(
    /// The engine it tells about.
    engine: Engine,
    /// How many bytes it takes when it is first fetched, if that is known.
    bytes: Option<f64>,
) -> impl IntoView {
    let (status, model) = (engine.status(), engine.model());
    // What kind of thing is shown changes rarely, how much has arrived changes often and must not rebuild anything.
    let failure = Memo::new(move |_| match status.get() {
        Status::Failed(failure) => Some(failure),
        _ => None,
    });
    let is_put_off = Memo::new(move |_| status.with(|status| *status == Status::Waiting));
    let is_kept = Memo::new(move |_| model.with(|model| model.as_ref().is_some_and(|model| model.is_kept)));
    let is_awaited = Memo::new(move |_| {
        status.with(|status| matches!(status, Status::Starting | Status::Fetching { .. } | Status::Preparing))
    });
    let share = move || match status.get() {
        Status::Fetching { received, total } => Some((received as f64 / total.max(1) as f64).to_string()),
        _ => None,
    };
    let words = move || match status.get() {
        Status::Fetching { received, total } => {
            format!("Fetching the model: {} of {} MB", megabytes(received), megabytes(total))
        }
        Status::Preparing => "Preparing the model…".to_owned(),
        _ => "Starting the engine…".to_owned(),
    };
    let size = bytes.map_or_else(|| "some".to_owned(), |bytes| format!("up to {}", megabytes(bytes as u64)));
    // The button goes when it is used, and who pressed it on the keyboard would be nowhere then.
    let retry = move |_| {
        engine.retry();
        let text = document().get_element_by_id("text").and_then(|text| text.dyn_into::<HtmlElement>().ok());
        text.map(|text| text.focus());
    };
    view! {
        <div class="status" id="engine" data-state=move || status.with(state)>
            <Show when=move || is_awaited.get()>
                <label for="progress">{words}</label>
                <progress id="progress" max="1" value=share></progress>
                <p class="hint">"You can type already; the answer comes as soon as the model is here."</p>
            </Show>
            <Show when=move || is_put_off.get()>
                <div class="notice">
                    <p>{format!("Your browser is set to save data. The model takes {size} MB, once: it is kept for later visits.")}</p>
                    <button type="button" on:click=retry>"Fetch the model"</button>
                </div>
            </Show>
            <Show when=move || is_kept.get()>
                <p class="hint">"The server cannot be reached: this is the model of an earlier visit."</p>
            </Show>
            <Show when=move || failure.with(Option::is_some)>
                <div class="notice failure" role="alert" data-kind=move || failure.with(|failure| failure.as_ref().map(kind))>
                    <p>{move || failure.get().map(|failure| failure.sentence)}</p>
                    <button type="button" on:click=retry>{move || failure.with(|failure| failure.as_ref().map(remedy))}</button>
                </div>
            </Show>
        </div>
    }
}

fn kind(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::Network => "network",
        FailureKind::Model => "model",
        FailureKind::Engine => "engine",
        FailureKind::Build => "build",
        FailureKind::Policy => "policy",
        FailureKind::Text => "text",
    }
}

fn remedy(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::Build => "Reload the page",
        _ => "Try again",
    }
}

fn state(status: &Status) -> &'static str {
    match status {
        Status::Waiting => "waiting",
        Status::Starting => "starting",
        Status::Fetching { .. } => "fetching",
        Status::Preparing => "preparing",
        Status::Ready => "ready",
        Status::Failed(_) => "failed",
    }
}
