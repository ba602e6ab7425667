//! A request that one thread answers a text at a time, so that it can do other things between them.

use serde_json::Value;

use super::{Attributes, Model, Question, Refusal};
use crate::classify::{Classification, Classifier};
use crate::{Error, Result};

/// A request of `comments:analyze` on its way to its answer.
#[derive(Debug)]
pub struct Analysis {
    question: Question,
    /// The texts that are still to be classified, the next one last.
    texts: Vec<String>,
    classified: Vec<Classification>,
}

impl Analysis {
    /// Of the request that `body` is, by the labels of `classifier`'s bundle.
    ///
    /// # Errors
    /// It asks for what cannot be answered, or is none.
    pub fn begin(body: &str, classifier: &Classifier) -> std::result::Result<Self, Refusal> {
        let question = Question::parse(body.as_bytes(), &Attributes::of(classifier.manifest()))?;
        let mut texts = question.texts();
        texts.reverse();
        Ok(Self { question, texts, classified: Vec::new() })
    }

    /// Classifies one more text.
    ///
    /// # Errors
    /// The text cannot be classified.
    pub fn advance(&mut self, classifier: &Classifier) -> Result<()> {
        if let Some(text) = self.texts.pop() {
            self.classified.push(classifier.classify(&text)?);
        }
        Ok(())
    }

    /// Whether all texts are classified.
    pub fn is_done(&self) -> bool {
        self.texts.is_empty()
    }

    /// The answer, once it [is done](Self::is_done).
    ///
    /// # Errors
    /// The texts are in another language than the model's.
    pub fn answer(&self, classifier: &Classifier) -> std::result::Result<Value, Refusal> {
        let manifest = classifier.manifest();
        let sha256 = manifest.sha256().map_err(|_: Error| Refusal::Internal)?;
        self.question.answer(&self.classified, &Model { name: manifest.name.clone(), sha256 })
    }
}
