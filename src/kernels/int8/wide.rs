//! Activations of 14 bits or more: products of `i16`, for which every processor has an instruction.
//!
//! With x ≈ s·a for a row of x and w ≈ t·b for a row of weights, x·w ≈ s·t·Σ aᵢbᵢ. |b| ≤ 128, so that |a| ≤
//! (2³¹ − 1) / (128 · inputs) keeps every partial sum within `i32`, whatever the values: 15 bits up to 512 inputs, 13.4 for
//! 1536, 12.4 for 3072. The instruction multiplies two neighbours and adds them, 2 · 32767 · 128 at most.
//!
//! A quad of weights meets its quad of activations in two such pairs, so a tile has two sums for each output, side by side,
//! and takes the eight outputs of each panel as two times four.

use super::lhs::{QuantisedLhs, for_each_row, magnitude};
use super::linear::OfPanels;
use super::panels::{PanelView, quads};
use crate::kernels::simd::Simd;

/// Rounded rows.
#[derive(Debug, Default)]
pub struct Rounded {
    quads: Vec<u64>,
    scales: Vec<f32>,
}

/// The largest magnitude with which no sum over `inputs` products can overflow.
pub(super) fn limit(inputs: usize) -> f32 {
    let limit = i32::MAX as usize / (128 * inputs.max(1));
    limit.min(i16::MAX as usize) as f32
}

/// Scales the rows of `x` to what sums have room for, and has them rounded, two quads at a time.
#[inline(always)]
pub(super) fn round_rows<S: Simd, Q: Copy + Default>(
    simd: S,
    x: &[f32],
    inputs: usize,
    (quads, scales): (&mut Vec<Q>, &mut Vec<f32>),
    round: impl Fn(S::Floats) -> [Q; 2],
) {
    let limit = limit(inputs);
    scales.clear();
    for_each_row(
        quads,
        x,
        inputs,
        #[inline(always)]
        |row, mut slots| {
            let largest = magnitude(simd, row);
            // What is smaller is zero: its inverse would not be finite.
            let (scale, inverse) = if largest > 1e-30 { (largest / limit, limit / largest) } else { (0.0, 0.0) };
            scales.push(scale);
            let (inverse, highest, lowest) = (simd.splat(inverse), simd.splat(limit), simd.splat(-limit));
            slots.fill(
                0,
                row,
                0.0,
                #[inline(always)]
                |values| {
                    let scaled = simd.multiply(simd.load(values), inverse);
                    round(simd.maximum(simd.minimum(scaled, highest), lowest))
                },
            );
        },
    );
}

impl Rounded {
    /// Takes the rows of `x`, which are `inputs` long.
    #[inline(always)]
    pub fn round<S: Simd>(&mut self, simd: S, x: &[f32], inputs: usize) {
        round_rows(
            simd,
            x,
            inputs,
            (&mut self.quads, &mut self.scales),
            #[inline(always)]
            |values| simd.round_to_shorts(values),
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
        let length = panels[0].quads.len();
        let activations = &self.quads[first * length..].as_chunks().0[..length];
        let low = sums::<S, R, P>(simd, panels, activations, 0);
        let high = sums::<S, R, P>(simd, panels, activations, 1);
        let mut tile = [[simd.splat(0.0); P]; R];
        for row in 0..R {
            let scale = simd.splat(self.scales[first + row]);
            for panel in 0..P {
                let integers = simd.add_neighbours(low[row][panel], high[row][panel]);
                tile[row][panel] = simd.multiply(simd.to_floats(integers), scale);
            }
        }
        tile
    }
}

/// Σ aᵢbᵢ for one half of each panel's outputs, for each in two parts.
#[inline(always)]
fn sums<S: Simd, const R: usize, const P: usize>(
    simd: S,
    panels: &[PanelView; P],
    activations: &[[u64; R]],
    half: usize,
) -> [[S::Integers; P]; R] {
    let mut sums = [[simd.zero(); P]; R];
    let quads = quads(panels, 0, activations.len());
    for index in 0..activations.len() {
        for (panel, quads) in quads.iter().enumerate() {
            let weights = simd.load_shorts(&quads[index].0.as_chunks().0[half]);
            for (sums, &activations) in sums.iter_mut().zip(&activations[index]) {
                sums[panel] = simd.add_products_of_shorts(sums[panel], weights, activations);
            }
        }
    }
    simd.summed(sums)
}
