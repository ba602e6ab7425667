//! Metrics of the order alone: both sort the samples once and walk over groups of equal logits, since within a tie no order
//! may be assumed. Optimistic ties make a model that gives every text the same score look perfect.

use super::{Sample, judged};
use crate::threshold::{self, Tie};

/// Area under the ROC curve; none where one class has no weight.
pub fn roc_auc(samples: &[Sample]) -> Option<f64> {
    let mut below = Tie::default();
    let mut won = 0.0;
    for tie in ties(samples).iter().rev() {
        won += tie.positive * (below.negative + tie.negative / 2.0);
        below = below.plus(*tie);
    }
    (below.positive > 0.0 && below.negative > 0.0).then(|| won / (below.positive * below.negative))
}

/// Σ (Rₙ − Rₙ₋₁) Pₙ over the thresholds from the highest logit to the lowest; none where one class has no weight.
pub fn average_precision(samples: &[Sample]) -> Option<f64> {
    let mut above = Tie::default();
    let mut area = 0.0;
    for tie in ties(samples) {
        above = above.plus(tie);
        if tie.positive > 0.0 {
            area += tie.positive * above.positive / (above.positive + above.negative);
        }
    }
    (above.positive > 0.0 && above.negative > 0.0).then(|| area / above.positive)
}

/// The samples that are of a class by logit, highest first, those with equal logits added up.
pub fn ties(samples: &[Sample]) -> Vec<Tie> {
    threshold::ties(judged(samples))
}
