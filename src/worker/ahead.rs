//! What `web/boot.js` has begun to read while the browser compiled this binary.
//!
//! Compiling takes as long as reading an earlier visit's weights, and neither needs the other.

use js_sys::{Map, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What is being read.
    #[derive(Clone)]
    pub type Ahead;

    /// The response with the bundle's manifest.
    #[wasm_bindgen(method, getter)]
    pub fn manifest(this: &Ahead) -> Promise;

    /// Asks for the bundle's file `name`, by this query and in this way with the browser's HTTP cache (`default` or `reload`): a response, be it the
    /// server's or made of the user's own file.
    #[wasm_bindgen(method)]
    pub fn get(this: &Ahead, name: &str, query: &str, cache: &str) -> Promise;

    /// Whether the bundle's files are the user's own, and not the server's.
    #[wasm_bindgen(method, getter, js_name = isOwn)]
    pub fn is_own(this: &Ahead) -> bool;

    /// Where the browser keeps files, if it does: a [`Shelf`].
    #[wasm_bindgen(method, getter)]
    pub fn store(this: &Ahead) -> Promise;

    /// What an earlier visit has kept of the bundle, if it has: a [`KeptBundle`].
    #[wasm_bindgen(method, getter)]
    pub fn kept(this: &Ahead) -> Promise;

    /// Where files are kept by their names.
    pub type Shelf;

    /// All names.
    #[wasm_bindgen(method, catch)]
    pub async fn names(this: &Shelf) -> Result<JsValue, JsValue>;

    /// The file of this name, a [`KeptFile`].
    #[wasm_bindgen(method, catch)]
    pub async fn open(this: &Shelf, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub async fn write(this: &Shelf, name: &str, content: &Uint8Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub async fn remove(this: &Shelf, name: &str) -> Result<JsValue, JsValue>;

    /// A file on a [`Shelf`].
    pub type KeptFile;

    /// What is in it, a [`Uint8Array`].
    #[wasm_bindgen(method, catch)]
    pub async fn read(this: &KeptFile) -> Result<JsValue, JsValue>;

    /// A bundle that is kept.
    pub type KeptBundle;

    /// Its manifest.
    #[wasm_bindgen(method, getter, js_name = manifest)]
    pub fn text(this: &KeptBundle) -> String;

    /// Those of its files that can be read: by their SHA-256s, each a [`Kept`].
    #[wasm_bindgen(method, getter)]
    pub fn contents(this: &KeptBundle) -> Map;

    /// A file that is kept.
    pub type Kept;

    /// What is in it.
    #[wasm_bindgen(method, getter)]
    pub fn content(this: &Kept) -> Uint8Array;

    /// What [`digest`] gives for it.
    #[wasm_bindgen(method, getter)]
    pub fn digest(this: &Kept) -> Promise;

    #[wasm_bindgen(thread_local_v2, js_name = ahead)]
    static AHEAD: Ahead;

    /// Has the browser compute the SHA-256 of the SHA-256s of the pieces of `content`, which
    /// [`FileEntry::sha256_of_pieces`](crate::bundle::FileEntry::sha256_of_pieces) is; undefined where it does so for secure
    /// origins only.
    pub fn digest(content: &Uint8Array) -> Promise;
}

/// What is being read.
pub fn ahead() -> Ahead {
    AHEAD.with(Clone::clone)
}
