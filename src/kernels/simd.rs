//! Vectors of eight lanes, for the kernels that need an instruction by name.
//!
//! Most kernels are loops that the compiler vectorises ([`super::vectorized`]). It does not find the instructions that sum
//! products of small integers, which is where inference spends its time. So a [`Kernel`] is written once, against the
//! trait [`Simd`], and [`dispatch`] runs it with the best implementation that this processor has:
//!
//! | implementation | a vector is | chosen |
//! |---|---|---|
//! | `Avx2` | one register | at run time |
//! | `Neon<true>` | two NEON registers; products of bytes by SDOT | at run time |
//! | `Neon<false>` | two NEON registers | at run time |
//! | `Wasm<true>` | two simd128 registers; products of bytes by relaxed SIMD, four at once | at run time |
//! | `Wasm<false>` | two simd128 registers; products of bytes by relaxed SIMD in the build that has it | at compile time |
//! | [`Portable`] | an array | otherwise, and in tests: it says what each operation means |
//!
//! Eight lanes everywhere: a kernel's order of additions is then the same everywhere, and with it every result, except where
//! [`Arithmetic::multiply_add`] rounds once or twice. Where no lane knows of another, as in products and in attention, there may
//! be more: [`FullWidth`], with the sixteen of AVX-512, is asked by these kernels themselves.
//!
//! An implementation is a token: whoever holds one knows that the processor has its instructions. That makes the methods
//! safe, and these files the only ones with intrinsics. As in [`super::vectorized`], all that a kernel calls must be
//! `#[inline(always)]`.

#[cfg(target_arch = "aarch64")]
mod arm;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod full_width;
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

#[cfg(target_arch = "x86_64")]
pub(super) use full_width::{FULL_LANES, FullWidth, PairOfQuads};
pub use portable::Portable;

/// How many values a vector has.
pub const LANES: usize = 8;

/// Four consecutive bytes for each lane. A vector of them never lies across two lines of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(32))]
pub struct Quads(pub [[i8; 4]; LANES]);

/// As many values as a vector has.
pub trait Lanes: Copy {
    /// How many those are.
    const COUNT: usize;
    /// Zero in every lane.
    const ZERO: Self;
    /// The values.
    fn values(&self) -> &[f32];
    /// The values, to be written.
    fn values_mut(&mut self) -> &mut [f32];
    /// The first of `values`, if there are enough.
    fn first_of(values: &[f32]) -> Option<&Self>;
    /// The first of `values`, if there are enough, to be written.
    fn first_of_mut(values: &mut [f32]) -> Option<&mut Self>;
    /// `values` by so many; what is left over is left out.
    fn all_of(values: &[f32]) -> &[Self];
    /// `values` by so many, to be written; what is left over is left out.
    fn all_of_mut(values: &mut [f32]) -> &mut [Self];
}

impl<const N: usize> Lanes for [f32; N] {
    const COUNT: usize = N;
    const ZERO: Self = [0.0; N];

    #[inline(always)]
    fn values(&self) -> &[f32] {
        self
    }

    #[inline(always)]
    fn values_mut(&mut self) -> &mut [f32] {
        self
    }

    #[inline(always)]
    fn first_of(values: &[f32]) -> Option<&Self> {
        values.first_chunk()
    }

    #[inline(always)]
    fn first_of_mut(values: &mut [f32]) -> Option<&mut Self> {
        values.first_chunk_mut()
    }

    #[inline(always)]
    fn all_of(values: &[f32]) -> &[Self] {
        values.as_chunks().0
    }

    #[inline(always)]
    fn all_of_mut(values: &mut [f32]) -> &mut [Self] {
        values.as_chunks_mut().0
    }
}

/// Arithmetic on vectors of `f32`, however many they have.
///
/// All implementations give the same bits, except [`Self::multiply_add`]. `minimum` and `maximum` give their second argument
/// where one is not a number.
pub trait Arithmetic: Copy {
    /// A vector.
    type Floats: Copy;
    /// A vector in memory.
    type Lanes: Lanes;
    /// How many vectors of eight lanes the registers hold, or more: a kernel's tiles are as large as that allows.
    const REGISTERS: usize;

    /// Gives `sums` back. A loop hands its sums over here when it ends; an implementation may pass them through memory, so that
    /// the compiler keeps them in registers while the loop runs.
    #[inline(always)]
    fn summed<T>(self, sums: T) -> T {
        sums
    }

    /// A vector from memory.
    fn load(self, values: &Self::Lanes) -> Self::Floats;
    /// A vector to memory.
    fn store(self, vector: Self::Floats, values: &mut Self::Lanes);
    /// The first lanes to memory: as many as `values` has room for.
    #[inline(always)]
    fn store_some(self, vector: Self::Floats, values: &mut [f32]) {
        match Self::Lanes::first_of_mut(values) {
            Some(values) => self.store(vector, values),
            None => {
                let mut lanes = Self::Lanes::ZERO;
                self.store(vector, &mut lanes);
                values.copy_from_slice(&lanes.values()[..values.len()]);
            }
        }
    }
    /// `value` in every lane.
    fn splat(self, value: f32) -> Self::Floats;
    /// a + b
    fn add(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// a − b
    fn subtract(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// a · b
    fn multiply(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// a · b + c, rounded once where the processor can
    fn multiply_add(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// a < b ? a : b
    fn minimum(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// a > b ? a : b
    fn maximum(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// a · 2ⁿ, by adding n to the exponent: n is given as the float n + 1.5 · 2²³, which has it in its low bits. Neither a
    /// nor the result may be subnormal, infinite or zero.
    fn scale_by_power(self, a: Self::Floats, shifted: Self::Floats) -> Self::Floats;
}

/// All operations of one instruction set, on vectors of eight lanes. All implementations give the same bits.
pub trait Simd: Arithmetic<Lanes = [f32; LANES]> {
    /// Eight `i32`.
    type Integers: Copy;
    /// Sixteen `i16`.
    type Shorts: Copy;
    /// [`Quads`].
    type Bytes: Copy;
    /// For each lane a sum of products of bytes, in two parts of `i16` or in one.
    type Partial: Copy;
    /// Whether partial sums are `i32`, and take any number of products.
    const PARTIALS_ARE_I32: bool;

    /// Values in 0..=127 to the nearest integer, of two equally near ones the even one; as two quads of bytes.
    fn round_to_bytes(self, values: Self::Floats) -> [u32; 2];
    /// Values in −32767..=32767 to the nearest integer, of two equally near ones the even one; as two quads of `i16`.
    fn round_to_shorts(self, values: Self::Floats) -> [u64; 2];

    /// Zero in every lane.
    fn zero(self) -> Self::Integers;
    /// The nearest floats.
    fn to_floats(self, integers: Self::Integers) -> Self::Floats;

    /// Sixteen bytes, widened.
    fn load_shorts(self, values: &[[i8; 4]; LANES / 2]) -> Self::Shorts;
    /// Adds to lane i of `sums` the products of the numbers 2i and 2i + 1 of `left`, each with the number of `right` at that
    /// place; `right`'s quad is repeated four times. A sum that leaves `i32` wraps.
    fn add_products_of_shorts(self, sums: Self::Integers, left: Self::Shorts, right: u64) -> Self::Integers;
    /// The sums of neighbouring lanes: those of `low`, and then those of `high`.
    fn add_neighbours(self, low: Self::Integers, high: Self::Integers) -> Self::Integers;

    /// A vector from memory.
    fn load_bytes(self, values: &Quads) -> Self::Bytes;
    /// Sums of no products.
    fn no_products(self) -> Self::Partial;
    /// Adds to each lane its quad's products with `right`, a quad of bytes in 0..=127. The first two products of each quad
    /// may make one sum and the last two another: the caller sees to it that neither leaves `i16`.
    fn add_products_of_bytes(self, partial: Self::Partial, left: Self::Bytes, right: u32) -> Self::Partial;
    /// Adds to each lane of `sums` its partial sum.
    fn add_partial(self, sums: Self::Integers, partial: Self::Partial) -> Self::Integers;
}

/// Code that is compiled once for each instruction set.
pub trait Kernel {
    /// What it gives.
    type Output;
    /// Runs it; to be `#[inline(always)]`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Runs `kernel` with the best instructions of this processor.
#[inline]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    return avx2::dispatch(kernel);
    #[cfg(target_arch = "aarch64")]
    return arm::dispatch(kernel);
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return wasm::dispatch(kernel);
    #[cfg(not(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        all(target_arch = "wasm32", target_feature = "simd128")
    )))]
    return kernel.run(Portable);
}

/// Runs `kernel` once with every implementation that this processor has, [`Portable`] first.
#[cfg(test)]
pub(super) fn with_each<K: Kernel + Copy>(kernel: K, mut check: impl FnMut(&str, K::Output)) {
    check("portable", kernel.run(Portable));
    #[cfg(target_arch = "x86_64")]
    avx2::with_each(kernel, &mut check);
    #[cfg(target_arch = "aarch64")]
    arm::with_each(kernel, &mut check);
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    check("wasm", kernel.run(wasm::Wasm::<false>::new()));
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    check("wasm, by fours", kernel.run(wasm::Wasm::<true>::new()));
}

/// Says once that `what` could not be tested here. It goes past the harness, which shows what a test prints only if it fails.
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) fn not_tested(what: &'static str) {
    use std::collections::BTreeSet;
    use std::io::Write;
    use std::sync::Mutex;

    static SAID: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    // Poisoned or not, it is a set of strings.
    let mut said = SAID.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if said.insert(what) {
        // Where there is no standard error, nobody could read it.
        let _ = writeln!(std::io::stderr(), "not tested: {what}");
    }
}

#[cfg(test)]
mod tests;
