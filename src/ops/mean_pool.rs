//! The mean over each text's tokens, or over the first of them, which is that itself.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::SequenceOffsets;
use super::view::{Values, slice, tensor};
use crate::kernels::add_rows;

pub struct MeanPoolOp {
    /// The rows that each row of the result is the mean of.
    ranges: Vec<Range<usize>>,
}

impl MeanPoolOp {
    /// Over all rows of a text.
    pub fn all(offsets: &SequenceOffsets) -> Self {
        Self { ranges: offsets.ranges().collect() }
    }

    /// Over its first.
    pub fn first(offsets: &SequenceOffsets) -> Self {
        Self { ranges: offsets.ranges().map(|range| range.start..range.start + 1).collect() }
    }
}

impl CustomOp1 for MeanPoolOp {
    fn name(&self) -> &'static str {
        "mean-pool"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, width) = layout.shape().dims2()?;
        let x = slice(x, layout)?;
        let mut y = vec![0.0; self.ranges.len() * width];
        for (range, y) in self.ranges.iter().zip(y.chunks_exact_mut(width)) {
            let scale = 1.0 / range.len() as f32;
            add_rows(y, &x[range.start * width..range.end * width]);
            y.iter_mut().for_each(|value| *value *= scale);
        }
        Ok((CpuStorage::F32(y), (self.ranges.len(), width).into()))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn bwd(&self, x: &Tensor, _y: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (_, width) = x.dims2()?;
        let gradient = gradient.contiguous()?;
        let gradient = Values::of(&gradient)?;
        let mut x_gradient = vec![0.0; x.elem_count()];
        for (range, g) in self.ranges.iter().zip(gradient.chunks_exact(width)) {
            let scale = 1.0 / range.len() as f32;
            for row in x_gradient[range.start * width..range.end * width].chunks_exact_mut(width) {
                row.iter_mut().zip(g).for_each(|(x, g)| *x = g * scale);
            }
        }
        tensor(x_gradient, x.shape()).map(Some)
    }
}
