//! Plain arithmetic on arrays: what the operations mean.

use std::array::from_fn;

use super::{Arithmetic, LANES, Quads, Simd};
use crate::kernels::multiply_add;

/// Runs everywhere, and as fast as the compiler can make it.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

impl Arithmetic for Portable {
    type Floats = [f32; LANES];
    type Lanes = [f32; LANES];
    const REGISTERS: usize = 8;

    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> Self::Floats {
        *values
    }

    #[inline(always)]
    fn store(self, vector: Self::Floats, values: &mut [f32; LANES]) {
        *values = vector;
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Floats {
        [value; LANES]
    }

    #[inline(always)]
    fn add(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        from_fn(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn subtract(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        from_fn(|i| a[i] - b[i])
    }

    #[inline(always)]
    fn multiply(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        from_fn(|i| a[i] * b[i])
    }

    #[inline(always)]
    fn multiply_add(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats {
        from_fn(|i| multiply_add(a[i], b[i], c[i]))
    }

    #[inline(always)]
    fn minimum(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        from_fn(|i| if a[i] < b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn maximum(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn scale_by_power(self, a: Self::Floats, shifted: Self::Floats) -> Self::Floats {
        from_fn(|i| f32::from_bits(a[i].to_bits().wrapping_add(shifted[i].to_bits() << 23)))
    }
}

impl Simd for Portable {
    type Integers = [i32; LANES];
    type Shorts = [i16; 2 * LANES];
    type Bytes = [[i8; 4]; LANES];
    type Partial = [[i16; 2]; LANES];
    const PARTIALS_ARE_I32: bool = false;

    #[inline(always)]
    fn round_to_bytes(self, values: Self::Floats) -> [u32; 2] {
        let bytes = |quad: usize| from_fn(|i| values[4 * quad + i].round_ties_even() as u8);
        from_fn(|quad| u32::from_le_bytes(bytes(quad)))
    }

    #[inline(always)]
    fn round_to_shorts(self, values: Self::Floats) -> [u64; 2] {
        let short = |i: usize| u64::from(values[i].round_ties_even() as i16 as u16);
        from_fn(|quad| (0..4).fold(0, |shorts, i| shorts | short(4 * quad + i) << (16 * i)))
    }

    #[inline(always)]
    fn zero(self) -> Self::Integers {
        [0; LANES]
    }

    #[inline(always)]
    fn to_floats(self, integers: Self::Integers) -> Self::Floats {
        integers.map(|integer| integer as f32)
    }

    #[inline(always)]
    fn load_shorts(self, values: &[[i8; 4]; LANES / 2]) -> Self::Shorts {
        from_fn(|i| i16::from(values[i / 4][i % 4]))
    }

    #[inline(always)]
    fn add_products_of_shorts(self, sums: Self::Integers, left: Self::Shorts, right: u64) -> Self::Integers {
        let product = |i: usize| i32::from(left[i]) * i32::from((right >> (16 * (i % 4))) as i16);
        from_fn(|i| sums[i].wrapping_add(product(2 * i) + product(2 * i + 1)))
    }

    #[inline(always)]
    fn add_neighbours(self, low: Self::Integers, high: Self::Integers) -> Self::Integers {
        let lane = |i: usize| if i < LANES { low[i] } else { high[i - LANES] };
        from_fn(|i| lane(2 * i).wrapping_add(lane(2 * i + 1)))
    }

    #[inline(always)]
    fn load_bytes(self, values: &Quads) -> Self::Bytes {
        values.0
    }

    #[inline(always)]
    fn no_products(self) -> Self::Partial {
        [[0; 2]; LANES]
    }

    /// A sum that leaves `i16` is a mistake in the kernel: an overflow panics in builds that check for it.
    #[inline(always)]
    fn add_products_of_bytes(self, partial: Self::Partial, left: Self::Bytes, right: u32) -> Self::Partial {
        let right = right.to_le_bytes().map(i16::from);
        let product = |lane: usize, i: usize| i16::from(left[lane][i]) * right[i];
        from_fn(|lane| from_fn(|half| partial[lane][half] + (product(lane, 2 * half) + product(lane, 2 * half + 1))))
    }

    #[inline(always)]
    fn add_partial(self, sums: Self::Integers, partial: Self::Partial) -> Self::Integers {
        from_fn(|lane| sums[lane] + i32::from(partial[lane][0]) + i32::from(partial[lane][1]))
    }
}
