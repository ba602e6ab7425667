//! How good predictions are, in the numbers that others report for the same data.
//!
//! Everything is weighted by row, since a test set may be a sample in which rare rows stand for themselves and common ones
//! for several, and everything is summed in f64 from the logits: a mean over 150,000 rows in f32 loses the third decimal,
//! and probabilities near 1 tie where their logits do not. The definitions are scikit-learn's, and the tests hold the
//! results to its results.
//!
//! - What ranks ([`LabelMetrics::auc`], [`LabelMetrics::average_precision`]) knows no threshold.
//! - What decides ([`Metrics::accuracy`], [`Predictions::decisions`]) does.
//! - What believes ([`Metrics::loss`], [`Predictions::calibration_error`]) takes the probabilities at their word.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

mod calibration;
mod decisions;
mod ranking;

pub use decisions::Decisions;

/// What a model said of some texts, and what is true.
#[derive(Debug, Clone, Copy)]
pub struct Predictions<'a> {
    /// The logits, row by row: one for each label.
    pub logits: &'a [f32],
    /// 1 where a label applies and 0 where it does not, in the same order.
    pub targets: &'a [f32],
    /// How many texts each row stands for.
    pub weights: &'a [f32],
    /// The labels' names, all different.
    pub labels: &'a [String],
}

/// What was measured, as `evaluate --json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// How many texts were measured on.
    #[serde(rename = "n")]
    pub samples: usize,
    /// Mean binary cross-entropy over texts and labels, in nats.
    pub loss: f64,
    /// Share of labels, over all texts, on whose side of ½ the probability is; ½ itself counts as present.
    pub accuracy: f64,
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
    /// How many texts have the label, not weighted.
    pub positives: usize,
}

/// One text and one label: all that a metric needs.
#[derive(Debug, Clone, Copy)]
struct Sample {
    logit: f32,
    positive: bool,
    weight: f64,
}

impl Sample {
    fn probability(self) -> f64 {
        1.0 / (1.0 + (-f64::from(self.logit)).exp())
    }

    /// Binary cross-entropy in the form that neither overflows nor cancels: max(x, 0) − xy + ln(1 + e^−|x|).
    fn loss(self) -> f64 {
        let logit = f64::from(self.logit);
        let linear = if self.positive { (-logit).max(0.0) } else { logit.max(0.0) };
        linear + (-logit.abs()).exp().ln_1p()
    }
}

impl Metrics {
    /// Measures `predictions`.
    ///
    /// # Errors
    /// The slices do not fit each other or are empty, a logit is not finite, a target is not binary, or the weights are
    /// negative or add up to nothing.
    pub fn of(predictions: &Predictions) -> Result<Self> {
        predictions.check()?;
        let all = predictions.all();
        let labels: BTreeMap<_, _> =
            predictions.by_label().map(|(name, samples)| (name.to_owned(), of_label(&samples))).collect();
        let aucs: Vec<f64> = labels.values().filter_map(|label| label.auc).collect();
        Ok(Self {
            samples: predictions.weights.len(),
            loss: mean(&all, Sample::loss),
            accuracy: mean(&all, |sample| f64::from(u8::from((sample.logit >= 0.0) == sample.positive))),
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

    /// Expected calibration error over all texts and labels: sorted into `bins` of equal width by their probability, how far
    /// the mean probability of a bin is from the share of positives in it, weighted by the bin's share of all. 0 is best, 15
    /// bins are usual.
    ///
    /// # Errors
    /// As [`Metrics::of`], or `bins` is 0.
    pub fn calibration_error(&self, bins: usize) -> Result<f64> {
        self.check()?;
        if bins == 0 {
            return Err(Error::invalid("a calibration error needs at least one bin"));
        }
        Ok(calibration::expected_error(&self.all(), bins))
    }

    fn sample(&self, row: usize, label: usize) -> Sample {
        let i = row * self.labels.len() + label;
        Sample { logit: self.logits[i], positive: self.targets[i] == 1.0, weight: f64::from(self.weights[row]) }
    }

    fn all(&self) -> Vec<Sample> {
        let labels = 0..self.labels.len();
        (0..self.weights.len()).flat_map(|row| labels.clone().map(move |label| self.sample(row, label))).collect()
    }

    fn by_label(&self) -> impl Iterator<Item = (&str, Vec<Sample>)> {
        let rows = 0..self.weights.len();
        let samples = move |label| rows.clone().map(|row| self.sample(row, label)).collect();
        self.labels.iter().enumerate().map(move |(label, name)| (name.as_str(), samples(label)))
    }

    fn check(&self) -> Result<()> {
        let Self { logits, targets, weights, labels } = *self;
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
        if let Some(i) = logits.iter().position(|logit| !logit.is_finite()) {
            return Err(Error::invalid(format!(
                "the model's logit for label `{}` of text {} is {}: the training diverged, or the weights are damaged; \
                 train again, with a lower learning rate",
                labels[i % labels.len()],
                i / labels.len() + 1,
                logits[i]
            )));
        }
        if let Some(i) = targets.iter().position(|target| *target != 0.0 && *target != 1.0) {
            return Err(Error::invalid(format!(
                "the target for label `{}` of text {} is {}: metrics need targets of 0 or 1",
                labels[i % labels.len()],
                i / labels.len() + 1,
                targets[i]
            )));
        }
        if let Some(i) = weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0) {
            return Err(Error::invalid(format!(
                "the weight of text {} is {}: a weight is not below 0",
                i + 1,
                weights[i]
            )));
        }
        if weights.iter().all(|weight| *weight == 0.0) {
            return Err(Error::invalid("every text has the weight 0: give at least one a weight above 0"));
        }
        Ok(())
    }
}

fn of_label(samples: &[Sample]) -> LabelMetrics {
    LabelMetrics {
        auc: ranking::roc_auc(samples),
        average_precision: ranking::average_precision(samples),
        positives: samples.iter().filter(|sample| sample.positive).count(),
    }
}

/// The weighted mean of `value`; the weights were checked to add up to more than 0.
fn mean(samples: &[Sample], value: impl Fn(Sample) -> f64) -> f64 {
    let (sum, weight) = samples
        .iter()
        .fold((0.0, 0.0), |(sum, weight), &sample| (sum + sample.weight * value(sample), weight + sample.weight));
    sum / weight
}

#[cfg(test)]
mod tests;
