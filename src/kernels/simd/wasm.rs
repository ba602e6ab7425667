//! simd128, and relaxed SIMD in the build that has it.
//!
//! One relaxed instruction anywhere makes Safari refuse the whole module, so the choice is made when compiling.
//! The relaxed products take their second operand as signed or as unsigned, and their sums may saturate or not: with
//! the second operand in 0..=127 the first makes no difference, and two products of at most 128 · 127 never saturate. So
//! what [`Simd`] promises holds on every engine, to the bit.

use std::arch::wasm32::*;

use super::{Arithmetic, Kernel, LANES, Quads, Simd};

/// Runs `kernel` with what is best on this processor.
#[inline]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_feature = "relaxed-simd")]
    if sums_of_four_are_one_instruction() {
        return kernel.run(Wasm::<true>::new());
    }
    kernel.run(Wasm::<false>::new())
}

/// Whether the processor multiplies and sums four bytes at once (SDOT on Arm, AVX-VNNI on x86).
///
/// WebAssembly does not tell, but for what it leaves to the processor: here the second operand is none of 0..=127.
/// Without such an instruction x86 has to take two and two products, as unsigned, and both sums end at the largest `i16`;
/// with it the sum is 4 · 127 · 255, or, where the operand is signed, 4 · 127 · −1.
#[cfg(target_feature = "relaxed-simd")]
#[inline]
fn sums_of_four_are_one_instruction() -> bool {
    let (left, right) = std::hint::black_box((i8x16_splat(127), u8x16_splat(255)));
    let sums = i32x4_relaxed_dot_i8x16_i7x16_add(left, right, i32x4_splat(0));
    i32x4_extract_lane::<0>(sums) != 2 * i32::from(i16::MAX)
}

/// A module that has these instructions runs only where the engine has them.
///
/// `FOUR` says that products of bytes are best summed by fours, in `i32`. Otherwise they are by twos, in `i16`, and widened
/// later: where no instruction does the former, engines need three for it.
#[derive(Debug, Clone, Copy)]
pub struct Wasm<const FOUR: bool> {
    /// Ones to multiply by, for the sums of neighbours alone. V8 makes a constant anew wherever it is used, in three
    /// instructions; one that the compiler knows nothing of stays in its register, and products are 3% faster.
    #[cfg(target_feature = "relaxed-simd")]
    ones: v128,
}

impl<const FOUR: bool> Wasm<FOUR> {
    pub fn new() -> Self {
        Self {
            #[cfg(target_feature = "relaxed-simd")]
            ones: std::hint::black_box(i16x8_splat(1)),
        }
    }
}

/// Eight lanes of 32 bits.
type Pair = [v128; 2];

/// The first and second half of `values`.
#[inline(always)]
fn load<T: Copy, const N: usize>(values: &[T; N]) -> Pair {
    const { assert!(size_of::<[T; N]>() == 2 * size_of::<v128>()) };
    let values: *const v128 = values.as_ptr().cast();
    // SAFETY: there are as many bytes as in two vectors, and these loads need no alignment.
    unsafe { [v128_load(values), v128_load(values.add(1))] }
}

#[inline(always)]
fn each(f: impl Fn(usize) -> v128) -> Pair {
    [f(0), f(1)]
}

impl<const FOUR: bool> Arithmetic for Wasm<FOUR> {
    type Floats = Pair;
    type Lanes = [f32; LANES];
    const REGISTERS: usize = 8;

    /// Firefox gives a value one place for as long as it is needed. Sums that outlive their loop, into code that needs
    /// many registers, go to the stack, and are then read and written there in each pass of the loop: without this
    /// products take 1.35 times as long.
    #[inline(always)]
    fn summed<T>(self, sums: T) -> T {
        std::hint::black_box(sums)
    }

    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> Pair {
        load(values)
    }

    #[inline(always)]
    fn store(self, vector: Pair, values: &mut [f32; LANES]) {
        let values: *mut v128 = values.as_mut_ptr().cast();
        // SAFETY: there is room for eight values of 32 bits, and these stores need no alignment.
        unsafe {
            v128_store(values, vector[0]);
            v128_store(values.add(1), vector[1]);
        }
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Pair {
        [f32x4_splat(value); 2]
    }

    #[inline(always)]
    fn add(self, a: Pair, b: Pair) -> Pair {
        each(|i| f32x4_add(a[i], b[i]))
    }

    #[inline(always)]
    fn subtract(self, a: Pair, b: Pair) -> Pair {
        each(|i| f32x4_sub(a[i], b[i]))
    }

    #[inline(always)]
    fn multiply(self, a: Pair, b: Pair) -> Pair {
        each(|i| f32x4_mul(a[i], b[i]))
    }

    #[inline(always)]
    fn multiply_add(self, a: Pair, b: Pair, c: Pair) -> Pair {
        #[cfg(target_feature = "relaxed-simd")]
        return each(|i| f32x4_relaxed_madd(a[i], b[i], c[i]));
        #[cfg(not(target_feature = "relaxed-simd"))]
        each(|i| f32x4_add(f32x4_mul(a[i], b[i]), c[i]))
    }

    #[inline(always)]
    fn minimum(self, a: Pair, b: Pair) -> Pair {
        each(|i| f32x4_pmin(b[i], a[i]))
    }

    #[inline(always)]
    fn maximum(self, a: Pair, b: Pair) -> Pair {
        each(|i| f32x4_pmax(b[i], a[i]))
    }

    #[inline(always)]
    fn scale_by_power(self, a: Pair, shifted: Pair) -> Pair {
        each(|i| i32x4_add(a[i], i32x4_shl(shifted[i], 23)))
    }
}

impl<const FOUR: bool> Simd for Wasm<FOUR> {
    type Integers = Pair;
    type Shorts = Pair;
    type Bytes = Pair;
    type Partial = Pair;
    const PARTIALS_ARE_I32: bool = FOUR || cfg!(not(target_feature = "relaxed-simd"));

    #[inline(always)]
    fn round_to_bytes(self, values: Pair) -> [u32; 2] {
        let [low, high] = round(values);
        let shorts = i16x8_narrow_i32x4(low, high);
        let bytes = u64x2_extract_lane::<0>(u8x16_narrow_i16x8(shorts, shorts));
        [bytes as u32, (bytes >> 32) as u32]
    }

    #[inline(always)]
    fn round_to_shorts(self, values: Pair) -> [u64; 2] {
        let [low, high] = round(values);
        let shorts = i16x8_narrow_i32x4(low, high);
        [u64x2_extract_lane::<0>(shorts), u64x2_extract_lane::<1>(shorts)]
    }

    #[inline(always)]
    fn zero(self) -> Pair {
        [i32x4_splat(0); 2]
    }

    #[inline(always)]
    fn to_floats(self, integers: Pair) -> Pair {
        each(|i| f32x4_convert_i32x4(integers[i]))
    }

    #[inline(always)]
    fn load_shorts(self, values: &[[i8; 4]; LANES / 2]) -> Pair {
        let values: *const i8 = values.as_ptr().cast();
        // SAFETY: there are sixteen bytes, and this load needs no alignment.
        unsafe { [i16x8_load_extend_i8x8(values), i16x8_load_extend_i8x8(values.add(8))] }
    }

    #[inline(always)]
    fn add_products_of_shorts(self, sums: Pair, left: Pair, right: u64) -> Pair {
        let right = u64x2_splat(right);
        each(|i| i32x4_add(sums[i], i32x4_dot_i16x8(left[i], right)))
    }

    #[inline(always)]
    fn add_neighbours(self, low: Pair, high: Pair) -> Pair {
        [low, high].map(|[a, b]| i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(a, b), i32x4_shuffle::<1, 3, 5, 7>(a, b)))
    }

    #[inline(always)]
    fn load_bytes(self, values: &Quads) -> Pair {
        load(&values.0)
    }

    #[inline(always)]
    fn no_products(self) -> Pair {
        self.zero()
    }

    #[cfg(target_feature = "relaxed-simd")]
    #[inline(always)]
    fn add_products_of_bytes(self, partial: Pair, left: Pair, right: u32) -> Pair {
        let right = u32x4_splat(right);
        each(|i| match FOUR {
            true => i32x4_relaxed_dot_i8x16_i7x16_add(left[i], right, partial[i]),
            false => i16x8_add(partial[i], i16x8_relaxed_dot_i8x16_i7x16(left[i], right)),
        })
    }

    #[cfg(target_feature = "relaxed-simd")]
    #[inline(always)]
    fn add_partial(self, sums: Pair, partial: Pair) -> Pair {
        each(|i| match FOUR {
            true => i32x4_add(sums[i], partial[i]),
            false => i32x4_add(sums[i], i32x4_dot_i16x8(partial[i], self.ones)),
        })
    }

    /// Without the instruction the products go through `i16`: right, but slower than [`Self::add_products_of_shorts`].
    #[cfg(not(target_feature = "relaxed-simd"))]
    #[inline(always)]
    fn add_products_of_bytes(self, partial: Pair, left: Pair, right: u32) -> Pair {
        let right = i16x8_extend_low_i8x16(u32x4_splat(right));
        let [low, high] = left.map(|left| {
            [i16x8_extend_low_i8x16(left), i16x8_extend_high_i8x16(left)].map(|left| i32x4_dot_i16x8(left, right))
        });
        let products = self.add_neighbours(low, high);
        each(|i| i32x4_add(partial[i], products[i]))
    }

    #[cfg(not(target_feature = "relaxed-simd"))]
    #[inline(always)]
    fn add_partial(self, sums: Pair, partial: Pair) -> Pair {
        each(|i| i32x4_add(sums[i], partial[i]))
    }
}

/// The nearest integers to values below 2²²: adding 1.5 · 2²³ rounds, and leaves the integer in the low bits.
#[inline(always)]
fn round(values: Pair) -> Pair {
    const SHIFT: f32 = 12_582_912.0;
    values.map(|values| i32x4_sub(f32x4_add(values, f32x4_splat(SHIFT)), u32x4_splat(SHIFT.to_bits())))
}
