//! The mean over each text's tokens.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::SequenceOffsets;
use super::view::{Values, slice, tensor};
use crate::kernels::add_rows;

pub struct MeanPoolOp {
    pub offsets: SequenceOffsets,
}

impl CustomOp1 for MeanPoolOp {
    fn name(&self) -> &'static str {
        "mean-pool"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, width) = layout.shape().dims2()?;
        let x = slice(x, layout)?;
        let mut y = vec![0.0; self.offsets.texts() * width];
        for (range, y) in self.offsets.ranges().zip(y.chunks_exact_mut(width)) {
            let scale = 1.0 / range.len() as f32;
            add_rows(y, &x[range.start * width..range.end * width]);
            y.iter_mut().for_each(|value| *value *= scale);
        }
        Ok((CpuStorage::F32(y), (self.offsets.texts(), width).into()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (_, width) = x.dims2()?;
        let gradient = gradient.contiguous()?;
        let gradient = Values::of(&gradient)?;
        let mut x_gradient = Vec::with_capacity(x.elem_count());
        for (range, g) in self.offsets.ranges().zip(gradient.chunks_exact(width)) {
            let scale = 1.0 / range.len() as f32;
            for _ in range {
                x_gradient.extend(g.iter().map(|value| value * scale));
            }
        }
        tensor(x_gradient, x.shape()).map(Some)
    }
}
