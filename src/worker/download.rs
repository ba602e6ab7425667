//! Brings a bundle into the worker: from the browser's store where an earlier visit left it, else from the server; or from the user's own files.
//!
//! Its files stay in the browser's memory. WebAssembly's gets what the model is made of ([`Content`]), and nothing twice.

use std::cell::RefCell;

use futures_util::future::join;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{ReadableStreamDefaultReader, ReadableStreamReadResult, Response};

use super::ahead::{ahead, digest};
use super::checksum::verify;
use super::post;
use super::store::Store;
use crate::bert::Content;
use crate::bundle::{FileEntry, Files, MANIFEST, MANIFEST_LIMIT, Manifest, Pin, TOKENIZER, WEIGHTS, too_long};
use crate::protocol::{self, Failure, FailureKind};
use crate::{Error, Result};

/// A bundle whose manifest is here; its files come as they are asked for, several at a time if need be.
pub struct Download<'a> {
    /// What the bundle says of itself.
    pub manifest: Manifest,
    /// Whether it said so at an earlier visit, as the server cannot be reached.
    pub is_kept: bool,
    manifest_text: String,
    address: &'a str,
    cache: &'static str,
    store: Store,
    progress: RefCell<Progress>,
    /// What has come from the server, by its SHA-256.
    new: RefCell<Vec<(String, Uint8Array)>>,
}

impl<'a> Download<'a> {
    /// Begins with the bundle at `address`, which ends in a slash.
    ///
    /// Any bundle will do, but where one is pinned; `fresh` passes over the browser's HTTP cache.
    ///
    /// # Errors
    /// The manifest cannot be had, is none, or not the pinned one.
    pub async fn begin(address: &'a str, pin: Option<&Pin>, fresh: bool) -> Result<Self, Failure> {
        let (text, store) = join(manifest(), Store::open()).await;
        let (text, is_kept) = match (text, store.manifest()) {
            (Err(Failure { kind: FailureKind::Network, .. }), Some(kept)) => (kept, true),
            (text, _) => (text?, false),
        };
        let json = text.as_bytes();
        let manifest = pin.map_or_else(|| Manifest::parse(json), |pin| pin.parse(json))?;
        manifest.check_single_texts()?;
        let progress = Progress { received: 0, total: manifest.total_bytes(), told: None };
        let cache = cache(fresh);
        let (progress, new) = (progress.into(), RefCell::default());
        Ok(Self { manifest, is_kept, manifest_text: text, address, cache, store, progress, new })
    }

    /// The weights: the file that was kept if it is the manifest's, else the server's.
    ///
    /// # Errors
    /// It cannot be had, is not what the manifest says, or does not fit into memory.
    pub async fn weights(&self) -> Result<File, Failure> {
        self.file(WEIGHTS, &self.manifest.files.weights).await
    }

    /// The tokenizer, as [`Self::weights`].
    ///
    /// # Errors
    /// As [`Self::weights`].
    pub async fn tokenizer(&self) -> Result<File, Failure> {
        self.file(TOKENIZER, &self.manifest.files.tokenizer).await
    }

    async fn file(&self, name: &str, entry: &FileEntry) -> Result<File, Failure> {
        if let Some((content, digest)) = self.store.take(&entry.sha256).await
            && verify(entry, name, &content, digest).await.is_ok()
        {
            self.progress.borrow_mut().add(entry.bytes);
            return Ok(File(content));
        }
        let response = fetched(name, entry, self.cache).await?;
        let content = read(&response, name, entry, |bytes| self.progress.borrow_mut().add(bytes)).await?;
        verify(entry, name, &content, digest(&content)).await?;
        self.new.borrow_mut().push((entry.sha256.clone(), content.clone()));
        Ok(File(content))
    }

    /// Has the store keep what is new and forget what is old, for which nobody needs to wait; what is to be kept beside it does.
    pub fn finish(self) -> (Manifest, Promise) {
        let Files { weights, tokenizer } = &self.manifest.files;
        let files = [weights, tokenizer].map(|entry| entry.sha256.clone()).to_vec();
        let documents = self.manifest.documents.values().map(|entry| entry.sha256.clone()).collect();
        let (store, new, text, address) = (self.store, self.new, self.manifest_text, self.address.to_owned());
        let kept = future_to_promise(async move {
            store.keep(&address, &text, &new.into_inner(), files, documents).await;
            Ok(JsValue::UNDEFINED)
        });
        (self.manifest, kept)
    }
}

/// How to go about the browser's HTTP cache.
pub(super) fn cache(fresh: bool) -> &'static str {
    if fresh { "reload" } else { "default" }
}

/// What the server has of the file `name`. Its address names its content, so that no HTTP cache can answer with another version's file.
pub(super) async fn fetched(name: &str, entry: &FileEntry, cache: &str) -> Result<Response, Failure> {
    answer(ahead().get(name, &format!("?sha256={}", entry.sha256), cache), name).await
}

/// The manifest as the server has it now.
async fn manifest() -> Result<String, Failure> {
    let response = answer(ahead().manifest(), MANIFEST).await?;
    let mut content = Vec::new();
    each_chunk(&response, MANIFEST, |chunk| {
        if content.len() as u64 + u64::from(chunk.length()) > MANIFEST_LIMIT {
            return Err(too_long());
        }
        content.extend(chunk.to_vec());
        Ok(())
    })
    .await?;
    String::from_utf8(content)
        .map_err(|_| Error::invalid(format!("{MANIFEST} is no text: export the bundle again")).into())
}

/// A file that is in the browser's memory.
pub struct File(Uint8Array);

impl File {
    /// All that is in it.
    pub fn to_vec(&self) -> Vec<u8> {
        self.0.to_vec()
    }
}

impl Content for File {
    fn length(&self) -> usize {
        self.0.length() as usize
    }

    fn copy(&self, start: usize, target: &mut [u8]) {
        // Both fit: an array in a browser's memory that is as long as this one has no more bytes than WebAssembly could have.
        self.0.subarray(start as u32, (start + target.len()) as u32).copy_to(target);
    }
}

/// How much of the bundle is here, as the page was told last.
struct Progress {
    received: u64,
    total: u64,
    told: Option<u64>,
}

impl Progress {
    /// Counts `bytes` more, and tells the page at every half percent and when all are here.
    fn add(&mut self, bytes: u64) {
        self.received += bytes;
        let step = self.received * 200 / self.total.max(1);
        if self.told != Some(step) {
            self.told = Some(step);
            post(&protocol::Response::Progress { received: self.received, total: self.total });
        }
        if self.received == self.total {
            post(&protocol::Response::Preparing);
        }
    }
}

/// What the server answers to a request for the file `name`.
async fn answer(request: Promise, name: &str) -> Result<Response, Failure> {
    let answer = JsFuture::from(request).await;
    let Ok(response) = answer.map(JsCast::unchecked_into::<Response>) else {
        return Err(network(format!("{name} could not be fetched: the server cannot be reached")));
    };
    let kind = response.headers().get("Content-Type").ok().flatten().unwrap_or_default();
    let status = response.status();
    match status {
        200..300 if kind.starts_with("text/html") => Err(Error::invalid(format!(
            "the server sent a web page instead of {name}: it is not there, and the host answers every address with its page"
        ))
        .into()),
        200..300 => Ok(response),
        404 => Err(Error::invalid(format!(
            "{name} is not on the server, or the server hands out no files of this kind (it answers 404, not found)"
        ))
        .into()),
        _ => {
            let sentence = format!("{name} could not be fetched: the server answers {status} {}", response.status_text());
            // Too many requests, too slow, or a mistake of the server's: it may be over soon.
            let passes = matches!(status, 408 | 429 | 500..);
            Err(if passes { network(sentence) } else { Error::invalid(sentence).into() })
        }
    }
}

fn network(sentence: String) -> Failure {
    Failure { kind: FailureKind::Network, sentence }
}

impl From<Error> for Failure {
    /// What is wrong with a bundle.
    fn from(error: Error) -> Self {
        Self { kind: FailureKind::Model, sentence: error.to_string() }
    }
}

/// The body of `response`, which is the file `name`, as it arrives; `count` is told of its bytes.
pub(super) async fn read(
    response: &Response,
    name: &str,
    entry: &FileEntry,
    mut count: impl FnMut(u64),
) -> Result<Uint8Array, Failure> {
    let too_large = || {
        let megabytes = entry.bytes as f64 / 1e6;
        Error::invalid(format!("there is not enough memory for {name}, which takes {megabytes:.1} MB"))
    };
    // It fits: no manifest has a file of more bytes than WebAssembly can count.
    let size = u32::try_from(entry.bytes).map_err(|_| too_large())?;
    let content: Uint8Array = Buffer::new(size).map_err(|_| too_large())?.into();
    let mut received = 0;
    each_chunk(response, name, |chunk| {
        if chunk.length() > size - received {
            return Err(Error::invalid(format!(
                "{name} has more than the {size} bytes that the manifest says: the bundle is incomplete, export it again"
            )));
        }
        content.set(chunk, received);
        received += chunk.length();
        count(u64::from(chunk.length()));
        Ok(())
    })
    .await?;
    Ok(content.subarray(0, received))
}

/// Gives `take` the body of `response` as it arrives. What it refuses ends the transfer.
async fn each_chunk(
    response: &Response,
    name: &str,
    mut take: impl FnMut(&Uint8Array) -> Result<()>,
) -> Result<(), Failure> {
    let Some(body) = response.body() else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(|_| broken_off(name))?;
        let chunk: ReadableStreamReadResult = chunk.unchecked_into();
        if chunk.get_done() == Some(true) {
            return Ok(());
        }
        if let Err(error) = take(&chunk.get_value().unchecked_into()) {
            let _ = reader.cancel();
            return Err(error.into());
        }
    }
}

#[wasm_bindgen]
extern "C" {
    /// The browser's array, of which js-sys does not say that there may be no memory for it.
    #[wasm_bindgen(extends = Uint8Array, js_name = Uint8Array)]
    type Buffer;

    #[wasm_bindgen(constructor, catch, js_class = "Uint8Array")]
    fn new(bytes: u32) -> Result<Buffer, JsValue>;
}

fn broken_off(name: &str) -> Failure {
    if ahead().is_own() {
        let gone = "it was changed, moved or removed after it was chosen. Choose the bundle again";
        return Error::invalid(format!("{name} cannot be read any more: {gone}")).into();
    }
    network(format!("{name} stopped arriving halfway: the connection to the server was lost"))
}
