//! Platt scaling: the line a·z + b through a label's logit z whose sigmoid has the least cross-entropy.
//!
//! Platt 1999, "Probabilistic outputs for support vector machines", by Newton's method with backtracking as Lin, Lin and Weng
//! 2007, "A note on Platt's probabilistic outputs", do it. Platt's softened targets (N₊ + 1)/(N₊ + 2) and 1/(N₋ + 2) are left
//! out: they keep the fit finite where the classes do not overlap, but where a test set is a sample with weights they add
//! more to the rare class than there is of it. What they are for is refused here instead. A target between 0 and 1 is a text
//! that has the label with that weight and has it not with the rest.

use super::Sample;
use crate::logistic::{sigmoid, softplus};

/// scale·z + bias.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    pub scale: f64,
    pub bias: f64,
}

/// Newton's method doubles its digits with every step: so many are only taken if something is wrong.
const STEPS: usize = 100;

impl Line {
    /// The mean loss and its gradient and Hessian in scale and bias.
    fn derivatives(self, samples: &[Sample]) -> Derivatives {
        let mut sums = Derivatives::default();
        for sample in samples {
            let logit = f64::from(sample.logit);
            let value = self.scale * logit + self.bias;
            let (probability, target) = (sigmoid(value), f64::from(sample.target));
            let slope = sample.weight * (probability - target);
            let curvature = sample.weight * probability * (1.0 - probability);
            sums.loss += sample.weight * ((1.0 - target) * softplus(value) + target * softplus(-value));
            sums.gradient = [sums.gradient[0] + slope * logit, sums.gradient[1] + slope];
            let [scale, mixed, bias] = sums.hessian;
            sums.hessian = [scale + curvature * logit * logit, mixed + curvature * logit, bias + curvature];
            sums.weight += sample.weight;
        }
        sums
    }
}

/// Sums over weighted samples.
#[derive(Default)]
struct Derivatives {
    loss: f64,
    gradient: [f64; 2],
    /// ∂²/∂a², ∂²/∂a∂b, ∂²/∂b².
    hessian: [f64; 3],
    weight: f64,
}

/// The line of least loss.
///
/// # Errors
/// There is none with a scale above 0, as the words say that go on after "since".
pub fn fit(samples: &[Sample]) -> Result<Line, &'static str> {
    let range = |is_in: fn(&&Sample) -> bool| {
        let class = samples.iter().filter(is_in);
        class.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), s| (low.min(s.logit), high.max(s.logit)))
    };
    // A text of which some say that it has the label and others that it has not is one of either.
    let (with, without) = (range(|sample| sample.target > 0.0), range(|sample| sample.target < 1.0));
    if without.1 <= with.0 || with.1 <= without.0 {
        return Err("the logits of texts with the label and without it do not overlap, so that no slope is the best");
    }
    // Flat, at the share of positives: there the curvature is not near nothing, as it is where all logits are far from 0.
    let mut line = Line { scale: 0.0, bias: super::prior_shift(0.5, super::share(samples)) };
    let mut here = line.derivatives(samples);
    for _ in 0..STEPS {
        let Some((step, decrease)) = newton(&here) else { break };
        let moved = |share: f64| Line { scale: line.scale - share * step[0], bias: line.bias - share * step[1] };
        // So near that the loss no longer tells a better line from a worse one: the last step is the best there is.
        if decrease <= 1e-12 * here.weight {
            line = moved(1.0);
            here = line.derivatives(samples);
            break;
        }
        let shares = std::iter::successors(Some(1.0), |share| Some(share / 2.0)).take(40);
        let mut tried = shares.map(|share| (share, moved(share), moved(share).derivatives(samples)));
        let enough = |share: f64, there: &Derivatives| there.loss <= here.loss - 1e-4 * share * decrease;
        let Some((_, next, there)) = tried.find(|(share, _, there)| enough(*share, there)) else { break };
        (line, here) = (next, there);
    }
    let flat = here.gradient.iter().all(|part| part.abs() <= 1e-6 * here.weight);
    match line.scale > 0.0 {
        _ if !(flat && line.scale.is_finite() && line.bias.is_finite()) => Err("no slope could be found"),
        true => Ok(line),
        false => Err("its texts do not score higher than others, and a slope would turn the order around"),
    }
}

/// Newton's step, which is to be subtracted, and the decrease of the loss that its first-order model promises; none where
/// the curvature is nothing.
fn newton(here: &Derivatives) -> Option<([f64; 2], f64)> {
    let [gradient_scale, gradient_bias] = here.gradient;
    let [scale, mixed, bias] = here.hessian;
    // As Lin, Lin and Weng: keeps the matrix invertible where all logits are nearly equal.
    let (scale, bias) = (scale + 1e-12 * here.weight, bias + 1e-12 * here.weight);
    let determinant = scale * bias - mixed * mixed;
    let step = [
        (bias * gradient_scale - mixed * gradient_bias) / determinant,
        (scale * gradient_bias - mixed * gradient_scale) / determinant,
    ];
    let decrease = step[0] * gradient_scale + step[1] * gradient_bias;
    (determinant > 0.0 && decrease.is_finite()).then_some((step, decrease))
}

/// The bias of least loss beside the scale 1, under which the mean probability is the share of positives. That difference
/// only grows with the bias, so that halving an interval finds it whatever the logits are.
pub fn fit_bias(samples: &[Sample]) -> Line {
    let line = |bias| Line { scale: 1.0, bias };
    let reach = samples.iter().map(|sample| f64::from(sample.logit).abs()).fold(0.0, f64::max) + 60.0;
    let (mut low, mut high) = (-reach, reach);
    // As often as it takes to halve the interval down to neighbouring numbers.
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        match line(middle).derivatives(samples).gradient[1] > 0.0 {
            true => high = middle,
            false => low = middle,
        }
    }
    line(f64::midpoint(low, high))
}
