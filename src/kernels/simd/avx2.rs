//! AVX2. pulp's token makes its intrinsics safe to call.

use std::arch::x86_64::{__m256, __m256i};

use pulp::x86::V3;

#[cfg(test)]
use super::not_tested;
use super::{Arithmetic, Kernel, LANES, Portable, Quads, Simd};

/// Made only where the processor has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub struct Avx2(V3);

impl Avx2 {
    fn new() -> Option<Self> {
        V3::try_new().map(Self)
    }
}

impl From<V3> for Avx2 {
    #[inline(always)]
    fn from(simd: V3) -> Self {
        Self(simd)
    }
}

pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    match Avx2::new() {
        Some(simd) => run(simd, kernel),
        None => kernel.run(Portable),
    }
}

#[inline]
fn run<K: Kernel>(simd: Avx2, kernel: K) -> K::Output {
    simd.0.vectorize(
        #[inline(always)]
        || kernel.run(simd),
    )
}

#[cfg(test)]
pub fn with_each<K: Kernel + Copy>(kernel: K, check: &mut impl FnMut(&str, K::Output)) {
    match Avx2::new() {
        Some(simd) => check("AVX2", run(simd, kernel)),
        None => not_tested("kernels by AVX2: this processor has none"),
    }
}

impl Arithmetic for Avx2 {
    type Floats = __m256;
    type Lanes = [f32; LANES];
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> __m256 {
        pulp::cast(*values)
    }

    #[inline(always)]
    fn store(self, vector: __m256, values: &mut [f32; LANES]) {
        *values = pulp::cast(vector);
    }

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        self.0.avx._mm256_set1_ps(value)
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_add_ps(a, b)
    }

    #[inline(always)]
    fn subtract(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_sub_ps(a, b)
    }

    #[inline(always)]
    fn multiply(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_mul_ps(a, b)
    }

    #[inline(always)]
    fn multiply_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        self.0.fma._mm256_fmadd_ps(a, b, c)
    }

    #[inline(always)]
    fn minimum(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_min_ps(a, b)
    }

    #[inline(always)]
    fn maximum(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_max_ps(a, b)
    }

    #[inline(always)]
    fn scale_by_power(self, a: __m256, shifted: __m256) -> __m256 {
        let power = self.0.avx2._mm256_slli_epi32::<23>(pulp::cast(shifted));
        pulp::cast(self.0.avx2._mm256_add_epi32(pulp::cast(a), power))
    }
}

impl Simd for Avx2 {
    type Integers = __m256i;
    type Shorts = __m256i;
    type Bytes = __m256i;
    type Partial = __m256i;
    const PARTIALS_ARE_I32: bool = false;

    #[inline(always)]
    fn round_to_bytes(self, values: __m256) -> [u32; 2] {
        let integers = self.0.avx._mm256_cvtps_epi32(values);
        // Packing works within halves: each has its four integers in its lowest bytes in the end.
        let shorts = self.0.avx2._mm256_packs_epi32(integers, integers);
        let bytes: [u32; 8] = pulp::cast(self.0.avx2._mm256_packus_epi16(shorts, shorts));
        [bytes[0], bytes[4]]
    }

    #[inline(always)]
    fn round_to_shorts(self, values: __m256) -> [u64; 2] {
        let integers = self.0.avx._mm256_cvtps_epi32(values);
        let shorts: [u64; 4] = pulp::cast(self.0.avx2._mm256_packs_epi32(integers, integers));
        [shorts[0], shorts[2]]
    }

    #[inline(always)]
    fn zero(self) -> __m256i {
        self.0.avx._mm256_setzero_si256()
    }

    #[inline(always)]
    fn to_floats(self, integers: __m256i) -> __m256 {
        self.0.avx._mm256_cvtepi32_ps(integers)
    }

    #[inline(always)]
    fn load_shorts(self, values: &[[i8; 4]; LANES / 2]) -> __m256i {
        self.0.avx2._mm256_cvtepi8_epi16(pulp::cast(*values))
    }

    #[inline(always)]
    fn add_products_of_shorts(self, sums: __m256i, left: __m256i, right: u64) -> __m256i {
        let right = self.0.avx._mm256_set1_epi64x(right as i64);
        self.0.avx2._mm256_add_epi32(sums, self.0.avx2._mm256_madd_epi16(left, right))
    }

    #[inline(always)]
    fn add_neighbours(self, low: __m256i, high: __m256i) -> __m256i {
        let sums = self.0.avx2._mm256_hadd_epi32(low, high);
        self.0.avx2._mm256_permute4x64_epi64::<0b11_01_10_00>(sums)
    }

    #[inline(always)]
    fn load_bytes(self, values: &Quads) -> __m256i {
        pulp::cast(values.0)
    }

    #[inline(always)]
    fn no_products(self) -> __m256i {
        self.zero()
    }

    #[inline(always)]
    fn add_products_of_bytes(self, partial: __m256i, left: __m256i, right: u32) -> __m256i {
        let right = self.0.avx._mm256_set1_epi32(right as i32);
        self.0.avx2._mm256_add_epi16(partial, self.0.avx2._mm256_maddubs_epi16(right, left))
    }

    #[inline(always)]
    fn add_partial(self, sums: __m256i, partial: __m256i) -> __m256i {
        let partial = self.0.avx2._mm256_madd_epi16(partial, self.0.avx._mm256_set1_epi16(1));
        self.0.avx2._mm256_add_epi32(sums, partial)
    }
}
