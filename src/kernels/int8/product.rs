//! x · Wᵀ with what follows it, tile by tile.

use super::ROWS;
use super::activations::{Activations, Factor, Rounded};
use super::weights::{PanelView, Weights};
use crate::kernels::gelu;
use crate::kernels::simd::{Kernel, LANES, Simd, dispatch};

/// What becomes of a product while it is still in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The bias is added.
    Bias,
    /// The bias is added, and GELU applied ([`gelu::approximate`]).
    BiasGelu,
}

impl Weights {
    /// `output = finish(x · Wᵀ)`.
    ///
    /// # Panics
    /// The sizes do not fit each other.
    pub fn multiply(&self, x: &Activations, finish: Finish, output: &mut [f32]) {
        assert_eq!(x.inputs, self.inputs(), "inner sizes");
        assert_eq!(output.len(), x.rows * self.outputs(), "outer sizes");
        dispatch(Multiply { x, weights: self, finish, output });
    }
}

pub(super) struct Multiply<'a> {
    pub x: &'a Activations,
    pub weights: &'a Weights,
    pub finish: Finish,
    pub output: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match &self.x.rounded {
            Rounded::Wide(x) => self.panels(simd, x),
            Rounded::Narrow(x) => self.panels(simd, x),
        }
    }
}

impl Multiply<'_> {
    /// Panel after panel, each by all rows: the weights are read from memory once.
    #[inline(always)]
    fn panels<S: Simd>(self, simd: S, x: &impl Factor) {
        let (rows, outputs) = (self.x.rows, self.weights.outputs());
        for (index, panel) in self.weights.panels().enumerate() {
            for first in (0..rows).step_by(ROWS) {
                let column = index * LANES;
                let place = Place { first, stride: outputs, width: LANES.min(outputs - column) };
                let output = &mut self.output[first * outputs + column..];
                match rows - first {
                    1 => tile::<S, 1>(simd, x, panel, self.finish, place, output),
                    2 => tile::<S, 2>(simd, x, panel, self.finish, place, output),
                    3 => tile::<S, 3>(simd, x, panel, self.finish, place, output),
                    _ => tile::<S, ROWS>(simd, x, panel, self.finish, place, output),
                }
            }
        }
    }
}

/// Where a tile lies.
#[derive(Clone, Copy)]
struct Place {
    /// Its first row.
    first: usize,
    /// How far the rows of the output are from each other.
    stride: usize,
    /// How many of the panel's outputs there are.
    width: usize,
}

/// `R` rows of one panel; `output` begins with the tile.
#[inline(always)]
fn tile<S: Simd, const R: usize>(
    simd: S,
    x: &impl Factor,
    panel: PanelView,
    finish: Finish,
    place: Place,
    output: &mut [f32],
) {
    let (scales, bias) = (simd.load(panel.scales), simd.load(panel.bias));
    let tile = x.tile::<S, R>(simd, panel, place.first);
    for (row, output) in tile.into_iter().zip(output.chunks_mut(place.stride)) {
        let mut row = simd.add(simd.multiply(row, scales), bias);
        if finish == Finish::BiasGelu {
            row = gelu::approximate(simd, row);
        }
        let output = &mut output[..place.width];
        match output.first_chunk_mut() {
            Some(output) => simd.store(row, output),
            None => {
                let mut lanes = [0.0; LANES];
                simd.store(row, &mut lanes);
                output.copy_from_slice(&lanes[..place.width]);
            }
        }
    }
}
