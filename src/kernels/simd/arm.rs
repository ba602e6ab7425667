//! NEON, with SDOT's products of bytes where the processor has them (Armv8.2 and later, and every Apple processor).
//!
//! NEON has no product of two pairs of `i16` that adds neighbours: two long products and a pairwise addition do the same.

use std::arch::aarch64::*;
use std::arch::asm;

use super::{Kernel, LANES, Portable, Quads, Simd};

/// Made only where the processor has SDOT.
#[derive(Debug, Clone, Copy)]
pub struct Neon(());

pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    match std::arch::is_aarch64_feature_detected!("dotprod") {
        true => kernel.run(Neon(())),
        false => kernel.run(Portable),
    }
}

/// A call of intrinsics on registers.
macro_rules! neon {
    ($call:expr) => {{
        // SAFETY: NEON is on every processor that this target is for, and what is called touches no memory but arrays
        // that are as long as it reads or writes.
        unsafe { $call }
    }};
}

type Floats = [float32x4_t; 2];
type Integers = [int32x4_t; 2];
type Bytes = [int8x16_t; 2];

#[inline(always)]
fn each<T>(f: impl Fn(usize) -> T) -> [T; 2] {
    [f(0), f(1)]
}

impl Simd for Neon {
    type Floats = Floats;
    type Integers = Integers;
    type Shorts = [int16x8_t; 2];
    type Bytes = Bytes;
    type Partial = Integers;
    const PARTIALS_ARE_I32: bool = true;
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        each(|_| neon!(vdupq_n_f32(value)))
    }

    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> Floats {
        each(|i| neon!(vld1q_f32(values[4 * i..][..4].as_ptr())))
    }

    #[inline(always)]
    fn store(self, vector: Floats, values: &mut [f32; LANES]) {
        for (values, half) in values.chunks_exact_mut(4).zip(vector) {
            neon!(vst1q_f32(values.as_mut_ptr(), half));
        }
    }

    #[inline(always)]
    fn add(self, a: Floats, b: Floats) -> Floats {
        each(|i| neon!(vaddq_f32(a[i], b[i])))
    }

    #[inline(always)]
    fn subtract(self, a: Floats, b: Floats) -> Floats {
        each(|i| neon!(vsubq_f32(a[i], b[i])))
    }

    #[inline(always)]
    fn multiply(self, a: Floats, b: Floats) -> Floats {
        each(|i| neon!(vmulq_f32(a[i], b[i])))
    }

    #[inline(always)]
    fn multiply_add(self, a: Floats, b: Floats, c: Floats) -> Floats {
        each(|i| neon!(vfmaq_f32(c[i], a[i], b[i])))
    }

    #[inline(always)]
    fn minimum(self, a: Floats, b: Floats) -> Floats {
        each(|i| neon!(vbslq_f32(vcltq_f32(a[i], b[i]), a[i], b[i])))
    }

    #[inline(always)]
    fn maximum(self, a: Floats, b: Floats) -> Floats {
        each(|i| neon!(vbslq_f32(vcgtq_f32(a[i], b[i]), a[i], b[i])))
    }

    #[inline(always)]
    fn scale_by_power(self, a: Floats, shifted: Floats) -> Floats {
        each(|i| {
            let power = neon!(vshlq_n_s32::<23>(vreinterpretq_s32_f32(shifted[i])));
            neon!(vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a[i]), power)))
        })
    }

    #[inline(always)]
    fn round_to_bytes(self, values: Floats) -> [u32; 2] {
        let shorts = self.round_to_shorts_register(values);
        let bytes = neon!(vget_lane_u64::<0>(vreinterpret_u64_s8(vqmovn_s16(shorts))));
        [bytes as u32, (bytes >> 32) as u32]
    }

    #[inline(always)]
    fn round_to_shorts(self, values: Floats) -> [u64; 2] {
        let shorts = neon!(vreinterpretq_u64_s16(self.round_to_shorts_register(values)));
        neon!([vgetq_lane_u64::<0>(shorts), vgetq_lane_u64::<1>(shorts)])
    }

    #[inline(always)]
    fn zero(self) -> Integers {
        each(|_| neon!(vdupq_n_s32(0)))
    }

    #[inline(always)]
    fn to_floats(self, integers: Integers) -> Floats {
        each(|i| neon!(vcvtq_f32_s32(integers[i])))
    }

    #[inline(always)]
    fn load_shorts(self, values: &[[i8; 4]; LANES / 2]) -> [int16x8_t; 2] {
        let bytes = neon!(vld1q_s8(values.as_flattened().as_ptr()));
        neon!([vmovl_s8(vget_low_s8(bytes)), vmovl_high_s8(bytes)])
    }

    #[inline(always)]
    fn add_products_of_shorts(self, sums: Integers, left: [int16x8_t; 2], right: u64) -> Integers {
        let right = neon!(vreinterpretq_s16_u64(vdupq_n_u64(right)));
        each(|i| {
            let low = neon!(vmull_s16(vget_low_s16(left[i]), vget_low_s16(right)));
            let high = neon!(vmull_high_s16(left[i], right));
            neon!(vaddq_s32(sums[i], vpaddq_s32(low, high)))
        })
    }

    #[inline(always)]
    fn add_neighbours(self, low: Integers, high: Integers) -> Integers {
        [low, high].map(|[a, b]| neon!(vpaddq_s32(a, b)))
    }

    #[inline(always)]
    fn load_bytes(self, values: &Quads) -> Bytes {
        each(|i| neon!(vld1q_s8(values.0[4 * i..][..4].as_flattened().as_ptr())))
    }

    #[inline(always)]
    fn no_products(self) -> Integers {
        self.zero()
    }

    #[inline(always)]
    fn add_products_of_bytes(self, partial: Integers, left: Bytes, right: u32) -> Integers {
        let right = neon!(vreinterpretq_s8_u32(vdupq_n_u32(right)));
        each(|i| self.add_products_of_quads(partial[i], left[i], right))
    }

    #[inline(always)]
    fn add_partial(self, sums: Integers, partial: Integers) -> Integers {
        each(|i| neon!(vaddq_s32(sums[i], partial[i])))
    }
}

impl Neon {
    /// The nearest integers, of two equally near ones the even one.
    #[inline(always)]
    fn round_to_shorts_register(self, values: Floats) -> int16x8_t {
        let [low, high] = each(|i| neon!(vqmovn_s32(vcvtnq_s32_f32(values[i]))));
        neon!(vcombine_s16(low, high))
    }

    /// Adds to each lane of `sums` the products of its four bytes: `vdotq_s32`, which stable Rust does not have.
    #[inline(always)]
    fn add_products_of_quads(self, mut sums: int32x4_t, left: int8x16_t, right: int8x16_t) -> int32x4_t {
        // SAFETY: the token says that the processor has the instruction, which touches nothing but its operands.
        unsafe {
            asm!(
                ".arch_extension dotprod",
                "sdot {sums:v}.4s, {left:v}.16b, {right:v}.16b",
                sums = inout(vreg) sums,
                left = in(vreg) left,
                right = in(vreg) right,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        sums
    }
}
