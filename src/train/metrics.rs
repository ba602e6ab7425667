//! How good predictions are, in the numbers that others report for the same data.
//!
//! Everything is weighted by row, since a test set may be a sample in which rare rows stand for themselves and common ones
//! for several, and everything is summed in f64 from the logits: a mean over 150,000 rows in f32 loses the third decimal,
//! and probabilities near 1 tie where their logits do not. The definitions are scikit-learn's, and the tests hold the
//! results to its results.
//!
//! - What ranks ([`LabelMetrics::auc`], [`LabelMetrics::average_precision`], [`Predictions::curves`]) knows no threshold.
//! - What decides ([`Metrics::accuracy`], [`Predictions::decisions`]) does.
//! - What believes ([`Metrics::loss`], [`Metrics::ece`], [`Predictions::reliability`]) takes the probabilities at their word.
//!
//! [`Predictions::intervals`] says how far chance may have moved them.
//!
//! A target may be a share, of the annotators who gave a label: what believes takes it as it is (cross-entropy is
//! linear in it), and what ranks or decides goes by the majority and leaves a target of exactly ½ out.
//!
//! A row is a text, or one of its tokens where the task is about words. Tokens of one text are no independent evidence, so that
//! texts are counted and drawn ([`Predictions::intervals`]), whatever their rows are.
//!
//! A target may be unknown: data that were labelled for one purpose say nothing of another, and to count what nobody looked
//! at as absent would punish the model that finds it. What is unknown is in no sum.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::class_counts::ClassCounts;
use crate::logistic::{sigmoid, softplus};
use crate::{Error, Result};

mod bootstrap;
mod curves;
mod decisions;
mod ranking;
mod reliability;
mod spans;

pub use bootstrap::{Interval, Intervals};
pub use curves::{Curves, LabelCurves, PrecisionRecallPoint, RocPoint};
pub use decisions::Decisions;
pub(super) use ranking::{Tie, roc_auc, ties};
pub(super) use reliability::place;
pub use reliability::{Bin, Reliability};
pub use spans::character_f1;

/// The usual number of bins of an expected calibration error.
pub const BINS: usize = 15;

/// What a model said of some texts, and what is true.
#[derive(Debug, Clone, Copy, Default)]
pub struct Predictions<'a> {
    /// The logits, row by row: one for each label.
    pub logits: &'a [f32],
    /// 1 where a label applies, 0 where it does not, between them the share of those who say that it does, and NaN where
    /// nobody knows, in the same order.
    pub targets: &'a [f32],
    /// How many texts each row's text stands for.
    pub weights: &'a [f32],
    /// The labels' names, all different.
    pub labels: &'a [String],
    /// Of which text each row is, counted from 0, where rows are the tokens of texts; none where each row is a text.
    pub texts: Option<&'a [usize]>,
}

/// What was measured, as `evaluate --json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// How many texts were measured on.
    #[serde(rename = "n")]
    pub samples: usize,
    /// How many of their tokens were, where the task is about words: each of them counts in the figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<usize>,
    /// Mean binary cross-entropy over texts and labels, in nats.
    pub loss: f64,
    /// Expected calibration error over texts and labels with [`BINS`] bins; none in what older versions wrote.
    #[serde(default)]
    pub ece: Option<f64>,
    /// Share of labels, over all texts, on whose side of ½ the probability is; a probability of ½ counts as present. None where
    /// all targets are ½, which is on neither side.
    pub accuracy: Option<f64>,
    /// Mean of [`LabelMetrics::auc`] over the labels that have one; none where no label has.
    pub auc_macro: Option<f64>,
    /// ROC AUC over all texts and labels as if they were one label; none where all targets are equal.
    pub auc_micro: Option<f64>,
    /// What was measured of each label, by its name.
    pub labels: BTreeMap<String, LabelMetrics>,
}

/// What was measured of one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelMetrics {
    /// ROC AUC: how often a text with the label scores higher than one without, where a tie is half a win. None where all
    /// texts have the label or none has.
    pub auc: Option<f64>,
    /// Average precision: the area under the steps of the precision-recall curve. None where [`auc`](Self::auc) is none.
    pub average_precision: Option<f64>,
    /// Mean binary cross-entropy, in nats; none where no target is known, and in what older versions wrote.
    #[serde(default)]
    pub loss: Option<f64>,
    /// Expected calibration error with [`BINS`] bins; none as [`loss`](Self::loss).
    #[serde(default)]
    pub ece: Option<f64>,
    /// How many texts have the label, or a token that has it, not weighted.
    pub positives: usize,
    /// How many do not have it, or have a token that has it not; none in what older versions wrote.
    #[serde(default)]
    pub negatives: Option<usize>,
    /// Of how many texts nobody knows whether they have it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unknown: usize,
    /// Of how many texts as many say that they have it as that they do not: they are in no figure that needs a yes or no.
    #[serde(default, skip_serializing_if = "is_none")]
    pub undecided: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// One row and one label: all that a metric needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub logit: f32,
    /// From 0 to 1.
    pub target: f32,
    pub weight: f64,
    /// The text that the row is, or is of.
    pub text: usize,
}

impl Sample {
    pub fn probability(self) -> f64 {
        sigmoid(self.logit.into())
    }

    /// Whether the label applies: most say so. None where as many say that it does not.
    pub fn class(self) -> Option<bool> {
        (self.target != 0.5).then_some(self.target > 0.5)
    }

    /// 1 where the probability is on the target's side of ½, else 0; a probability of ½ counts as present. None where the
    /// target is on neither side.
    pub fn accuracy(self) -> Option<f64> {
        self.class().map(|class| f64::from(u8::from((self.logit >= 0.0) == class)))
    }

    /// Binary cross-entropy, −z·ln σ(x) − (1 − z)·ln(1 − σ(x)).
    pub fn loss(self) -> f64 {
        let (logit, target) = (f64::from(self.logit), f64::from(self.target));
        (1.0 - target) * softplus(logit) + target * softplus(-logit)
    }
}

impl Metrics {
    /// What cannot be measured of which label, or is chance, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let note = |(name, label): (&String, &LabelMetrics)| {
            ClassCounts { with: label.positives, without: label.negatives? }.unmeasured(name)
        };
        self.labels.iter().filter_map(note).collect()
    }

    /// What was measured on, in words: `120 texts`, `120 texts with 1450 tokens`.
    pub fn counted(&self) -> String {
        match self.tokens {
            None => format!("{} texts", self.samples),
            Some(tokens) => format!("{} texts with {tokens} tokens", self.samples),
        }
    }

    /// Measures `predictions`.
    ///
    /// # Errors
    /// The slices do not fit each other or are empty, a logit is not finite, a target is neither from 0 to 1 nor unknown, a
    /// weight is negative, or of no text with a weight a label is known.
    pub fn of(predictions: &Predictions) -> Result<Self> {
        predictions.check()?;
        let all = predictions.all();
        let texts = predictions.text_count();
        let labels: BTreeMap<_, _> =
            predictions.by_label().map(|(name, samples)| (name.to_owned(), of_label(&samples, texts))).collect();
        let aucs: Vec<f64> = labels.values().filter_map(|label| label.auc).collect();
        Ok(Self {
            samples: texts,
            tokens: predictions.texts.map(|_| predictions.known_rows()),
            // Cannot be nothing: the check saw a known target with a weight.
            loss: mean(&all, Sample::loss).unwrap_or_default(),
            ece: reliability::expected_error(&all, BINS),
            accuracy: mean_of_some(&all, Sample::accuracy),
            auc_macro: (!aucs.is_empty()).then(|| aucs.iter().sum::<f64>() / aucs.len() as f64),
            auc_micro: ranking::roc_auc(&all),
            labels,
        })
    }
}

impl Predictions<'_> {
    /// Precision, recall and F1 of each label when it counts as present from its threshold on.
    ///
    /// `thresholds` are probabilities, one for each label in order.
    ///
    /// # Errors
    /// As [`Metrics::of`], or the thresholds are not as many as the labels.
    pub fn decisions(&self, thresholds: &[f32]) -> Result<BTreeMap<String, Decisions>> {
        self.check()?;
        if thresholds.len() != self.labels.len() {
            return Err(Error::invalid(format!(
                "there are {} thresholds for {} labels: give one for each label",
                thresholds.len(),
                self.labels.len()
            )));
        }
        let pairs = self.by_label().zip(thresholds);
        Ok(pairs.map(|((name, samples), &threshold)| (name.to_owned(), Decisions::of(&samples, threshold))).collect())
    }

    /// The ROC and precision-recall curves of each label and on average.
    ///
    /// # Errors
    /// As [`Metrics::of`].
    pub fn curves(&self) -> Result<Curves> {
        self.check()?;
        let by_label: Vec<_> = self.by_label().map(|(_, samples)| samples).collect();
        Ok(Curves::of(&by_label, &self.all()))
    }

    /// How often texts and labels with about one probability are positive, in `bins` of equal width.
    ///
    /// # Errors
    /// As [`Metrics::of`], or `bins` is 0.
    pub fn reliability(&self, bins: usize) -> Result<Reliability> {
        self.check()?;
        if bins == 0 {
            return Err(Error::invalid("a reliability diagram needs at least one bin"));
        }
        let labels = self.by_label().map(|(_, samples)| reliability::bins(&samples, bins)).collect();
        Ok(Reliability { all: reliability::bins(&self.all(), bins), labels })
    }

    /// What is known of a text and a label.
    pub(super) fn sample(&self, row: usize, label: usize) -> Option<Sample> {
        let i = row * self.labels.len() + label;
        let target = self.targets[i];
        let (logit, weight) = (self.logits[i], f64::from(self.weights[row]));
        (!target.is_nan()).then_some(Sample { logit, target, weight, text: self.text_of(row) })
    }

    /// The text that a row is, or is of.
    fn text_of(&self, row: usize) -> usize {
        self.texts.map_or(row, |texts| texts[row])
    }

    /// How many texts the rows are, or are of.
    pub(super) fn text_count(&self) -> usize {
        self.weights.len().checked_sub(1).map_or(0, |last| self.text_of(last) + 1)
    }

    /// How many rows have a known target.
    fn known_rows(&self) -> usize {
        self.targets.chunks(self.labels.len()).filter(|targets| targets.iter().any(|target| !target.is_nan())).count()
    }

    fn all(&self) -> Vec<Sample> {
        let labels = 0..self.labels.len();
        let row = |row| labels.clone().filter_map(move |label| self.sample(row, label));
        (0..self.weights.len()).flat_map(row).collect()
    }

    /// The labels in order, each with all that is known of it.
    pub(super) fn by_label(&self) -> impl Iterator<Item = (&str, Vec<Sample>)> {
        let rows = 0..self.weights.len();
        let samples = move |label| rows.clone().filter_map(|row| self.sample(row, label)).collect();
        self.labels.iter().enumerate().map(move |(label, name)| (name.as_str(), samples(label)))
    }

    pub(super) fn check(&self) -> Result<()> {
        let Self { logits, targets, weights, labels, .. } = *self;
        if labels.is_empty() || weights.is_empty() {
            return Err(Error::invalid("there is nothing to measure: no text or no label was given"));
        }
        let count = weights.len() * labels.len();
        if logits.len() != count || targets.len() != count {
            return Err(Error::invalid(format!(
                "{} texts with {} labels need {count} logits and targets, but there are {} logits and {} targets",
                weights.len(),
                labels.len(),
                logits.len(),
                targets.len()
            )));
        }
        // The last text's number tells how many there are only if each has rows, and they stand together.
        let is_next = |pair: &[usize]| pair[1] == pair[0] || pair[1] == pair[0] + 1;
        if let Some(texts) = self.texts
            && !(texts.len() == weights.len() && texts[0] == 0 && texts.windows(2).all(is_next))
        {
            return Err(Error::invalid(
                "the rows of the texts do not follow each other: give each row its text's number",
            ));
        }
        if let Some(i) = logits.iter().position(|logit| !logit.is_finite()) {
            return Err(Error::invalid(format!(
                "the model's logit for label `{}` of text {} is {}: the training diverged, or the weights are damaged; \
                 train again, with a lower learning rate",
                labels[i % labels.len()],
                self.text_of(i / labels.len()) + 1,
                logits[i]
            )));
        }
        if let Some(i) = targets.iter().position(|target| !(0.0..=1.0).contains(target) && !target.is_nan()) {
            return Err(Error::invalid(format!(
                "the target for label `{}` of text {} is {}: metrics need targets from 0 to 1, or unknown ones",
                labels[i % labels.len()],
                self.text_of(i / labels.len()) + 1,
                targets[i]
            )));
        }
        if let Some(i) = weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0) {
            return Err(Error::invalid(format!(
                "the weight of text {} is {}: a weight is not below 0",
                self.text_of(i) + 1,
                weights[i]
            )));
        }
        if weights.iter().all(|weight| *weight == 0.0) {
            return Err(Error::invalid("every text has the weight 0: give at least one a weight above 0"));
        }
        let known = |(targets, weight): (&[f32], &f32)| *weight > 0.0 && targets.iter().any(|target| !target.is_nan());
        if !targets.chunks(labels.len()).zip(weights).any(known) {
            return Err(Error::invalid(format!(
                "there is nothing to measure: of no text with a weight above 0 it is known whether it is {}",
                labels.join(" or ")
            )));
        }
        Ok(())
    }
}

fn of_label(samples: &[Sample], texts: usize) -> LabelMetrics {
    LabelMetrics {
        auc: ranking::roc_auc(samples),
        average_precision: ranking::average_precision(samples),
        loss: mean(samples, Sample::loss),
        ece: reliability::expected_error(samples, BINS),
        positives: texts_of_class(samples, Some(true)),
        negatives: Some(texts_of_class(samples, Some(false))),
        unknown: texts - self::texts(samples),
        undecided: texts_of_class(samples, None),
    }
}

/// Of how many texts the samples are, which come in the order of their texts.
pub(super) fn texts<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> usize {
    let mut last = None;
    samples.into_iter().filter(|sample| last.replace(sample.text) != Some(sample.text)).count()
}

/// How many texts have a sample of this class.
pub(super) fn texts_of_class(samples: &[Sample], class: Option<bool>) -> usize {
    texts(samples.iter().filter(|sample| sample.class() == class))
}

/// The weighted mean of `value`; none where there is no weight.
pub(super) fn mean(samples: &[Sample], value: impl Fn(Sample) -> f64) -> Option<f64> {
    mean_of_some(samples, |sample| Some(value(sample)))
}

/// The weighted mean of `value` over the samples that have one; none where those have no weight.
fn mean_of_some(samples: &[Sample], value: impl Fn(Sample) -> Option<f64>) -> Option<f64> {
    let with_value = samples.iter().filter_map(|&sample| Some((sample.weight, value(sample)?)));
    let (sum, weight) =
        with_value.fold((0.0, 0.0), |(sum, total), (weight, value)| (sum + weight * value, total + weight));
    (weight > 0.0).then(|| sum / weight)
}

#[cfg(test)]
mod tests;
