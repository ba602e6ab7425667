//! What comes of scores once a threshold turns them into yes and no.

use serde::{Deserialize, Serialize};

use super::Judged;
use crate::logistic::{is_present, probability};

/// How one label's decisions at one threshold fare. Shares are 0–1, and 0 where they are a share of nothing; counts are
/// weighted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Decisions {
    /// The probability from which on the label counts as present; none where the likeliest class does.
    pub threshold: Option<f32>,
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
    /// Of texts that are marked from `threshold` on.
    pub fn of(judged: impl IntoIterator<Item = Judged>, threshold: f32) -> Self {
        let marked = |judged: Judged| (judged, is_present(probability(judged.logit), threshold));
        Self::of_marked(judged.into_iter().map(marked), Some(threshold))
    }

    /// Of texts, each with whether it is marked.
    pub fn of_marked(marked: impl IntoIterator<Item = (Judged, bool)>, threshold: Option<f32>) -> Self {
        let (mut true_positives, mut false_positives, mut false_negatives, mut true_negatives) = (0.0, 0.0, 0.0, 0.0);
        for (Judged { applies, weight, .. }, marked) in marked {
            *match (marked, applies) {
                (true, true) => &mut true_positives,
                (true, false) => &mut false_positives,
                (false, true) => &mut false_negatives,
                (false, false) => &mut true_negatives,
            } += weight;
        }
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
