//! What is said of one text.

use std::ops::Range;

use undertone::Result;
use undertone::bundle::Manifest;
use undertone::classify::{Classification, Classifier, WordEffect};

/// What changes a probability by less is not worth showing.
const LEAST_EFFECT: f32 = 0.02;

/// Says something of texts.
pub struct Scorer {
    classifier: Classifier,
    spans: bool,
}

/// What is said of a text.
pub struct Answer {
    pub classification: Classification,
    pub effects: Vec<Effects>,
}

/// The words of a text that matter to a label.
pub struct Effects {
    pub task: String,
    pub label: String,
    /// The strongest first.
    pub words: Vec<WordEffect>,
}

impl Scorer {
    pub fn new(classifier: Classifier, spans: bool) -> Self {
        Self { classifier, spans }
    }

    pub fn manifest(&self) -> &Manifest {
        self.classifier.manifest()
    }

    /// Whether words are shown.
    pub fn has_spans(&self) -> bool {
        self.spans
    }

    pub fn answer(&self, text: &str) -> Result<Answer> {
        let mut classification = self.classifier.classify(text)?;
        if !self.spans {
            classification.words.clear();
            return Ok(Answer { classification, effects: Vec::new() });
        }
        let effects = self.effects(text, &classification)?;
        Ok(Answer { classification, effects })
    }

    /// The words that move the labels of tasks with one label, and of others those that count as present.
    fn effects(&self, text: &str, classification: &Classification) -> Result<Vec<Effects>> {
        let mut effects = Vec::new();
        for scores in &classification.tasks {
            let number = self.manifest().tasks.iter().position(|task| task.name == scores.task);
            let Some(task) = number else { continue };
            for (label, score) in scores.labels.iter().enumerate() {
                if scores.withheld || (scores.labels.len() > 1 && !scores.is_present(label)) {
                    continue;
                }
                let mut words = self.classifier.effects(text, task, label)?;
                words.retain(|word| word.effect.abs() >= LEAST_EFFECT);
                words.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
                effects.push(Effects { task: scores.task.clone(), label: score.label.clone(), words });
            }
        }
        Ok(effects)
    }
}

/// Where bytes of `text` stand as people and data sets count, by characters.
pub fn characters(text: &str, bytes: &Range<usize>) -> [usize; 2] {
    let place = |byte: usize| text.get(..byte).unwrap_or_default().chars().count();
    [place(bytes.start), place(bytes.end)]
}
