//! Dropout: the backward pass applies the same mask to the gradient.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::Mask;
use super::view::{Values, slice, tensor};

pub struct DropoutOp {
    pub mask: Mask,
}

const PART: usize = 16 * 1024;

impl DropoutOp {
    fn masked(&self, values: &[f32]) -> Vec<f32> {
        let mut values = values.to_vec();
        values.par_chunks_mut(PART).enumerate().for_each(|(i, part)| self.mask.apply(part, (i * PART) as u32));
        values
    }
}

impl CustomOp1 for DropoutOp {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(self.masked(slice(x, layout)?)), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        tensor(self.masked(&Values::of(&gradient)?), x.shape()).map(Some)
    }
}
