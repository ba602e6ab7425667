use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
#[cfg(not(target_arch = "wasm32"))]
use crate::kernels::simd::not_tested;

/// What the instruction does, in plain arithmetic.
fn plain(strip: &Pairs<ROWS>, panel: &Pairs<COLUMNS>, tile: &mut Tile) {
    let halves = |pair: u32| [f32::from_bits(pair << 16), f32::from_bits(pair & 0xffff_0000)];
    for (left, right) in strip.iter().zip(panel) {
        for (sums, &left) in tile.iter_mut().zip(left) {
            for (sum, &right) in sums.iter_mut().zip(right) {
                let ([a, b], [c, d]) = (halves(left), halves(right));
                *sum += b * d;
                *sum += a * c;
            }
        }
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn rounds_to_the_nearest_even() {
    let mut random = fastrand::Rng::with_seed(1);
    let special = [0, 1, 0x8000_0000, 0x7f7f_ffff, 0x7f80_0000, 0xff80_0000, 0x7f80_0001, 0x7fc0_0000, 0x0000_8000];
    let ties = (0..1 << 10).flat_map(|high| [high << 22 | 0x8000, high << 22 | 0x1_8000, high << 22 | 0x7fff]);
    let bits = special.into_iter().chain(ties).chain((0..100_000).map(|_| random.u32(..)));
    for value in bits.map(f32::from_bits) {
        let (ours, expected) = (round(value), half::bf16::from_f32(value).to_f32());
        assert!(ours.to_bits() == expected.to_bits() || ours.is_nan() && expected.is_nan(), "{value:e}: {ours:e}");
    }
}

/// Compares products by `kernel` with sums in f64 of rounded factors.
fn check(kernel: TileKernel) {
    let mut random = fastrand::Rng::with_seed(2);
    let sizes = [(1, 1, 1), (12, 32, 384), (13, 33, 385), (50, 70, 1000), (3, 100, 2), (25, 31, 769), (4, 4, 0)];
    for (m, n, k) in sizes {
        for magnitude in [1.0, 1e15, 1e-15] {
            let [left, right] =
                [m * k, k * n].map(|length| (0..length).map(|_| (random.f32() - 0.5) * magnitude).collect::<Vec<_>>());
            let plain = (Matrix::new(&left[..], m, k), Matrix::new(&right[..], k, n));
            let turned = (Matrix::new(&left[..], k, m).transposed(), Matrix::new(&right[..], n, k).transposed());
            for ((left, right), accumulate) in [(plain, false), (plain, true), (turned, false), (turned, true)] {
                let before = if accumulate { magnitude } else { 0.0 };
                let mut output = vec![magnitude; m * (n + 1)];
                let view = Matrix::strided(&mut output[..], m, n, n + 1);
                Bf16Panels::with_kernel(kernel, right).multiply(view, accumulate, left);
                for (i, row) in output.chunks(n + 1).enumerate() {
                    assert_eq!(row[n], magnitude, "what lies between the rows is left alone");
                    for (j, value) in row[..n].iter().enumerate() {
                        let terms = (0..k).map(|p| f64::from(round(left.at(i, p))) * f64::from(round(right.at(p, j))));
                        let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()));
                        let expected = f64::from(before) + sum;
                        let tolerance = 1e-5 * (size + f64::from(before)) + f64::from(f32::MIN_POSITIVE);
                        assert!(
                            (f64::from(*value) - expected).abs() <= tolerance,
                            "{m} × {n} × {k} of {magnitude:e}: {value} for {expected} at {i}, {j}"
                        );
                    }
                }
            }
        }
    }
}

/// Infinities, overflow and what is not a number go through as in f32.
fn check_extremes(kernel: TileKernel) {
    let product = |left: [f32; 2], right: [f32; 2]| {
        let mut output = [0.0];
        let (left, right) = (Matrix::new(&left[..], 1, 2), Matrix::new(&right[..], 2, 1));
        Bf16Panels::with_kernel(kernel, right).multiply(Matrix::new(&mut output[..], 1, 1), false, left);
        output[0]
    };
    assert_eq!(product([1e30, 0.0], [1e30, 0.0]), f32::INFINITY);
    assert_eq!(product([f32::MAX, 1.0], [1.0, 1.0]), f32::INFINITY, "f32::MAX rounds up");
    assert_eq!(product([f32::INFINITY, 1.0], [-2.0, 1.0]), f32::NEG_INFINITY);
    assert!(product([f32::INFINITY, f32::INFINITY], [1.0, -1.0]).is_nan());
    assert!(product([f32::from_bits(0x7f80_0001), 1.0], [1.0, 1.0]).is_nan());
    assert!(product([1e-30, 1e-40], [1e-10, 1.0]).abs() < f32::MIN_POSITIVE, "denormal numbers may become zero");
}

#[wasm_bindgen_test(unsupported = test)]
fn packing_and_tiling_are_right() {
    check(plain);
    check_extremes(plain);
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_processors_instruction_is_right() {
    match avx512::kernel() {
        Some(kernel) => {
            check(kernel);
            check_extremes(kernel);
        }
        None => not_tested("VDPBF16PS: this processor has no AVX-512-BF16"),
    }
}
