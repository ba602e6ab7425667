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
    vectorized(
        #[inline(always)]
        || {
            for (x, y) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
                let (mean, inverse_deviation) = moments(x, epsilon);
                for i in 0..width {
                    y[i] = multiply_add((x[i] - mean) * inverse_deviation, weight[i], bias[i]);
                }
            }
        },
    );
}

/// Replaces every row of `x` by the normalised sum of it and its row of `branch`, as at the end of a sub-layer.
pub fn add_and_normalise(x: &mut [f32], branch: &[f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let width = weight.len();
    vectorized(
        #[inline(always)]
        || {
            for (x, branch) in x.chunks_exact_mut(width).zip(branch.chunks_exact(width)) {
                for (x, branch) in x.iter_mut().zip(branch) {
                    *x += branch;
                }
                let (mean, inverse_deviation) = moments(x, epsilon);
                for ((x, weight), bias) in x.iter_mut().zip(weight).zip(bias) {
                    *x = multiply_add((*x - mean) * inverse_deviation, *weight, *bias);
                }
            }
        },
    );
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
    vectorized(
        #[inline(always)]
        || {
            let rows =
                input.chunks_exact(width).zip(gradient.chunks_exact(width)).zip(input_gradient.chunks_exact_mut(width));
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
        },
    );
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    const EPSILON: f64 = 1e-12;

    fn moments_in_f64(x: &[f32]) -> (f64, f64) {
        let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / x.len() as f64;
        (mean, (variance + EPSILON).sqrt())
    }

    /// Rows around 0, rows far from it, and rows of one value.
    fn rows(width: usize) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let mut random = fastrand::Rng::with_seed(width as u64);
        let mut uniform = |offset: f32| (0..width).map(|_| random.f32() - 0.5 + offset).collect::<Vec<_>>();
        let input = [uniform(0.0), uniform(100.0), uniform(-3.0), vec![7.0; width]].concat();
        (input, uniform(1.0), uniform(0.0))
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn normalises_rows_of_any_width() {
        for width in [1, 3, 32, 33, 384, 385] {
            let (input, weight, bias) = rows(width);
            let mut output = vec![f32::NAN; input.len()];
            forward(&input, &weight, &bias, EPSILON as f32, &mut output);
            for (x, y) in input.chunks(width).zip(output.chunks(width)) {
                let (mean, deviation) = moments_in_f64(x);
                for i in 0..width {
                    let expected = (f64::from(x[i]) - mean) / deviation * f64::from(weight[i]) + f64::from(bias[i]);
                    // Rounding of the mean of a row around 100 is 1e-5 of its deviation.
                    assert!((f64::from(y[i]) - expected).abs() < 1e-4, "width {width}: {} for {expected}", y[i]);
                }
            }
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn a_residual_is_added_before() {
        for width in [1, 33, 384] {
            let (input, weight, bias) = rows(width);
            let branch: Vec<f32> = input.iter().rev().map(|value| value * 0.5).collect();
            let sum: Vec<f32> = input.iter().zip(&branch).map(|(x, branch)| x + branch).collect();
            let mut expected = vec![f32::NAN; input.len()];
            forward(&sum, &weight, &bias, EPSILON as f32, &mut expected);
            let mut x = input;
            add_and_normalise(&mut x, &branch, &weight, &bias, EPSILON as f32);
            assert_eq!(x, expected, "width {width}");
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn gradients_are_the_slopes_of_the_forward_pass() {
        let width = 33;
        let (input, weight, bias) = rows(width);
        let (input, gradient) = (&input[..width], &input[2 * width..3 * width]);
        // Σ gradient ∘ output in f64, of which the gradients are the slopes.
        let objective = |input: &[f32], weight: &[f32], bias: &[f32]| -> f64 {
            let (mean, deviation) = moments_in_f64(input);
            let output =
                |i: usize| (f64::from(input[i]) - mean) / deviation * f64::from(weight[i]) + f64::from(bias[i]);
            (0..width).map(|i| f64::from(gradient[i]) * output(i)).sum()
        };
        let [mut dx, mut dw, mut db] = [(); 3].map(|()| vec![0.0; width]);
        backward(input, &weight, gradient, EPSILON as f32, &mut dx, &mut dw, &mut db);
        let parts = [(input, dx), (&weight[..], dw), (&bias[..], db)];
        for (part, (values, slopes)) in parts.iter().enumerate() {
            for i in 0..width {
                let [above, below] = [1e-3, -1e-3].map(|step| {
                    let mut moved = values.to_vec();
                    moved[i] += step;
                    let step = f64::from(moved[i] - values[i]);
                    let mut arguments = [input, &weight, &bias];
                    arguments[part] = &moved;
                    (step, objective(arguments[0], arguments[1], arguments[2]))
                });
                let slope = (above.1 - below.1) / (above.0 - below.0);
                assert!((f64::from(slopes[i]) - slope).abs() < 1e-3, "argument {part}, {i}: {} for {slope}", slopes[i]);
            }
        }
    }
}
