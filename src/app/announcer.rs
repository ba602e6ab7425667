//! Tells a screen reader what the answer comes down to, without talking into anyone's typing.
//!
//! The numbers change with every letter, and nobody wants to hear that. So one quiet region says the verdict, once typing
//! has paused, and only if it is another one than it said last.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use super::engine::Shown;
use super::wording::{title, verdict};

/// How long nothing must have been typed.
const PAUSE: Duration = Duration::from_millis(1200);

/// The region, which only screen readers perceive.
#[component]
pub fn Announcer(
    /// The text that is being typed.
    text: RwSignal<String>,
    /// The answer to it.
    answer: Signal<Option<Shown>>,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let timer = StoredValue::<Option<TimeoutHandle>>::new(None);
    Effect::new(move || {
        text.track();
        answer.track();
        if let Some(timer) = timer.get_value() {
            timer.clear();
        }
        let speak = move || {
            let words = answer.with_untracked(|answer| answer.as_ref().map(spoken)).unwrap_or_default();
            // Setting what stands there already would have some screen readers say it again.
            said.maybe_update(|said| {
                let changed = *said != words;
                *said = words;
                changed
            });
        };
        timer.set_value(set_timeout_with_handle(speak, PAUSE).ok());
    });
    view! {
        <p class="unseen" role="status" aria-live="polite" aria-atomic="true">
            {said}
        </p>
    }
}

fn spoken(shown: &Shown) -> String {
    let tasks = shown.answer.classification.tasks.iter();
    tasks.map(|task| format!("{}: {}.", title(&task.task), verdict(task))).collect::<Vec<_>>().join(" ")
}
