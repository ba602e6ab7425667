//! Whether a probability of 0.8 is right eight times in ten.

use super::Sample;

/// Expected calibration error with `bins` of equal width.
pub fn expected_error(samples: &[Sample], bins: usize) -> f64 {
    let mut gaps = vec![0.0; bins];
    let mut total = 0.0;
    for sample in samples {
        let probability = sample.probability();
        let bin = ((probability * bins as f64) as usize).min(bins - 1);
        gaps[bin] += sample.weight * (probability - f64::from(u8::from(sample.positive)));
        total += sample.weight;
    }
    gaps.iter().map(|gap| gap.abs()).sum::<f64>() / total
}
