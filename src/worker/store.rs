//! Keeps bundles' files in the browser for the next visit.
//!
//! They go by their SHA-256, so that one that was kept is never out of date, only out of use, and one that was damaged or
//! not written to its end is found out. All versions and all bundles of an origin share one folder; its index says which bundle, by its
//! address, has which files, and what no bundle has that was used lately is forgotten. The index has the bundles' manifests, too, for
//! visits on which the server cannot be reached.
//!
//! They lie in the origin's private file system, not in a `Cache`: 15 MB are read from there in 8 ms, from a `Cache` in 20 to 75, most of
//! it in processes that are busy when a page opens.
//!
//! Browsers refuse to keep anything in private windows, on pages without HTTPS, or when the disk is full. The page works
//! without, just slower at the next visit, so a refusal is no error here.

use std::collections::{BTreeMap, BTreeSet};

use js_sys::{AsyncIterator, IteratorNext, Promise, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetFileOptions, FileSystemSyncAccessHandle,
};

use super::ahead::{Kept, KeptBundle, ahead, digest};

/// The file that says what the others are; `web/boot.js` reads it, too.
const INDEX: &str = "index.json";

/// So many bundles are kept, those that were used last.
const MOST_BUNDLES: usize = 4;

/// The folder with the bundles' files, if the browser grants one.
pub struct Store {
    folder: Option<FileSystemDirectoryHandle>,
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
        let (folder, kept) = (ahead().store(), ahead().kept());
        Self {
            folder: JsFuture::from(folder).await.ok().map(JsCast::unchecked_into),
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
        let file = file(self.folder.as_ref()?, sha256).await?;
        let content = Uint8Array::new(&JsFuture::from(file.array_buffer()).await.ok()?);
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
        let Some(folder) = self.folder else { return };
        for (sha256, content) in new {
            if write(&folder, sha256, content).await.is_err() {
                return;
            }
        }
        for document in documents {
            if file(&folder, &document).await.is_some() {
                files.push(document);
            }
        }
        let mut index = read_index(&folder).await.unwrap_or_default();
        index.insert(address.to_owned(), Entry { manifest: manifest.to_owned(), files, used: js_sys::Date::now() });
        while index.len() > MOST_BUNDLES {
            let oldest =
                index.iter().min_by(|(_, a), (_, b)| a.used.total_cmp(&b.used)).map(|(address, _)| address.clone());
            oldest.map(|oldest| index.remove(&oldest));
        }
        if write_index(&folder, &index).await.is_ok() {
            forget_all_but(&folder, &index).await;
        }
    }

    /// Keeps one more file of the bundle at `address`, if that is kept.
    pub async fn add(self, address: &str, sha256: &str, content: &Uint8Array) {
        let Some(folder) = self.folder else { return };
        let mut index = read_index(&folder).await.unwrap_or_default();
        let Some(entry) = index.get_mut(address) else { return };
        if entry.files.iter().all(|file| file != sha256) && write(&folder, sha256, content).await.is_ok() {
            entry.files.push(sha256.to_owned());
            // What is in no index is forgotten with the next bundle.
            let _ = write_index(&folder, &index).await;
        }
    }
}

async fn read_index(folder: &FileSystemDirectoryHandle) -> Option<Index> {
    let text = JsFuture::from(file(folder, INDEX).await?.text()).await.ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}

async fn write_index(folder: &FileSystemDirectoryHandle, index: &Index) -> Result<(), JsValue> {
    // Cannot fail: its keys are strings.
    let content = serde_json::to_vec(index).expect("an index serialises");
    write(folder, INDEX, &Uint8Array::from(&content[..])).await
}

async fn file(folder: &FileSystemDirectoryHandle, name: &str) -> Option<File> {
    let handle: FileSystemFileHandle = JsFuture::from(folder.get_file_handle(name)).await.ok()?.unchecked_into();
    Some(JsFuture::from(handle.get_file()).await.ok()?.unchecked_into())
}

async fn forget_all_but(folder: &FileSystemDirectoryHandle, index: &Index) {
    let wanted: BTreeSet<&str> =
        index.values().flat_map(|entry| &entry.files).map(String::as_str).chain([INDEX]).collect();
    let names = folder.keys();
    while let Ok(Some(name)) = next(&names).await {
        if !wanted.contains(&name[..]) {
            let _ = JsFuture::from(folder.remove_entry(&name)).await;
        }
    }
}

async fn write(folder: &FileSystemDirectoryHandle, name: &str, content: &Uint8Array) -> Result<(), JsValue> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let file = JsFuture::from(folder.get_file_handle_with_options(name, &options)).await?;
    let access = file.unchecked_into::<FileSystemFileHandle>().create_sync_access_handle();
    let access: FileSystemSyncAccessHandle = JsFuture::from(access).await?.unchecked_into();
    let written = access.truncate_with_u32(0).and_then(|()| access.write_with_js_u8_array(content));
    access.close();
    written.map(|_| ())
}

/// The next name of a folder's.
async fn next(names: &AsyncIterator) -> Result<Option<String>, JsValue> {
    let next: IteratorNext = JsFuture::from(names.next()?).await?.unchecked_into();
    Ok(if next.done() { None } else { next.value().as_string() })
}
