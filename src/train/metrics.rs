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
use crate::Result;

mod bootstrap;
mod curves;
mod predictions;
mod ranking;
mod reliability;
mod sample;
mod spans;

pub use bootstrap::{Interval, Intervals};
pub use curves::{Curves, LabelCurves, PrecisionRecallPoint, RocPoint};
pub use predictions::Predictions;
pub(super) use predictions::check_rates;
pub(super) use ranking::{roc_auc, ties};
pub(super) use reliability::place;
pub use reliability::{Bin, Reliability};
pub(super) use sample::{Sample, factors, judged, mean, share, texts, texts_of_class};
pub use spans::character_f1;

/// The usual number of bins of an expected calibration error.
pub const BINS: usize = 15;

/// What was measured, as `evaluate --json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// How many texts were measured on.
    #[serde(rename = "n")]
    pub samples: usize,
    /// How many of their tokens were, where the task is about words: each of them counts in the figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<usize>,
    /// Mean cross-entropy in nats: binary, over texts and labels, or over texts where the labels are exclusive classes.
    pub loss: f64,
    /// Expected calibration error with [`BINS`] bins, over texts and labels, or of each text's likeliest class; none in what older
    /// versions wrote.
    #[serde(default)]
    pub ece: Option<f64>,
    /// Share of labels, over all texts, on whose side of ½ the probability is; a probability of ½ counts as present. Of exclusive
    /// classes the share of texts whose likeliest is the right one. None where all targets are ½, which is on neither side.
    pub accuracy: Option<f64>,
    /// Mean over the classes of the F1 that the likeliest class gives, of those that are ever right or likeliest; none where labels do
    /// not exclude each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1_macro: Option<f64>,
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
        let (all, judged) = (predictions.all(), predictions.judged());
        let texts = predictions.text_count();
        let labels: BTreeMap<_, _> =
            predictions.by_label().map(|(name, samples)| (name.to_owned(), of_label(&samples, texts))).collect();
        let aucs: Vec<f64> = labels.values().filter_map(|label| label.auc).collect();
        Ok(Self {
            samples: texts,
            tokens: predictions.texts.map(|_| predictions.known_rows()),
            // Cannot be nothing: the check saw a known target with a weight.
            loss: mean(&predictions.believed(), Sample::loss).unwrap_or_default(),
            ece: reliability::expected_error(&judged, BINS),
            accuracy: predictions.accuracy(&judged),
            f1_macro: predictions.f1_macro(),
            auc_macro: (!aucs.is_empty()).then(|| aucs.iter().sum::<f64>() / aucs.len() as f64),
            auc_micro: ranking::roc_auc(&all),
            labels,
        })
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

#[cfg(test)]
mod tests;
