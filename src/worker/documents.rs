//! The documents that a bundle has beside what the engine is made of: fetched when somebody wants to read one, checked against the manifest,
//! and kept with the rest.

use std::collections::BTreeMap;

use js_sys::Promise;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::ahead::digest;
use super::checksum::verify;
use super::download::{self, fetched, read};
use super::store::Store;
use crate::Error;
use crate::bundle::{FileEntry, Manifest};
use crate::protocol::Failure;

/// No document that somebody would read here has more bytes.
const LIMIT: u64 = 1 << 24;

/// The documents of a bundle.
pub struct Documents {
    address: String,
    cache: &'static str,
    /// When the bundle itself is kept.
    kept: Promise,
    entries: BTreeMap<String, FileEntry>,
}

impl Documents {
    /// Those that `manifest` names, of the bundle at `address`, which is kept when `kept` is fulfilled. `fresh` passes over the browser's HTTP
    /// cache.
    pub fn new(address: &str, fresh: bool, manifest: &Manifest, kept: Promise) -> Self {
        Self { address: address.to_owned(), cache: download::cache(fresh), kept, entries: manifest.documents.clone() }
    }

    /// The document `name`: the one that was kept if it is the manifest's, else the server's.
    ///
    /// # Errors
    /// There is none of this name, or it cannot be had, is not what the manifest says, or is no text.
    pub async fn text(&self, name: &str) -> Result<String, Failure> {
        let missing = || Error::invalid("the bundle has no such document");
        let entry = self.entries.get(name).filter(|entry| entry.bytes <= LIMIT).ok_or_else(missing)?;
        let store = Store::open().await;
        let kept = store.take(&entry.sha256).await;
        if let Some((content, digest)) = kept
            && verify(entry, name, &content, digest).await.is_ok()
        {
            return text(content.to_vec());
        }
        let response = fetched(name, entry, self.cache).await?;
        let content = read(&response, name, entry, |_| ()).await?;
        verify(entry, name, &content, digest(&content)).await?;
        let (bundle, address, sha256) = (self.kept.clone(), self.address.clone(), entry.sha256.clone());
        let bytes = content.to_vec();
        spawn_local(async move {
            // The other way round the bundle would not know of it.
            let _ = JsFuture::from(bundle).await;
            store.add(&address, &sha256, &content).await;
        });
        text(bytes)
    }
}

fn text(content: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(content).map_err(|_| Error::invalid("it is no text").into())
}
