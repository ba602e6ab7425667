//! SHA-256 by the browser. In WebAssembly it took a fifth of a cold start (docs/SPEED.md).

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::Result;
use crate::bundle::FileEntry;

/// Checks that `content` is the file that `entry` describes, by its [`digest`](super::ahead::digest) where the browser has one.
///
/// # Errors
/// Its size or its hash differs.
pub async fn verify(entry: &FileEntry, name: &str, content: &Uint8Array, digest: Promise) -> Result<()> {
    let digest = JsFuture::from(digest).await.ok().and_then(|digest| digest.dyn_into::<ArrayBuffer>().ok());
    let verified = digest.and_then(|digest| {
        let digest = Uint8Array::new(&digest).to_vec();
        entry.verify_pieces(name, content.length() as usize, &digest)
    });
    verified.unwrap_or_else(|| entry.verify(name, &content.to_vec()))
}
