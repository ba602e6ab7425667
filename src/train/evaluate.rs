//! How good a model is on labelled texts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Progress;
use super::metrics::{Intervals, Metrics, Predictions, Reliability, Sample, mean};
use super::tokenized::TokenizedDataset;
use crate::bert::{Batch, TokenIds};
use crate::card::OperatingPoint;
use crate::classify::Classifier;
use crate::logistic::probability;
use crate::threshold::Decisions;
use crate::{Error, Result};

/// Texts scored at once. Packed batches gain nothing from being larger, and need more memory.
const BATCH: usize = 32;

/// What was measured, as `evaluate --json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The figures.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// The shares of texts with a label to which the texts were weighted, by the label's name; none where the texts count as they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<String, f64>,
    /// How far chance may have moved them; none where no resamples were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Intervals>,
    /// What each label's threshold decides.
    #[serde(default)]
    pub decisions: BTreeMap<String, Decisions>,
    /// The bins of the calibration error; none in what older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<Reliability>,
    /// What other thresholds would decide, by the label's name; none in what older versions wrote.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub operating_points: BTreeMap<String, Vec<OperatingPoint>>,
    /// The mean character F1 of the words that the task's head marks, where it is about words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub character_f1: Option<f64>,
    /// The same of what is shown: no word where the text as a whole is below its own threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub character_f1_shown: Option<f64>,
    /// How many probabilities are within a range, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// How far the probabilities are from another bundle's, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differences: Option<Differences>,
}

/// How many of each label's probabilities are within a range: on neutral texts those in the middle, of a label with a meaning at
/// either end, are right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Within {
    /// The range's lower end, which is part of it.
    pub low: f32,
    /// Its upper end, which is part of it.
    pub high: f32,
    /// The share of each label's texts, or tokens, weighted as in every figure; none where it is known of none.
    pub labels: BTreeMap<String, Option<f64>>,
}

impl Within {
    /// Counts the probabilities that are at least `low` and at most `high`.
    ///
    /// # Errors
    /// The predictions cannot be measured.
    pub fn of(predictions: &Predictions, (low, high): (f32, f32)) -> Result<Self> {
        predictions.check()?;
        let is_within = |sample: Sample| f64::from(u8::from((low..=high).contains(&probability(sample.logit))));
        let of_label = |(name, samples): (&str, Vec<Sample>)| (name.to_owned(), mean(&samples, is_within));
        Ok(Self { low, high, labels: predictions.by_label().map(of_label).collect() })
    }
}

/// How far the probabilities that two models give are apart, over all texts and labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Differences {
    /// Half of them are no further apart.
    pub median: f32,
    /// 99 of 100 are no further apart.
    pub percentile_99: f32,
    /// None is further apart.
    pub largest: f32,
}

impl Differences {
    /// Of the logits of two models, in the same order.
    ///
    /// # Errors
    /// There are none, or not equally many.
    pub fn of(left: &[f32], right: &[f32]) -> Result<Self> {
        if left.is_empty() || left.len() != right.len() {
            return Err(Error::invalid("the two models did not score the same texts"));
        }
        let mut apart: Vec<f32> =
            left.iter().zip(right).map(|(left, right)| (probability(*left) - probability(*right)).abs()).collect();
        apart.sort_by(f32::total_cmp);
        let quantile = |share: f64| apart[((apart.len() as f64 * share).ceil() as usize).clamp(1, apart.len()) - 1];
        Ok(Self { median: quantile(0.5), percentile_99: quantile(0.99), largest: quantile(1.0) })
    }
}

/// Measures `predict`, which gives the logits of a batch (row after row), on `examples`.
///
/// # Errors
/// `predict` fails, or what it gives cannot be measured.
pub fn evaluate(
    examples: &TokenizedDataset,
    labels: &[String],
    what: &str,
    progress: &mut dyn Progress,
    predict: impl FnMut(&Batch) -> Result<Vec<f32>>,
) -> Result<Metrics> {
    let logits = score(examples, labels.len(), what, progress, predict)?;
    Metrics::of(&examples.predictions(&logits, labels))
}

/// What `predict` gives for all of `examples`: (rows, labels), row after row in the examples' order.
///
/// # Errors
/// `predict` fails.
pub fn score(
    examples: &TokenizedDataset,
    labels: usize,
    what: &str,
    progress: &mut dyn Progress,
    mut predict: impl FnMut(&Batch) -> Result<Vec<f32>>,
) -> Result<Vec<f32>> {
    let mut logits = vec![0.0; examples.row_count() * labels];
    progress.begin(what, examples.len());
    for indices in examples.by_length().chunks(BATCH) {
        let mut scored = &predict(&examples.batch(indices)?.inputs)?[..];
        for &index in indices {
            let rows = examples.rows(index);
            let (scores, rest) = scored.split_at(rows.len() * labels);
            logits[rows.start * labels..rows.end * labels].copy_from_slice(scores);
            scored = rest;
        }
        progress.advance(indices.len(), "");
    }
    progress.end();
    Ok(logits)
}

/// The calibrated logits of the task in place `task` for `texts`: (texts, labels), text after text.
///
/// # Errors
/// As [`Classifier::classify`].
pub fn score_texts(
    classifier: &Classifier,
    task: usize,
    texts: &[&str],
    what: &str,
    progress: &mut dyn Progress,
) -> Result<Vec<f32>> {
    let mut logits = Vec::new();
    progress.begin(what, texts.len());
    for texts in texts.chunks(BATCH) {
        let tokens: Vec<TokenIds> = texts.iter().map(|text| classifier.tokens(text)).collect::<Result<_>>()?;
        logits.append(&mut classifier.logits(&Batch::pack(&tokens)?)?[task]);
        progress.advance(texts.len(), "");
    }
    progress.end();
    Ok(logits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::fixtures::LabelledLogits;

    #[test]
    fn differences_are_of_probabilities() {
        let left = vec![0.0; 200];
        let mut right = left.clone();
        (right[7], right[8], right[9]) = (f32::INFINITY, -f32::INFINITY, 3f32.ln());
        let expected = Differences { median: 0.0, percentile_99: 0.25, largest: 0.5 };
        let Differences { median, percentile_99, largest } = Differences::of(&left, &right).unwrap();
        assert!((percentile_99 - expected.percentile_99).abs() < 1e-6);
        assert_eq!((median, largest), (expected.median, expected.largest));
        assert!(Differences::of(&left, &right[1..]).is_err() && Differences::of(&[], &[]).is_err());
    }

    #[test]
    fn what_is_within_a_range_is_weighed() {
        // Of the first label the probabilities ½, ¾ and ¼, of the second none is known.
        let logits = [0.0, 0.0, 3f32.ln(), 0.0, -(3f32.ln()), 0.0];
        let targets = [0.5, f32::NAN, 0.5, f32::NAN, 1.0, f32::NAN];
        let data = LabelledLogits::new(&["positive", "odd"], logits, targets).weighing([1.0, 2.0, 5.0]);
        let shares = |low, high| Within::of(&data.predictions(), (low, high)).unwrap().labels;
        assert_eq!(shares(0.3, 0.7), BTreeMap::from([("positive".to_owned(), Some(0.125)), ("odd".to_owned(), None)]));
        assert_eq!([shares(0.5, 0.5)["positive"], shares(0.2, 0.6)["positive"]], [Some(0.125), Some(0.75)]);
    }
}
