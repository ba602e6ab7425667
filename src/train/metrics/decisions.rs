//! What comes of scores once a threshold turns them into yes and no.

use serde::{Deserialize, Serialize};

use super::Sample;
use crate::logistic::{is_present, probability};

/// How one label's decisions at one threshold fare. Shares are 0–1, and 0 where they are a share of nothing; counts are
/// weighted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Decisions {
    /// The probability from which on the label counts as present.
    pub threshold: f32,
    /// The share of the texts marked with the label that have it.
    pub precision: f64,
    /// The share of the texts with the label that were marked with it.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// The share of the texts without the label that were marked with it: false alarms. None in what older versions wrote.
    #[serde(default)]
    pub false_positive_rate: Option<f64>,
    /// How many texts were marked with the label and have it.
    pub true_positives: f64,
    /// How many were marked with it and do not have it.
    pub false_positives: f64,
    /// How many have it and were not marked.
    pub false_negatives: f64,
    /// How many do not have it and were not marked.
    pub true_negatives: f64,
}

impl Decisions {
    pub(in crate::train) fn of(samples: &[Sample], threshold: f32) -> Self {
        let count = |marked: bool, positive: bool| {
            let is_marked = |sample: &Sample| is_present(probability(sample.logit), threshold);
            let counted = |sample: &&Sample| sample.class() == Some(positive) && is_marked(sample) == marked;
            // Not `sum`: over nothing it gives −0.
            samples.iter().filter(counted).fold(0.0, |sum, sample| sum + sample.weight)
        };
        let (true_positives, false_positives) = (count(true, true), count(true, false));
        let (false_negatives, true_negatives) = (count(false, true), count(false, false));
        let (marked, present) = (true_positives + false_positives, true_positives + false_negatives);
        let share_of = |part: f64, of: f64| if of > 0.0 { part / of } else { 0.0 };
        let share = |of: f64| share_of(true_positives, of);
        Self {
            threshold,
            precision: share(marked),
            recall: share(present),
            f1: share((marked + present) / 2.0),
            false_positive_rate: Some(share_of(false_positives, false_positives + true_negatives)),
            true_positives,
            false_positives,
            false_negatives,
            true_negatives,
        }
    }
}
