//! Layer normalisation with its gradients, of a matrix or of the sum that ends a sub-layer.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::Mask;
use super::view::{Values, slice, tensor};
use crate::kernels::parts::{SUM_ROWS, build, total, with_scratch};
use crate::kernels::{add, add_rows, layer_norm};

/// Of (x, weight, bias).
pub struct LayerNormOp {
    pub epsilon: f32,
}

/// Rows that one thread takes at a time; fixed, so that sums do not depend on the number of threads.
const ROWS: usize = 64;

/// The layer normalisation of x + dropout(branch), for other operations. The sum is never stored: to add again costs less
/// than to keep it.
#[derive(Clone, Copy)]
pub struct ResidualNorm<'a> {
    pub weight: &'a [f32],
    pub bias: &'a [f32],
    pub epsilon: f32,
    pub dropout: Option<Mask>,
}

impl ResidualNorm<'_> {
    /// Some rows, of which `first_row` is the first one's number.
    pub fn forward(&self, x: &[f32], branch: &[f32], first_row: usize, output: &mut [f32]) {
        self.with_sums(x, branch, first_row, |range, sum| {
            layer_norm::forward(sum, self.weight, self.bias, self.epsilon, &mut output[range]);
        });
    }

    /// Writes the gradients of x and branch, and adds those of weight and bias to `affine`, one after the other.
    pub fn backward(
        &self,
        [x, branch, upstream]: [&[f32]; 3],
        first_row: usize,
        [x_gradient, branch_gradient]: [&mut [f32]; 2],
        affine: &mut [f32],
    ) {
        let (weight_gradient, bias_gradient) = affine.split_at_mut(self.weight.len());
        self.with_sums(x, branch, first_row, |range, sum| {
            layer_norm::backward(
                sum,
                self.weight,
                &upstream[range.clone()],
                self.epsilon,
                &mut x_gradient[range],
                weight_gradient,
                bias_gradient,
            );
        });
        branch_gradient.copy_from_slice(x_gradient);
        if let Some(mask) = self.dropout {
            mask.apply(branch_gradient, (first_row * self.weight.len()) as u32);
        }
    }

    /// Gives `work` the sums of some rows at a time, as many as stay in the cache.
    fn with_sums(
        &self,
        x: &[f32],
        branch: &[f32],
        first_row: usize,
        mut work: impl FnMut(std::ops::Range<usize>, &[f32]),
    ) {
        let width = self.weight.len();
        with_scratch(ROWS * width, |scratch| {
            for first in (0..x.len()).step_by(ROWS * width) {
                let range = first..x.len().min(first + ROWS * width);
                let sum = &mut scratch[..range.len()];
                match self.dropout {
                    None => add(&x[range.clone()], &branch[range.clone()], sum),
                    Some(mask) => {
                        sum.copy_from_slice(&branch[range.clone()]);
                        mask.apply(sum, (first_row * width + first) as u32);
                        add_rows(sum, &x[range.clone()]);
                    }
                }
                work(range, sum);
            }
        });
    }
}

impl CustomOp3 for LayerNormOp {
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
        let part = SUM_ROWS * weight.len();
        let (y, _) = build(x.len(), part, |index, y: &mut [f32]| {
            layer_norm::forward(&x[index * part..][..y.len()], weight, bias, self.epsilon, y);
        });
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    #[cfg(not(target_arch = "wasm32"))]
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
        let part = SUM_ROWS * width;
        let (x_gradient, parts) = build(values.len(), part, |index, x_gradient: &mut [f32]| {
            let range = index * part..index * part + x_gradient.len();
            let mut affine = vec![0.0; 2 * width];
            let (weight_part, bias_part) = affine.split_at_mut(width);
            let (x, upstream) = (&values[range.clone()], &gradient[range]);
            layer_norm::backward(x, &weight, upstream, self.epsilon, x_gradient, weight_part, bias_part);
            affine
        });
        let affine = total(&parts, 2 * width);
        Ok((
            Some(tensor(x_gradient, x.shape())?),
            Some(tensor(affine[..width].to_vec(), width)?),
            Some(tensor(affine[width..].to_vec(), width)?),
        ))
    }
}
