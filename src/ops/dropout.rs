//! Dropout: the backward pass applies the same mask to the gradient.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::Mask;
use super::view::{Values, slice, tensor};
use crate::kernels::parts::build;

pub struct DropoutOp {
    pub mask: Mask,
}

const PART: usize = 16 * 1024;

impl DropoutOp {
    fn masked(&self, values: &[f32]) -> Vec<f32> {
        let (masked, _) = build(values.len(), PART, |index, part: &mut [f32]| {
            let first = index * PART;
            part.copy_from_slice(&values[first..first + part.len()]);
            self.mask.apply(part, first as u32);
        });
        masked
    }
}

impl CustomOp1 for DropoutOp {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(self.masked(slice(x, layout)?)), layout.shape().clone()))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn bwd(&self, x: &Tensor, _y: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        tensor(self.masked(&Values::of(&gradient)?), x.shape()).map(Some)
    }
}
