//! What the page, the client of the engine (`web/`) and the worker say to each other.
//!
//! Messages travel as JSON text: `postMessage` copies a string faster than it clones a tree of objects, scripts can write one
//! without knowing Rust, and a person can read along in the debugger. These types are the only place that says what is in
//! them: `web/protocol.d.ts`, which the scripts are checked against, is written from them by a test.
//!
//! A client starts a worker with a script (`web/boot.js`) that has the first [`Request::Load`] in itself, so that what is to be
//! loaded can be read while the engine still comes. It keeps what it is sent until the engine listens. After [`Response::Ready`]
//! questions are answered. [`Response::Failed`] can come at any time and is the last thing a worker says.

use serde::{Deserialize, Serialize};

/// What messages are made of; the page knows it from here.
pub use crate::bundle::{Display, Example, HeadKind, Label, Scale, Task};
pub use crate::classify::{Classification, LabelScore, Reason, Scores, TaskScores, Thresholds};
pub use crate::logistic::is_present;

/// What a client asks of a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Request {
    /// Fetch a bundle and get ready to classify with it.
    Load(Load),
    /// Classify a text. A later text overtakes an earlier one that has not been begun, which then stays unanswered.
    Classify {
        /// Counts up, and comes back with the answer.
        sequence: u64,
        /// The text.
        text: String,
        /// Whether the answers of tasks about words are wanted, too.
        #[serde(default)]
        words: bool,
        /// Whether the answer is to be the one that every browser gives, and the companion: it takes half as long again where the processor
        /// has a quicker way.
        #[serde(default)]
        precise: bool,
        /// From which probability on labels count, where that is not as the bundle says.
        #[serde(default)]
        thresholds: Thresholds,
    },
    /// Classify many texts, in the time that [`Request::Classify`] leaves. Every list is answered, one after the other.
    Score {
        /// Comes back with the answer.
        sequence: u64,
        /// The texts.
        texts: Vec<String>,
        /// As for [`Request::Classify`].
        #[serde(default)]
        precise: bool,
    },
    /// Tell which words of a text did it, in the time that questions leave.
    Explain {
        /// Comes back with the answer.
        sequence: u64,
        /// The text.
        text: String,
        /// Which of [`Model::tasks`] is to be explained.
        task: usize,
        /// Which of its labels.
        label: usize,
    },
    /// Answer a request of the Perspective API's `comments:analyze` ([`perspective`](crate::perspective)), in the time that questions leave.
    Analyze {
        /// Comes back with the answer.
        sequence: u64,
        /// The request's body, which is JSON.
        body: String,
    },
    /// Read one of the bundle's documents.
    Document {
        /// Comes back with the answer.
        sequence: u64,
        /// Which of [`Model::documents`].
        name: String,
    },
    /// Nobody waits for this list or explanation any more.
    Cancel {
        /// Its number.
        sequence: u64,
    },
    /// Say whether you live.
    Ping,
}

/// What a worker is to load, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Load {
    /// The bundle's address, which ends in a slash.
    pub bundle: String,
    /// The SHA-256 of the one manifest that will do, if not any does.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Whether the browser's HTTP cache is to be passed over, because what came out of it last time was no good.
    pub fresh: bool,
    /// Whether to make the engine quick while nobody asks anything.
    pub warm_up: bool,
}

/// What a worker says to its client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Response {
    /// Some of the bundle has arrived.
    Progress {
        /// How many bytes of it.
        received: u64,
        /// How many bytes there are in all.
        total: u64,
    },
    /// All of the bundle has arrived, and the model is being built.
    Preparing,
    /// Texts are welcome.
    Ready(Model),
    /// The answer to a [`Request::Classify`].
    Answer(Answer),
    /// The answer to a [`Request::Score`].
    Scored {
        /// The list's number.
        sequence: u64,
        /// What the model says of each text, in their order; the names are in [`Model::tasks`].
        scores: Vec<Scores>,
    },
    /// The answer to a [`Request::Explain`].
    Explained {
        /// The request's number.
        sequence: u64,
        /// What words of the text do; of a long one those of its strongest sentences.
        words: Vec<WordEffect>,
    },
    /// The answer to a [`Request::Analyze`].
    Analyzed {
        /// The request's number.
        sequence: u64,
        /// 200, or HTTP's code for the refusal that the body is.
        code: u16,
        /// The answer's body, which is JSON.
        body: String,
    },
    /// The answer to a [`Request::Document`].
    Document {
        /// The request's number.
        sequence: u64,
        /// The document, which is what the manifest says.
        text: String,
    },
    /// This one request cannot be answered. All others are.
    Refused {
        /// The request's number.
        sequence: u64,
        /// Why, in a sentence for people.
        sentence: String,
    },
    /// The answer to a [`Request::Ping`].
    Alive,
    /// Something went wrong for good; a new worker may fare better.
    Failed(Failure),
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Failure {
    /// What kind of thing, and so what may help.
    pub kind: FailureKind,
    /// What, in a sentence for people.
    pub sentence: String,
}

/// What kind of thing went wrong; `web/failure.js` says what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// The server cannot be reached, or is in trouble.
    Network,
    /// The bundle is not there, or is not what it has to be.
    Model,
    /// The engine could not be started, or has stopped.
    Engine,
    /// What belongs to one version of the site does not come together.
    Build,
    /// Somebody's policy forbids the browser to run the engine.
    Policy,
    /// One text or list cannot be answered; all else can.
    Text,
}

/// What there is to know of the loaded model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Model {
    /// The bundle's name.
    pub name: String,
    /// The licence of its weights.
    pub licence: String,
    /// The SHA-256 of its manifest, which has the hashes of its files, thresholds and calibration: what answers otherwise has another.
    pub sha256: String,
    /// What it is for, in a sentence for people; empty where its manifest does not say.
    pub description: String,
    /// Texts to try.
    pub examples: Vec<Example>,
    /// How many tokens it reads of a text.
    pub max_tokens: usize,
    /// What it classifies, in the order in which answers come.
    pub tasks: Vec<Task>,
    /// What there is to read of it, by name.
    pub documents: Vec<String>,
    /// Which of the engine's builds has it: `relaxed` or `baseline`.
    pub build: String,
    /// Whether this is what an earlier visit has kept, as the server cannot be reached.
    pub is_kept: bool,
}

/// What the model says of a text, and how long it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Answer {
    /// The question's number.
    pub sequence: u64,
    /// How long the classification took, without the way there and back.
    pub milliseconds: f64,
    /// Whether it is what every browser answers, and the companion.
    pub is_precise: bool,
    /// The probabilities.
    pub classification: Classification,
    /// The words that labels were found in, where they were asked for: for each label of the tasks that are about words and that the text as
    /// a whole has. Of what it has not no word is it.
    pub words: Vec<LabelWords>,
}

/// The words of a text by one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LabelWords {
    /// The name of the task about words.
    pub task: String,
    /// The label's name, which a task about texts may have as well.
    pub label: String,
    /// The probability from which on a word is marked.
    pub threshold: f32,
    /// Words and signs, in the text's order.
    pub words: Vec<Word>,
}

/// How likely a word is to be marked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Word {
    /// The UTF-16 units of the text before it.
    pub start: usize,
    /// The same with its own.
    pub end: usize,
    /// 0 to 1.
    pub probability: f32,
}

/// What a word does to a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WordEffect {
    /// The UTF-16 units of the text before it.
    pub start: usize,
    /// The same with its own.
    pub end: usize,
    /// The label's logit with the word less that with the word hidden.
    pub effect: f32,
}

/// What words do to a label of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Explanation {
    /// Which of [`Model::tasks`] it is about.
    pub task: usize,
    /// Which of its labels.
    pub label: usize,
    /// The words, in the text's order.
    pub words: Vec<WordEffect>,
}

/// Where an engine stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Status {
    /// Nothing has been fetched, and nothing will be until somebody wants it.
    Waiting,
    /// The worker is being started.
    Starting,
    /// The bundle is being fetched.
    Fetching {
        /// How many bytes are here.
        received: u64,
        /// How many there are in all.
        total: u64,
    },
    /// The model is being built.
    Preparing,
    /// Texts are answered.
    Ready,
    /// Nothing works any more.
    Failed(Failure),
}

/// What a client tells of one text that changes while it is being typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Update {
    /// The engine stands elsewhere.
    Status(Status),
    /// A model is loaded.
    Model(Model),
    /// There is an answer.
    Answer {
        /// The answer.
        answer: Answer,
        /// Whether its text is still the text as it stands.
        is_current: bool,
    },
    /// The text stands, and this is what its words do.
    Explained(Vec<Explanation>),
    /// The text has changed since the last answer.
    Changed,
    /// There is no answer, and nothing to ask about.
    Blank,
}

#[cfg(test)]
mod tests;
