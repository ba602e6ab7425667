//! NEON, with SDOT's products of bytes where the processor has them (Armv8.2 and later, and every Apple processor).
//!
//! NEON has no product of two pairs of `i16` that adds neighbours: two long products and a pairwise addition do the same. For
//! quads of bytes without SDOT it is two long products and three such additions.
//!
//! pulp's token makes NEON's intrinsics safe to call; it has none for SDOT.

use std::arch::aarch64::{float32x4_t, int8x16_t, int16x8_t, int32x4_t};
use std::arch::asm;

use pulp::cast;

#[cfg(test)]
use super::not_tested;
use super::{Arithmetic, Kernel, LANES, Portable, Quads, Simd};

/// Made only where the processor has NEON, and with `SDOT` that instruction, too.
#[derive(Debug, Clone, Copy)]
pub struct Neon<const SDOT: bool>(pulp::aarch64::Neon);

impl Neon<true> {
    fn new() -> Option<Self> {
        let available = std::arch::is_aarch64_feature_detected!("dotprod");
        pulp::aarch64::Neon::try_new().filter(|_| available).map(Self)
    }
}

impl Neon<false> {
    fn new() -> Option<Self> {
        pulp::aarch64::Neon::try_new().map(Self)
    }
}

pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    if let Some(simd) = Neon::<true>::new() {
        kernel.run(simd)
    } else if let Some(simd) = Neon::<false>::new() {
        kernel.run(simd)
    } else {
        kernel.run(Portable)
    }
}

#[cfg(test)]
pub fn with_each<K: Kernel + Copy>(kernel: K, check: &mut impl FnMut(&str, K::Output)) {
    match Neon::<false>::new() {
        Some(simd) => check("NEON", kernel.run(simd)),
        None => not_tested("kernels by NEON: this processor has none"),
    }
    match Neon::<true>::new() {
        Some(simd) => check("SDOT", kernel.run(simd)),
        None => not_tested("kernels by SDOT: this processor has none"),
    }
}

type Floats = [float32x4_t; 2];
type Integers = [int32x4_t; 2];
type Bytes = [int8x16_t; 2];

#[inline(always)]
fn each<T>(f: impl Fn(usize) -> T) -> [T; 2] {
    [f(0), f(1)]
}

impl<const SDOT: bool> Arithmetic for Neon<SDOT> {
    type Floats = Floats;
    type Lanes = [f32; LANES];
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> Floats {
        cast(*values)
    }

    #[inline(always)]
    fn store(self, vector: Floats, values: &mut [f32; LANES]) {
        *values = cast(vector);
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        [self.0.neon.vdupq_n_f32(value); 2]
    }

    #[inline(always)]
    fn add(self, a: Floats, b: Floats) -> Floats {
        each(|i| self.0.neon.vaddq_f32(a[i], b[i]))
    }

    #[inline(always)]
    fn subtract(self, a: Floats, b: Floats) -> Floats {
        each(|i| self.0.neon.vsubq_f32(a[i], b[i]))
    }

    #[inline(always)]
    fn multiply(self, a: Floats, b: Floats) -> Floats {
        each(|i| self.0.neon.vmulq_f32(a[i], b[i]))
    }

    #[inline(always)]
    fn multiply_add(self, a: Floats, b: Floats, c: Floats) -> Floats {
        each(|i| self.0.neon.vfmaq_f32(c[i], a[i], b[i]))
    }

    #[inline(always)]
    fn minimum(self, a: Floats, b: Floats) -> Floats {
        each(|i| self.0.neon.vbslq_f32(self.0.neon.vcltq_f32(a[i], b[i]), a[i], b[i]))
    }

    #[inline(always)]
    fn maximum(self, a: Floats, b: Floats) -> Floats {
        each(|i| self.0.neon.vbslq_f32(self.0.neon.vcgtq_f32(a[i], b[i]), a[i], b[i]))
    }

    #[inline(always)]
    fn scale_by_power(self, a: Floats, shifted: Floats) -> Floats {
        let (a, shifted): (Integers, Integers) = (cast(a), cast(shifted));
        cast(each(|i| self.0.neon.vaddq_s32(a[i], self.0.neon.vshlq_n_s32::<23>(shifted[i]))))
    }
}

impl<const SDOT: bool> Simd for Neon<SDOT> {
    type Integers = Integers;
    type Shorts = [int16x8_t; 2];
    type Bytes = Bytes;
    type Partial = Integers;
    const PARTIALS_ARE_I32: bool = true;

    #[inline(always)]
    fn round_to_bytes(self, values: Floats) -> [u32; 2] {
        cast(self.0.neon.vqmovn_s16(self.rounded(values)))
    }

    #[inline(always)]
    fn round_to_shorts(self, values: Floats) -> [u64; 2] {
        cast(self.rounded(values))
    }

    #[inline(always)]
    fn zero(self) -> Integers {
        [self.0.neon.vdupq_n_s32(0); 2]
    }

    #[inline(always)]
    fn to_floats(self, integers: Integers) -> Floats {
        each(|i| self.0.neon.vcvtq_f32_s32(integers[i]))
    }

    #[inline(always)]
    fn load_shorts(self, values: &[[i8; 4]; LANES / 2]) -> [int16x8_t; 2] {
        let bytes: int8x16_t = cast(*values);
        [self.0.neon.vmovl_s8(self.0.neon.vget_low_s8(bytes)), self.0.neon.vmovl_high_s8(bytes)]
    }

    #[inline(always)]
    fn add_products_of_shorts(self, sums: Integers, left: [int16x8_t; 2], right: u64) -> Integers {
        let right: int16x8_t = cast([right; 2]);
        each(|i| {
            let low = self.0.neon.vmull_s16(self.0.neon.vget_low_s16(left[i]), self.0.neon.vget_low_s16(right));
            let high = self.0.neon.vmull_high_s16(left[i], right);
            self.0.neon.vaddq_s32(sums[i], self.0.neon.vpaddq_s32(low, high))
        })
    }

    #[inline(always)]
    fn add_neighbours(self, low: Integers, high: Integers) -> Integers {
        [low, high].map(|[a, b]| self.0.neon.vpaddq_s32(a, b))
    }

    #[inline(always)]
    fn load_bytes(self, values: &Quads) -> Bytes {
        cast(values.0)
    }

    #[inline(always)]
    fn no_products(self) -> Integers {
        self.zero()
    }

    #[inline(always)]
    fn add_products_of_bytes(self, partial: Integers, left: Bytes, right: u32) -> Integers {
        let right = cast([right; 4]);
        each(|i| self.add_products_of_quads(partial[i], left[i], right))
    }

    #[inline(always)]
    fn add_partial(self, sums: Integers, partial: Integers) -> Integers {
        each(|i| self.0.neon.vaddq_s32(sums[i], partial[i]))
    }
}

impl<const SDOT: bool> Neon<SDOT> {
    /// The nearest integers, of two equally near ones the even one.
    #[inline(always)]
    fn rounded(self, values: Floats) -> int16x8_t {
        let [low, high] = each(|i| self.0.neon.vqmovn_s32(self.0.neon.vcvtnq_s32_f32(values[i])));
        self.0.neon.vcombine_s16(low, high)
    }

    /// Adds to each lane of `sums` the products of its four bytes. With SDOT that is `vdotq_s32`, which stable Rust does not have.
    #[inline(always)]
    fn add_products_of_quads(self, mut sums: int32x4_t, left: int8x16_t, right: int8x16_t) -> int32x4_t {
        if !SDOT {
            let low = self.0.neon.vmull_s8(self.0.neon.vget_low_s8(left), self.0.neon.vget_low_s8(right));
            let high = self.0.neon.vmull_high_s8(left, right);
            let [low, high] = [low, high].map(|products| self.0.neon.vpaddlq_s16(products));
            return self.0.neon.vaddq_s32(sums, self.0.neon.vpaddq_s32(low, high));
        }
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
