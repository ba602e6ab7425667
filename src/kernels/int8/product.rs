//! x · Wᵀ with what follows it, tile by tile.

use std::ops::Range;

use super::activations::{Activations, Rounded};
use super::layout::ROWS;
use super::lhs::QuantisedLhs;
use super::linear::{Outputs, PackedLinear};
use super::panels::PanelView;
use crate::kernels::gelu;
use crate::kernels::simd::{Kernel, LANES, Simd, dispatch};

/// What becomes of a product while it is still in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epilogue {
    /// The bias is added.
    Bias,
    /// The bias is added, and GELU applied ([`gelu::approximate`]).
    BiasGelu,
}

impl PackedLinear {
    /// `output = epilogue(x · Wᵀ)`.
    ///
    /// # Panics
    /// The sizes do not fit each other.
    pub fn multiply(&self, x: &Activations, epilogue: Epilogue, output: &mut [f32]) {
        assert_eq!(x.inputs, self.inputs(), "inner sizes");
        assert_eq!(output.len(), x.rows * self.outputs(), "outer sizes");
        dispatch(Multiply { x, weights: self, epilogue, output });
    }
}

pub(super) struct Multiply<'a> {
    pub x: &'a Activations,
    pub weights: &'a PackedLinear,
    pub epilogue: Epilogue,
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
    fn products<S: Simd>(mut self, simd: S, x: &impl QuantisedLhs) {
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
    fn panels<S: Simd, const P: usize>(&mut self, simd: S, x: &impl QuantisedLhs, start: usize) -> usize {
        let (rows, outputs) = (self.x.rows, self.weights.outputs());
        let panels = outputs.div_ceil(LANES);
        let end = panels - (panels - start) % P;
        let whole = rows - rows % ROWS;
        for panel in (start..end).step_by(P) {
            let column = panel * LANES;
            let tiles = Tiles {
                panels: self.weights.panels::<P>(panel),
                outputs: self.weights.panel_outputs::<P>(panel),
                columns: column..outputs.min(column + P * LANES),
                stride: outputs,
                epilogue: self.epilogue,
            };
            let (output, rest) = self.output.split_at_mut(whole * outputs);
            tiles.write::<S, _, ROWS>(simd, x, 0, output);
            match rows - whole {
                1 => tiles.write::<S, _, 1>(simd, x, whole, rest),
                2 => tiles.write::<S, _, 2>(simd, x, whole, rest),
                3 => tiles.write::<S, _, 3>(simd, x, whole, rest),
                _ => {}
            }
        }
        end
    }
}

/// What the tiles of `P` panels have in common.
struct Tiles<'a, const P: usize> {
    panels: [PanelView<'a>; P],
    outputs: [&'a Outputs; P],
    /// Where they lie in a row of the output.
    columns: Range<usize>,
    /// How far the rows of the output are from each other.
    stride: usize,
    epilogue: Epilogue,
}

impl<const P: usize> Tiles<'_, P> {
    /// Writes one tile of `R` rows after the other; `output` has the rows from `first` on.
    ///
    /// In a browser this is a function of its own. One function with all sizes of tiles took V8 30 to 70 ms to compile for
    /// speed, while the first text was being classified; the one that most tiles need takes 5.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn write<S: Simd, F: QuantisedLhs, const R: usize>(&self, simd: S, x: &F, first: usize, output: &mut [f32]) {
        for (index, rows) in output.chunks_mut(R * self.stride).enumerate() {
            let tile = x.tile::<S, R, P>(simd, &self.panels, first + index * R);
            for (row, output) in tile.into_iter().zip(rows.chunks_mut(self.stride)) {
                let columns = output[self.columns.clone()].chunks_mut(LANES);
                for ((vector, outputs), column) in row.into_iter().zip(&self.outputs).zip(columns) {
                    let [scales, bias] = [&outputs.scales, &outputs.bias].map(|values| simd.load(values));
                    let mut vector = simd.add(simd.multiply(vector, scales), bias);
                    if self.epilogue == Epilogue::BiasGelu {
                        vector = gelu::approximate(simd, vector);
                    }
                    simd.store_some(vector, column);
                }
            }
        }
    }
}
