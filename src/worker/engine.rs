//! The loaded model, and the newest text that waits for it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageChannel, MessagePort};

use super::protocol::{Answer, Model, Response};
use super::{download, fail, post, scope};
use crate::Result;
use crate::classify::Classifier;

/// A text to classify.
struct Question {
    sequence: u64,
    text: String,
}

/// What the worker holds between messages.
pub struct Engine {
    shared: Rc<Shared>,
    bell: MessagePort,
}

#[derive(Default)]
struct Shared {
    classifier: RefCell<Option<Classifier>>,
    newest: RefCell<Option<Question>>,
    rung: Cell<bool>,
}

impl Engine {
    /// An engine without a model.
    pub fn new() -> Self {
        let shared = Rc::<Shared>::default();
        // Cannot fail: the constructor takes nothing that could be wrong.
        let channel = MessageChannel::new().expect("a message channel");
        let answering = Rc::clone(&shared);
        let listener = Closure::<dyn FnMut()>::new(move || answering.answer_newest());
        channel.port2().set_onmessage(Some(listener.as_ref().unchecked_ref()));
        listener.forget();
        Self { shared, bell: channel.port1() }
    }

    /// Fetches the bundle at `address` and builds its model; what was asked meanwhile is answered then.
    pub fn load(&self, address: String, fresh: bool) {
        let shared = Rc::clone(&self.shared);
        let bell = self.bell.clone();
        spawn_local(async move {
            match build(&address, fresh).await {
                Ok((classifier, model)) => {
                    *shared.classifier.borrow_mut() = Some(classifier);
                    post(&Response::Ready(model));
                    shared.ring(&bell);
                }
                Err(error) => fail(format!("The model could not be loaded: {error}.")),
            }
        });
    }

    /// Takes note of a text. It is classified when all messages that are here already have been seen.
    pub fn ask(&self, sequence: u64, text: String) {
        *self.shared.newest.borrow_mut() = Some(Question { sequence, text });
        self.shared.ring(&self.bell);
    }
}

impl Shared {
    fn ring(&self, bell: &MessagePort) {
        if self.classifier.borrow().is_some() && !self.rung.replace(true) {
            // Cannot fail: there is nothing in the message that could not be copied.
            bell.post_message(&JsValue::NULL).expect("null can be posted");
        }
    }

    fn answer_newest(&self) {
        self.rung.set(false);
        let classifier = self.classifier.borrow();
        let (Some(classifier), Some(Question { sequence, text })) = (classifier.as_ref(), self.newest.take()) else {
            return;
        };
        let begun = now();
        match classifier.classify(&text) {
            Ok(classification) => {
                post(&Response::Answer(Answer { sequence, milliseconds: now() - begun, classification }));
            }
            Err(error) => fail(format!("The text could not be classified: {error}.")),
        }
    }
}

async fn build(address: &str, fresh: bool) -> Result<(Classifier, Model)> {
    let bundle = download::bundle(address, fresh).await?;
    post(&Response::Preparing);
    let classifier = Classifier::new(&bundle)?;
    let manifest = bundle.manifest;
    let model = Model {
        name: manifest.name,
        licence: manifest.licence,
        max_tokens: manifest.max_tokens,
        tasks: manifest.tasks.into_iter().filter(|task| task.unit.is_text()).collect(),
    };
    Ok((classifier, model))
}

fn now() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}
