//! What the page asks of scripts beside the session (`web/tools.js`), which get it when it is first needed.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::DataTransfer;

#[wasm_bindgen]
extern "C" {
    /// The tools.
    #[derive(Clone)]
    pub type Tools;

    /// How many bytes model and engine take when they are first fetched; undefined where the bundle is not the site's own.
    #[wasm_bindgen(method, getter)]
    pub fn bytes(this: &Tools) -> Option<f64>;

    /// What scores a file's rows.
    #[wasm_bindgen(method, catch)]
    pub async fn scorer(this: &Tools) -> Result<JsValue, JsValue>;

    /// Whether what is dragged may be a bundle.
    #[wasm_bindgen(method, js_name = mayBeBundle)]
    pub fn may_be_bundle(this: &Tools, dragged: &DataTransfer) -> bool;

    /// Has a bundle answer that was dropped (a `DataTransfer`) or chosen (a `FileList`); what it was called.
    #[wasm_bindgen(method, js_name = openBundle)]
    pub fn open_bundle(this: &Tools, from: &JsValue) -> Promise;

    /// Has the page's own model answer again.
    #[wasm_bindgen(method, catch, js_name = leaveBundle)]
    pub async fn leave_bundle(this: &Tools) -> Result<(), JsValue>;

    /// What keeps decisions and scores.
    #[wasm_bindgen(method, catch)]
    pub async fn journal(this: &Tools) -> Result<JsValue, JsValue>;

    /// Keeps what was decided and scored of files (`web/journal.js`).
    #[derive(Clone)]
    pub type Journal;

    /// Whether it outlives the page.
    #[wasm_bindgen(method, getter, js_name = isKept)]
    pub fn is_kept(this: &Journal) -> bool;

    /// Makes this page the one that writes about a file; false where another one does already.
    #[wasm_bindgen(method, catch)]
    pub async fn claim(this: &Journal, key: &str) -> Result<JsValue, JsValue>;

    /// Lets others write about it.
    #[wasm_bindgen(method)]
    pub fn release(this: &Journal);

    /// What is known of a file; undefined where nothing is.
    #[wasm_bindgen(method, catch)]
    pub async fn find(this: &Journal, key: &str) -> Result<JsValue, JsValue>;

    /// What is kept of a file.
    #[wasm_bindgen(method, catch)]
    pub async fn read(this: &Journal, key: &str) -> Result<JsValue, JsValue>;

    /// From now on there is something to be kept of a file.
    #[wasm_bindgen(method, catch)]
    pub async fn begin(this: &Journal, key: &str, name: &str) -> Result<(), JsValue>;

    /// Keeps settings.
    #[wasm_bindgen(method, catch, js_name = keepSettings)]
    pub async fn keep_settings(this: &Journal, key: &str, settings: &str) -> Result<(), JsValue>;

    /// Keeps a step.
    #[wasm_bindgen(method, catch, js_name = addEntry)]
    pub async fn add_entry(this: &Journal, key: &str, json: &str, decisions: usize) -> Result<(), JsValue>;

    /// Keeps scores.
    #[wasm_bindgen(method, catch, js_name = addScores)]
    pub async fn add_scores(
        this: &Journal,
        key: &str,
        bytes: &js_sys::Uint8Array,
        scored: usize,
    ) -> Result<(), JsValue>;

    /// Nothing of a file is kept.
    #[wasm_bindgen(method, catch)]
    pub async fn forget(this: &Journal, key: &str) -> Result<(), JsValue>;

    /// What is known of a file.
    pub type Known;

    /// How many of its rows are decided.
    #[wasm_bindgen(method, getter)]
    pub fn decisions(this: &Known) -> usize;

    /// How many are scored.
    #[wasm_bindgen(method, getter)]
    pub fn scored(this: &Known) -> usize;

    /// What is kept of a file.
    pub type Kept;

    /// Its steps, as JSON.
    #[wasm_bindgen(method, getter)]
    pub fn entries(this: &Kept) -> js_sys::Array;

    /// Its scores, in pieces.
    #[wasm_bindgen(method, getter)]
    pub fn scores(this: &Kept) -> js_sys::Array;

    /// Its settings.
    #[wasm_bindgen(method, getter)]
    pub fn settings(this: &Kept) -> String;

    /// Scores the rows of a file (`web/scorer.js`).
    #[derive(Clone)]
    pub type Scorer;

    /// Scores what `more` gives, and tells `deliver`.
    #[wasm_bindgen(method, catch)]
    pub async fn run(this: &Scorer, sha256: &str, more: &Function, deliver: &Function) -> Result<(), JsValue>;

    /// Ends it, for good.
    #[wasm_bindgen(method)]
    pub fn stop(this: &Scorer);
}

/// What a script has thrown, as a sentence.
pub fn sentence(thrown: &JsValue) -> String {
    let message = js_sys::Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| thrown.as_string()).unwrap_or_else(|| "Something went wrong in the browser.".to_owned())
}
