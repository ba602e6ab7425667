//! Activations of 7 bits: products of bytes, for which newer processors and relaxed SIMD have an instruction.
//!
//! With x ≈ m + s·a for the inputs of one group, a in 0..=127, and w ≈ t·b for a row of weights, the group's share of x·w is
//! t·(s·Σ aᵢbᵢ + m·Σ bᵢ), where Σ bᵢ is known beforehand. 7 bits for a whole row are too few for BERT, whose rows have a few
//! inputs ten times as large as all others; with a scale and minimum for each 128 inputs the error is a third.
//!
//! The instruction multiplies two neighbours and adds them in `i16`: 2 · 127 · 128 at most. Widening that to `i32` costs as
//! much as the products, so [`QUADS`] such sums are added up in `i16` before: the weights are small enough that no
//! activations can make that overflow ([`super::Panels`] sees to it). In `i32` a group's sum is 128 · 127 · 128 at most.

use super::layout::{ACTIVATION_GROUP, QUADS};
use super::lhs::{QuantisedLhs, extremes, for_each_row};
use super::linear::OfPanels;
#[cfg(target_arch = "x86_64")]
use super::pairs::{PairView, Pairs};
use super::panels::{PanelView, quads};
use crate::kernels::simd::Simd;
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::{Arithmetic, FullWidth};

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

impl Rounded {
    /// Takes the rows of `x`, which are `inputs` long.
    #[inline(always)]
    pub fn round<S: Simd>(&mut self, simd: S, x: &[f32], inputs: usize) {
        let ranges = &mut self.ranges;
        ranges.clear();
        for_each_row(
            &mut self.quads,
            x,
            inputs,
            #[inline(always)]
            |row, mut slots| {
                for (index, group) in row.chunks(ACTIVATION_GROUP).enumerate() {
                    let (minimum, maximum) = extremes(simd, group);
                    // The difference of two large values might not be finite.
                    let scale = maximum / 127.0 - minimum / 127.0;
                    // What is smaller is zero: its inverse would not be finite.
                    let (scale, inverse) = if scale > 1e-30 { (scale, 1.0 / scale) } else { (0.0, 0.0) };
                    ranges.push(Range { minimum, scale });
                    let (lowest, inverse, highest) = (simd.splat(minimum), simd.splat(inverse), simd.splat(127.0));
                    slots.fill(
                        index * ACTIVATION_GROUP / 4,
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
}

impl<S: Simd> QuantisedLhs<S, OfPanels> for Rounded {
    #[inline(always)]
    fn tile<const R: usize, const P: usize>(
        &self,
        simd: S,
        panels: &[PanelView; P],
        first: usize,
    ) -> [[S::Floats; P]; R] {
        let (length, groups) = (panels[0].quads.len(), panels[0].group_sums.len());
        let quads = self.quads[first * length..][..R * length].as_chunks::<R>().0;
        let ranges = &self.ranges[first * groups..][..R * groups];
        let mut tile = [[simd.splat(0.0); P]; R];
        for (group, activations) in quads.chunks(ACTIVATION_GROUP / 4).enumerate() {
            let start = group * ACTIVATION_GROUP / 4;
            let sums = match S::PARTIALS_ARE_I32 {
                true => sums(simd, panels, start, activations),
                false => widened_sums(simd, panels, start, activations.as_chunks().0),
            };
            for row in 0..R {
                let Range { minimum, scale } = ranges[row * groups + group];
                let (minimum, scale) = (simd.splat(minimum), simd.splat(scale));
                for (index, panel) in panels.iter().enumerate() {
                    let product = simd.multiply(simd.to_floats(sums[row][index]), scale);
                    let offset = simd.multiply(simd.load(&panel.group_sums[group]), minimum);
                    tile[row][index] = simd.add(tile[row][index], simd.add(product, offset));
                }
            }
        }
        tile
    }
}

#[cfg(target_arch = "x86_64")]
impl QuantisedLhs<FullWidth, Pairs> for Rounded {
    #[inline(always)]
    fn tile<const R: usize, const P: usize>(
        &self,
        simd: FullWidth,
        pairs: &[PairView; P],
        first: usize,
    ) -> [[<FullWidth as Arithmetic>::Floats; P]; R] {
        let (length, groups) = (pairs[0].quads.len(), pairs[0].group_sums.len());
        let quads = self.quads[first * length..][..R * length].as_chunks::<R>().0;
        let ranges = &self.ranges[first * groups..][..R * groups];
        let mut tile = [[simd.splat(0.0); P]; R];
        for (group, activations) in quads.chunks(ACTIVATION_GROUP / 4).enumerate() {
            let quads = pairs.map(
                #[inline(always)]
                |pair| &pair.quads[group * ACTIVATION_GROUP / 4..][..activations.len()],
            );
            let mut sums = [[simd.zero(); P]; R];
            for (index, activations) in activations.iter().enumerate() {
                for (pair, quads) in quads.iter().enumerate() {
                    let weights = simd.load_bytes(&quads[index]);
                    for (sums, &activations) in sums.iter_mut().zip(activations) {
                        sums[pair] = simd.add_products_of_bytes(sums[pair], weights, activations);
                    }
                }
            }
            for row in 0..R {
                let Range { minimum, scale } = ranges[row * groups + group];
                let (minimum, scale) = (simd.splat(minimum), simd.splat(scale));
                for (index, pair) in pairs.iter().enumerate() {
                    let product = simd.multiply(simd.to_floats(sums[row][index]), scale);
                    let offset = simd.multiply(simd.load(&pair.group_sums[group]), minimum);
                    tile[row][index] = simd.add(tile[row][index], simd.add(product, offset));
                }
            }
        }
        tile
    }
}

/// Σ aᵢbᵢ over a group, whose weights are the quads from `start` on.
#[inline(always)]
fn sums<S: Simd, const R: usize, const P: usize>(
    simd: S,
    panels: &[PanelView; P],
    start: usize,
    activations: &[[u32; R]],
) -> [[S::Integers; P]; R] {
    let mut partials = [[simd.no_products(); P]; R];
    let quads = quads(panels, start, activations.len());
    for (index, activations) in activations.iter().enumerate() {
        for (panel, quads) in quads.iter().enumerate() {
            let weights = simd.load_bytes(&quads[index]);
            for (partials, &activations) in partials.iter_mut().zip(activations) {
                partials[panel] = simd.add_products_of_bytes(partials[panel], weights, activations);
            }
        }
    }
    let mut sums = [[simd.zero(); P]; R];
    for (sum, &partial) in sums.as_flattened_mut().iter_mut().zip(partials.as_flattened()) {
        *sum = simd.add_partial(*sum, partial);
    }
    sums
}

/// The same, widened after each [`QUADS`] quads. One row's partial sums are finished before the next row's are begun: with those of
/// all rows, and their sums, sixteen registers would not do.
#[inline(always)]
fn widened_sums<S: Simd, const R: usize, const P: usize>(
    simd: S,
    panels: &[PanelView; P],
    start: usize,
    chunks: &[[[u32; R]; QUADS]],
) -> [[S::Integers; P]; R] {
    let mut sums = [[simd.zero(); P]; R];
    for (index, activations) in chunks.iter().enumerate() {
        let quads = quads(panels, start + index * QUADS, QUADS);
        for (row, sums) in sums.iter_mut().enumerate() {
            for (sum, quads) in sums.iter_mut().zip(&quads) {
                let mut partial = simd.no_products();
                for (weights, activations) in quads.iter().zip(activations) {
                    partial = simd.add_products_of_bytes(partial, simd.load_bytes(weights), activations[row]);
                }
                *sum = simd.add_partial(*sum, partial);
            }
        }
    }
    sums
}
