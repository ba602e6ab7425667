//! SHA-256 by the browser. In WebAssembly it took a fifth of a cold start (docs/SPEED.md).

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::Result;
use crate::bundle::FileEntry;

/// Checks that `content` is the file that `entry` describes, by the browser's `digest` of it where there is one.
///
/// # Errors
/// Its size or its hash differs.
pub async fn verify(entry: &FileEntry, name: &str, content: &[u8], digest: Promise) -> Result<()> {
    let digest = JsFuture::from(digest).await.ok().and_then(|digest| digest.dyn_into::<ArrayBuffer>().ok());
    match digest {
        Some(digest) => entry.verify_digest(name, content.len(), &Uint8Array::new(&digest).to_vec()),
        None => entry.verify(name, content),
    }
}
