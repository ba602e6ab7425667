//! The page: a text to type, and beside it what the model says of it; and views of their own for a file of texts ([`file`]), for what is
//! known of the model ([`mod@model`]) and for what can be set ([`settings`]).
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
pub mod model;
pub mod own;
pub mod results;
pub mod route;
pub mod scale;
pub mod settings;
pub mod settings_view;
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
use model::{CardReader, ModelView};
use own::{Own, OwnBundle, OwnChoice};
use results::Results;
use route::Route;
use settings::Settings;
use settings_view::SettingsView;
use status::StatusLine;
use tools::Tools;
use wording::headline;

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
    let settings = Settings::open();
    let engine = Engine::new(session, settings);
    let card = CardReader::new(engine);
    let marks = engine.marks();
    let front = engine.front();
    let notice = RwSignal::new(String::new());
    let route = route::follow();
    let is = move |view: Route| route.get() == view;
    // Of the numbers that stay, and while they are awaited what they were last.
    let verdict = Memo::new(move |last: Option<&Option<String>>| {
        let (model, answer) = (engine.model().get()?, engine.answer().get()?);
        match answer.is_settled() {
            true => Some(headline(&model, &answer.answer.classification, front.get().as_deref())),
            false => last.cloned().flatten(),
        }
    });
    route::entitle(route, move || verdict.get());
    Effect::new(move || {
        if is(Route::Model) || is(Route::Settings) {
            card.want();
        }
    });
    // A view stays as it was left, with what was typed and the file that is open; that of files comes when it is first wanted.
    let has_file = Memo::new(move |before: Option<&bool>| before.copied().unwrap_or_default() || is(Route::File));
    // Without tint nothing is marked in the text; which words did it is told beside it all the same.
    let tint = Memo::new(move |_| if settings.has_tint() { marks.get() } else { Some(Vec::new()) });
    let bytes = tools.bytes();
    let dropped = RwSignal::new_local(None);
    let own = Own::new(
        tools.clone(),
        Callback::new(move |(file,)| {
            dropped.set(Some(file));
            Route::File.show();
        }),
    );
    let tools = StoredValue::new_local(tools);
    // What can be done about it is in `index.html`; here it is told to who does not see that.
    EventListener::new(&window(), UPDATE, move |_| notice.set("A new version of this page is ready.".to_owned()))
        .forget();
    view! {
        <OwnBundle own model=engine.model() />
        <div class="view" hidden=move || !is(Route::Write)>
            <div class="columns">
                <div class="column">
                    <Editor engine marks=tint notice />
                    <Glance model=engine.model() answer=engine.answer() front />
                    <Show when=move || is(Route::Write)>
                        <StatusLine engine bytes />
                    </Show>
                </div>
                <Results model=engine.model() answer=engine.answer() marks=marks.into() front />
            </div>
        </div>
        <div class="view" hidden=move || !is(Route::File)>
            <Show when=move || is(Route::File)>
                <StatusLine engine bytes />
            </Show>
            <Show when=move || has_file.get()>
                <FileView engine tools=tools.get_value() dropped notice />
            </Show>
        </div>
        <Show when=move || is(Route::Model)>
            <div class="view">
                <StatusLine engine bytes />
                <ModelView model=engine.bundled() card />
            </div>
        </Show>
        <Show when=move || is(Route::Settings)>
            <div class="view">
                <StatusLine engine bytes />
                <SettingsView settings model=engine.bundled() card />
            </div>
        </Show>
        <OwnChoice own />
        <Announcer status=engine.status() model=engine.model() answer=engine.answer() front notice=notice.into() />
    }
}
