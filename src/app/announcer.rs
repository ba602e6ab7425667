//! Tells a screen reader what the answer comes down to, without talking into anyone's typing.
//!
//! The numbers change with every letter, and nobody wants to hear that. So one quiet region says the verdict, once typing
//! has paused, and only if it is another one than it said last. What of a text was not read it says, too, and that the model is there.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;

use super::client::Shown;
use super::results::truncation;
use super::wording::in_short;
use crate::protocol::{Model, Status};

/// How long nothing must have changed, in milliseconds.
const PAUSE: u32 = 1200;

/// The region, which only screen readers perceive.
#[component]
pub fn Announcer(
    /// Where the engine stands.
    status: Signal<Status>,
    /// What is loaded; none as long as nothing is.
    model: Signal<Option<Model>>,
    /// The answer to the text as it was last.
    answer: Signal<Option<Shown>>,
    /// Which task is told first.
    #[prop(optional)]
    front: Signal<Option<String>>,
    /// What somebody has done, in whichever view, which is said at once; empty where that is told.
    #[prop(optional)]
    notice: Signal<String>,
    /// How long nothing must have changed, in milliseconds.
    #[prop(default = PAUSE)]
    pause: u32,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let timer = StoredValue::<Option<Timeout>, LocalStorage>::new_local(None);
    let is_announced = StoredValue::new(false);
    Effect::new(move || {
        let is_ready = status.with(is_ready);
        answer.track();
        let speak = move || {
            let words = model.with_untracked(|model| {
                answer.with_untracked(|answer| match (model, answer) {
                    (Some(model), Some(shown)) if shown.is_settled() => {
                        Some(spoken(model, shown, front.get_untracked().as_deref()))
                    }
                    // What it says of a text that is typed over is out of date, and what it has said of it is said.
                    (_, Some(_)) => None,
                    (_, None) if is_ready && !is_announced.get_value() => Some("The model is ready.".to_owned()),
                    (_, None) => Some(String::new()),
                })
            });
            is_announced.set_value(is_ready || is_announced.get_value());
            let Some(words) = words else { return };
            // Setting what stands there already would have some screen readers say it again.
            said.maybe_update(|said| {
                let changed = *said != words;
                *said = words;
                changed
            });
        };
        // The timer before this one is dropped, and with it cancelled.
        timer.set_value(Some(Timeout::new(pause, speak)));
    });
    Effect::new(move || {
        notice.with(|notice| {
            if notice.is_empty() {
                return;
            }
            // Who has done something is not talked over by the news that the model is there, nor is it taken away since there is no text.
            if answer.with_untracked(Option::is_none) {
                timer.set_value(None);
                is_announced.update_value(|is_announced| *is_announced |= status.with_untracked(is_ready));
            }
            said.set(notice.clone());
        })
    });
    view! {
        <p class="unseen" role="status" aria-live="polite" aria-atomic="true">
            {said}
        </p>
    }
}

fn is_ready(status: &Status) -> bool {
    *status == Status::Ready
}

fn spoken(model: &Model, shown: &Shown, front: Option<&str>) -> String {
    let mut sentences = in_short(model, &shown.answer.classification, front);
    sentences.extend(truncation(shown));
    sentences.join(" ")
}
