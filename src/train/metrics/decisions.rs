//! What comes of scores once a threshold turns them into yes and no.

use serde::Serialize;

use super::Sample;

/// How one label's decisions at one threshold fare, each 0–1 and 0 where it is a share of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Decisions {
    /// The probability from which on the label counts as present.
    pub threshold: f32,
    /// The share of the texts marked with the label that have it.
    pub precision: f64,
    /// The share of the texts with the label that were marked with it.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
}

impl Decisions {
    pub(super) fn of(samples: &[Sample], threshold: f32) -> Self {
        let mut hits = 0.0;
        let mut marked = 0.0;
        let mut present = 0.0;
        for sample in samples {
            // In f32, as who applies the threshold compares.
            let is_marked = sample.probability() as f32 >= threshold;
            hits += if is_marked && sample.positive { sample.weight } else { 0.0 };
            marked += if is_marked { sample.weight } else { 0.0 };
            present += if sample.positive { sample.weight } else { 0.0 };
        }
        let share = |of: f64| if of > 0.0 { hits / of } else { 0.0 };
        Self { threshold, precision: share(marked), recall: share(present), f1: share((marked + present) / 2.0) }
    }
}
