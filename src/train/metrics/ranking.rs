//! Metrics of the order alone: both sort the samples once and walk over groups of equal logits, since within a tie no order
//! may be assumed. Optimistic ties make a model that gives every text the same score look perfect.

use super::Sample;
use crate::logistic::sigmoid;

/// The weights of the positive and negative samples that share a logit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tie {
    pub logit: f32,
    pub positive: f64,
    pub negative: f64,
}

impl Tie {
    /// Both together, with the logit of `self`.
    pub fn plus(self, other: Self) -> Self {
        Self { positive: self.positive + other.positive, negative: self.negative + other.negative, ..self }
    }

    pub fn probability(self) -> f64 {
        sigmoid(self.logit.into())
    }
}

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

/// The samples that are of a class by logit, highest first, those with equal logits added up. The total order puts −0 next
/// to 0, and as numbers they are equal.
pub fn ties(samples: &[Sample]) -> Vec<Tie> {
    let mut sorted: Vec<Sample> = samples.iter().copied().filter(|sample| sample.class().is_some()).collect();
    sorted.sort_unstable_by(|a, b| b.logit.total_cmp(&a.logit));
    let add = |tie: Tie, sample: &Sample| match sample.class() {
        Some(true) => Tie { positive: tie.positive + sample.weight, ..tie },
        _ => Tie { negative: tie.negative + sample.weight, ..tie },
    };
    let tie = |tie: &[Sample]| tie.iter().fold(Tie { logit: tie[0].logit, ..Tie::default() }, add);
    sorted.chunk_by(|a, b| a.logit == b.logit).map(tie).collect()
}
