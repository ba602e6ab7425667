//! Tells a screen reader what the answer comes down to, without talking into anyone's typing.
//!
//! The numbers change with every letter, and nobody wants to hear that. So one quiet region says the verdict, once typing
//! has paused, and only if it is another one than it said last.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;

use super::engine::Shown;
use super::wording::{title, verdict};

/// How long nothing must have been typed, in milliseconds.
const PAUSE: u32 = 1200;

/// The region, which only screen readers perceive.
#[component]
pub fn Announcer(
    /// The text that is being typed.
    text: RwSignal<String>,
    /// The answer to it.
    answer: Signal<Option<Shown>>,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let timer = StoredValue::<Option<Timeout>, LocalStorage>::new_local(None);
    Effect::new(move || {
        text.track();
        answer.track();
        let speak = move || {
            let words = answer.with_untracked(|answer| answer.as_ref().map(spoken)).unwrap_or_default();
            // Setting what stands there already would have some screen readers say it again.
            said.maybe_update(|said| {
                let changed = *said != words;
                *said = words;
                changed
            });
        };
        // The timer before this one is dropped, and with it cancelled.
        timer.set_value(Some(Timeout::new(PAUSE, speak)));
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
