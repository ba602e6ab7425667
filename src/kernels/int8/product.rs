//! x · Wᵀ with what follows it, tile by tile.

use std::ops::Range;

use super::activations::{Activations, Rounded};
use super::layout::ROWS;
use super::lhs::{QuantisedLhs, Weights};
use super::linear::{Layout, OfPanels, PackedLinear};
#[cfg(target_arch = "x86_64")]
use super::pairs::Pairs;
use crate::kernels::gelu;
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::FullWidth;
use crate::kernels::simd::{Arithmetic, Kernel, Lanes, Simd, dispatch};

/// What becomes of a product while it is still in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epilogue {
    /// The bias is added.
    Bias,
    /// The bias is added, and GELU applied ([`gelu::approximate`]).
    BiasGelu,
}

#[cfg(target_arch = "x86_64")]
const OTHERS: &str = "rows and weights are for the same processor";

impl PackedLinear {
    /// `output = epilogue(x · Wᵀ)`.
    ///
    /// # Panics
    /// The sizes do not fit each other.
    pub fn multiply(&self, x: &Activations, epilogue: Epilogue, output: &mut [f32]) {
        assert_eq!(x.inputs, self.inputs(), "inner sizes");
        assert_eq!(output.len(), x.rows * self.outputs(), "outer sizes");
        match (&self.0, &x.rounded) {
            (Layout::Panels(weights), rounded) => {
                dispatch(Multiply { x: rounded, rows: x.rows, weights, epilogue, output })
            }
            #[cfg(target_arch = "x86_64")]
            (Layout::Pairs(weights), Rounded::Halves(rounded)) => {
                Product { x: rounded, rows: x.rows, weights, epilogue, output }.by_pairs::<2>()
            }
            #[cfg(target_arch = "x86_64")]
            (Layout::Pairs(weights), Rounded::Narrow(rounded)) => {
                Product { x: rounded, rows: x.rows, weights, epilogue, output }.by_pairs::<4>()
            }
            #[cfg(target_arch = "x86_64")]
            (Layout::Pairs(_), Rounded::Wide(_)) => unreachable!("{OTHERS}"),
        }
    }
}

/// A product by vectors of eight lanes.
pub(super) struct Multiply<'a> {
    pub x: &'a Rounded,
    pub rows: usize,
    pub weights: &'a OfPanels,
    pub epilogue: Epilogue,
    pub output: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match self.x {
            Rounded::Wide(x) => self.by_panels(simd, x),
            Rounded::Narrow(x) => self.by_panels(simd, x),
            #[cfg(target_arch = "x86_64")]
            Rounded::Halves(_) => unreachable!("{OTHERS}"),
        }
    }
}

impl Multiply<'_> {
    /// As many panels at once as leave a tile's sums in registers: what is read of x then serves that many times, and the
    /// sums, each of which waits for the one before, are enough to keep the processor busy. The sixteen registers of AVX2 have
    /// room for two, up to 1.1 times as fast as one.
    #[inline(always)]
    fn by_panels<S: Simd>(self, simd: S, x: &impl QuantisedLhs<S, OfPanels>) {
        let Self { rows, weights, epilogue, output, .. } = self;
        let mut product = Product { x, rows, weights, epilogue, output };
        let mut done = 0;
        if S::REGISTERS >= 16 {
            done = product.panels::<S, 2>(simd, done);
        }
        product.panels::<S, 1>(simd, done);
    }
}

/// What is multiplied with what.
struct Product<'a, F, W> {
    x: &'a F,
    rows: usize,
    weights: &'a W,
    epilogue: Epilogue,
    output: &'a mut [f32],
}

impl<F, W> Product<'_, F, W> {
    /// `P` panels after `P` panels from `start` on, each by all rows: the weights are read from memory once. Gives the first
    /// panel that is left.
    #[inline(always)]
    fn panels<S: Arithmetic, const P: usize>(&mut self, simd: S, start: usize) -> usize
    where
        W: Weights<S>,
        F: QuantisedLhs<S, W>,
    {
        let (rows, outputs) = (self.rows, self.weights.outputs());
        let panels = outputs.div_ceil(S::Lanes::COUNT);
        let end = panels - (panels - start) % P;
        let whole = rows - rows % ROWS;
        for panel in (start..end).step_by(P) {
            let column = panel * S::Lanes::COUNT;
            let tiles = Tiles {
                panels: std::array::from_fn(
                    #[inline(always)]
                    |index| self.weights.panel(panel + index),
                ),
                scales_and_bias: std::array::from_fn(
                    #[inline(always)]
                    |index| self.weights.scales_and_bias(panel + index),
                ),
                columns: column..outputs.min(column + P * S::Lanes::COUNT),
                stride: outputs,
                epilogue: self.epilogue,
            };
            let tiles: &Tiles<S, W, P> = &tiles;
            let (output, rest) = self.output.split_at_mut(whole * outputs);
            tiles.write::<F, ROWS>(simd, self.x, 0, output);
            match rows - whole {
                1 => tiles.write::<F, 1>(simd, self.x, whole, rest),
                2 => tiles.write::<F, 2>(simd, self.x, whole, rest),
                3 => tiles.write::<F, 3>(simd, self.x, whole, rest),
                _ => {}
            }
        }
        end
    }
}

#[cfg(target_arch = "x86_64")]
impl<F: QuantisedLhs<FullWidth, Pairs>> Product<'_, F, Pairs> {
    /// `P` pairs at once as long as there are so many: as many as leave a tile's sums in the 32 registers, half of them for low
    /// and half for high bytes where there are such.
    fn by_pairs<const P: usize>(mut self) {
        self.weights.simd.run(
            #[inline(always)]
            |simd| {
                let done = self.panels::<_, P>(simd, 0);
                self.panels::<_, 1>(simd, done);
            },
        );
    }
}

/// What the tiles of `P` panels have in common.
struct Tiles<'a, S: Arithmetic, W: Weights<S> + 'a, const P: usize> {
    panels: [W::Panel<'a>; P],
    scales_and_bias: [[&'a S::Lanes; 2]; P],
    /// Where they lie in a row of the output.
    columns: Range<usize>,
    /// How far the rows of the output are from each other.
    stride: usize,
    epilogue: Epilogue,
}

impl<S: Arithmetic, W: Weights<S>, const P: usize> Tiles<'_, S, W, P> {
    /// Writes one tile of `R` rows after the other; `output` has the rows from `first` on.
    ///
    /// In a browser this is a function of its own. One function with all sizes of tiles took V8 30 to 70 ms to compile for
    /// speed, while the first text was being classified; the one that most tiles need takes 5.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn write<F: QuantisedLhs<S, W>, const R: usize>(&self, simd: S, x: &F, first: usize, output: &mut [f32]) {
        for (index, rows) in output.chunks_mut(R * self.stride).enumerate() {
            let tile = x.tile::<R, P>(simd, &self.panels, first + index * R);
            for (row, output) in tile.into_iter().zip(rows.chunks_mut(self.stride)) {
                let columns = output[self.columns.clone()].chunks_mut(S::Lanes::COUNT);
                for ((vector, scales_and_bias), column) in row.into_iter().zip(&self.scales_and_bias).zip(columns) {
                    let [scales, bias] = scales_and_bias.map(|values| simd.load(values));
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
