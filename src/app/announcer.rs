//! Tells a screen reader what the answer comes down to, without talking into anyone's typing.
//!
//! The numbers change with every letter, and nobody wants to hear that. So one quiet region says the verdict, once typing
//! has paused, and only if it is another one than it said last.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;

use super::engine::Shown;
use super::wording::{title, verdict};
use crate::worker::protocol::{Classification, Model};

/// How long nothing must have been typed, in milliseconds.
const PAUSE: u32 = 1200;

/// The region, which only screen readers perceive.
#[component]
pub fn Announcer(
    /// The text that is being typed.
    text: RwSignal<String>,
    /// What is loaded; none as long as nothing is.
    model: Signal<Option<Model>>,
    /// The answer to it.
    answer: Signal<Option<Shown>>,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let timer = StoredValue::<Option<Timeout>, LocalStorage>::new_local(None);
    Effect::new(move || {
        text.track();
        answer.track();
        let speak = move || {
            let words = model.with_untracked(|model| {
                answer.with_untracked(|answer| Some(spoken(model.as_ref()?, answer.as_ref()?))).unwrap_or_default()
            });
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

fn spoken(model: &Model, shown: &Shown) -> String {
    let Classification { reason, tasks, .. } = &shown.answer.classification;
    let tasks = model.tasks.iter().zip(tasks).filter(|(_, scores)| reason.is_none() || !scores.present().is_empty());
    let spoken =
        tasks.map(|(task, scores)| format!("{}: {}.", title(&task.name), verdict(&task.display, scores, *reason)));
    reason.map(|reason| reason.sentence().to_owned()).into_iter().chain(spoken).collect::<Vec<_>>().join(" ")
}
