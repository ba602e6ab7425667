//! The verdict in a line under the text, for phones, whose keyboards cover what is below.

use leptos::prelude::*;

use super::client::Shown;
use super::wording::in_short;
use crate::protocol::Model;

/// The line. Only eyes need it: screen readers hear the same from [`super::announcer`].
#[component]
pub fn Glance(
    /// What is loaded; none as long as nothing is.
    model: Signal<Option<Model>>,
    /// The answer to show.
    answer: Signal<Option<Shown>>,
    /// Which task is told first.
    #[prop(optional)]
    front: Signal<Option<String>>,
) -> impl IntoView {
    let words = move || {
        model.with(|model| {
            answer.with(|answer| {
                let front = front.get();
                Some(in_short(model.as_ref()?, &answer.as_ref()?.answer.classification, front.as_deref()).join(" "))
            })
        })
    };
    view! {
        <p class="glance" aria-hidden="true">{words}</p>
    }
}
