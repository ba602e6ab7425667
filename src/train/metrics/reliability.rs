//! Whether a probability of 0.8 is right eight times in ten.
//!
//! Probabilities are sorted into bins of equal width (Guo et al. 2017, "On calibration of modern neural networks"). Of rare
//! labels nearly all texts are in the first bin, so that their error is small whatever the others say: look at the bins, too.

use serde::{Deserialize, Serialize};

use super::Sample;

/// What the probabilities said and what was true, bin by bin; empty bins are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Over all texts and labels.
    pub all: Vec<Bin>,
    /// For each label, in order.
    pub labels: Vec<Vec<Bin>>,
}

/// The texts whose probability is in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Their mean probability.
    pub probability: f64,
    /// The mean of their targets: the share of positives among them where every target is 0 or 1.
    pub positives: f64,
    /// What they weigh together.
    pub weight: f64,
    /// How many they are: texts, or tokens where the task is about words.
    pub samples: usize,
    /// Of how many texts they are; none in what older versions wrote.
    #[serde(default)]
    pub texts: Option<usize>,
}

impl Bin {
    /// How many independent observations stand behind the bin: its texts.
    pub fn texts(&self) -> usize {
        self.texts.unwrap_or(self.samples)
    }
}

/// In which of so many bins a probability is; 1 is in the last one.
pub(in crate::train) fn place(probability: f64, bins: usize) -> usize {
    ((probability * bins as f64) as usize).min(bins - 1)
}

/// The bins that have any weight, from the lowest probability to the highest.
pub fn bins(samples: &[Sample], bins: usize) -> Vec<Bin> {
    let mut members: Vec<Vec<Sample>> = vec![Vec::new(); bins];
    samples.iter().for_each(|sample| members[place(sample.probability(), bins)].push(*sample));
    let mean = |members: &Vec<Sample>| {
        Some(Bin {
            probability: super::mean(members, Sample::probability)?,
            positives: super::mean(members, |sample| sample.target.into())?,
            weight: members.iter().map(|sample| sample.weight).sum(),
            samples: members.len(),
            texts: Some(super::texts(members)),
        })
    };
    members.iter().filter_map(mean).collect()
}

/// Expected calibration error: how far the mean probability of a bin is from the share of positives in it, weighted by the
/// bin's share of all. 0 is best; none where there is no weight.
pub fn expected_error(samples: &[Sample], count: usize) -> Option<f64> {
    let bins = bins(samples, count);
    let total: f64 = bins.iter().map(|bin| bin.weight).sum();
    let gap = |bin: &Bin| bin.weight * (bin.probability - bin.positives).abs();
    (total > 0.0).then(|| bins.iter().map(gap).sum::<f64>() / total)
}
