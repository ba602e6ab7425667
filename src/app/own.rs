//! A model of the user's own: a bundle on their device, dropped on the page or chosen, which answers instead of the page's until the page is left
//! or they go back. What is wrong with one is said, and the model that there is goes on.
//!
//! The scripts read it (`web/own.js`), and its files go nowhere but to the engines.

use leptos::ev::DragEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File, HtmlElement, HtmlInputElement};

use super::tools::{Tools, sentence};
use crate::protocol::Model;

/// What has the focus when another model is in use: what says so, or what is worked with.
const NEXT: &str = "#own[data-own] > p, #own:not([data-own]) ~ .view:not([hidden]) :is(#text, .entry)";

/// The bundle of the user's own, if one is in use; copies of it are the same.
#[derive(Clone, Copy)]
pub struct Own {
    tools: StoredValue<Tools, LocalStorage>,
    /// What the one in use was called.
    name: RwSignal<Option<String>>,
    /// Whether one is being read.
    is_reading: RwSignal<bool>,
    /// What is wrong with the one that was chosen last.
    refusal: RwSignal<Option<String>>,
    /// Counts what was asked for: only the last of it is told.
    turn: StoredValue<u32>,
}

impl Own {
    /// None yet. From now on what is dropped on the page is read: a folder or a zip as a model, and any other file by who hears of `other`.
    pub fn new(tools: Tools, other: Callback<(File,)>) -> Self {
        let own = Self {
            tools: StoredValue::new_local(tools),
            name: RwSignal::new(None),
            is_reading: RwSignal::new(false),
            refusal: RwSignal::new(None),
            turn: StoredValue::new(0),
        };
        // The browser would leave the page otherwise, and open what was dropped.
        let over = window_event_listener(leptos::ev::dragover, move |event| {
            if files(&event).is_some() {
                event.prevent_default();
            }
        });
        let drop = window_event_listener(leptos::ev::drop, move |event| {
            let Some(dropped) = files(&event) else { return };
            event.prevent_default();
            let is_bundle = own.tools.with_value(|tools| tools.may_be_bundle(&dropped));
            match dropped.files().and_then(|files| files.get(0)).filter(|_| !is_bundle) {
                Some(file) => other.run((file,)),
                None => own.open(dropped.into()),
            }
        });
        on_cleanup(move || {
            over.remove();
            drop.remove();
        });
        own
    }

    /// Has the bundle answer that is in this `DataTransfer` or `FileList`.
    fn open(self, from: JsValue) {
        // What was dropped is to be had only now, and not when the future is first asked.
        let opening = JsFuture::from(self.tools.with_value(|tools| tools.open_bundle(&from)));
        self.change(async move { opening.await.map(|name| name.as_string()) });
    }

    /// Has the page's own model answer again.
    fn leave(self) {
        let tools = self.tools.get_value();
        self.change(async move { tools.leave_bundle().await.map(|()| None) });
    }

    fn change(self, change: impl Future<Output = Result<Option<String>, JsValue>> + 'static) {
        self.turn.update_value(|turn| *turn += 1);
        let turn = self.turn.get_value();
        self.refusal.set(None);
        self.is_reading.set(true);
        spawn_local(async move {
            let changed = change.await;
            if self.turn.get_value() != turn {
                return;
            }
            self.is_reading.set(false);
            match changed {
                Ok(name) => {
                    self.name.set(name);
                    // Who does not see it hears of it so; and the button that goes takes no focus with it.
                    request_animation_frame(|| element(NEXT).into_iter().for_each(|next| drop(next.focus())));
                }
                Err(thrown) => {
                    self.refusal.set(Some(sentence(&thrown)));
                    // It may have been chosen far below.
                    request_animation_frame(|| element("#own").into_iter().for_each(|own| own.scroll_into_view()));
                }
            }
        });
    }
}

/// Says that a bundle of the user's own is in use, and how to go back; nothing where none is.
#[component]
pub fn OwnBundle(
    /// It.
    own: Own,
    /// The model that is in use.
    model: Signal<Option<Model>>,
) -> impl IntoView {
    let said = move || {
        if own.is_reading.get() {
            return Some("Reading the model…".to_owned());
        }
        let name = own.name.get()?;
        let model = model.with(|model| model.as_ref().map(|model| model.name.clone())).unwrap_or_default();
        Some(format!(
            "The model in use is yours: {model}, from {name}. It was read on this device, and is in use until you go back or leave the page."
        ))
    };
    let description =
        move || own.name.get().and_then(|_| model.with(|model| model.as_ref().map(|model| model.description.clone())));
    view! {
        <div class="own" id="own" data-own=move || own.name.get()>
            <p tabindex="-1">{said}</p>
            <p class="hint">{description}</p>
            <Show when=move || own.name.with(Option::is_some)>
                <button type="button" id="own-back" on:click=move |_| own.leave()>"Back to the page’s model"</button>
            </Show>
            <Show when=move || own.refusal.with(Option::is_some)>
                <div class="notice failure" role="alert">
                    <p id="own-refusal">{move || own.refusal.get()}</p>
                </div>
            </Show>
        </div>
    }
}

/// Where a bundle is chosen.
#[component]
pub fn OwnChoice(
    /// It.
    own: Own,
) -> impl IntoView {
    let chosen = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        if let Some(files) = input.files().filter(|files| files.length() > 0) {
            own.open(files.into());
        }
        // So that the same can be chosen again.
        input.set_value("");
    };
    view! {
        <details class="own-choice" id="own-choice">
            <summary>"Use a model of your own"</summary>
            <p class="hint">
                "Drop the folder that “undertone export” has written anywhere on this page, or a zip of it. It is read on this device and sent nowhere."
            </p>
            <div class="controls">
                <label>"Its folder " <input type="file" id="own-folder" prop:webkitdirectory=true on:change=chosen /></label>
                <label>"or a zip " <input type="file" id="own-zip" accept=".zip,application/zip" on:change=chosen /></label>
            </div>
            <Show when=move || own.is_reading.get()>
                <p class="hint">"Reading the model…"</p>
            </Show>
        </details>
    }
}

fn element(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// What is dragged, if it is files and not words.
fn files(event: &DragEvent) -> Option<DataTransfer> {
    event.data_transfer().filter(|dragged| dragged.types().includes(&"Files".into(), 0))
}
