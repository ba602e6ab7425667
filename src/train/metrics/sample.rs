//! One row and one label, and sums over many.

use crate::logistic::{sigmoid, softplus};
use crate::threshold::Judged;

/// One row and one label: all that a metric needs.
#[derive(Debug, Clone, Copy)]
pub(in crate::train) struct Sample {
    pub logit: f32,
    /// From 0 to 1.
    pub target: f32,
    pub weight: f64,
    /// The text that the row is, or is of.
    pub text: usize,
    /// Whether the label applies: most say so. None where as many say that it does not.
    class: Option<bool>,
}

impl Sample {
    pub fn new(logit: f32, target: f32, weight: f64, text: usize) -> Self {
        Self { logit, target, weight, text, class: (target != 0.5).then_some(target > 0.5) }
    }

    /// The same row, of which the model says something else.
    pub fn with_logit(self, logit: f32) -> Self {
        Self { logit, ..self }
    }

    /// The same row where those to which the label applies are `positive` times as common, and the others `negative` times. A share of
    /// annotators is that much of a positive and the rest of a negative; of which class the row is, most of them have said.
    pub fn reweighted(self, [positive, negative]: [f64; 2]) -> Self {
        let of_positive = f64::from(self.target) * positive;
        let factor = of_positive + (1.0 - f64::from(self.target)) * negative;
        Self { weight: self.weight * factor, target: (of_positive / factor) as f32, ..self }
    }

    pub fn probability(self) -> f64 {
        sigmoid(self.logit.into())
    }

    /// Whether the label applies; none where as many say so as not.
    pub fn class(self) -> Option<bool> {
        self.class
    }

    /// What decides whether a threshold is right here; none where the label as much applies as not.
    pub fn judged(self) -> Option<Judged> {
        self.class().map(|applies| Judged { logit: self.logit, applies, weight: self.weight })
    }

    /// 1 where the probability is on the target's side of ½, else 0; a probability of ½ counts as present. None where the
    /// target is on neither side.
    pub fn accuracy(self) -> Option<f64> {
        self.class().map(|class| f64::from(u8::from((self.logit >= 0.0) == class)))
    }

    /// Binary cross-entropy, −z·ln σ(x) − (1 − z)·ln(1 − σ(x)).
    pub fn loss(self) -> f64 {
        let (logit, target) = (f64::from(self.logit), f64::from(self.target));
        (1.0 - target) * softplus(logit) + target * softplus(-logit)
    }
}

/// The samples that are of a class.
pub(in crate::train) fn judged(samples: &[Sample]) -> impl Iterator<Item = Judged> {
    samples.iter().filter_map(|sample| sample.judged())
}

/// How many times as common those to which the label applies, and the others, have to become for their share to be `rate`; once where
/// one class is absent.
pub(in crate::train) fn factors(samples: &[Sample], rate: f64) -> [f64; 2] {
    let share = share(samples);
    if share > 0.0 && share < 1.0 { [rate / share, (1.0 - rate) / (1.0 - share)] } else { [1.0, 1.0] }
}

/// The weighted share of positives.
pub(in crate::train) fn share(samples: &[Sample]) -> f64 {
    mean(samples, |sample| sample.target.into()).unwrap_or_default()
}

/// Of how many texts the samples are, which come in the order of their texts.
pub(in crate::train) fn texts<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> usize {
    let mut last = None;
    samples.into_iter().filter(|sample| last.replace(sample.text) != Some(sample.text)).count()
}

/// How many texts have a sample of this class.
pub(in crate::train) fn texts_of_class(samples: &[Sample], class: Option<bool>) -> usize {
    texts(samples.iter().filter(|sample| sample.class() == class))
}

/// The weighted mean of `value`; none where there is no weight.
pub(in crate::train) fn mean(samples: &[Sample], value: impl Fn(Sample) -> f64) -> Option<f64> {
    mean_of_some(samples, |sample| Some(value(sample)))
}

/// The weighted mean of `value` over the samples that have one; none where those have no weight.
pub(super) fn mean_of_some(samples: &[Sample], value: impl Fn(Sample) -> Option<f64>) -> Option<f64> {
    let with_value = samples.iter().filter_map(|&sample| Some((sample.weight, value(sample)?)));
    let (sum, weight) =
        with_value.fold((0.0, 0.0), |(sum, total), (weight, value)| (sum + weight * value, total + weight));
    (weight > 0.0).then(|| sum / weight)
}
