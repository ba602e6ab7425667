//! Activations as in [`super::wide`], in two bytes each: where there is an instruction for products of bytes, four at once,
//! and vectors of 512 bits.
//!
//! With a + 2¹⁵ = 2⁸·h + l, both bytes, Σ aᵢbᵢ = 2⁸·Σ hᵢbᵢ + Σ lᵢbᵢ − 2¹⁵·Σ bᵢ, of which the last is known beforehand. That is as many
//! products as of `i16`, but weights meet them as they are, and need not be widened first. The sums wrap; what comes out
//! is in `i32`, as it is there, and so is right.

use super::lhs::QuantisedLhs;
use super::pairs::{PairView, Pairs};
use super::wide::round_rows;
use crate::kernels::simd::{Arithmetic, FullWidth};

/// Rounded rows.
#[derive(Debug)]
pub struct Rounded {
    simd: FullWidth,
    /// Low and high bytes.
    quads: Vec<[u32; 2]>,
    scales: Vec<f32>,
}

impl Rounded {
    /// None where the processor has no such instructions.
    pub fn new() -> Option<Self> {
        Some(Self { simd: FullWidth::new()?, quads: Vec::new(), scales: Vec::new() })
    }

    /// Takes the rows of `x`, which are `inputs` long.
    pub fn round(&mut self, x: &[f32], inputs: usize) {
        self.simd.run(
            #[inline(always)]
            |simd| {
                round_rows(
                    simd.eight(),
                    x,
                    inputs,
                    (&mut self.quads, &mut self.scales),
                    #[inline(always)]
                    |values| simd.round_to_halves(values),
                );
            },
        );
    }
}

impl QuantisedLhs<FullWidth, Pairs> for Rounded {
    #[inline(always)]
    fn tile<const R: usize, const P: usize>(
        &self,
        simd: FullWidth,
        pairs: &[PairView; P],
        first: usize,
    ) -> [[<FullWidth as Arithmetic>::Floats; P]; R] {
        let length = pairs[0].quads.len();
        let activations = &self.quads[first * length..].as_chunks::<R>().0[..length];
        let quads = pairs.map(
            #[inline(always)]
            |pair| &pair.quads[..length],
        );
        let mut low = [pairs.map(|pair| simd.load_integers(pair.correction)); R];
        let mut high = [[simd.zero(); P]; R];
        for (index, activations) in activations.iter().enumerate() {
            for (pair, quads) in quads.iter().enumerate() {
                let weights = simd.load_bytes(&quads[index]);
                for (row, halves) in activations.iter().enumerate() {
                    low[row][pair] = simd.add_products_of_bytes(low[row][pair], weights, halves[0]);
                    high[row][pair] = simd.add_products_of_bytes(high[row][pair], weights, halves[1]);
                }
            }
        }
        let mut tile = [[simd.splat(0.0); P]; R];
        for row in 0..R {
            let scale = simd.splat(self.scales[first + row]);
            for pair in 0..P {
                let integers = simd.joined(low[row][pair], high[row][pair]);
                tile[row][pair] = simd.multiply(simd.to_floats(integers), scale);
            }
        }
        tile
    }
}
