//! Softmax over rows of attention scores, and its gradient.

use super::exponential::exp;
use super::{PARTIAL_SUMS, sum, vectorized};

/// Replaces every row of `width` scores s by softmax(scale · s).
pub fn forward(scores: &mut [f32], width: usize, scale: f32) {
    vectorized(
        #[inline(always)]
        || {
            for row in scores.chunks_exact_mut(width) {
                let highest = maximum(row);
                for value in row.iter_mut() {
                    *value = exp((*value - highest) * scale);
                }
                let normaliser = 1.0 / sum(width, |i| row[i]);
                for value in row.iter_mut() {
                    *value *= normaliser;
                }
            }
        },
    );
}

/// Replaces every row of `gradient`, which is ∂L/∂p, by ∂L/∂s = scale · p ∘ (∂L/∂p − Σ p ∘ ∂L/∂p).
pub fn backward(probabilities: &[f32], gradient: &mut [f32], width: usize, scale: f32) {
    vectorized(
        #[inline(always)]
        || {
            for (p, g) in probabilities.chunks_exact(width).zip(gradient.chunks_exact_mut(width)) {
                let inner = sum(width, |i| p[i] * g[i]);
                for i in 0..width {
                    g[i] = p[i] * (g[i] - inner) * scale;
                }
            }
        },
    );
}

#[inline(always)]
fn maximum(row: &[f32]) -> f32 {
    let mut partial = [f32::NEG_INFINITY; PARTIAL_SUMS];
    let chunks = row.chunks_exact(PARTIAL_SUMS);
    let mut highest = chunks.remainder().iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
    for chunk in chunks {
        for (partial, &value) in partial.iter_mut().zip(chunk) {
            *partial = if value > *partial { value } else { *partial };
        }
    }
    for value in partial {
        highest = highest.max(value);
    }
    highest
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn softmax_in_f64(scores: &[f32], scale: f32) -> Vec<f64> {
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f64> =
            scores.iter().map(|&score| ((f64::from(score) - f64::from(highest)) * f64::from(scale)).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.iter().map(|power| power / sum).collect()
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn is_a_distribution_on_any_scores() {
        let mut random = fastrand::Rng::with_seed(3);
        for width in [1, 2, 31, 32, 33, 128, 511] {
            for magnitude in [1e-3, 1.0, 30.0, 1e4, 1e30] {
                let scores: Vec<f32> = (0..3 * width).map(|_| (random.f32() - 0.5) * magnitude).collect();
                let mut probabilities = scores.clone();
                forward(&mut probabilities, width, 0.25);
                for (p, s) in probabilities.chunks(width).zip(scores.chunks(width)) {
                    for (p, expected) in p.iter().zip(softmax_in_f64(s, 0.25)) {
                        assert!(
                            (f64::from(*p) - expected).abs() < 1e-6,
                            "width {width}, ±{magnitude}: {p} for {expected}"
                        );
                    }
                }
            }
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn gradient_is_the_jacobians_product() {
        let mut random = fastrand::Rng::with_seed(4);
        let (width, scale) = (37, 0.5);
        let scores: Vec<f32> = (0..width).map(|_| random.f32() * 4.0).collect();
        let upstream: Vec<f32> = (0..width).map(|_| random.f32() - 0.5).collect();
        let p = softmax_in_f64(&scores, scale);
        let (mut probabilities, mut gradient) = (scores, upstream.clone());
        forward(&mut probabilities, width, scale);
        backward(&probabilities, &mut gradient, width, scale);
        for i in 0..width {
            let row = (0..width).map(|j| {
                let jacobian = p[i] * (if i == j { 1.0 } else { 0.0 } - p[j]);
                jacobian * f64::from(upstream[j]) * f64::from(scale)
            });
            let expected: f64 = row.sum();
            assert!((f64::from(gradient[i]) - expected).abs() < 1e-7, "{i}: {} for {expected}", gradient[i]);
        }
    }
}
