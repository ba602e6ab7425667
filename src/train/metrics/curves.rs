//! What every threshold would give: ROC and precision-recall curves.
//!
//! Points stand where the logit changes, never within a tie. The macro average of ROC curves is the mean of the labels' true
//! positive rates at each false positive rate ("vertical averaging", Fawcett 2006, "An introduction to ROC analysis"). Where
//! a curve rises at one rate, both the foot and the top of the rise are averaged; so the area under the average is the average
//! of the areas, which it is not when, as in scikit-learn's example, only the top is.

use serde::Serialize;

use super::{Sample, ties};
use crate::card::OperatingPoint;
use crate::threshold::Tie;
use crate::train::curve::needed;

/// How far thinning may move a curve: not as far as a line is wide in a picture of 300 pixels.
const TOLERANCE: f64 = 0.002;
/// Thresholds are told apart to so many parts of 1.
const STEPS: f64 = 100.0;

/// The curves of some predictions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curves {
    /// Those of each label, in order.
    pub labels: Vec<LabelCurves>,
    /// Those over all texts and labels as if they were one label.
    pub micro: LabelCurves,
    /// The mean of the ROC curves of the labels that have one; empty where none has.
    pub macro_roc: Vec<RocPoint>,
}

/// The curves of one label; both empty where all texts have the label or none has.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LabelCurves {
    /// From (0, 0) to (1, 1), by falling threshold.
    pub roc: Vec<RocPoint>,
    /// By falling threshold. Between two points precision is that of the second: the area below is the average precision.
    pub precision_recall: Vec<PrecisionRecallPoint>,
}

/// What one threshold gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RocPoint {
    /// The share of the texts without the label that are marked with it.
    pub false_positive_rate: f64,
    /// The share of the texts with the label that are.
    pub true_positive_rate: f64,
    /// The probability from which on texts are marked; none at the curve's start and in an average.
    pub threshold: Option<f64>,
}

/// What one threshold gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PrecisionRecallPoint {
    /// The share of the texts with the label that are marked with it.
    pub recall: f64,
    /// The share of the marked texts that have it.
    pub precision: f64,
    /// The probability from which on texts are marked.
    pub threshold: f64,
}

impl Curves {
    pub(super) fn of(by_label: &[Vec<Sample>], all: &[Sample]) -> Self {
        let labels: Vec<_> = by_label.iter().map(|samples| LabelCurves::of(samples)).collect();
        let macro_roc = average(labels.iter().map(|label| &label.roc).filter(|roc| !roc.is_empty()).collect());
        Self { labels, micro: LabelCurves::of(all), macro_roc }
    }
}

impl LabelCurves {
    fn of(samples: &[Sample]) -> Self {
        // What weighs nothing moves neither curve.
        let ties: Vec<Tie> = ties(samples).into_iter().filter(|tie| tie.positive + tie.negative > 0.0).collect();
        let mut above = Tie::default();
        let sums: Vec<Tie> = ties
            .iter()
            .map(|tie| {
                above = Tie { logit: tie.logit, ..above.plus(*tie) };
                above
            })
            .collect();
        let Some(&total) = sums.last().filter(|total| total.positive > 0.0 && total.negative > 0.0) else {
            return Self::default();
        };
        let start = RocPoint { false_positive_rate: 0.0, true_positive_rate: 0.0, threshold: None };
        let roc = sums.iter().map(|sum| RocPoint {
            false_positive_rate: sum.negative / total.negative,
            true_positive_rate: sum.positive / total.positive,
            threshold: Some(sum.probability()),
        });
        let precision_recall = sums.iter().map(|sum| PrecisionRecallPoint {
            recall: sum.positive / total.positive,
            precision: sum.positive / (sum.positive + sum.negative),
            threshold: sum.probability(),
        });
        Self { roc: std::iter::once(start).chain(roc).collect(), precision_recall: precision_recall.collect() }
    }

    /// What thresholds decide: with no more points than both curves can be seen to have, and than it takes to tell one percent from the next.
    pub fn operating_points(&self) -> Vec<OperatingPoint> {
        let roc: Vec<_> = self.roc.iter().map(|point| [point.false_positive_rate, point.true_positive_rate]).collect();
        let precision_recall: Vec<_> =
            self.precision_recall.iter().map(|point| [point.recall, point.precision]).collect();
        let (of_roc, of_precision) = (needed(&roc, TOLERANCE), needed(&precision_recall, TOLERANCE));
        let step = |number: usize| self.precision_recall.get(number).map(|point| (point.threshold * STEPS).floor());
        let rounded = |value: f64, parts: f64| ((value * parts).round() / parts) as f32;
        // The ROC curve has a start more, where nothing is marked.
        let rows = self.roc.iter().skip(1).zip(&self.precision_recall).enumerate();
        let is_needed = |number: usize| of_roc[number + 1] || of_precision[number] || step(number) != step(number + 1);
        rows.filter(|(number, _)| is_needed(*number))
            .map(|(_, (roc, precision_recall))| OperatingPoint {
                threshold: rounded(precision_recall.threshold, 1e4),
                recall: rounded(precision_recall.recall, 1e4),
                false_positive_rate: rounded(roc.false_positive_rate, 1e5),
                precision: rounded(precision_recall.precision, 1e4),
            })
            .collect()
    }
}

/// The vertical average of curves that each go from (0, 0) to (1, 1).
fn average(curves: Vec<&Vec<RocPoint>>) -> Vec<RocPoint> {
    let mut rates: Vec<f64> = curves.iter().flat_map(|roc| roc.iter().map(|point| point.false_positive_rate)).collect();
    rates.sort_unstable_by(f64::total_cmp);
    rates.dedup();
    let count = curves.len() as f64;
    // Where each curve stands: the index of its first point at or beyond the rate.
    let mut places = vec![0; curves.len()];
    let mut averaged = Vec::with_capacity(2 * rates.len());
    for rate in rates {
        let (mut foot, mut top) = (0.0, 0.0);
        for (roc, place) in curves.iter().zip(&mut places) {
            while roc[*place].false_positive_rate < rate {
                *place += 1;
            }
            let next = roc[*place];
            if next.false_positive_rate > rate {
                // Not the first point, whose rate is 0.
                let last = roc[*place - 1];
                let share = (rate - last.false_positive_rate) / (next.false_positive_rate - last.false_positive_rate);
                let between = last.true_positive_rate + share * (next.true_positive_rate - last.true_positive_rate);
                foot += between;
                top += between;
            } else {
                foot += next.true_positive_rate;
                let rise = roc[*place..].iter().take_while(|point| point.false_positive_rate == rate).last();
                top += rise.map_or(next.true_positive_rate, |point| point.true_positive_rate);
            }
        }
        let point = |sum: f64| RocPoint { false_positive_rate: rate, true_positive_rate: sum / count, threshold: None };
        averaged.push(point(foot));
        if top > foot {
            averaged.push(point(top));
        }
    }
    averaged
}
