//! What a bundle classifies: tasks, their labels, and how answers are made of logits and shown.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::bert::Unit;
use crate::logistic::one_against_rest;
use crate::{Error, Result};

/// What answers have beside those of the tasks, which may therefore not be called so.
const RESERVED: [&str; 10] =
    ["text", "row", "line", "tokens", "truncated", "reason", "effects", "classes", "error", "written"];

/// One classification task, which is one head of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// The task's name: `sentiment`, `toxicity`. See [`check_task_name`].
    pub name: String,
    /// What it tells, in a sentence for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What has the labels: the text, or each token of it.
    #[serde(default, skip_serializing_if = "Unit::is_text")]
    pub unit: Unit,
    /// How the labels go together.
    #[serde(default, skip_serializing_if = "HeadKind::is_labels")]
    pub kind: HeadKind,
    /// Whether it is about pairs of texts, of which the engine reads none: `undertone evaluate` does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pairs: bool,
    /// What is done with a text that is longer than the model reads.
    #[serde(default, skip_serializing_if = "Windows::is_first")]
    pub windows: Windows,
    /// How the answer is shown.
    #[serde(default, skip_serializing_if = "Display::is_bars")]
    pub display: Display,
    /// The labels that the head scores, in the order of its outputs.
    pub labels: Vec<Label>,
    /// What the logits of exclusive classes are divided by before the softmax (Guo et al. 2017, "On calibration of modern neural
    /// networks"); 1 for independent labels, which have a [`Calibration`] each.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub temperature: f32,
    /// What was measured of the task when its weights were chosen; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<TaskMetrics>,
    /// What the labels' calibration and thresholds were made on; none where nobody calibrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationRecord>,
}

/// How the labels of a task go together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum HeadKind {
    /// Each applies or not, whatever the others do: a sigmoid each.
    #[default]
    Labels,
    /// One of them applies: a softmax over all.
    Classes,
}

/// What is done with a text that is longer than the model reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(all(feature = "cli", not(target_arch = "wasm32")), derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Windows {
    /// Its beginning is read, and the rest is cut off.
    #[default]
    First,
    /// It is read in windows, and each label has the highest of their logits.
    Max,
    /// It is read in windows, and each label has the mean of their logits, weighted by their tokens.
    Mean,
    /// Its beginning and its end are read as one.
    Ends,
}

/// How a task's answer is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Display {
    /// A bar for each label.
    #[default]
    Bars,
    /// One scale, of which the task's only label is the upper end.
    Scale(Scale),
}

/// A scale's ends, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// What a probability of 0 says: `negative`.
    pub low: String,
    /// What is between the ends.
    #[serde(default = "neutral")]
    pub middle: String,
    /// What a probability of 1 says: `positive`.
    pub high: String,
}

/// One label of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The label's name: `positive`, `threat`.
    pub name: String,
    /// What it means, in a sentence for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The probability from which on the label counts as present. Exclusive classes have none: the likeliest counts.
    #[serde(default = "half", skip_serializing_if = "is_half")]
    pub threshold: f32,
    /// What makes the model's logit the logit of a probability that can be taken at its word.
    #[serde(default, skip_serializing_if = "Calibration::is_identity")]
    pub calibration: Calibration,
}

/// A line through a label's logit, whose sigmoid is the probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// What the logit is multiplied by, above 0: the inverse of a temperature.
    pub scale: f32,
    /// What is added then.
    pub bias: f32,
}

/// What a task's calibration was made on and for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CalibrationRecord {
    /// The texts, in words: `texts held out from training`.
    pub data: String,
    /// How many texts that were.
    pub samples: usize,
    /// The true rates of labels that the probabilities were moved to, by label; of others they are right where labels are
    /// as common as in the data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<String, f64>,
    /// What the thresholds were chosen for, in words: `best F1`.
    pub thresholds: String,
}

/// What was measured of a task, and on what; before its labels were calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct TaskMetrics {
    /// What was measured on, in words: `10% of the training rows, held out`.
    pub data: String,
    /// How many texts that were.
    pub samples: usize,
    /// Mean cross-entropy.
    pub loss: f64,
    /// The share of right answers: over all labels at a probability of ½, or of classes.
    pub accuracy: f64,
    /// Mean ROC AUC over the labels; none where a label had one class only.
    pub auc_macro: Option<f64>,
}

/// Checks that a task may be called `name`: files and tensors are named after it, and answers have it beside other things.
///
/// # Errors
/// It may not.
pub fn check_task_name(name: &str) -> Result<()> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(Error::invalid(format!(
            "\"{name}\" is no name for a task: use letters, digits, - and _, since files are named after it"
        )));
    }
    if RESERVED.contains(&name) {
        return Err(Error::invalid(format!(
            "no task may be called \"{name}\", since every answer has something else of that name: choose another name than {}",
            RESERVED.join(", ")
        )));
    }
    Ok(())
}

impl Task {
    /// A task about texts with these independent labels, which nobody has calibrated yet, and all else as it is by default.
    pub fn new(name: &str, labels: &[impl AsRef<str>]) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            unit: Unit::default(),
            kind: HeadKind::default(),
            pairs: false,
            windows: Windows::default(),
            display: Display::default(),
            labels: labels.iter().map(|name| Label::new(name.as_ref())).collect(),
            temperature: one(),
            metrics: None,
            calibration: None,
        }
    }

    /// Makes a row of the model's logits, one for each label, those of probabilities that can be taken at their word.
    ///
    /// Of exclusive classes they become each class's logit against the rest, whose sigmoid is its softmax probability.
    pub fn calibrate(&self, logits: &mut [f32]) {
        match self.kind {
            HeadKind::Labels => {
                let pairs = logits.iter_mut().zip(&self.labels);
                pairs.for_each(|(logit, label)| *logit = label.calibration.apply(*logit));
            }
            HeadKind::Classes => {
                logits.iter_mut().for_each(|logit| *logit /= self.temperature);
                one_against_rest(logits);
            }
        }
    }

    /// Checks all that classifying relies on.
    ///
    /// # Errors
    /// The name cannot be one, the labels are none or have two of one name, a threshold or calibration is out of its range, or
    /// parts contradict each other.
    pub(super) fn check(&self) -> Result<()> {
        check_task_name(&self.name)?;
        let invalid = |what: String| Err(Error::invalid(format!("the task {} {what}", self.name)));
        if self.labels.is_empty() {
            return invalid("has no labels, and so nothing to tell: give it at least one".into());
        }
        let mut names = HashSet::new();
        for label in &self.labels {
            if label.name.trim().is_empty() {
                return invalid("has a label without a name: name it".into());
            }
            if !names.insert(&label.name) {
                return invalid(format!("has two labels called {}: name each otherwise", label.name));
            }
            label.check().or_else(|what| invalid(format!("has the label {}, {what}", label.name)))?;
        }
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            return invalid(format!("has the temperature {}, which must be above 0 and finite", self.temperature));
        }
        match self.kind {
            HeadKind::Labels if !is_one(&self.temperature) => {
                invalid("has a temperature, which only classes have: calibrate each label by its scale and bias".into())
            }
            HeadKind::Classes if self.labels.len() < 2 => {
                invalid("has one class, which would always be the one: give it at least two".into())
            }
            HeadKind::Classes if self.labels.iter().any(|class| !class.is_bare()) => invalid(
                "has classes with a threshold or calibration of their own; the likeliest counts, and all have one temperature".into(),
            ),
            HeadKind::Classes | HeadKind::Labels => self.check_windows().and_then(|()| self.check_display()),
        }
    }

    /// Whether the windows' answers can be put together as the task says.
    fn check_windows(&self) -> Result<()> {
        let invalid = |what: &str| Err(Error::invalid(format!("the task {} {what}", self.name)));
        match (self.windows, self.unit, self.kind) {
            (Windows::Mean | Windows::Ends, Unit::Token, _) => {
                invalid("is about words, of which each window tells some: its windows are \"first\" or \"max\"")
            }
            (Windows::Max, _, HeadKind::Classes) => invalid(
                "has classes, whose highest probabilities come to more than 1: its windows are \"first\", \"mean\" or \"ends\"",
            ),
            _ => Ok(()),
        }
    }

    fn check_display(&self) -> Result<()> {
        let Display::Scale(Scale { low, middle, high }) = &self.display else { return Ok(()) };
        let invalid = |what: &str| Err(Error::invalid(format!("the task {} is shown as a scale, {what}", self.name)));
        if self.labels.len() != 1 || self.unit != Unit::Text {
            return invalid("which is for tasks about texts with one label: show it as bars");
        }
        match [low, middle, high].iter().any(|words| words.trim().is_empty()) {
            true => invalid("which lacks words for its ends or its middle: give them"),
            false => Ok(()),
        }
    }
}

impl HeadKind {
    /// Whether the labels are independent.
    pub fn is_labels(&self) -> bool {
        *self == Self::Labels
    }
}

impl Windows {
    /// Whether only the beginning is read.
    pub fn is_first(&self) -> bool {
        *self == Self::First
    }
}

impl Display {
    /// Whether it is bars.
    pub fn is_bars(&self) -> bool {
        *self == Self::Bars
    }
}

impl Label {
    /// A label as it is before anybody calibrates it, which counts from ½ on.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            threshold: half(),
            calibration: Calibration::default(),
        }
    }

    fn check(&self) -> Result<(), String> {
        let Calibration { scale, bias } = self.calibration;
        if !(0.0..=1.0).contains(&self.threshold) {
            return Err(format!(
                "whose threshold {} is no probability: calibrate or export the bundle again",
                self.threshold
            ));
        }
        match scale > 0.0 && scale.is_finite() && bias.is_finite() {
            true => Ok(()),
            false => Err(format!(
                "which is calibrated with the scale {scale} and the bias {bias}: the scale must be above 0, and both finite; calibrate \
                 or export the bundle again"
            )),
        }
    }

    /// Whether it has neither a threshold nor a calibration of its own.
    fn is_bare(&self) -> bool {
        is_half(&self.threshold) && self.calibration.is_identity()
    }
}

impl Default for Calibration {
    fn default() -> Self {
        Self { scale: 1.0, bias: 0.0 }
    }
}

impl Calibration {
    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        *self == Self::default()
    }

    /// The calibrated logit.
    pub fn apply(self, logit: f32) -> f32 {
        self.scale * logit + self.bias
    }
}

fn half() -> f32 {
    0.5
}

fn is_half(value: &f32) -> bool {
    *value == half()
}

fn one() -> f32 {
    1.0
}

fn is_one(value: &f32) -> bool {
    *value == one()
}

fn neutral() -> String {
    "neutral".to_owned()
}
