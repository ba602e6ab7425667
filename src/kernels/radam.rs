//! One step of RAdam (Liu et al. 2020, "On the Variance of the Adaptive Learning Rate and Beyond", algorithm 2), in place.

use super::{multiply_add, vectorized};

/// What one step does, the same for every parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Decay of the first moment, β₁.
    pub beta1: f32,
    /// Decay of the second moment, β₂.
    pub beta2: f32,
    /// Learning rate over the first moment's bias correction, α / (1 − β₁ᵗ).
    pub rate: f32,
    /// The rectification rₜ times √(1 − β₂ᵗ); none while the variance is not tractable (ρₜ ≤ 5), when the step is plain momentum.
    pub adaptive: Option<f32>,
    /// Added to the square root of the second moment, ε.
    pub epsilon: f32,
}

/// Updates `parameters` and both moments by `gradient`.
pub fn step(step: Step, parameters: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
    let Step { beta1, beta2, rate, adaptive, epsilon } = step;
    let length = parameters.len();
    let (gradient, first, second) = (&gradient[..length], &mut first[..length], &mut second[..length]);
    vectorized(
        #[inline(always)]
        || {
            for i in 0..length {
                first[i] = multiply_add(beta1, first[i] - gradient[i], gradient[i]);
                second[i] = multiply_add(beta2, second[i], (1.0 - beta2) * gradient[i] * gradient[i]);
            }
            match adaptive {
                Some(adaptive) => {
                    for i in 0..length {
                        parameters[i] -= rate * adaptive * first[i] / (second[i].sqrt() + epsilon);
                    }
                }
                None => {
                    for i in 0..length {
                        parameters[i] -= rate * first[i];
                    }
                }
            }
        },
    );
}
