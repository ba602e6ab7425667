//! What can be done with a text and its answer: clear it, copy what is said of it, and share it.
//!
//! A shared text is in the part of the link behind `#`, which browsers send to no server.

use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::client::{Engine, Shown};
use super::settings::ordered;
use super::wording::{in_short, percent, title};
use crate::protocol::{LabelScore, Model};

#[wasm_bindgen]
extern "C" {
    /// The clipboard, where the browser has one: pages without HTTPS have none.
    type Clipboard;

    #[wasm_bindgen(js_namespace = navigator, js_name = clipboard, thread_local_v2)]
    static CLIPBOARD: Option<Clipboard>;

    #[wasm_bindgen(method, catch, js_name = writeText)]
    fn write_text(this: &Clipboard, text: &str) -> Result<js_sys::Promise, JsValue>;

    #[wasm_bindgen(js_name = encodeURIComponent, catch)]
    fn encode(text: &js_sys::JsString) -> Result<js_sys::JsString, JsValue>;
}

/// The buttons under the text.
#[component]
pub fn Actions(
    /// What knows text and answer.
    engine: Engine,
    /// Where it is told what was done.
    notice: RwSignal<String>,
    /// Whether there is a text.
    has_text: RwSignal<bool>,
    /// Empties the text.
    clear: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let settled = move || engine.answer().with(|answer| answer.as_ref().is_some_and(Shown::is_settled));
    let copy = move |content: Option<String>, done: &'static str| {
        spawn_local(async move {
            let said = match content {
                None => "There is half a character in the text, which cannot be copied.",
                Some(content) if write(&content).await => done,
                Some(_) => "The browser does not let the page copy.",
            };
            notice.set(said.to_owned());
        });
    };
    let answered = move |content: fn(&Engine, &Model, &Shown) -> String| {
        let (model, answer) = (engine.model().get_untracked()?, engine.answer().get_untracked()?);
        Some(content(&engine, &model, &answer))
    };
    view! {
        <div class="actions">
            <button type="button" disabled=move || !has_text.get() on:click=move |_| clear()>"Clear"</button>
            <button type="button" disabled=move || !settled() on:click=move |_| copy(answered(as_text), "The answer is copied.")>
                "Copy answer"
            </button>
            <button type="button" disabled=move || !settled() on:click=move |_| copy(answered(as_json), "The answer is copied as JSON.")>
                "Copy as JSON"
            </button>
            <button type="button" disabled=move || !has_text.get() on:click=move |_| copy(link(engine), "The link is copied. It has your text in it.")>
                "Copy link"
            </button>
            <span class="hint" aria-hidden="true">{notice}</span>
        </div>
    }
}

/// Whether the clipboard has taken `content`.
async fn write(content: &str) -> bool {
    let Some(Ok(writing)) = CLIPBOARD.with(|clipboard| Some(clipboard.as_ref()?.write_text(content))) else {
        return false;
    };
    JsFuture::from(writing).await.is_ok()
}

/// The answer as people read it, with the model that gave it.
fn as_text(engine: &Engine, model: &Model, Shown { answer, .. }: &Shown) -> String {
    let front = engine.front().get_untracked();
    let mut lines = vec![
        format!("“{}”", String::from(engine.text())),
        in_short(model, &answer.classification, front.as_deref()).join(" "),
    ];
    let tasks = &answer.classification.tasks;
    let names: Vec<&str> = tasks.iter().map(|scores| &scores.task[..]).collect();
    for scores in
        ordered(&names, front.as_deref()).into_iter().map(|number| &tasks[number]).filter(|scores| !scores.withheld)
    {
        let label = |score: &LabelScore| format!("{} {}", title(&score.label), percent(score.probability));
        lines.push(scores.labels.iter().map(label).collect::<Vec<_>>().join(", "));
    }
    if engine.bundled().with_untracked(|bundled| bundled.as_ref() != Some(model)) {
        lines.push("By thresholds of one’s own.".to_owned());
    }
    lines.push(format!("Undertone, model {} {}, build {}", model.name, model.sha256, model.build));
    lines.join("\n")
}

/// The answer as programs read it.
fn as_json(engine: &Engine, model: &Model, Shown { answer, .. }: &Shown) -> String {
    let model = json!({ "name": model.name, "sha256": model.sha256, "build": model.build });
    let content = json!({
        "text": String::from(engine.text()),
        "model": model,
        "classification": answer.classification,
        "words": answer.words,
    });
    format!("{content:#}")
}

/// A link to this page with the text in it; none where half a character is in the text.
fn link(engine: Engine) -> Option<String> {
    let text = encode(&engine.text()).ok()?;
    let location = window().location();
    let address = location.href().ok()?;
    let page = address.split('#').next().unwrap_or_default();
    Some(format!("{page}#text={}", String::from(text)))
}
