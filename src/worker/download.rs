//! Brings a bundle into the worker: from the browser's store where an earlier visit left it, else from the server.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

use super::protocol;
use super::store::Store;
use super::{checksum, post, scope};
use crate::bundle::{Bundle, FileEntry, MANIFEST, Manifest, TOKENIZER, WEIGHTS};
use crate::{Error, Result};

/// Fetches the bundle at `address`, which ends in a slash, and tells the page how far it is.
///
/// `fresh` passes over the browser's HTTP cache.
///
/// # Errors
/// A file cannot be had, is not what the manifest says, or does not fit into memory.
pub async fn bundle(address: &str, fresh: bool) -> Result<Bundle> {
    let mode = if fresh { RequestCache::Reload } else { RequestCache::NoCache };
    let manifest = fetch(&format!("{address}{MANIFEST}"), MANIFEST, mode).await?;
    let manifest = Manifest::parse(&whole(&manifest, MANIFEST).await?)?;
    let mut fetcher = Fetcher {
        store: Store::open(address).await,
        address,
        mode: if fresh { RequestCache::Reload } else { RequestCache::Default },
        progress: Progress { received: 0, total: manifest.total_bytes(), told: None },
    };
    let tokenizer = fetcher.file(TOKENIZER, manifest.file(TOKENIZER)?).await?;
    let weights = fetcher.file(WEIGHTS, manifest.file(WEIGHTS)?).await?;
    let wanted: Vec<String> = manifest.files.iter().map(|(name, entry)| file_address(address, name, entry)).collect();
    let store = fetcher.store;
    spawn_local(async move { store.keep_only(&wanted).await });
    Ok(Bundle { manifest, weights, tokenizer })
}

/// A file's address names its content, so that neither the store nor an HTTP cache can answer with another version's file.
fn file_address(bundle: &str, name: &str, entry: &FileEntry) -> String {
    format!("{bundle}{name}?sha256={}", entry.sha256)
}

struct Fetcher<'a> {
    store: Store,
    address: &'a str,
    mode: RequestCache,
    progress: Progress,
}

impl Fetcher<'_> {
    async fn file(&mut self, name: &str, entry: &FileEntry) -> Result<Vec<u8>> {
        let address = file_address(self.address, name, entry);
        if let Some(kept) = self.store.get(&address).await
            && let Ok(content) = whole(&kept, name).await
            && checksum::verify(entry, name, &content).await.is_ok()
        {
            self.progress.add(entry.bytes);
            return Ok(content);
        }
        let response = fetch(&address, name, self.mode).await?;
        let content = read(&response, name, entry, &mut self.progress).await?;
        checksum::verify(entry, name, &content).await?;
        // The copy that is kept is made now, its way to the disk need not be waited for.
        if let Ok(copy) = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(content.as_slice()))) {
            let store = self.store.clone();
            spawn_local(async move { store.put(&address, copy).await });
        }
        Ok(content)
    }
}

/// How much of the bundle is here, as the page was told last.
struct Progress {
    received: u64,
    total: u64,
    told: Option<u64>,
}

impl Progress {
    /// Counts `bytes` more, and tells the page at every half percent.
    fn add(&mut self, bytes: u64) {
        self.received += bytes;
        let step = self.received * 200 / self.total.max(1);
        if self.told != Some(step) {
            self.told = Some(step);
            post(&protocol::Response::Progress { received: self.received, total: self.total });
        }
    }
}

async fn fetch(address: &str, name: &str, mode: RequestCache) -> Result<Response> {
    let options = RequestInit::new();
    options.set_cache(mode);
    let answer = JsFuture::from(scope().fetch_with_str_and_init(address, &options)).await;
    let Ok(response) = answer.map(JsCast::unchecked_into::<Response>) else {
        return Err(Error::invalid(format!("{name} could not be fetched: the server cannot be reached")));
    };
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    Err(Error::invalid(match status {
        404 => format!("{name} is not on the server (it answers 404, not found)"),
        _ => format!("{name} could not be fetched: the server answers {status} {}", response.status_text()),
    }))
}

/// The content of a response that is not worth telling the progress of.
async fn whole(response: &Response, name: &str) -> Result<Vec<u8>> {
    let buffer = match response.array_buffer() {
        Ok(buffer) => JsFuture::from(buffer).await,
        Err(error) => Err(error),
    };
    Ok(Uint8Array::new(&buffer.map_err(|_| broken_off(name))?).to_vec())
}

async fn read(response: &Response, name: &str, entry: &FileEntry, progress: &mut Progress) -> Result<Vec<u8>> {
    let too_large = || {
        let megabytes = entry.bytes as f64 / 1e6;
        Error::invalid(format!("there is not enough memory for {name}, which takes {megabytes:.1} MB"))
    };
    let size = usize::try_from(entry.bytes).map_err(|_| too_large())?;
    let mut content = Vec::new();
    content.try_reserve_exact(size).map_err(|_| too_large())?;
    let Some(body) = response.body() else { return Ok(content) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(|_| broken_off(name))?;
        // `read` resolves to an object with these two properties, always.
        let done = Reflect::get(&chunk, &"done".into()).is_ok_and(|done| done.is_truthy());
        if done {
            return Ok(content);
        }
        let value = Reflect::get(&chunk, &"value".into()).map_err(|_| broken_off(name))?;
        let bytes: Uint8Array = value.unchecked_into();
        let before = content.len();
        let after = before + bytes.length() as usize;
        if after > size {
            let _ = reader.cancel();
            return Err(Error::invalid(format!(
                "{name} has more than the {size} bytes that the manifest says: the bundle is incomplete, export it again"
            )));
        }
        content.resize(after, 0);
        bytes.copy_to(&mut content[before..]);
        progress.add(u64::from(bytes.length()));
    }
}

fn broken_off(name: &str) -> Error {
    Error::invalid(format!("{name} stopped arriving halfway: the connection to the server was lost"))
}
