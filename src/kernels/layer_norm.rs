//! Layer normalisation (Ba et al. 2016) over the last dimension, y = (x − μ)·σ⁻¹·weight + bias, and its gradients.

use super::{multiply_add, sum, vectorized};

/// μ and σ⁻¹ = (variance + ε)^−½ of one row, in two passes: the row is in L1, and the difference of two large sums would
/// lose the digits.
#[inline(always)]
fn moments(row: &[f32], epsilon: f32) -> (f32, f32) {
    let scale = 1.0 / row.len() as f32;
    let mean = sum(row.len(), |i| row[i]) * scale;
    let variance = sum(row.len(), |i| (row[i] - mean) * (row[i] - mean)) * scale;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// Normalises every row of `input` into `output`; rows are as long as `weight` and `bias`.
pub fn forward(input: &[f32], weight: &[f32], bias: &[f32], epsilon: f32, output: &mut [f32]) {
    let width = weight.len();
    vectorized(#[inline(always)] || {
        for (x, y) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
            let (mean, inverse_deviation) = moments(x, epsilon);
            for i in 0..width {
                y[i] = multiply_add((x[i] - mean) * inverse_deviation, weight[i], bias[i]);
            }
        }
    });
}

/// The gradients of [`forward`]: writes `input_gradient`, adds to `weight_gradient` and `bias_gradient`.
///
/// With x̂ the normalised row and g the incoming gradient times the weight, ∂x = σ⁻¹·(g − mean(g) − x̂·mean(g·x̂)). μ and
/// σ⁻¹ are computed again: cheaper than a pass over memory that keeps them.
pub fn backward(
    input: &[f32],
    weight: &[f32],
    gradient: &[f32],
    epsilon: f32,
    input_gradient: &mut [f32],
    weight_gradient: &mut [f32],
    bias_gradient: &mut [f32],
) {
    let width = weight.len();
    let (weight_gradient, bias_gradient) = (&mut weight_gradient[..width], &mut bias_gradient[..width]);
    vectorized(#[inline(always)] || {
        let rows = input.chunks_exact(width).zip(gradient.chunks_exact(width)).zip(input_gradient.chunks_exact_mut(width));
        for ((x, g), dx) in rows {
            let (mean, inverse_deviation) = moments(x, epsilon);
            let scale = 1.0 / width as f32;
            let mean_g = sum(width, |i| g[i] * weight[i]) * scale;
            let mean_gx = sum(width, |i| g[i] * weight[i] * (x[i] - mean)) * inverse_deviation * scale;
            for i in 0..width {
                let normalised = (x[i] - mean) * inverse_deviation;
                weight_gradient[i] += g[i] * normalised;
                bias_gradient[i] += g[i];
                dx[i] = inverse_deviation * (multiply_add(g[i], weight[i], -mean_g) - normalised * mean_gx);
            }
        }
    });
}
