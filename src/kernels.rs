//! CPU kernels on plain slices; they know nothing of candle.
//!
//! Matrix products come from the `gemm` crate. Everything else in a transformer is memory-bound or one transcendental
//! function per element, and what makes it fast is only that the compiler may use the widest vectors at hand. So these
//! kernels are loops in safe Rust, written such that LLVM vectorises them (no branches, reductions in [`PARTIAL_SUMS`] separate
//! sums), and [`vectorized`] compiles each once per instruction set and picks at run time: AVX-512, AVX2 with FMA, or what
//! the target guarantees; NEON and wasm's simd128 are there at compile time.

pub mod activation;
pub mod adam;
pub mod attention;
pub mod bf16;
pub mod dropout;
pub mod exponential;
pub mod gelu;
pub mod int8;
pub mod layer_norm;
pub mod parts;
pub mod precision;
pub mod product;
pub mod quantised;
pub mod simd;
pub mod softmax;

/// Independent partial sums of a reduction: enough for two AVX-512 registers, so that additions overlap.
pub const PARTIAL_SUMS: usize = 32;

/// Runs `body` compiled for the best instruction set of this processor. `body` and what it calls must be
/// `#[inline(always)]`: a closure that stays a function of its own is compiled for the oldest processor, where a fused
/// multiply-add is a call into libm (a training step then took twice as long, 23% of it in those calls).
#[inline]
pub fn vectorized<R>(body: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(body)
}

/// `a · b + c`, in one rounding where the target has the instruction. wasm has none, and a call into libm in its place
/// would cost more than the whole kernel.
#[inline(always)]
pub(crate) fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(target_arch = "wasm32") { a * b + c } else { a.mul_add(b, c) }
}

/// Σ f(i) over `0..length`, in [`PARTIAL_SUMS`] partial sums.
#[inline(always)]
pub(crate) fn sum(length: usize, f: impl Fn(usize) -> f32) -> f32 {
    let mut partial = [0.0f32; PARTIAL_SUMS];
    let whole = length / PARTIAL_SUMS * PARTIAL_SUMS;
    for start in (0..whole).step_by(PARTIAL_SUMS) {
        for (lane, partial) in partial.iter_mut().enumerate() {
            *partial += f(start + lane);
        }
    }
    let tail: f32 = (whole..length).map(&f).sum();
    partial.iter().sum::<f32>() + tail
}

/// Whether all of `values` are finite numbers.
pub fn are_finite(values: &[f32]) -> bool {
    // Without its sign a value's bits are the greater, the greater it is; those of infinity are below those of any NaN. A maximum
    // of integers may be taken in any order, which a sum may not: this is compiled to a few instructions for many values.
    let largest = vectorized(
        #[inline(always)]
        || values.iter().fold(0, |largest: u32, value| largest.max(value.abs().to_bits())),
    );
    largest < f32::INFINITY.to_bits()
}

/// `output[i] = a[i] + b[i]`.
pub fn add(a: &[f32], b: &[f32], output: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            for ((output, a), b) in output.iter_mut().zip(a).zip(b) {
                *output = a + b;
            }
        },
    );
}

/// Adds every row of `rows` (each as long as `sums`) to `sums`.
pub fn add_rows(sums: &mut [f32], rows: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for row in rows.chunks_exact(sums.len()) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += value;
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn one_value_that_is_not_finite_is_found_wherever_it_is() {
        assert!(are_finite(&[]));
        for length in [1, 31, 32, 33, 100] {
            let values: Vec<f32> = (0..length).map(|i| [f32::MAX, -0.0, f32::MIN, 1e-45][i % 4]).collect();
            assert!(are_finite(&values));
            for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                for place in 0..length {
                    let mut values = values.clone();
                    values[place] = wrong;
                    assert!(!are_finite(&values), "{wrong} at {place} of {length}");
                }
            }
        }
    }
}
