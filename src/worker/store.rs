//! Keeps bundles' files in the browser for the next visit.
//!
//! They go by their SHA-256, so that one that was kept is never out of date, only out of use, and one that was damaged or
//! not written to its end is found out. All versions and all bundles of an origin share one folder; its index says which bundle, by its
//! address, has which files, and what no bundle has that was used lately is forgotten. The index has the bundles' manifests, too, for
//! visits on which the server cannot be reached.
//!
//! They lie in the origin's private file system rather than in a `Cache`: 15 MB are read from there in 8 ms, from a `Cache` in 20 to 75, most of
//! it in processes that are busy when a page opens. Where there is no such file system, as in WebKitGTK, they are in a `Cache`; `web/boot.js`
//! opens the one or the other.
//!
//! Browsers refuse to keep anything in private windows, on pages without HTTPS, or when the disk is full. The page works
//! without, just slower at the next visit, so a refusal is no error here.

use std::collections::{BTreeMap, BTreeSet};

use js_sys::{Array, Promise, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::ahead::{Kept, KeptBundle, KeptFile, Shelf, ahead, digest};

/// The file that says what the others are; `web/boot.js` reads it, too.
const INDEX: &str = "index.json";

/// So many bundles are kept, those that were used last.
const MOST_BUNDLES: usize = 4;

/// Where the bundles' files are, if the browser keeps any.
pub struct Store {
    shelf: Option<Shelf>,
    kept: Option<KeptBundle>,
}

/// By its address what is kept of a bundle.
type Index = BTreeMap<String, Entry>;

#[derive(Serialize, Deserialize)]
struct Entry {
    manifest: String,
    /// The SHA-256s of its files.
    files: Vec<String>,
    /// When it was used last, in milliseconds since 1970.
    used: f64,
}

impl Store {
    /// The store that `web/boot.js` has opened, and has begun to read for the bundle that is to be loaded.
    pub async fn open() -> Self {
        let (shelf, kept) = (ahead().store(), ahead().kept());
        Self {
            shelf: JsFuture::from(shelf).await.ok().map(JsCast::unchecked_into),
            kept: JsFuture::from(kept).await.ok().map(JsCast::unchecked_into),
        }
    }

    /// The bundle's manifest as it was at an earlier visit.
    pub fn manifest(&self) -> Option<String> {
        self.kept.as_ref().map(KeptBundle::text)
    }

    /// The file of this SHA-256 that an earlier visit has left, with its [`digest`]. What was read ahead is handed out once: its bytes are
    /// many. Another bundle may have left it, too.
    pub async fn take(&self, sha256: &str) -> Option<(Uint8Array, Promise)> {
        if let Some(kept) = &self.kept {
            let contents = kept.contents();
            let found = contents.get(&sha256.into());
            contents.delete(&sha256.into());
            if !found.is_undefined() {
                let found: Kept = found.unchecked_into();
                return Some((found.content(), found.digest()));
            }
        }
        let content = read(self.shelf.as_ref()?, sha256).await?;
        let digest = digest(&content);
        Some((content, digest))
    }

    /// Keeps the bundle at `address`: its `manifest`, those of its `files` whose contents are new here, and by their SHA-256s all of them,
    /// and its `documents` as far as they are here. What the browser refuses to keep will be fetched again.
    pub async fn keep(
        self,
        address: &str,
        manifest: &str,
        new: &[(String, Uint8Array)],
        mut files: Vec<String>,
        documents: Vec<String>,
    ) {
        // What nobody took is let go of.
        self.kept.iter().for_each(|kept| kept.contents().clear());
        let Some(shelf) = self.shelf else { return };
        for (sha256, content) in new {
            if shelf.write(sha256, content).await.is_err() {
                return;
            }
        }
        for document in documents {
            if shelf.open(&document).await.is_ok() {
                files.push(document);
            }
        }
        let mut index = read_index(&shelf).await.unwrap_or_default();
        index.insert(address.to_owned(), Entry { manifest: manifest.to_owned(), files, used: js_sys::Date::now() });
        while index.len() > MOST_BUNDLES {
            let oldest =
                index.iter().min_by(|(_, a), (_, b)| a.used.total_cmp(&b.used)).map(|(address, _)| address.clone());
            oldest.map(|oldest| index.remove(&oldest));
        }
        if write_index(&shelf, &index).await.is_ok() {
            forget_all_but(&shelf, &index).await;
        }
    }

    /// Keeps one more file of the bundle at `address`, if that is kept.
    pub async fn add(self, address: &str, sha256: &str, content: &Uint8Array) {
        let Some(shelf) = self.shelf else { return };
        let mut index = read_index(&shelf).await.unwrap_or_default();
        let Some(entry) = index.get_mut(address) else { return };
        if entry.files.iter().all(|file| file != sha256) && shelf.write(sha256, content).await.is_ok() {
            entry.files.push(sha256.to_owned());
            // What is in no index is forgotten with the next bundle.
            let _ = write_index(&shelf, &index).await;
        }
    }
}

async fn read_index(shelf: &Shelf) -> Option<Index> {
    serde_json::from_slice(&read(shelf, INDEX).await?.to_vec()).ok()
}

async fn write_index(shelf: &Shelf, index: &Index) -> Result<(), JsValue> {
    // Cannot fail: its keys are strings.
    let content = serde_json::to_vec(index).expect("an index serialises");
    shelf.write(INDEX, &Uint8Array::from(&content[..])).await.map(drop)
}

async fn read(shelf: &Shelf, name: &str) -> Option<Uint8Array> {
    let file: KeptFile = shelf.open(name).await.ok()?.unchecked_into();
    Some(file.read().await.ok()?.unchecked_into())
}

async fn forget_all_but(shelf: &Shelf, index: &Index) {
    let wanted: BTreeSet<&str> =
        index.values().flat_map(|entry| &entry.files).map(String::as_str).chain([INDEX]).collect();
    let names = shelf.names().await.map_or_else(|_| Array::new(), |names| names.unchecked_into());
    for name in names.iter().filter_map(|name| name.as_string()) {
        if !wanted.contains(&name[..]) {
            // Whoever has it open keeps it; it goes another time.
            let _ = shelf.remove(&name).await;
        }
    }
}
