//! What the engine is doing as long as it cannot answer: how much of the model is here, or why there will be none.

use leptos::prelude::*;

use super::engine::{Engine, Status};
use super::wording::megabytes;

/// The line under the text; empty once the engine is ready.
#[component]
pub fn StatusLine(
    /// The engine it tells about.
    engine: Engine,
) -> impl IntoView {
    let status = engine.status();
    // What kind of thing is shown changes rarely, how much has arrived changes often and must not rebuild anything.
    let failure = Memo::new(move |_| match status.get() {
        Status::Failed { sentence } => Some(sentence),
        _ => None,
    });
    let waiting = Memo::new(move |_| status.with(|status| !matches!(status, Status::Ready | Status::Failed { .. })));
    let share = move || match status.get() {
        Status::Fetching { received, total } => Some((received as f64 / total.max(1) as f64).to_string()),
        _ => None,
    };
    let words = move || match status.get() {
        Status::Starting => "Starting the engine…".to_owned(),
        Status::Fetching { received, total } => {
            format!("Fetching the model: {} of {} MB", megabytes(received), megabytes(total))
        }
        Status::Preparing => "Preparing the model…".to_owned(),
        Status::Ready | Status::Failed { .. } => String::new(),
    };
    view! {
        <div class="status" id="engine" data-state=move || status.with(state)>
            <Show when=move || waiting.get()>
                <label for="progress">{words}</label>
                <progress id="progress" max="1" value=share></progress>
                <p class="hint">"You can type already; the answer comes as soon as the model is here."</p>
            </Show>
            <Show when=move || failure.with(Option::is_some)>
                <div class="failure" role="alert">
                    <p>{move || failure.get()}</p>
                    <button type="button" on:click=move |_| engine.restart()>"Try again"</button>
                </div>
            </Show>
        </div>
    }
}

fn state(status: &Status) -> &'static str {
    match status {
        Status::Starting => "starting",
        Status::Fetching { .. } => "fetching",
        Status::Preparing => "preparing",
        Status::Ready => "ready",
        Status::Failed { .. } => "failed",
    }
}
