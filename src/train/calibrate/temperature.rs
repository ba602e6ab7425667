//! Temperature scaling: what all logits of exclusive classes are divided by, so that the likeliest class is right as often as its
//! probability says (Guo et al. 2017, "On calibration of modern neural networks", section 4.2). The order of the classes stays.
//!
//! The cross-entropy is convex in the inverse temperature, so that its slope has one root at most, which halving finds.

use super::super::metrics::Predictions;
use crate::logistic::softplus;

/// The temperatures that are thought of: beyond these all classes are as good as equal, or one as good as certain.
const COLDEST: f64 = 1e-3;
const HOTTEST: f64 = 1e3;

/// A text of a known class.
struct Text {
    /// The logarithms of the classes' probabilities: logits of the softmax.
    logits: Vec<f64>,
    class: usize,
    weight: f64,
}

/// The temperature of least cross-entropy.
///
/// # Errors
/// There is none within reason, as the words say that go on after "since".
pub fn fit(predictions: &Predictions) -> Result<f64, &'static str> {
    let texts = texts(predictions);
    let slope = |temperature: f64| texts.iter().map(|text| text.slope(1.0 / temperature)).sum::<f64>();
    // The slope is that in the inverse temperature: below 0 the model should be surer of itself.
    if slope(HOTTEST) >= 0.0 {
        return Err("the right classes are not likelier than others");
    }
    if slope(COLDEST) <= 0.0 {
        return Err("the likeliest class is always the right one, so that no temperature is the best");
    }
    let (mut low, mut high) = (COLDEST.ln(), HOTTEST.ln());
    // As often as it takes to halve the interval down to neighbouring numbers.
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        match slope(middle.exp()) > 0.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    Ok(f64::midpoint(low, high).exp())
}

fn texts(predictions: &Predictions) -> Vec<Text> {
    let classes = predictions.labels.len();
    let rows = predictions.logits.chunks(classes).zip(predictions.targets.chunks(classes)).zip(predictions.weights);
    rows.filter_map(|((logits, targets), weight)| {
        Some(Text {
            // ln σ(x) of each class against the rest.
            logits: logits.iter().map(|&logit| -softplus(-f64::from(logit))).collect(),
            class: targets.iter().position(|target| *target == 1.0)?,
            weight: f64::from(*weight),
        })
    })
    .collect()
}

impl Text {
    /// The derivative of the weighted cross-entropy in the inverse temperature `scale`: the mean logit under the softmax less the right
    /// class's.
    fn slope(&self, scale: f64) -> f64 {
        let highest = self.logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let power = |logit: &f64| (scale * (logit - highest)).exp();
        let sum: f64 = self.logits.iter().map(power).sum();
        let mean = self.logits.iter().map(|logit| power(logit) / sum * logit).sum::<f64>();
        self.weight * (mean - self.logits[self.class])
    }
}
