//! Work in pieces: an open file is many elements, and all of them at once would keep the page from its user for more than 50 ms.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;

/// What is built in a task of its own.
#[component]
pub fn Soon(
    /// It.
    children: ChildrenFn,
) -> impl IntoView {
    let is_time = RwSignal::new(false);
    soon(move || is_time.set(true));
    move || is_time.get().then(|| children())
}

/// Does something in a task of its own, if who wants it is still there by then.
pub fn soon(work: impl FnOnce() + 'static) {
    // It ends with its owner, and the work is not done then.
    StoredValue::new_local(Timeout::new(0, work));
}
