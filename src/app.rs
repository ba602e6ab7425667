//! The page: a text to type, and beside it what the model says of it.
//!
//! Nothing here computes. The page shows what it hears from the worker ([`engine`]), which has a thread of its own, and so
//! typing never waits. Texts go out without any delay, one at a time ([`conversation`]).
//!
//! What does not change (title, privacy statement, the words for a browser that cannot run any of this) stands in
//! `index.html`, so that it is there before the first byte of WebAssembly and without it.

pub mod announcer;
pub mod bars;
pub mod conversation;
pub mod editor;
pub mod engine;
pub mod link;
pub mod results;
pub mod scale;
pub mod status;
pub mod wording;

use leptos::prelude::*;

use announcer::Announcer;
use editor::Editor;
use engine::Engine;
use results::Results;
use status::StatusLine;

/// The element of `index.html` that the page fills.
const PLACE: &str = "page";

/// Puts the page into its place; what the page's `main` calls.
pub fn run() {
    console_error_panic_hook::set_once();
    let place = document().get_element_by_id(PLACE).expect("index.html has an element with this id");
    place.set_inner_html("");
    leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(place), App).forget();
}

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let text = RwSignal::new(String::new());
    let engine = Engine::new();
    engine.start();
    Effect::new(move || text.with(|text| engine.say(text)));
    view! {
        <div class="columns">
            <div class="column">
                <Editor text />
                <StatusLine engine />
            </div>
            <Results model=engine.model() answer=engine.answer() />
        </div>
        <Announcer text model=engine.model() answer=engine.answer() />
    }
}
