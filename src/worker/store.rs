//! Keeps a bundle's files in the browser for the next visit.
//!
//! They go by their SHA-256, so that one that was kept is never out of date, only out of use, and one that was damaged or
//! not written to its end is found out. They lie in the origin's private file system, not in a `Cache`: 15 MB are read from
//! there in 8 ms, from a `Cache` in 20 to 75, most of it in processes that are busy when a page opens.
//!
//! Browsers refuse to keep anything in private windows, on pages without HTTPS, or when the disk is full. The page works
//! without, just slower at the next visit, so a refusal is no error here.

use js_sys::{AsyncIterator, IteratorNext, Map, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetFileOptions, FileSystemSyncAccessHandle};

use super::ahead::{Kept, ahead};

/// The folder with the bundle's files, if the browser grants one.
pub struct Store {
    folder: Option<FileSystemDirectoryHandle>,
    kept: Option<Map>,
}

impl Store {
    /// The store that `public/engine.js` has opened for the bundle; other bundles have their own.
    pub async fn open() -> Self {
        let (folder, kept) = (ahead().store(), ahead().kept());
        Self {
            folder: JsFuture::from(folder).await.ok().map(JsCast::unchecked_into),
            kept: JsFuture::from(kept).await.ok().map(JsCast::unchecked_into),
        }
    }

    /// The file of this SHA-256 that an earlier visit has left. It is handed out once: its bytes are many.
    pub fn take(&self, sha256: &str) -> Option<Kept> {
        let kept = self.kept.as_ref()?;
        let found = kept.get(&sha256.into());
        kept.delete(&sha256.into());
        (!found.is_undefined()).then(|| found.unchecked_into())
    }

    /// Keeps `content`, whose SHA-256 this is.
    pub async fn put(&self, sha256: &str, content: &Uint8Array) {
        if let Some(folder) = &self.folder {
            // What the browser refuses to keep will be fetched again.
            let _ = write(folder, sha256, content).await;
        }
    }

    /// Forgets all files but those of these SHA-256s, and lets go of what nobody took.
    pub async fn keep_only(&self, wanted: &[String]) {
        self.kept.iter().for_each(Map::clear);
        let Some(folder) = &self.folder else { return };
        let names = folder.keys();
        while let Ok(Some(name)) = next(&names).await {
            if !wanted.contains(&name) {
                let _ = JsFuture::from(folder.remove_entry(&name)).await;
            }
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
