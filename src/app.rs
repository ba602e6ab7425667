//! The page: a text to type, and beside it what the model says of it; and a view of its own for a file of texts ([`file`]).
//!
//! Nothing here computes. The page shows what it hears from the engine's client ([`client`]), whose worker has a thread of its own, and so
//! typing never waits.
//!
//! What does not change (title, privacy statement, the words for a browser that cannot run any of this) stands in
//! `index.html`, so that it is there before the first byte of WebAssembly and without it.

pub mod actions;
pub mod announcer;
pub mod bars;
pub mod client;
pub mod editor;
pub mod file;
pub mod glance;
pub mod ink;
pub mod marks;
pub mod own;
pub mod results;
pub mod route;
pub mod scale;
pub mod status;
pub mod tools;
pub mod wording;

use gloo::events::EventListener;
use leptos::prelude::*;

use announcer::Announcer;
use client::{Engine, Session};
use editor::Editor;
use file::FileView;
use glance::Glance;
use own::{Own, OwnBundle, OwnChoice};
use results::Results;
use route::Route;
use status::StatusLine;
use tools::Tools;

/// The element of `index.html` that the page fills.
const PLACE: &str = "page";

/// The event by which `web/offline.js` tells of a new version.
const UPDATE: &str = "undertone:update";

/// Puts the page for `session` into its place.
pub fn run(session: Session, tools: Tools) {
    console_error_panic_hook::set_once();
    let place = document().get_element_by_id(PLACE).expect("index.html has an element with this id");
    place.replace_children_with_node_0();
    leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(place), move || view! { <App session tools /> })
        .forget();
}

/// The whole page.
#[component]
pub fn App(
    /// What answers.
    session: Session,
    /// What else there is.
    tools: Tools,
) -> impl IntoView {
    let engine = Engine::new(session);
    let marks = engine.marks();
    let notice = RwSignal::new(String::new());
    let route = route::follow();
    let is = move |view: Route| route.get() == view;
    // A view stays as it was left, with what was typed and the file that is open; that of files comes when it is first wanted.
    let has_file = Memo::new(move |before: Option<&bool>| before.copied().unwrap_or_default() || is(Route::File));
    let bytes = tools.bytes();
    let own = Own::new(tools.clone());
    let tools = StoredValue::new_local(tools);
    // What can be done about it is in `index.html`; here it is told to who does not see that.
    EventListener::new(&window(), UPDATE, move |_| notice.set("A new version of this page is ready.".to_owned()))
        .forget();
    view! {
        <OwnBundle own model=engine.model() />
        <div class="view" hidden=move || !is(Route::Write)>
            <div class="columns">
                <div class="column">
                    <Editor engine marks notice />
                    <Glance model=engine.model() answer=engine.answer() />
                    <Show when=move || is(Route::Write)>
                        <StatusLine engine bytes />
                    </Show>
                </div>
                <Results model=engine.model() answer=engine.answer() marks=marks.into() />
            </div>
            <Announcer status=engine.status() model=engine.model() answer=engine.answer() notice=notice.into() />
        </div>
        <div class="view" hidden=move || !is(Route::File)>
            <Show when=move || is(Route::File)>
                <StatusLine engine bytes />
            </Show>
            <Show when=move || has_file.get()>
                <FileView engine tools=tools.get_value() />
            </Show>
        </div>
        <OwnChoice own />
    }
}
