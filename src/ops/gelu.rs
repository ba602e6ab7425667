//! GELU with its derivative.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::view::{Values, slice, tensor};
use crate::kernels::gelu;

pub struct Gelu;

/// Elements that one thread takes at a time: they fit its L2 cache.
const PART: usize = 16 * 1024;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, layout)?;
        let mut y = vec![0.0; x.len()];
        y.par_chunks_mut(PART).zip(x.par_chunks(PART)).for_each(|(y, x)| gelu::forward(x, y));
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        let (values, gradient) = (Values::of(x)?, Values::of(&gradient)?);
        let mut x_gradient = vec![0.0; values.len()];
        x_gradient
            .par_chunks_mut(PART)
            .zip(values.par_chunks(PART))
            .zip(gradient.par_chunks(PART))
            .for_each(|((dx, x), g)| gelu::backward(x, g, dx));
        tensor(x_gradient, x.shape()).map(Some)
    }
}
