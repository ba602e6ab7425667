//! eˣ as a polynomial, so that it vectorises: libm's is a call per element.

use super::multiply_add;

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

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

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
