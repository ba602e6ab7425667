//! GELU (Hendrycks & Gimpel 2016), x·Φ(x) with Φ the normal distribution function, and its derivative.

use super::exponential::exp;
use super::multiply_add;
use super::simd::Arithmetic;

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

/// GELU(x).
#[inline(always)]
pub fn value(x: f32) -> f32 {
    x * normal_distribution(x).0
}

/// GELU(x) and GELU′(x), which share the normal distribution.
#[inline(always)]
pub fn value_and_slope(x: f32) -> (f32, f32) {
    let (phi, bell) = normal_distribution(x);
    (x * phi, multiply_add(x * FRAC_1_SQRT_2PI, bell, phi))
}

/// GELU within 5e-6, or 5e-7 of x where that is more: for inference, where its values are rounded to far fewer digits
/// next.
///
/// Φ(x) − ½ = x·p(x²), with p of degree 10 fitted for |x| ≤ 4.75 such that the largest error of GELU is least; beyond, x·Φ
/// goes on with the last Φ. The polynomial is one of t = 2x²/4.75² − 1: in powers of x² the terms would cancel, and of
/// their digits 1e-4 would remain.
#[inline(always)]
pub fn approximate<S: Arithmetic>(simd: S, x: S::Floats) -> S::Floats {
    const END: f32 = 4.75;
    const COEFFICIENTS: [f32; 11] = [
        1.487_483e-1,
        -7.366_755e-2,
        5.323_526e-2,
        -4.056_823e-2,
        3.040_288_8e-2,
        -2.164_954_3e-2,
        1.340_551_2e-2,
        -7.168_844e-3,
        5.016_139e-3,
        -3.771_020_3e-3,
        1.280_183_8e-3,
    ];
    let clamped = simd.maximum(simd.minimum(x, simd.splat(END)), simd.splat(-END));
    let square = simd.multiply(clamped, clamped);
    let t = simd.multiply_add(square, simd.splat(2.0 / (END * END)), simd.splat(-1.0));
    let mut p = simd.splat(COEFFICIENTS[10]);
    for coefficient in COEFFICIENTS[..10].iter().rev() {
        p = simd.multiply_add(p, t, simd.splat(*coefficient));
    }
    simd.multiply(x, simd.multiply_add(clamped, p, simd.splat(0.5)))
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::super::activation::Activation;
    use super::super::simd::{Kernel, Simd, with_each};
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
        Activation::Gelu.forward(&input, &mut value);
        Activation::Gelu.value_and_gradient(&input, &mut same_value, &mut slope);
        assert_eq!(value, same_value);
        for ((&x, &y), &dy) in input.iter().zip(&value).zip(&slope) {
            let (expected, expected_slope) = reference(f64::from(x));
            assert!((f64::from(y) - expected).abs() < 6e-7, "GELU({x}) = {y}, not {expected}");
            assert!((f64::from(dy) - expected_slope).abs() < 1e-6, "GELU'({x}) = {dy}, not {expected_slope}");
        }
    }

    #[derive(Clone, Copy)]
    struct Approximate<'a>(&'a [f32]);

    impl Kernel for Approximate<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Vec<f32> {
            let mut output = vec![0.0; self.0.len()];
            for (y, x) in output.as_chunks_mut().0.iter_mut().zip(self.0.as_chunks().0) {
                simd.store(approximate(simd, simd.load(x)), y);
            }
            output
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn the_approximation_is_as_near_as_it_says() {
        let inputs: Vec<f32> = (-40_000..40_000).map(|i| i as f32 / 4000.0).collect();
        with_each(Approximate(&inputs), |name, output| {
            for (&x, &y) in inputs.iter().zip(&output) {
                // Beyond 5 GELU is x or 0 within 2e-6.
                let expected = if x.abs() < 5.0 { reference(f64::from(x)).0 } else { f64::from(x.max(0.0)) };
                let bound = if x.abs() < 5.0 { 5e-6 } else { 8e-6 };
                assert!((f64::from(y) - expected).abs() < bound, "{name}: GELU({x}) = {y}, not {expected}");
            }
        });
        let far = [1e30, -1e30, f32::MAX, f32::MIN, 0.0, -0.0, 1e-40, 3e5];
        with_each(Approximate(&far), |name, output| {
            for (y, x) in output.iter().zip(far) {
                assert!((y - x.max(0.0)).abs() <= 5e-6 + 5e-7 * x.abs(), "{name}: {y} for {x}");
            }
        });
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn is_the_identity_or_nothing_far_out() {
        let mut output = [f32::NAN; 4];
        Activation::Gelu.forward(&[40.0, -40.0, 1e30, -1e30], &mut output);
        assert_eq!(output[0], 40.0);
        assert!(output[1].abs() < 1e-30);
        assert_eq!(output[2], 1e30);
        assert!(output[3].abs() < 1e-6, "{}", output[3]);
    }
}
