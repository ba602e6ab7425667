//! The engine's home in the browser: a web worker, so that typing never waits for the model.
//!
//! The worker fetches the bundle ([`download`]), keeps it for the next visit ([`store`]), and answers what its client asks
//! ([`protocol`](crate::protocol)). The model runs on the worker's only thread, so a running classification cannot be interrupted;
//! what can be done is never to begin one that is out of date. [`run`] therefore only takes note of a text when its message
//! arrives and classifies in a task of its own, which queues behind all messages that have arrived by then. Lists of texts
//! are scored a few at a time, each few in such a task, so that a question never waits for a list; and so are explanations made.

pub mod download;
pub mod store;

mod ahead;
mod checksum;
mod documents;
mod engine;
mod words;

use std::panic::PanicHookInfo;

use serde::Deserialize;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::protocol::{Failure, FailureKind, Request, Response};
use engine::{Engine, Question};

/// Starts listening to the client; what the worker's `main` calls.
pub fn run() {
    std::panic::set_hook(Box::new(report_panic));
    let engine = Engine::new();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // The files of an own model are no text: boot.js takes them, even where they come after this listens.
        let Some(message) = event.data().as_string() else { return };
        match serde_json::from_str(&message) {
            Ok(Request::Load(load)) => engine.load(load),
            Ok(Request::Classify { sequence, text, words, precise, thresholds }) => {
                engine.ask(Question { sequence, text, words, precise, thresholds })
            }
            Ok(Request::Score { sequence, texts, precise }) => engine.score(sequence, texts, precise),
            Ok(Request::Explain { sequence, text, task, label }) => engine.explain(sequence, text, task, label),
            Ok(Request::Analyze { sequence, body }) => engine.analyze(sequence, body),
            Ok(Request::Document { sequence, name }) => engine.document(sequence, name),
            Ok(Request::Cancel { sequence }) => engine.cancel(sequence),
            Ok(Request::Ping) => post(&Response::Alive),
            Err(error) => refuse(&message, &error),
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
}

/// The worker's global object.
fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Sends `response` to the client.
fn post(response: &Response) {
    // Cannot fail: the protocol's types have string keys only, and a string can always be posted.
    let message = serde_json::to_string(response).expect("a response serialises");
    scope().post_message(&message.into()).expect("a string can be posted");
}

/// Tells the client that it is over.
fn fail(kind: FailureKind, sentence: String) {
    post(&Response::Failed(Failure { kind, sentence }));
}

/// Answers what is no request: whoever waits for it is told, if it says who that is.
fn refuse(message: &str, error: &serde_json::Error) {
    #[derive(Deserialize)]
    struct Numbered {
        sequence: u64,
    }
    let sentence = format!("The engine does not understand what it was asked: {error}.");
    let numbered = serde_json::from_str::<std::collections::HashMap<String, Numbered>>(message).ok();
    match numbered.and_then(|request| request.into_values().next()) {
        Some(Numbered { sequence }) => post(&Response::Refused { sequence, sentence }),
        None => fail(FailureKind::Build, sentence),
    }
}

/// A panic ends the worker without a word unless somebody speaks up first.
fn report_panic(info: &PanicHookInfo<'_>) {
    web_sys::console::error_1(&info.to_string().into());
    fail(FailureKind::Engine, format!("The engine stopped because of a mistake in it ({info})."));
}
