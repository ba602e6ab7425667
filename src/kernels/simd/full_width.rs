//! AVX-512 at its full width, with VNNI's sums of products of bytes: Intel's servers since Cascade Lake, AMD's since Zen 4.
//!
//! pulp's token makes the intrinsics of AVX-512 safe to call; it has none for VNNI.

use std::arch::x86_64::{__m256, __m512, __m512i, _mm512_dpbusd_epi32};

use pulp::x86::V4;

use super::avx2::Avx2;
use super::{Arithmetic, LANES, Quads};

/// How many values a vector has.
pub const FULL_LANES: usize = 2 * LANES;

/// [`Quads`] side by side. A vector of them never lies across two lines of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub struct PairOfQuads(pub [Quads; 2]);

/// Made only where the processor has AVX-512-VNNI.
#[derive(Debug, Clone, Copy)]
pub struct FullWidth(V4);

impl FullWidth {
    /// None where the processor has them not.
    pub fn new() -> Option<Self> {
        V4::try_new().filter(|_| is_x86_feature_detected!("avx512vnni")).map(Self)
    }

    /// Runs `work`, which is to be `#[inline(always)]`, compiled for this processor.
    #[inline]
    pub fn run<R>(self, work: impl FnOnce(Self) -> R) -> R {
        // SAFETY: the token says that the processor has these features.
        unsafe { self.run_with_features(work) }
    }

    #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vnni")]
    fn run_with_features<R>(self, work: impl FnOnce(Self) -> R) -> R {
        work(self)
    }

    /// The operations on eight lanes.
    #[inline(always)]
    pub fn eight(self) -> Avx2 {
        Avx2::from(*self.0)
    }

    /// Zero in every lane.
    #[inline(always)]
    pub fn zero(self) -> __m512i {
        self.0.avx512f._mm512_setzero_si512()
    }

    /// Integers from memory.
    #[inline(always)]
    pub fn load_integers(self, values: &[i32; FULL_LANES]) -> __m512i {
        pulp::cast(*values)
    }

    /// A vector from memory.
    #[inline(always)]
    pub fn load_bytes(self, values: &PairOfQuads) -> __m512i {
        pulp::cast(values.0)
    }

    /// Adds to each lane of `sums` its quad's products with `right`, a quad of bytes in 0..=255. A sum that leaves `i32` wraps.
    #[inline(always)]
    pub fn add_products_of_bytes(self, sums: __m512i, left: __m512i, right: u32) -> __m512i {
        let right = self.0.avx512f._mm512_set1_epi32(right as i32);
        // SAFETY: the token says that the processor has AVX-512-VNNI.
        unsafe { _mm512_dpbusd_epi32(sums, right, left) }
    }

    /// 256 · `high` + `low`. What leaves `i32` wraps.
    #[inline(always)]
    pub fn joined(self, low: __m512i, high: __m512i) -> __m512i {
        self.0.avx512f._mm512_add_epi32(low, self.0.avx512f._mm512_slli_epi32::<8>(high))
    }

    /// The nearest floats.
    #[inline(always)]
    pub fn to_floats(self, integers: __m512i) -> __m512 {
        self.0.avx512f._mm512_cvtepi32_ps(integers)
    }

    /// Values in −32767..=32767 to the nearest integer, of two equally near ones the even one, and 32768 added; as two quads
    /// of their low bytes and of their high bytes.
    #[inline(always)]
    pub fn round_to_halves(self, values: __m256) -> [[u32; 2]; 2] {
        /// For each 128 bits the first bytes of their lanes, and then the second ones.
        const BYTES: [i8; 16] = [0, 4, 8, 12, 1, 5, 9, 13, -1, -1, -1, -1, -1, -1, -1, -1];
        let integers = self.0.avx._mm256_cvtps_epi32(values);
        let integers = self.0.avx2._mm256_xor_si256(integers, self.0.avx._mm256_set1_epi32(0x8000));
        let bytes: [[u32; 2]; 4] = pulp::cast(self.0.avx2._mm256_shuffle_epi8(integers, pulp::cast([BYTES; 2])));
        [bytes[0], bytes[2]]
    }
}

impl Arithmetic for FullWidth {
    type Floats = __m512;
    type Lanes = [f32; FULL_LANES];
    const REGISTERS: usize = 64;

    #[inline(always)]
    fn load(self, values: &[f32; FULL_LANES]) -> __m512 {
        pulp::cast(*values)
    }

    #[inline(always)]
    fn store(self, vector: __m512, values: &mut [f32; FULL_LANES]) {
        *values = pulp::cast(vector);
    }

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        self.0.avx512f._mm512_set1_ps(value)
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        self.0.avx512f._mm512_add_ps(a, b)
    }

    #[inline(always)]
    fn subtract(self, a: __m512, b: __m512) -> __m512 {
        self.0.avx512f._mm512_sub_ps(a, b)
    }

    #[inline(always)]
    fn multiply(self, a: __m512, b: __m512) -> __m512 {
        self.0.avx512f._mm512_mul_ps(a, b)
    }

    #[inline(always)]
    fn multiply_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        self.0.avx512f._mm512_fmadd_ps(a, b, c)
    }

    #[inline(always)]
    fn minimum(self, a: __m512, b: __m512) -> __m512 {
        self.0.avx512f._mm512_min_ps(a, b)
    }

    #[inline(always)]
    fn maximum(self, a: __m512, b: __m512) -> __m512 {
        self.0.avx512f._mm512_max_ps(a, b)
    }

    #[inline(always)]
    fn scale_by_power(self, a: __m512, shifted: __m512) -> __m512 {
        let power = self.0.avx512f._mm512_slli_epi32::<23>(pulp::cast(shifted));
        pulp::cast(self.0.avx512f._mm512_add_epi32(pulp::cast(a), power))
    }
}
