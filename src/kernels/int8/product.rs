//! x · Wᵀ with what follows it, tile by tile.

use super::ROWS;
use super::activations::{Activations, Factor, Rounded};
use super::panels::PanelView;
use super::weights::Weights;
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
            Rounded::Wide(x) => self.products(simd, x),
            Rounded::Narrow(x) => self.products(simd, x),
        }
    }
}

impl Multiply<'_> {
    /// As many panels at once as leave a tile's sums in registers: what is read of x then serves that many times, and the
    /// sums, each of which waits for the one before, are enough to keep the processor busy. On Zen 4 four panels, with
    /// AVX-512's registers, are 1.5 to 1.8 times as fast as one; the sixteen of AVX2 have room for two, up to 1.1 times.
    #[inline(always)]
    fn products<S: Simd>(mut self, simd: S, x: &impl Factor) {
        let mut done = 0;
        if S::REGISTERS >= 32 {
            done = self.panels::<S, 4>(simd, x, done);
        }
        if S::REGISTERS >= 16 {
            done = self.panels::<S, 2>(simd, x, done);
        }
        self.panels::<S, 1>(simd, x, done);
    }

    /// `P` panels after `P` panels from `start` on, each by all rows: the weights are read from memory once. Gives the first
    /// panel that is left.
    #[inline(always)]
    fn panels<S: Simd, const P: usize>(&mut self, simd: S, x: &impl Factor, start: usize) -> usize {
        let (rows, outputs) = (self.x.rows, self.weights.outputs());
        let panels = outputs.div_ceil(LANES);
        let end = panels - (panels - start) % P;
        for panel in (start..end).step_by(P) {
            let views = &self.weights.panels::<P>(panel);
            for first in (0..rows).step_by(ROWS) {
                let column = panel * LANES;
                let place = Place { first, stride: outputs, width: (P * LANES).min(outputs - column) };
                let output = &mut self.output[first * outputs + column..];
                match rows - first {
                    1 => tile::<S, 1, P>(simd, x, views, self.finish, place, output),
                    2 => tile::<S, 2, P>(simd, x, views, self.finish, place, output),
                    3 => tile::<S, 3, P>(simd, x, views, self.finish, place, output),
                    _ => tile::<S, ROWS, P>(simd, x, views, self.finish, place, output),
                }
            }
        }
        end
    }
}

/// Where a tile lies.
#[derive(Clone, Copy)]
struct Place {
    /// Its first row.
    first: usize,
    /// How far the rows of the output are from each other.
    stride: usize,
    /// How many of the panels' outputs there are.
    width: usize,
}

/// `R` rows of `P` panels; `output` begins with the tile.
#[inline(always)]
fn tile<S: Simd, const R: usize, const P: usize>(
    simd: S,
    x: &impl Factor,
    panels: &[PanelView; P],
    finish: Finish,
    place: Place,
    output: &mut [f32],
) {
    let tile = x.tile::<S, R, P>(simd, panels, place.first);
    for (row, output) in tile.into_iter().zip(output.chunks_mut(place.stride)) {
        let outputs = output[..place.width].chunks_mut(LANES);
        for ((vector, panel), output) in row.into_iter().zip(panels).zip(outputs) {
            let [scales, bias] = [&panel.outputs.scales, &panel.outputs.bias].map(|values| simd.load(values));
            let mut vector = simd.add(simd.multiply(vector, scales), bias);
            if finish == Finish::BiasGelu {
                vector = gelu::approximate(simd, vector);
            }
            simd.store_some(vector, output);
        }
    }
}
