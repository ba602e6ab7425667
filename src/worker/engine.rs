//! The loaded model, and what waits for it: the newest text, a text whose words are to be explained, and lists of texts.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use futures_util::future::try_join;
use gloo::timers::callback::Timeout;
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageChannel, MessagePort};

use super::documents::Documents;
use super::download::Download;
use super::{fail, post, scope, words};
use crate::classify::{self, BatchScorer, Classifier, Occlusion};
use crate::ops::Rounding;
use crate::perspective::{Analysis, Refusal};
use crate::protocol::{Answer, Failure, Load, Model, Response, Thresholds};

/// So many passes of [`WARM_UP_TOKENS`], if nobody asks anything, show the browser what of the engine to compile for speed. V8 compiles a
/// function anew once it has run for long enough: the large ones soon, some smaller ones after a thousand tokens, which
/// until then double the time of a short text.
const WARM_UP: u32 = 40;
/// Some 10 ms.
const WARM_UP_TOKENS: usize = 30;
/// How many milliseconds there are before each of them, for questions.
const PAUSE: u32 = 20;

/// A text to classify: what [`Request::Classify`](crate::protocol::Request::Classify) says.
pub struct Question {
    pub sequence: u64,
    pub text: String,
    pub words: bool,
    pub precise: bool,
    pub thresholds: Thresholds,
}

/// Texts to classify when there is no question.
struct List {
    /// None where nobody waits for the scores.
    sequence: Option<u64>,
    scoring: BatchScorer,
    precise: bool,
}

/// A text whose words are to be explained.
struct Explaining {
    sequence: u64,
    text: String,
    /// The number of the task among those about texts, and of its label.
    of: (usize, usize),
    /// None before it has begun.
    occlusion: Option<Occlusion>,
}

/// A request of the Perspective API.
struct Analyzing {
    sequence: u64,
    body: String,
    /// None before it has begun.
    analysis: Option<Analysis>,
}

/// The loaded model, once as quick as it can be and once with the digits that every build gives.
struct Classifiers {
    quick: Classifier,
    /// None where the quick one gives them.
    precise: Option<Classifier>,
}

impl Classifiers {
    fn new(quick: Classifier) -> Self {
        let precise = (Rounding::DEFAULT != Rounding::Wide).then(|| quick.rounding(Rounding::Wide));
        Self { quick, precise }
    }

    /// The one to use, and whether it is precise.
    fn choose(&self, precise: bool) -> (&Classifier, bool) {
        match &self.precise {
            None => (&self.quick, true),
            Some(classifier) if precise => (classifier, true),
            Some(_) => (&self.quick, false),
        }
    }
}

/// What the worker holds between messages.
pub struct Engine {
    classifiers: RefCell<Option<Classifiers>>,
    documents: RefCell<Option<Rc<Documents>>>,
    newest: RefCell<Option<Question>>,
    explaining: RefCell<VecDeque<Explaining>>,
    analyzing: RefCell<VecDeque<Analyzing>>,
    lists: RefCell<VecDeque<List>>,
    bell: MessagePort,
    rung: Cell<bool>,
    /// Whether something has been asked.
    awake: Cell<bool>,
}

impl Engine {
    /// An engine without a model.
    pub fn new() -> Rc<Self> {
        // Cannot fail: the constructor takes nothing that could be wrong.
        let channel = MessageChannel::new().expect("a message channel");
        let engine = Rc::new(Self {
            classifiers: RefCell::default(),
            documents: RefCell::default(),
            newest: RefCell::default(),
            explaining: RefCell::default(),
            analyzing: RefCell::default(),
            lists: RefCell::default(),
            bell: channel.port1(),
            rung: Cell::new(false),
            awake: Cell::new(false),
        });
        let working = Rc::clone(&engine);
        let listener = Closure::<dyn FnMut()>::new(move || working.work());
        channel.port2().set_onmessage(Some(listener.as_ref().unchecked_ref()));
        listener.forget();
        engine
    }

    /// Fetches the bundle and builds its model; what was asked meanwhile is answered then.
    pub fn load(self: &Rc<Self>, load: Load) {
        let engine = Rc::clone(self);
        spawn_local(async move {
            match build(&load).await {
                Ok((classifier, model, documents)) => {
                    *engine.documents.borrow_mut() = Some(documents.into());
                    *engine.classifiers.borrow_mut() = Some(Classifiers::new(classifier));
                    post(&Response::Ready(model));
                    engine.ring();
                    engine.warm_up(if load.warm_up { WARM_UP } else { 0 });
                }
                Err(Failure { kind, sentence }) => fail(kind, format!("The model could not be loaded: {sentence}.")),
            }
        });
    }

    /// Takes note of a text. It is classified when all messages that are here already have been seen.
    pub fn ask(&self, question: Question) {
        self.awake.set(true);
        *self.newest.borrow_mut() = Some(question);
        self.ring();
    }

    /// Takes note of a list of texts. They are scored while there is no question.
    pub fn score(&self, sequence: u64, texts: Vec<String>, precise: bool) {
        self.awake.set(true);
        self.take_up(Some(sequence), texts, precise);
    }

    /// Takes note of a text whose words are to be explained, while there is no question.
    pub fn explain(&self, sequence: u64, text: String, task: usize, label: usize) {
        self.awake.set(true);
        self.explaining.borrow_mut().push_back(Explaining { sequence, text, of: (task, label), occlusion: None });
        self.ring();
    }

    /// Takes note of a request of the Perspective API. It is answered while there is no question.
    pub fn analyze(&self, sequence: u64, body: String) {
        self.awake.set(true);
        self.analyzing.borrow_mut().push_back(Analyzing { sequence, body, analysis: None });
        self.ring();
    }

    /// Reads one of the bundle's documents, while all else goes on.
    pub fn document(&self, sequence: u64, name: String) {
        let documents = self.documents.borrow().clone();
        spawn_local(async move {
            let text = match documents {
                Some(documents) => documents.text(&name).await.map_err(|Failure { sentence, .. }| sentence),
                None => Err("there is no model yet".to_owned()),
            };
            post(&match text {
                Ok(text) => Response::Document { sequence, text },
                Err(sentence) => {
                    Response::Refused { sequence, sentence: format!("{name} could not be read: {sentence}.") }
                }
            });
        });
    }

    /// Forgets a list, an explanation or a request.
    pub fn cancel(&self, sequence: u64) {
        self.analyzing.borrow_mut().retain(|analyzing| analyzing.sequence != sequence);
        self.explaining.borrow_mut().retain(|explaining| explaining.sequence != sequence);
        self.lists.borrow_mut().retain(|list| list.sequence != Some(sequence));
    }

    /// Scores a text that nobody has asked about, again and again until something is asked.
    fn warm_up(self: Rc<Self>, passes: u32) {
        if passes == 0 {
            return;
        }
        let pass = move || {
            if !self.awake.get() {
                self.take_up(None, vec!["a ".repeat(WARM_UP_TOKENS)], false);
                self.warm_up(passes - 1);
            }
        };
        Timeout::new(PAUSE, pass).forget();
    }

    fn take_up(&self, sequence: Option<u64>, texts: Vec<String>, precise: bool) {
        self.lists.borrow_mut().push_back(List { sequence, scoring: BatchScorer::new(texts), precise });
        self.ring();
    }

    fn ring(&self) {
        if self.classifiers.borrow().is_some() && !self.rung.replace(true) {
            // Cannot fail: there is nothing in the message that could not be copied.
            self.bell.post_message(&JsValue::NULL).expect("null can be posted");
        }
    }

    /// Answers the newest question, or else goes on for a moment with the first explanation, or with the first list.
    fn work(&self) {
        self.rung.set(false);
        let classifiers = self.classifiers.borrow();
        let Some(classifiers) = classifiers.as_ref() else { return };
        if let Some(question) = self.newest.take() {
            answer(classifiers, question);
        } else if !self.explaining.borrow().is_empty() {
            explain(classifiers, &mut self.explaining.borrow_mut());
        } else if !self.analyzing.borrow().is_empty() {
            analyze(classifiers, &mut self.analyzing.borrow_mut());
        } else {
            advance(classifiers, &mut self.lists.borrow_mut());
        }
        let is_idle = self.lists.borrow().is_empty() && self.explaining.borrow().is_empty();
        if !is_idle || !self.analyzing.borrow().is_empty() {
            self.ring();
        }
    }
}

fn answer(classifiers: &Classifiers, Question { sequence, text, words, precise, thresholds }: Question) {
    let begun = now();
    let (classifier, is_precise) = classifiers.choose(precise);
    match classifier.classify(&text).and_then(|classification| classification.decided_by(&thresholds)) {
        Ok(classification) => {
            let milliseconds = now() - begun;
            let words = if words { words::found(&text, &classification.words) } else { Vec::new() };
            post(&Response::Answer(Answer { sequence, milliseconds, is_precise, classification, words }));
        }
        Err(error) => refuse(sequence, &error),
    }
}

fn advance(classifiers: &Classifiers, lists: &mut VecDeque<List>) {
    let Some(List { sequence, mut scoring, precise }) = lists.pop_front() else { return };
    match (scoring.advance(classifiers.choose(precise).0), sequence) {
        (Ok(()), _) if !scoring.is_done() => lists.push_front(List { sequence, scoring, precise }),
        (Ok(()), Some(sequence)) => post(&Response::Scored { sequence, scores: scoring.finish() }),
        (Err(error), Some(sequence)) => refuse(sequence, &error),
        (_, None) => {}
    }
}

/// Goes on with the first explanation.
fn explain(Classifiers { quick: classifier, .. }: &Classifiers, explaining: &mut VecDeque<Explaining>) {
    let Some(Explaining { sequence, text, of, occlusion }) = explaining.pop_front() else { return };
    let step = || match occlusion {
        None => {
            let task = classifier.manifest().about_texts().nth(of.0).map_or(usize::MAX, |(number, _)| number);
            Occlusion::of_strongest_words(classifier, &text, task, of.1)
        }
        Some(mut occlusion) => occlusion.advance(classifier).map(|()| occlusion),
    };
    match step() {
        Ok(occlusion) if occlusion.is_done() => {
            post(&Response::Explained { sequence, words: words::effects(&text, &occlusion.finish()) });
        }
        Ok(occlusion) => explaining.push_front(Explaining { sequence, text, of, occlusion: Some(occlusion) }),
        Err(error) => refuse(sequence, &error),
    }
}

/// Goes on with the first request of the Perspective API by a text.
fn analyze(classifiers: &Classifiers, analyzing: &mut VecDeque<Analyzing>) {
    let Some(Analyzing { sequence, body, analysis }) = analyzing.pop_front() else { return };
    // What the server answers, to the digit that both have.
    let (classifier, _) = classifiers.choose(true);
    let mut analysis = match analysis.map_or_else(|| Analysis::begin(&body, classifier), Ok) {
        Ok(analysis) => analysis,
        Err(refusal) => return analyzed(sequence, Err(refusal)),
    };
    match analysis.advance(classifier) {
        Ok(()) if analysis.is_done() => analyzed(sequence, analysis.answer(classifier)),
        Ok(()) => analyzing.push_front(Analyzing { sequence, body, analysis: Some(analysis) }),
        Err(error) => refuse(sequence, &error),
    }
}

fn analyzed(sequence: u64, answer: Result<Value, Refusal>) {
    let (code, body) = answer.map_or_else(|refusal| (refusal.code(), refusal.body()), |body| (200, body));
    post(&Response::Analyzed { sequence, code, body: body.to_string() });
}

fn refuse(sequence: u64, error: &crate::Error) {
    post(&Response::Refused { sequence, sentence: format!("The text could not be classified: {error}.") });
}

/// The tokenizer is built while the weights are still on their way.
async fn build(Load { bundle, sha256, fresh, .. }: &Load) -> Result<(Classifier, Model, Documents), Failure> {
    let pin = sha256.as_deref().map(str::parse).transpose()?;
    let download = Download::begin(bundle, pin.as_ref(), *fresh).await?;
    let manifest = &download.manifest;
    let tokenizer = async { Ok::<_, Failure>(classify::tokenizer(manifest, &download.tokenizer().await?.to_vec())?) };
    let model = async { Ok(classify::model(manifest, &download.weights().await?, Rounding::DEFAULT)?) };
    let (tokenizer, model) = try_join(tokenizer, model).await?;
    let is_kept = download.is_kept;
    let (manifest, kept) = download.finish();
    let documents = Documents::new(bundle, *fresh, &manifest, kept);
    let described = Model {
        name: manifest.name.clone(),
        licence: manifest.licence.clone(),
        sha256: manifest.sha256()?,
        description: manifest.description.clone(),
        examples: manifest.examples.clone(),
        max_tokens: manifest.max_tokens,
        tasks: manifest.about_texts().map(|(_, task)| task.clone()).collect(),
        documents: manifest.documents.keys().cloned().collect(),
        build: if cfg!(target_feature = "relaxed-simd") { "relaxed" } else { "baseline" }.to_owned(),
        is_kept,
    };
    Ok((Classifier::of_parts(manifest, tokenizer, model), described, documents))
}

fn now() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}
