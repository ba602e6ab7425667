//! The wire to the worker.
//!
//! A worker that is started from a file of the server is not bound by the page's Content Security Policy: it has whatever
//! policy that file's response header says, and static hosting says none. The worker is who sees the text, so it must be
//! bound. A worker that is started from a `blob:` address inherits the page's policy, so the few lines that start it
//! (`public/engine.js`) are such a blob, and everything they bring in comes from the page's own server.
//!
//! There are two builds of the engine, one of them with relaxed SIMD, which not every browser has. Those lines choose.

use gloo::events::EventListener;
use leptos::prelude::document;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, MessageEvent, Url, Worker};

use crate::worker::protocol::{BUILD, Request, Response};

const START: &str = include_str!("../../public/engine.js");

/// Which builds of the engine may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builds {
    /// The fastest that the browser can run.
    Best,
    /// The one that runs in every browser.
    Baseline,
}

/// A running worker; dropping it ends the worker.
#[derive(Debug)]
pub struct Link {
    worker: Worker,
    script: String,
    listeners: Vec<EventListener>,
}

impl Link {
    /// Starts a worker whose first request is `load`, and has `receive` hear everything it says.
    ///
    /// # Errors
    /// The browser refuses to start a worker; why is said in a sentence.
    pub fn open(builds: Builds, load: &Request, receive: impl Fn(Response) + Clone + 'static) -> Result<Self, String> {
        let refused = |_| "This browser does not let the page start a worker, and the engine needs one.".to_owned();
        let script = start_script(builds, load).map_err(refused)?;
        let worker = Worker::new(&script).map_err(refused)?;

        let hear = receive.clone();
        let on_message = EventListener::new(&worker, "message", move |event| {
            let message = event.unchecked_ref::<MessageEvent>().data().as_string().unwrap_or_default();
            hear(serde_json::from_str(&message).unwrap_or_else(|error| Response::Failed {
                sentence: format!("The engine said something that the page does not understand: {error}."),
            }));
        });
        let on_error = EventListener::new(&worker, "error", move |event| {
            let reason = event.unchecked_ref::<ErrorEvent>().message();
            receive(Response::Failed {
                sentence: format!("The engine could not be started or has stopped: {reason}."),
            });
        });
        Ok(Self { worker, script, listeners: vec![on_message, on_error] })
    }

    /// Sends `request` to the worker.
    pub fn send(&self, request: &Request) {
        self.worker.post_message(&message(request).into()).expect("a string can be posted");
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Messages that are on their way already must not reach listeners that are about to go.
        self.listeners.clear();
        self.worker.terminate();
        let _ = Url::revoke_object_url(&self.script);
    }
}

/// The address that the page's own files are relative to.
pub fn base() -> String {
    let page = document().base_uri().ok().flatten().unwrap_or_default();
    let without_query = page.split(['?', '#']).next().unwrap_or_default();
    let folder = without_query.rfind('/').map_or(0, |slash| slash + 1);
    without_query[..folder].to_owned()
}

fn message(request: &Request) -> String {
    // Cannot fail: the protocol's types have string keys only.
    serde_json::to_string(request).expect("a request serialises")
}

fn start_script(builds: Builds, load: &Request) -> Result<String, JsValue> {
    let builds = match builds {
        Builds::Best => "bestBuilds()",
        Builds::Baseline => "[\"worker\"]",
    };
    let script = format!("{START}start({}, {}, {builds}, {});\n", quoted(&base()), quoted(BUILD), message(load));
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&script.into()).into(), &options)?;
    Url::create_object_url_with_blob(&blob)
}

fn quoted(text: &str) -> String {
    js_sys::JSON::stringify(&text.into()).map(String::from).unwrap_or_default()
}
