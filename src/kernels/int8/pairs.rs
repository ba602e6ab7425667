//! Weights as products read them at the full width of AVX-512: the panels of sixteen outputs, two side by side.
//!
//! They are put so when a model is built, where the processor has the instructions: a copy of some megabytes, once.

use super::layout::ACTIVATION_GROUP;
use super::lhs::Weights;
use super::panels::Panels;
use crate::kernels::simd::{FULL_LANES, FullWidth, LANES, PairOfQuads, Quads};

/// What [`super::halves`] adds to each activation.
const OFFSET: i32 = 1 << 15;

/// A linear layer's weights and bias.
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    pub simd: FullWidth,
    inputs: usize,
    outputs: usize,
    quads: Vec<PairOfQuads>,
    /// For each pair and [`ACTIVATION_GROUP`] of inputs the sum of each lane's integers.
    group_sums: Vec<[f32; FULL_LANES]>,
    /// For each pair.
    finish: Vec<Outputs>,
}

/// What each of a pair's outputs has beside its integers.
#[derive(Debug, Clone)]
struct Outputs {
    /// What [`super::halves`]' sums begin with: −2¹⁵·Σ bᵢ, as far as `i32` goes.
    correction: [i32; FULL_LANES],
    scales: [f32; FULL_LANES],
    bias: [f32; FULL_LANES],
}

/// One pair.
#[derive(Clone, Copy)]
pub(super) struct PairView<'a> {
    pub quads: &'a [PairOfQuads],
    pub group_sums: &'a [[f32; FULL_LANES]],
    pub correction: &'a [i32; FULL_LANES],
}

impl Pairs {
    /// The integers of `panels`, with as many scales and biases as there are outputs. None where the processor lacks the
    /// instructions.
    pub fn new(panels: &Panels, scales: &[f32], bias: &[f32]) -> Option<Self> {
        let simd = FullWidth::new()?;
        let (inputs, outputs) = (panels.inputs(), panels.outputs());
        let (mut quads, mut group_sums, mut finish) = (Vec::new(), Vec::new(), Vec::new());
        for first in (0..outputs.div_ceil(LANES)).step_by(2) {
            let left = panels.view(first);
            // Of an odd number the last has zeros beside it.
            let right = ((first + 1) * LANES < outputs).then(|| panels.view(first + 1));
            quads.extend(left.quads.iter().enumerate().map(|(index, &left)| {
                PairOfQuads([left, right.as_ref().map_or(Quads([[0; 4]; LANES]), |right| right.quads[index])])
            }));
            let sums = left.group_sums.iter().enumerate().map(|(index, left)| {
                let right = right.as_ref().map_or([0.0; LANES], |right| right.group_sums[index]);
                std::array::from_fn(|lane| if lane < LANES { left[lane] } else { right[lane - LANES] })
            });
            let sums: Vec<[f32; FULL_LANES]> = sums.collect();
            let all = std::array::from_fn(|lane| sums.iter().map(|sums| sums[lane]).sum());
            group_sums.extend(sums);
            let columns = first * LANES..outputs.min(first * LANES + FULL_LANES);
            let of_columns = |values: &[f32]| {
                let mut lanes = [0.0; FULL_LANES];
                lanes[..columns.len()].copy_from_slice(&values[columns.clone()]);
                lanes
            };
            finish.push(Outputs { correction: correction(all), scales: of_columns(scales), bias: of_columns(bias) });
        }
        Some(Self { simd, inputs, outputs, quads, group_sums, finish })
    }

    /// How long a row of x is.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
}

impl Weights<FullWidth> for Pairs {
    type Panel<'a> = PairView<'a>;

    #[inline(always)]
    fn outputs(&self) -> usize {
        self.outputs
    }

    #[inline(always)]
    fn panel(&self, index: usize) -> PairView<'_> {
        let (length, groups) = (self.quads.len() / self.finish.len(), self.inputs.div_ceil(ACTIVATION_GROUP));
        PairView {
            quads: &self.quads[index * length..][..length],
            group_sums: &self.group_sums[index * groups..][..groups],
            correction: &self.finish[index].correction,
        }
    }

    #[inline(always)]
    fn scales_and_bias(&self, index: usize) -> [&[f32; FULL_LANES]; 2] {
        let Outputs { scales, bias, .. } = &self.finish[index];
        [scales, bias]
    }
}

/// What the sums of the products with low bytes begin with, where the integers of weights have these sums.
fn correction(sums: [f32; FULL_LANES]) -> [i32; FULL_LANES] {
    // Whole numbers, and below 2²³.
    sums.map(|sum| (sum as i32).wrapping_mul(-OFFSET))
}
