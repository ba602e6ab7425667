//! eˣ as a polynomial, so that it vectorises: libm's is a call per element.

use super::multiply_add;
use super::simd::Arithmetic;

/// eˣ for x in [−87, 88], within 2 units in the last place; beyond, the value at the nearer end.
///
/// x = n·ln 2 + r with |r| ≤ ½ ln 2; eʳ by a polynomial of degree 6 (Cephes' `expf`), 2ⁿ by the exponent's bits. Adding
/// 1.5·2²³ rounds to the nearest integer, which then sits in the low bits.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = multiply_add(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = multiply_add(n, -LN_2_LOW, multiply_add(n, -LN_2_HIGH, x));
    let mut p = 1.987_569_1e-4;
    p = multiply_add(p, r, 1.398_199_9e-3);
    p = multiply_add(p, r, 8.333_452e-3);
    p = multiply_add(p, r, 4.166_579_6e-2);
    p = multiply_add(p, r, 1.666_666_5e-1);
    p = multiply_add(p, r, 0.5);
    p = multiply_add(p, r * r, r) + 1.0;
    let scale = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    p * scale
}

/// 2ˣ for x in [−126, 126], within 3e-7 of it; below −126 the value there.
///
/// As in [`exp`]: x = n + r with |r| ≤ ½, and 2ʳ by a polynomial of degree 5, fitted for the least relative error.
#[inline(always)]
pub fn exp2<S: Arithmetic>(simd: S, x: S::Floats) -> S::Floats {
    const ROUND: f32 = 12_582_912.0;
    // Near ln 2, but not it: the fit spreads the error over all of [−½, ½].
    #[expect(clippy::approx_constant)]
    const COEFFICIENTS: [f32; 5] = [6.931_47e-1, 2.402_224_2e-1, 5.550_733_6e-2, 9.671_513e-3, 1.326_472_6e-3];
    let x = simd.maximum(x, simd.splat(-126.0));
    let shifted = simd.add(x, simd.splat(ROUND));
    let r = simd.subtract(x, simd.subtract(shifted, simd.splat(ROUND)));
    let mut p = simd.splat(COEFFICIENTS[4]);
    for coefficient in COEFFICIENTS[..4].iter().rev() {
        p = simd.multiply_add(p, r, simd.splat(*coefficient));
    }
    simd.scale_by_power(simd.multiply_add(p, r, simd.splat(1.0)), shifted)
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::super::simd::{Kernel, Simd, with_each};
    use super::*;

    #[derive(Clone, Copy)]
    struct Exp2<'a>(&'a [f32]);

    impl Kernel for Exp2<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Vec<f32> {
            let mut output = vec![0.0; self.0.len()];
            for (y, x) in output.as_chunks_mut().0.iter_mut().zip(self.0.as_chunks().0) {
                simd.store(exp2(simd, simd.load(x)), y);
            }
            output
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn powers_of_two_agree_with_the_standard_library() {
        let inputs: Vec<f32> = (-130_000..126_000).map(|i| i as f32 / 1000.0).collect();
        with_each(Exp2(&inputs), |name, output| {
            for (&x, &y) in inputs.iter().zip(&output) {
                let expected = f64::from(x.max(-126.0)).exp2();
                let error = (f64::from(y) - expected).abs() / expected;
                assert!(error < 3e-7, "{name}: 2^{x} is {y}, off by {error:e}");
            }
        });
        with_each(Exp2(&[f32::NEG_INFINITY, -1e30, -127.0, 0.0, -0.0, 1.0, 2.0, -1.0]), |name, output| {
            let lowest = f32::MIN_POSITIVE;
            assert_eq!(output, [lowest, lowest, lowest, 1.0, 1.0, 2.0, 4.0, 0.5], "{name}");
        });
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn agrees_with_the_standard_library() {
        for step in 0..=200_000 {
            let x = -87.0 + step as f32 * (175.0 / 200_000.0);
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2.5e-7, "exp({x}) is {}, off by {error:e}", exp(x));
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn stays_finite_beyond_its_range() {
        assert_eq!(exp(f32::INFINITY), exp(88.0));
        assert_eq!(exp(f32::NEG_INFINITY), exp(-87.0));
        assert_eq!(exp(0.0), 1.0);
    }
}
