//! One step of Adam's family, in place: AdamW (Loshchilov & Hutter 2019) and RAdam (Liu et al. 2020) differ only in the
//! factors that [`Step`] holds.

use super::{multiply_add, sum, vectorized};

/// What one step does, the same for every element of a variable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Decay of the first moment, β₁.
    pub beta1: f32,
    /// Decay of the second moment, β₂.
    pub beta2: f32,
    /// Learning rate over the first moment's bias correction, α / (1 − β₁ᵗ).
    pub rate: f32,
    /// What multiplies the first moment over the root of the second; none where the step is plain momentum, as RAdam's first are.
    pub adaptive: Option<f32>,
    /// Added to the square root of the second moment.
    pub epsilon: f32,
    /// What multiplies the parameters before the step: 1 − α·λ for a decoupled weight decay of λ.
    pub decay: f32,
    /// What multiplies the gradient before all else: below 1 where its norm is clipped.
    pub gradient_scale: f32,
}

/// Updates `parameters` and both moments by `gradient`.
pub fn step(step: Step, parameters: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
    let Step { beta1, beta2, rate, adaptive, epsilon, decay, gradient_scale } = step;
    let length = parameters.len();
    let (gradient, first, second) = (&gradient[..length], &mut first[..length], &mut second[..length]);
    vectorized(
        #[inline(always)]
        || {
            for i in 0..length {
                let gradient = gradient_scale * gradient[i];
                first[i] = multiply_add(beta1, first[i] - gradient, gradient);
                second[i] = multiply_add(beta2, second[i], (1.0 - beta2) * gradient * gradient);
            }
            match adaptive {
                Some(adaptive) => {
                    for i in 0..length {
                        let change = rate * adaptive * first[i] / (second[i].sqrt() + epsilon);
                        parameters[i] = decay * parameters[i] - change;
                    }
                }
                None => {
                    for i in 0..length {
                        parameters[i] = decay * parameters[i] - rate * first[i];
                    }
                }
            }
        },
    );
}

/// Σ x², of which the root is a gradient's norm.
pub fn sum_of_squares(values: &[f32]) -> f32 {
    vectorized(
        #[inline(always)]
        || {
            sum(
                values.len(),
                #[inline(always)]
                |i| values[i] * values[i],
            )
        },
    )
}
