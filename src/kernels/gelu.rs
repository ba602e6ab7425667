//! GELU (Hendrycks & Gimpel 2016), x·Φ(x) with Φ the normal distribution function, and its derivative.

use super::exponential::exp;
use super::{multiply_add, vectorized};

const FRAC_1_SQRT_2PI: f32 = 0.398_942_3;

/// Φ(x) and e^(−x²/2), of which the derivative needs both.
///
/// Φ(x) = ½·(1 + erf(x/√2)) with erf by Abramowitz & Stegun 7.1.26: an absolute error of 7.5e-8, below the rounding of
/// what follows. Its exponential is the density's, so one serves both. The tail is computed for |x| and mirrored, which
/// keeps its digits for very negative x.
#[inline(always)]
fn normal_distribution(x: f32) -> (f32, f32) {
    let magnitude = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / multiply_add(0.327_591_1, magnitude, 1.0);
    let mut p = 1.061_405_4;
    p = multiply_add(p, t, -1.453_152);
    p = multiply_add(p, t, 1.421_413_8);
    p = multiply_add(p, t, -0.284_496_72);
    p = multiply_add(p, t, 0.254_829_6);
    let bell = exp(-magnitude * magnitude);
    let tail = 0.5 * p * t * bell;
    (if x < 0.0 { tail } else { 1.0 - tail }, bell)
}

/// `output[i] = GELU(input[i])`.
pub fn forward(input: &[f32], output: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (y, &x) in output.iter_mut().zip(input) {
                *y = x * normal_distribution(x).0;
            }
        },
    );
}

/// Writes `output[i] = GELU(input[i])` and multiplies `gradient[i]` by GELU′(input[i]), which share the normal distribution.
pub fn value_and_gradient(input: &[f32], output: &mut [f32], gradient: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            for ((y, g), &x) in output.iter_mut().zip(gradient).zip(input) {
                let (phi, bell) = normal_distribution(x);
                *y = x * phi;
                *g *= multiply_add(x * FRAC_1_SQRT_2PI, bell, phi);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    /// GELU and its derivative in f64, with erf as its Maclaurin series (|x| ≤ 3) or 1 beyond double-checked asymptotics.
    fn reference(x: f64) -> (f64, f64) {
        let z = x / std::f64::consts::SQRT_2;
        let (mut term, mut erf) = (z, z);
        for n in 1..200 {
            term *= -z * z / f64::from(n);
            erf += term / f64::from(2 * n + 1);
        }
        let phi = 0.5 * (1.0 + erf * 2.0 / std::f64::consts::PI.sqrt());
        (x * phi, phi + x * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt())
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn agrees_with_the_definition() {
        let input: Vec<f32> = (-600..=600).map(|i| i as f32 / 150.0).collect();
        let (mut value, mut same_value, mut slope) =
            (vec![0.0; input.len()], vec![0.0; input.len()], vec![1.0; input.len()]);
        forward(&input, &mut value);
        value_and_gradient(&input, &mut same_value, &mut slope);
        assert_eq!(value, same_value);
        for ((&x, &y), &dy) in input.iter().zip(&value).zip(&slope) {
            let (expected, expected_slope) = reference(f64::from(x));
            assert!((f64::from(y) - expected).abs() < 6e-7, "GELU({x}) = {y}, not {expected}");
            assert!((f64::from(dy) - expected_slope).abs() < 1e-6, "GELU'({x}) = {dy}, not {expected_slope}");
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn is_the_identity_or_nothing_far_out() {
        let mut output = [f32::NAN; 4];
        forward(&[40.0, -40.0, 1e30, -1e30], &mut output);
        assert_eq!(output[0], 40.0);
        assert!(output[1].abs() < 1e-30);
        assert_eq!(output[2], 1e30);
        assert!(output[3].abs() < 1e-6, "{}", output[3]);
    }
}
