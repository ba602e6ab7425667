//! Text in, probabilities out: the one door to the model for the page, the companion and the tests.
//!
//! Here the labels' calibration is applied, so that nobody behind the door sees a logit without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::bert::{Batch, Content, Model, TokenIds, Unit};
use crate::bundle::{self, Bundle, HeadKind, Label, Manifest, Task, Windows};
use crate::logistic::{is_present, probability};
use crate::ops::Rounding;
use crate::text::{Offsets, Tokenizer, Tokens};
use crate::threads;
use crate::{Error, Result};

mod cache;
mod effects;
mod many;
mod passes;
mod reason;
mod windows;
mod words;

use cache::Cache;
pub use effects::{Occlusion, WordEffect};
pub use many::{BatchScorer, Scores};
use passes::Read;
pub use reason::Reason;
pub use words::{TaskWords, WordScore};

/// What the model reads of a text at once, with each token's offsets.
type Encoded = (Tokens, Vec<Option<Offsets>>);

/// What the model says of one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Classification {
    /// How many tokens the model read, `[CLS]` and `[SEP]` included.
    pub tokens: usize,
    /// Whether the text was longer than what is read of one, so that its end was cut off.
    pub truncated: bool,
    /// Why there is nothing to judge by, where there is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The answer of each task that is about texts, in the manifest's order.
    pub tasks: Vec<TaskScores>,
    /// The answer of each task that is about words. Messages have it apart: there places in a text are counted otherwise.
    #[serde(skip)]
    pub words: Vec<TaskWords>,
}

/// One task's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TaskScores {
    /// The task's name.
    pub task: String,
    /// How the labels go together.
    #[serde(default, skip_serializing_if = "HeadKind::is_labels")]
    pub kind: HeadKind,
    /// Whether the answer is no verdict, since there is nothing to judge by: so it is of a scale, which has a place for every text,
    /// and of classes, of which one is always the likeliest. Other labels that a text has nothing of are below their thresholds, and
    /// what is above stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
    /// Its labels, in the manifest's order.
    pub labels: Vec<LabelScore>,
}

/// The probability of one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LabelScore {
    /// The label's name.
    pub label: String,
    /// The probability that the label applies, 0 to 1, calibrated if the bundle is.
    pub probability: f32,
    /// The probability from which on the label counts as present.
    pub threshold: f32,
}

/// The tokenizer of the bundle with this manifest, from the content of its file.
///
/// # Errors
/// It is not what the manifest describes.
pub fn tokenizer(manifest: &Manifest, json: &[u8]) -> Result<Tokenizer> {
    let tokenizer = Tokenizer::from_json(json, manifest.max_tokens)?
        .normalising(manifest.normalisation)
        .breaking_lines()
        .counting(manifest.word_counts.clone());
    tokenizer.check_fits(manifest.architecture.vocab_size)?;
    Ok(tokenizer)
}

/// The model of the bundle with this manifest, from the content of the weights' file.
///
/// # Errors
/// It is not what the manifest describes.
pub fn model(manifest: &Manifest, weights: &dyn Content, rounding: Rounding) -> Result<Model> {
    let weights = bundle::weights::decode(weights)?;
    Model::for_inference(&manifest.architecture, manifest.pooling, &manifest.heads(), weights, rounding)
}

/// Thresholds of somebody's own, by the names of task and label. Other labels count from where the bundle says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Thresholds(pub BTreeMap<String, BTreeMap<String, f32>>);

/// A bundle, ready to classify.
#[derive(Debug)]
pub struct Classifier {
    manifest: Manifest,
    tokenizer: Arc<Tokenizer>,
    model: Model,
    cache: Cache,
}

impl Classifier {
    /// Reads the bundle in `folder` and builds its model.
    ///
    /// # Errors
    /// As for [`Bundle::read`] and [`Self::new`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read(folder: impl AsRef<std::path::Path>) -> Result<Self> {
        Self::new(&Bundle::read(folder)?)
    }

    /// Builds the model of `bundle`.
    ///
    /// # Errors
    /// The weights or the tokenizer are not what the manifest describes.
    pub fn new(bundle: &Bundle) -> Result<Self> {
        Self::with_rounding(bundle, Rounding::DEFAULT)
    }

    /// Builds the model of `bundle`; activations that meet int8 weights are rounded as `rounding` says.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn with_rounding(bundle: &Bundle, rounding: Rounding) -> Result<Self> {
        let manifest = bundle.manifest.clone();
        let tokenizer = tokenizer(&manifest, &bundle.tokenizer)?;
        let model = model(&manifest, &bundle.weights, rounding)?;
        Ok(Self::of_parts(manifest, tokenizer, model))
    }

    /// Puts together what [`tokenizer`] and [`model`] made of one bundle's files.
    pub fn of_parts(manifest: Manifest, tokenizer: Tokenizer, model: Model) -> Self {
        Self { manifest, tokenizer: tokenizer.into(), model, cache: Cache::default() }
    }

    /// The same, which shares model and tokenizer with this one, with activations that meet int8 weights rounded as `rounding` says.
    pub fn rounding(&self, rounding: Rounding) -> Self {
        let (manifest, tokenizer) = (self.manifest.clone(), Arc::clone(&self.tokenizer));
        Self { manifest, tokenizer, model: self.model.rounding(rounding), cache: Cache::default() }
    }

    /// What the bundle says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The same, with long texts read as `windows` says by every task about texts, whatever the manifest says; as that says where none is
    /// given.
    ///
    /// # Errors
    /// A task's answers cannot be put together so.
    pub fn reading_long_texts(self, windows: impl Into<Option<Windows>>) -> Result<Self> {
        let Some(windows) = windows.into() else { return Ok(self) };
        let with = |task: &Task| match task.unit {
            Unit::Text => Task { windows, ..task.clone() },
            Unit::Token => task.clone(),
        };
        let manifest = self.manifest.with_tasks(self.manifest.tasks.iter().map(with).collect())?;
        Ok(Self { manifest, ..self })
    }

    /// Classifies one text for every task.
    ///
    /// # Errors
    /// An answer is not a number, or a tensor operation fails, neither of which a well-formed bundle gives cause for.
    pub fn classify(&self, text: &str) -> Result<Classification> {
        self.classify_encoded(text, self.tokenizer.encode_with_offsets(text)?)
    }

    /// The same for a text that has been tokenised.
    fn classify_encoded(&self, text: &str, encoded: Encoded) -> Result<Classification> {
        let Read { text: tokens, logits } = self.read_text(self.tokenised(text, encoded)?)?;
        let reason = Reason::of(&self.tokenizer.reading(text, tokens.ids.iter().copied().zip(&tokens.offsets)));
        let (mut tasks, mut words) = (Vec::new(), Vec::new());
        for (task, logits) in self.manifest.tasks.iter().zip(&logits) {
            match task.unit {
                Unit::Text => tasks.push(TaskScores::new(task, logits, reason)),
                Unit::Token => words.extend(TaskWords::of_each_label(task, logits, &tokens.offsets)),
            }
        }
        words.iter_mut().for_each(|words| words.hold_to(&tasks));
        Ok(Classification { tokens: tokens.count(), truncated: tokens.is_cut, reason, tasks, words })
    }

    /// Why there is nothing to judge the beginning of `text` by, where there is not.
    ///
    /// # Errors
    /// As for [`Tokenizer::encode`].
    pub fn reason(&self, text: &str) -> Result<Option<Reason>> {
        Ok(self.reason_of(text, &self.tokenizer.encode_with_offsets(text)?))
    }

    fn reason_of(&self, text: &str, (tokens, offsets): &Encoded) -> Option<Reason> {
        let ids = tokens.ids.input_ids.iter().zip(offsets);
        let of_text = ids.filter_map(|(id, offsets)| Some((*id, offsets.as_ref()?)));
        Reason::of(&self.tokenizer.reading(text, of_text))
    }

    /// The calibrated logits of each task about texts for a text of any length, and none for the other tasks.
    ///
    /// # Errors
    /// As for [`Self::classify`].
    pub fn text_logits(&self, text: &str) -> Result<Vec<Vec<f32>>> {
        let encoded = self.tokenizer.encode_with_offsets(text)?;
        let logits = self.read_text(self.tokenised(text, encoded)?)?.logits;
        let of_texts = |(task, logits): (&Task, Vec<f32>)| if task.unit.is_text() { logits } else { Vec::new() };
        Ok(self.manifest.tasks.iter().zip(logits).map(of_texts).collect())
    }

    /// Classifies texts on all cores; the answers are in the order of the texts.
    ///
    /// # Errors
    /// As for [`Self::classify`].
    pub fn classify_all<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Vec<Classification>> {
        threads::map(texts.iter().collect(), |_, text| self.classify(text.as_ref())).into_iter().collect()
    }

    /// The numbers of a task and of one of its labels, by their names, as [`Self::effects`] takes them.
    ///
    /// # Errors
    /// There is no such task, or no such label of it; the error lists those that there are.
    pub fn find(&self, task: &str, label: &str) -> Result<(usize, usize)> {
        let number = find("task", task, self.manifest.tasks.iter().map(|task| &task.name[..]))?;
        let labels = &self.manifest.tasks[number].labels;
        Ok((number, find("label", label, labels.iter().map(|label| &label.name[..]))?))
    }

    /// The tokens of `text` as the model reads them.
    ///
    /// # Errors
    /// As for [`Tokenizer::encode`].
    pub fn tokens(&self, text: &str) -> Result<TokenIds> {
        Ok(self.tokenizer.encode(text)?.ids)
    }

    /// For each task the calibrated logits of all texts of `batch`, or all tokens where the task is about words, label
    /// after label, row after row: what probabilities are the sigmoid of. Those of exclusive classes are each class's against the
    /// rest, so that their probabilities, which are the softmax's, are it as well.
    ///
    /// # Errors
    /// As for [`Self::classify`].
    pub fn logits(&self, batch: &Batch) -> Result<Vec<Vec<f32>>> {
        let logits = self.model.all_logits(batch)?;
        let calibrated = |(task, logits): (&Task, &Tensor)| {
            let mut logits: Vec<f32> = logits.flatten_all()?.to_vec1()?;
            // A task has at least one label.
            for row in logits.chunks_exact_mut(task.labels.len()) {
                task.calibrate(row);
            }
            match logits.iter().all(|logit| logit.is_finite()) {
                true => Ok(logits),
                false => Err(Error::invalid(format!(
                    "the model's answer for the task {} is not a number, so its weights cannot be right: export the bundle again",
                    task.name
                ))),
            }
        };
        self.manifest.tasks.iter().zip(&logits).map(calibrated).collect()
    }
}

impl Classification {
    /// What was said of a label by the names of its task and of its own.
    ///
    /// # Errors
    /// There is no such task about texts, or no such label of it; the error lists those that there are.
    pub fn get(&self, task: &str, label: &str) -> Result<&LabelScore> {
        let (task, label) = self.place(task, label)?;
        Ok(&self.tasks[task].labels[label])
    }

    fn place(&self, task: &str, label: &str) -> Result<(usize, usize)> {
        let task = find("task", task, self.tasks.iter().map(|scores| &scores.task[..]))?;
        Ok((task, find("label", label, self.tasks[task].labels.iter().map(|score| &score.label[..]))?))
    }
}

impl LabelScore {
    /// Whether the label counts as present.
    pub fn is_present(&self) -> bool {
        is_present(self.probability, self.threshold)
    }
}

/// The place of `name` among the `names` of tasks or labels, whichever `what` says.
fn find<'a>(what: &'static str, name: &str, names: impl Iterator<Item = &'a str> + Clone) -> Result<usize> {
    names.clone().position(|known| known == name).ok_or_else(|| Error::Unknown {
        what,
        name: name.to_owned(),
        known: names.map(str::to_owned).collect(),
    })
}

impl Classification {
    /// The same, decided by thresholds of somebody's own where there are such.
    ///
    /// # Errors
    /// A threshold is none from 0 to 1, or of a label that there is not.
    pub fn decided_by(mut self, Thresholds(thresholds): &Thresholds) -> Result<Self> {
        for (task, label, threshold) in thresholds
            .iter()
            .flat_map(|(task, own)| own.iter().map(move |(label, threshold)| (task, label, *threshold)))
        {
            if !(0.0..=1.0).contains(&threshold) {
                return Err(Error::invalid(format!("the threshold {threshold} of {task}.{label} is not from 0 to 1")));
            }
            let (task, label) = self.place(task, label)?;
            self.tasks[task].labels[label].threshold = threshold;
        }
        self.words.iter_mut().for_each(|words| words.hold_to(&self.tasks));
        Ok(self)
    }
}

impl TaskScores {
    /// The labels that count as present: those at their threshold or above, or of exclusive classes the likeliest; none where the answer
    /// is withheld.
    pub fn present(&self) -> Vec<&LabelScore> {
        match self.kind {
            _ if self.withheld => Vec::new(),
            HeadKind::Labels => self.labels.iter().filter(|score| score.is_present()).collect(),
            HeadKind::Classes => self.likeliest().into_iter().collect(),
        }
    }

    /// Whether the label number `label` counts as present.
    pub fn is_present(&self, label: usize) -> bool {
        self.labels.get(label).is_some_and(|score| self.present().iter().any(|present| present.label == score.label))
    }

    /// The label of the highest probability; of equal ones the first.
    fn likeliest(&self) -> Option<&LabelScore> {
        self.labels.iter().rev().max_by(|a, b| a.probability.total_cmp(&b.probability))
    }

    fn new(task: &Task, logits: &[f32], reason: Option<Reason>) -> Self {
        let score = |(label, &logit): (&Label, &f32)| LabelScore {
            label: label.name.clone(),
            probability: probability(logit),
            threshold: label.threshold,
        };
        let labels = task.labels.iter().zip(logits).map(score).collect();
        let always_answers = task.kind == HeadKind::Classes || !task.display.is_bars();
        Self { task: task.name.clone(), kind: task.kind, withheld: reason.is_some() && always_answers, labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_of_ones_own_decide_texts_and_whether_their_words_count() {
        let score = |label: &str, probability| LabelScore { label: label.into(), probability, threshold: 0.5 };
        let task =
            |name: &str, labels| TaskScores { task: name.into(), kind: HeadKind::Labels, withheld: false, labels };
        let words = TaskWords {
            task: "toxic-words".into(),
            label: "toxic".into(),
            threshold: 0.5,
            is_text_marked: false,
            words: Vec::new(),
        };
        let tasks = vec![
            task("toxicity", vec![score("toxic", 0.3), score("threat", 0.7)]),
            task("spam", vec![score("spam", 0.3)]),
        ];
        let before = Classification { tokens: 1, truncated: false, reason: None, tasks, words: vec![words] };
        let present = |classification: &Classification| {
            let of = |task: &TaskScores| task.present().iter().map(|score| score.label.clone()).collect::<Vec<_>>();
            classification.tasks.iter().flat_map(of).collect::<Vec<_>>()
        };
        assert_eq!(before.clone().decided_by(&Thresholds::default()).unwrap(), before);
        let of = |task: &str, label: &str, threshold: f32| {
            Thresholds([(task.to_owned(), [(label.to_owned(), threshold)].into())].into())
        };
        let own = |threshold: f32| of("toxicity", "toxic", threshold);
        let lower = before.clone().decided_by(&own(0.25)).unwrap();
        assert_eq!(
            (present(&lower), lower.words[0].is_text_marked),
            (vec!["toxic".to_owned(), "threat".to_owned()], true)
        );
        let higher = lower.decided_by(&own(0.9)).unwrap();
        assert_eq!((present(&higher), higher.words[0].is_text_marked), (vec!["threat".to_owned()], false));
        let refused = |thresholds: Thresholds| before.clone().decided_by(&thresholds).unwrap_err().to_string();
        for threshold in [-0.1, 1.1, 30.0, f32::NAN, f32::INFINITY] {
            assert!(refused(own(threshold)).ends_with("of toxicity.toxic is not from 0 to 1"), "{threshold}");
        }
        assert!(refused(of("toxicity", "toxick", 0.5)).contains("toxick"));
        assert!(refused(of("tone", "toxic", 0.5)).contains("tone"));
    }
}
