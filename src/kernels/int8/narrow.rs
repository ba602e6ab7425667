//! Activations of 7 bits: products of bytes, for which newer processors and relaxed SIMD have an instruction.
//!
//! With x ≈ m + s·a for the inputs of one group, a in 0..=127, and w ≈ t·b for a row of weights, the group's share of x·w is
//! t·(s·Σ aᵢbᵢ + m·Σ bᵢ), where Σ bᵢ is known beforehand. 7 bits for a whole row are too few for BERT, whose rows have a few
//! inputs ten times as large as all others; with a scale and minimum for each 128 inputs the error is a third.
//!
//! The instruction multiplies two neighbours and adds them in `i16`: 2 · 127 · 128 at most. Widening that to `i32` costs as
//! much as the products, so [`QUADS`] such sums are added up in `i16` before, where the weights are small enough that no
//! activations can make that overflow ([`PanelView::deep`], which [`super::quantise_rows`] brings about). In `i32` a
//! group's sum is 128 · 127 · 128 at most.

use super::activations::{Factor, extremes, for_each_row};
use super::weights::{GROUP, PanelView, QUADS};
use crate::kernels::simd::{Quads, Simd};

/// Rounded rows.
#[derive(Debug, Default)]
pub struct Rounded {
    quads: Vec<u32>,
    /// For each row, and of it for each group.
    ranges: Vec<Range>,
}

/// What gives a group's values back: minimum + scale · integer.
#[derive(Debug, Clone, Copy)]
struct Range {
    minimum: f32,
    scale: f32,
}

impl Factor for Rounded {
    #[inline(always)]
    fn round<S: Simd>(&mut self, simd: S, x: &[f32], inputs: usize) {
        let ranges = &mut self.ranges;
        ranges.clear();
        for_each_row(
            &mut self.quads,
            x,
            inputs,
            #[inline(always)]
            |row, mut slots| {
                for (index, group) in row.chunks(GROUP).enumerate() {
                    let (minimum, maximum) = extremes(simd, group);
                    // The difference of two large values might not be finite.
                    let scale = maximum / 127.0 - minimum / 127.0;
                    // What is smaller is zero: its inverse would not be finite.
                    let (scale, inverse) = if scale > 1e-30 { (scale, 1.0 / scale) } else { (0.0, 0.0) };
                    ranges.push(Range { minimum, scale });
                    let (lowest, inverse, highest) = (simd.splat(minimum), simd.splat(inverse), simd.splat(127.0));
                    slots.fill(
                        index * GROUP / 4,
                        group,
                        minimum,
                        #[inline(always)]
                        |values| {
                            let scaled = simd.multiply(simd.subtract(simd.load(values), lowest), inverse);
                            simd.round_to_bytes(simd.minimum(scaled, highest))
                        },
                    );
                }
            },
        );
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize>(&self, simd: S, panel: PanelView, first: usize) -> [S::Floats; R] {
        let quads = &self.quads[first * panel.quads.len()..][..R * panel.quads.len()];
        let groups = panel.group_sums.len();
        let ranges = &self.ranges[first * groups..][..R * groups];
        let mut tile = [simd.splat(0.0); R];
        let weights = panel.quads.chunks(GROUP / 4).zip(panel.group_sums);
        for (group, ((weights, weight_sums), activations)) in weights.zip(quads.chunks(R * GROUP / 4)).enumerate() {
            let activations = activations.as_chunks().0;
            let sums = match panel.deep || S::PARTIALS_ARE_I32 {
                true => sums::<S, R, QUADS>(simd, weights, activations),
                false => sums::<S, R, 1>(simd, weights, activations),
            };
            let weight_sums = simd.load(weight_sums);
            for (row, (sum, total)) in sums.into_iter().zip(&mut tile).enumerate() {
                let Range { minimum, scale } = ranges[row * groups + group];
                let product = simd.multiply(simd.to_floats(sum), simd.splat(scale));
                *total = simd.add(*total, simd.add(product, simd.multiply(weight_sums, simd.splat(minimum))));
            }
        }
        tile
    }
}

/// Σ aᵢbᵢ over a group, widened after each `D` quads.
#[inline(always)]
fn sums<S: Simd, const R: usize, const D: usize>(
    simd: S,
    weights: &[Quads],
    activations: &[[u32; R]],
) -> [S::Integers; R] {
    let mut sums = [simd.zero(); R];
    for (weights, activations) in weights.as_chunks::<D>().0.iter().zip(activations.as_chunks::<D>().0) {
        let first = simd.load_bytes(&weights[0]);
        let mut partial = [simd.products_of_bytes(first, activations[0][0]); R];
        for (partial, &activations) in partial.iter_mut().zip(&activations[0]).skip(1) {
            *partial = simd.products_of_bytes(first, activations);
        }
        for (weights, activations) in weights.iter().zip(activations).skip(1) {
            let weights = simd.load_bytes(weights);
            for (partial, &activations) in partial.iter_mut().zip(activations) {
                *partial = simd.add_products_of_bytes(*partial, weights, activations);
            }
        }
        for (sum, partial) in sums.iter_mut().zip(partial) {
            *sum = simd.add_partial(*sum, partial);
        }
    }
    sums
}
