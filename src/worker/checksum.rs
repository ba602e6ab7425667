//! SHA-256 by the browser. In WebAssembly it took a fifth of a cold start (docs/SPEED.md).

use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;

use super::scope;
use crate::Result;
use crate::bundle::FileEntry;

/// Checks that `content` is the file that `entry` describes.
///
/// # Errors
/// Its size or its hash differs.
pub async fn verify(entry: &FileEntry, name: &str, content: &[u8]) -> Result<()> {
    match digest(content).await {
        Some(digest) => entry.verify_digest(name, content.len(), &digest),
        None => entry.verify(name, content),
    }
}

/// Nothing where the browser keeps its cryptography to secure origins, and the page has come from another.
async fn digest(content: &[u8]) -> Option<Vec<u8>> {
    let subtle = scope().crypto().ok()?.subtle();
    if subtle.is_falsy() {
        return None;
    }
    let promise = subtle.digest_with_str_and_u8_array("SHA-256", content).ok()?;
    Some(Uint8Array::new(&JsFuture::from(promise).await.ok()?).to_vec())
}
