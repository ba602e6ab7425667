//! Softmax over rows of attention scores, and its gradient.

use super::exponential::exp;
use super::{LANES, sum, vectorized};

/// Replaces every row of `width` scores s by softmax(scale · s).
pub fn forward(scores: &mut [f32], width: usize, scale: f32) {
    vectorized(#[inline(always)] || {
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
    });
}

/// Replaces every row of `gradient`, which is ∂L/∂p, by ∂L/∂s = scale · p ∘ (∂L/∂p − Σ p ∘ ∂L/∂p).
pub fn backward(probabilities: &[f32], gradient: &mut [f32], width: usize, scale: f32) {
    vectorized(#[inline(always)] || {
        for (p, g) in probabilities.chunks_exact(width).zip(gradient.chunks_exact_mut(width)) {
            let inner = sum(width, |i| p[i] * g[i]);
            for i in 0..width {
                g[i] = p[i] * (g[i] - inner) * scale;
            }
        }
    });
}

#[inline(always)]
fn maximum(row: &[f32]) -> f32 {
    let mut partial = [f32::NEG_INFINITY; LANES];
    let chunks = row.chunks_exact(LANES);
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
