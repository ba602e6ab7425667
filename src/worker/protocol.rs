//! What the page and its worker say to each other.
//!
//! Messages travel as JSON text: `postMessage` copies a string faster than it clones a tree of objects, the worker's boot
//! script can write one without knowing Rust, and a person can read along in the debugger.
//!
//! The order is fixed. The worker says [`Response::Started`] once it listens, since a message sent earlier would be lost. The
//! first it hears is [`Request::Load`], which the page gives to the boot script, so that what is to be loaded can be read while
//! the engine itself still comes. After [`Response::Ready`] the page may ask to classify. [`Response::Failed`] can come
//! at any time and is the last thing a worker says.

use serde::{Deserialize, Serialize};

/// What messages are made of; the page knows it from here.
pub use crate::bundle::{Display, HeadKind, Label, Scale, Task};
pub use crate::classify::{Classification, LabelScore, Reason, Scores, TaskScores};

/// The build of this binary. Page and worker are two binaries, and only those of one build understand each other.
pub const BUILD: &str = env!("UNDERTONE_BUILD");

/// What the page asks of the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Fetch a bundle and get ready to classify with it.
    Load {
        /// The bundle's address, which ends in a slash.
        bundle: String,
        /// Whether the browser's HTTP cache is to be passed over, because what came out of it last time was no good.
        fresh: bool,
    },
    /// Classify a text. A later text overtakes an earlier one that has not been begun, which then stays unanswered.
    Classify {
        /// Counts up, and comes back with the answer.
        sequence: u64,
        /// The text.
        text: String,
        /// Whether the answers of tasks about words are wanted, too: they are longer than the text.
        #[serde(default)]
        words: bool,
    },
    /// Classify many texts, in the time that [`Request::Classify`] leaves. Every list is answered, one after the other.
    Score {
        /// Comes back with the answer.
        sequence: u64,
        /// The texts.
        texts: Vec<String>,
    },
}

/// What the worker says to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// The engine runs and listens.
    Started {
        /// The worker's own [`BUILD`].
        build: String,
    },
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
    /// Something went wrong for good; a new worker may fare better.
    Failed {
        /// What, in a sentence for people.
        sentence: String,
    },
}

/// What the page needs to know of the loaded model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The bundle's name.
    pub name: String,
    /// The licence of its weights.
    pub licence: String,
    /// How many tokens it reads of a text.
    pub max_tokens: usize,
    /// What it classifies, in the order in which answers come.
    pub tasks: Vec<Task>,
}

/// What the model says of a text, and how long it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The question's number.
    pub sequence: u64,
    /// How long the classification took, without the way there and back.
    pub milliseconds: f64,
    /// The probabilities.
    pub classification: Classification,
}
