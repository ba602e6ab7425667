//! Which of the page's views the address asks for, by what stands behind its `#`: the site lives under any path, on hosts that know of none.

use gloo::events::EventListener;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// A view of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// One text, while it is typed: `#/`, and whatever else is none of the others.
    Write,
    /// A file of texts: `#/file`.
    File,
    /// What is known of the model: `#/model`.
    Model,
    /// What can be set: `#/settings`.
    Settings,
}

impl Route {
    /// What `hash` asks for.
    pub fn of(hash: &str) -> Self {
        match hash {
            "#/file" => Self::File,
            "#/model" => Self::Model,
            "#/settings" => Self::Settings,
            _ => Self::Write,
        }
    }

    fn hash(self) -> &'static str {
        match self {
            Self::Write => "#/",
            Self::File => "#/file",
            Self::Model => "#/model",
            Self::Settings => "#/settings",
        }
    }

    /// Has the page show it.
    pub fn show(self) {
        // Cannot fail: it is an address of this page.
        let _ = window().location().set_hash(self.hash());
    }

    fn title(self) -> &'static str {
        match self {
            Self::Write => "Undertone: the tone of a text, while you type it",
            Self::File => "Undertone: moderate a file",
            Self::Model => "Undertone: the model, and how good it is",
            Self::Settings => "Undertone: settings",
        }
    }
}

/// The view that the address asks for, from now on. Links follow it, and so does the focus, since to a screen reader a change of
/// views is none that the browser told of.
pub fn follow() -> Signal<Route> {
    let current = || Route::of(&window().location().hash().unwrap_or_default());
    let route = RwSignal::new(current());
    EventListener::new(&window(), "hashchange", move |_| route.set(current())).forget();
    Effect::new(move |before: Option<Route>| {
        let route = route.get();
        for link in elements("nav a") {
            let is_current = link.get_attribute("href").is_some_and(|address| address.ends_with(route.hash()));
            // Cannot fail: these are names.
            let _ = match is_current {
                true => link.set_attribute("aria-current", "page"),
                false => link.remove_attribute("aria-current"),
            };
        }
        if before.is_some_and(|before| before != route) {
            let heading = elements(".view:not([hidden]) .entry").into_iter().next();
            heading.map(|heading| heading.focus());
        }
        route
    });
    route.into()
}

/// Has the browser's tab say which view there is, and of a text what it comes down to: not the text, which others may see over a shoulder.
pub fn entitle(route: Signal<Route>, headline: impl Fn() -> Option<String> + 'static) {
    Effect::new(move || {
        let route = route.get();
        let headline = if route == Route::Write { headline() } else { None };
        document()
            .set_title(&headline.map_or_else(|| route.title().to_owned(), |words| format!("{words} – Undertone")));
    });
}

fn elements(selector: &str) -> Vec<HtmlElement> {
    let found = document().query_selector_all(selector);
    let found = found.map(|found| (0..found.length()).filter_map(|place| found.get(place)).collect::<Vec<_>>());
    found.unwrap_or_default().into_iter().filter_map(|node| node.dyn_into().ok()).collect()
}
