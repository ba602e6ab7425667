//! Text in, probabilities out: the one door to the model for the page, the companion and the tests.

use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::{Error, Result};

/// What the model says of one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// How many tokens the model read, [CLS] and [SEP] included.
    pub tokens: usize,
    /// Whether the text was longer than the model reads, so that its end was cut off.
    pub truncated: bool,
    /// The answer of each task, in the manifest's order.
    pub tasks: Vec<TaskScores>,
}

/// One task's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskScores {
    /// The task's name.
    pub task: String,
    /// Its labels, in the manifest's order.
    pub labels: Vec<LabelScore>,
}

/// The probability of one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelScore {
    /// The label's name.
    pub label: String,
    /// The model's probability that the label applies, 0 to 1.
    pub probability: f32,
    /// The probability from which on the label counts as present.
    pub threshold: f32,
}

/// A bundle, ready to classify.
pub struct Classifier;

impl Classifier {
    /// Builds the model of `bundle`.
    ///
    /// # Errors
    /// The weights or the tokenizer are not what the manifest describes.
    pub fn new(bundle: &Bundle) -> Result<Self> {
        let _ = bundle;
        Err(Error::invalid("not yet"))
    }

    /// Classifies one text for every task.
    ///
    /// # Errors
    /// Only if a tensor operation fails, which a well-formed bundle gives no cause for.
    pub fn classify(&self, text: &str) -> Result<Classification> {
        let _ = text;
        Err(Error::invalid("not yet"))
    }
}
