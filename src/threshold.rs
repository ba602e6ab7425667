//! From which probability on a label should count as present, and how well that decides.
//!
//! Fitted to texts of which somebody has said whether the label applies: a bundle's own thresholds by `train::calibrate`, and those of
//! a moderator, by the rows that they have decided, in the page.
//!
//! All cuts between two probabilities that occur are tried. The threshold stands halfway between the two (halfway in
//! logits), so that the last bit of a probability, in which two machines may differ, decides nothing.

use crate::logistic::sigmoid;
use crate::{Error, Result};

mod decisions;

pub use decisions::Decisions;

/// A text of which somebody has said whether the label applies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The model's logit.
    pub logit: f32,
    /// Whether the label applies.
    pub applies: bool,
    /// How many texts it stands for.
    pub weight: f64,
}

/// The weights of the positive and negative texts that share a logit: within a tie no order may be assumed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tie {
    /// What they share.
    pub logit: f32,
    /// The weight of those to which the label applies.
    pub positive: f64,
    /// The weight of the others.
    pub negative: f64,
}

impl Tie {
    /// Both together, with the logit of `self`.
    pub fn plus(self, other: Self) -> Self {
        Self { positive: self.positive + other.positive, negative: self.negative + other.negative, ..self }
    }

    /// What the logit stands for.
    pub fn probability(self) -> f64 {
        sigmoid(self.logit.into())
    }
}

/// The texts by logit, highest first, those with equal logits added up. The total order puts −0 next to 0, and as numbers they are
/// equal.
pub fn ties(judged: impl IntoIterator<Item = Judged>) -> Vec<Tie> {
    let mut sorted: Vec<Judged> = judged.into_iter().collect();
    sorted.sort_unstable_by(|a, b| b.logit.total_cmp(&a.logit));
    let add = |tie: Tie, judged: &Judged| match judged.applies {
        true => Tie { positive: tie.positive + judged.weight, ..tie },
        false => Tie { negative: tie.negative + judged.weight, ..tie },
    };
    let tie = |tie: &[Judged]| tie.iter().fold(Tie { logit: tie[0].logit, ..Tie::default() }, add);
    sorted.chunk_by(|a, b| a.logit == b.logit).map(tie).collect()
}

/// What thresholds are chosen for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum ThresholdObjective {
    /// The best F1.
    #[default]
    BestF1,
    /// The most recall that costs at most so much F1, below 1: around its best F1 is flat, and which of the cuts there is the best one is chance.
    NearBestF1(f64),
    /// The most recall that goes with at least this precision, above 0 and up to 1.
    Precision(f64),
}

/// The threshold that comes nearest to the objective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChosenThreshold {
    /// The probability from which on the label counts.
    pub threshold: f32,
    /// Whether it has what was wanted.
    pub reached: bool,
}

impl ThresholdObjective {
    /// Checks that there are such thresholds.
    ///
    /// # Errors
    /// The precision, or what F1 may lose, is none.
    pub fn check(self) -> Result<()> {
        match self {
            Self::NearBestF1(cost) if !(0.0..1.0).contains(&cost) => {
                Err(Error::invalid(format!("{cost} is no difference of F1: give a number from 0 on and below 1")))
            }
            Self::Precision(wanted) if !(wanted > 0.0 && wanted <= 1.0) => {
                Err(Error::invalid(format!("{wanted} is no precision: give a share above 0 and up to 1")))
            }
            _ => Ok(()),
        }
    }

    /// As the manifest says it.
    pub fn words(self) -> String {
        match self {
            Self::BestF1 => "best F1".to_owned(),
            Self::NearBestF1(cost) => format!("most recall at an F1 within {cost} of the best"),
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

/// The threshold for `objective`; none where the label applies to no text.
pub fn choose(judged: impl IntoIterator<Item = Judged>, objective: ThresholdObjective) -> Option<ChosenThreshold> {
    let ties = ties(judged);
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
        ThresholdObjective::NearBestF1(cost) => {
            let least = f1(best(&f1)?) - cost;
            (cuts.iter().rfind(|cut| f1(cut) >= least)?, true)
        }
        ThresholdObjective::Precision(wanted) => match cuts.iter().rfind(|cut| precision(cut) >= wanted) {
            Some(cut) => (cut, true),
            None => (best(&precision)?, false),
        },
    };
    Some(ChosenThreshold { threshold: sigmoid(cut.logit) as f32, reached })
}
