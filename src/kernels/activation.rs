//! The non-linearities of feed-forward sub-layers, and their derivatives.

use serde::{Deserialize, Serialize};

use super::exponential::exp;
use super::{gelu, multiply_add, vectorized};

/// The non-linearity of the feed-forward sub-layers, under the names of Hugging Face's `config.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// x·Φ(x).
    #[serde(rename = "gelu")]
    Gelu,
    /// GELU's approximation by a hyperbolic tangent.
    #[serde(rename = "gelu_new")]
    GeluTanh,
    /// max(x, 0).
    #[serde(rename = "relu")]
    Relu,
}

impl Activation {
    /// `output[i] = f(input[i])`.
    pub fn forward(self, input: &[f32], output: &mut [f32]) {
        match self {
            Self::Gelu => each(input, output, gelu::value),
            Self::GeluTanh => each(input, output, |x| x * gate(x).0),
            Self::Relu => each(input, output, |x| x.max(0.0)),
        }
    }

    /// Writes `output[i] = f(input[i])` and multiplies `gradient[i]` by `f′(input[i])`, which has much in common with it.
    pub fn value_and_gradient(self, input: &[f32], output: &mut [f32], gradient: &mut [f32]) {
        match self {
            Self::Gelu => each_with_slope(input, output, gradient, gelu::value_and_slope),
            Self::GeluTanh => each_with_slope(input, output, gradient, |x| {
                let (gate, slope) = gate(x);
                (x * gate, multiply_add(x, slope, gate))
            }),
            Self::Relu => each_with_slope(input, output, gradient, |x| (x.max(0.0), if x > 0.0 { 1.0 } else { 0.0 })),
        }
    }
}

/// g(x) and g′(x), where x·g(x) is GELU's approximation (Hendrycks & Gimpel 2016): ½·(1 + tanh(u)) = 1 / (1 + e^(−2u)) with
/// u = √(2/π)·(x + 0.044715·x³).
#[inline(always)]
fn gate(x: f32) -> (f32, f32) {
    const TWICE_SQRT_2_BY_PI: f32 = 1.595_769;
    const CUBIC: f32 = 0.044_715;
    // Beyond, g is 0 or 1, and a cube could be too large to be a number.
    let x = x.clamp(-16.0, 16.0);
    let square = x * x;
    let gate = 1.0 / (1.0 + exp(-TWICE_SQRT_2_BY_PI * x * multiply_add(CUBIC, square, 1.0)));
    let inner_slope = TWICE_SQRT_2_BY_PI * multiply_add(3.0 * CUBIC, square, 1.0);
    (gate, gate * (1.0 - gate) * inner_slope)
}

#[inline(always)]
fn each(input: &[f32], output: &mut [f32], f: impl Fn(f32) -> f32) {
    vectorized(
        #[inline(always)]
        || output.iter_mut().zip(input).for_each(|(y, &x)| *y = f(x)),
    );
}

#[inline(always)]
fn each_with_slope(input: &[f32], output: &mut [f32], gradient: &mut [f32], f: impl Fn(f32) -> (f32, f32)) {
    vectorized(
        #[inline(always)]
        || {
            for ((y, g), &x) in output.iter_mut().zip(gradient).zip(input) {
                let (value, slope) = f(x);
                *y = value;
                *g *= slope;
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    /// The value and the slope in f64, by the definition.
    fn reference(activation: Activation, x: f64) -> (f64, f64) {
        match activation {
            Activation::Gelu => unreachable!("it has tests of its own"),
            Activation::GeluTanh => {
                let factor = (2.0 / std::f64::consts::PI).sqrt();
                let tanh = (factor * (x + 0.044715 * x.powi(3))).tanh();
                let slope = factor * (1.0 + 3.0 * 0.044715 * x * x) * (1.0 - tanh * tanh);
                (0.5 * x * (1.0 + tanh), 0.5 * (1.0 + tanh) + 0.5 * x * slope)
            }
            Activation::Relu => (x.max(0.0), if x > 0.0 { 1.0 } else { 0.0 }),
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn agree_with_the_definitions() {
        let input: Vec<f32> = (-3000..=3000).map(|i| i as f32 / 150.0).collect();
        for activation in [Activation::GeluTanh, Activation::Relu] {
            let mut value = vec![0.0; input.len()];
            let (mut same_value, mut slope) = (value.clone(), vec![2.0; input.len()]);
            activation.forward(&input, &mut value);
            activation.value_and_gradient(&input, &mut same_value, &mut slope);
            assert_eq!(value, same_value);
            for ((&x, &y), &dy) in input.iter().zip(&value).zip(&slope) {
                let (expected, expected_slope) = reference(activation, f64::from(x));
                let bound = 1e-6 * expected.abs().max(1.0);
                assert!((f64::from(y) - expected).abs() < bound, "{activation:?} of {x} is {y}, not {expected}");
                let distance = (f64::from(dy) - 2.0 * expected_slope).abs();
                assert!(distance < 4e-6, "{activation:?}: the slope at {x} is {dy}, not twice {expected_slope}");
            }
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn are_the_identity_or_nothing_far_out() {
        let far = [1e30, -1e30, 1e4, -1e4];
        for activation in [Activation::Gelu, Activation::GeluTanh, Activation::Relu] {
            let (mut value, mut slope) = ([f32::NAN; 4], [1.0; 4]);
            activation.value_and_gradient(&far, &mut value, &mut slope);
            for (index, x) in far.into_iter().enumerate() {
                let (expected, expected_slope) = if x > 0.0 { (x, 1.0) } else { (0.0, 0.0) };
                assert!((value[index] - expected).abs() < 1e-6, "{activation:?} of {x:e} is {:e}", value[index]);
                assert!(
                    (slope[index] - expected_slope).abs() < 1e-6,
                    "{activation:?}: the slope at {x:e} is {}",
                    slope[index]
                );
            }
        }
    }
}
