//! From which probability on a label should count as present.
//!
//! All cuts between two probabilities that occur are tried. The threshold stands halfway between the two (halfway in
//! logits), so that the last bit of a probability, in which two machines may differ, decides nothing.

use super::super::metrics::{Tie, ties};
use super::Sample;
use crate::logistic::sigmoid;
use crate::{Error, Result};

/// What thresholds are chosen for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum ThresholdObjective {
    /// The best F1.
    #[default]
    BestF1,
    /// The most recall that goes with at least this precision, above 0 and up to 1.
    Precision(f64),
}

/// The threshold that comes nearest to the objective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChosenThreshold {
    pub threshold: f32,
    /// Whether it has what was wanted.
    pub reached: bool,
}

impl ThresholdObjective {
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Precision(wanted) if !(wanted > 0.0 && wanted <= 1.0) => {
                Err(Error::invalid(format!("{wanted} is no precision: give a share above 0 and up to 1")))
            }
            _ => Ok(()),
        }
    }

    /// As the manifest says it.
    pub(super) fn words(self) -> String {
        match self {
            Self::BestF1 => "best F1".to_owned(),
            Self::Precision(wanted) => format!("most recall at a precision of {wanted}"),
        }
    }
}

/// A cut below a tie: what is marked then.
#[derive(Clone, Copy)]
struct Cut {
    above: Tie,
    /// Where the threshold is, as a logit.
    logit: f64,
}

/// The threshold for `objective`; none where no sample is positive.
pub fn choose(samples: &[Sample], objective: ThresholdObjective) -> Option<ChosenThreshold> {
    let ties = ties(samples);
    let present: f64 = ties.iter().map(|tie| tie.positive).sum();
    let mut above = Tie::default();
    let cuts: Vec<Cut> = (0..ties.len())
        .map(|i| {
            above = above.plus(ties[i]);
            let logit = f64::from(ties[i].logit);
            // Below the last tie there is nothing to keep away from.
            let next = ties.get(i + 1).map_or(logit - 2.0, |next| f64::from(next.logit));
            Cut { above, logit: f64::midpoint(logit, next) }
        })
        .filter(|cut| cut.above.positive > 0.0)
        .collect();
    let precision = |cut: &Cut| cut.above.positive / (cut.above.positive + cut.above.negative);
    let f1 = |cut: &Cut| 2.0 * cut.above.positive / (cut.above.positive + cut.above.negative + present);
    // Of equals the last, which marks more.
    let best = |value: &dyn Fn(&Cut) -> f64| cuts.iter().max_by(|a, b| value(a).total_cmp(&value(b)));
    let (cut, reached) = match objective {
        ThresholdObjective::BestF1 => (best(&f1)?, true),
        ThresholdObjective::Precision(wanted) => match cuts.iter().rfind(|cut| precision(cut) >= wanted) {
            Some(cut) => (cut, true),
            None => (best(&precision)?, false),
        },
    };
    Some(ChosenThreshold { threshold: sigmoid(cut.logit) as f32, reached })
}
