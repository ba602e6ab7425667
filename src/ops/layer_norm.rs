//! Layer normalisation with its gradients.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::view::{Values, slice, tensor};
use crate::kernels::{add_rows, layer_norm};

pub struct LayerNorm {
    pub epsilon: f32,
}

/// Rows that one thread takes at a time; fixed, so that sums do not depend on the number of threads.
const ROWS: usize = 64;

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight, bias) = (slice(x, x_layout)?, slice(weight, weight_layout)?, slice(bias, bias_layout)?);
        let part = ROWS * weight.len();
        let mut y = vec![0.0; x.len()];
        y.par_chunks_mut(part)
            .zip(x.par_chunks(part))
            .for_each(|(y, x)| layer_norm::forward(x, weight, bias, self.epsilon, y));
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let (values, weight, gradient) = (Values::of(x)?, Values::of(weight)?, Values::of(&gradient)?);
        let width = weight.len();
        let part = ROWS * width;
        let mut x_gradient = vec![0.0; values.len()];
        let parts: Vec<(Vec<f32>, Vec<f32>)> = x_gradient
            .par_chunks_mut(part)
            .zip(values.par_chunks(part))
            .zip(gradient.par_chunks(part))
            .map(|((dx, x), g)| {
                let (mut weight_part, mut bias_part) = (vec![0.0; width], vec![0.0; width]);
                layer_norm::backward(x, &weight, g, self.epsilon, dx, &mut weight_part, &mut bias_part);
                (weight_part, bias_part)
            })
            .collect();
        let (mut weight_gradient, mut bias_gradient) = (vec![0.0; width], vec![0.0; width]);
        for (weight_part, bias_part) in &parts {
            add_rows(&mut weight_gradient, weight_part);
            add_rows(&mut bias_gradient, bias_part);
        }
        Ok((
            Some(tensor(x_gradient, x.shape())?),
            Some(tensor(weight_gradient, width)?),
            Some(tensor(bias_gradient, width)?),
        ))
    }
}
