//! Layer normalisation with its gradients, of a matrix or of the sum that ends a sub-layer.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::Mask;
use super::view::{Values, slice, tensor};
use crate::kernels::parts::{build, total, with_scratch};
use crate::kernels::{add, layer_norm};

/// Of (x, weight, bias).
pub struct LayerNorm {
    pub epsilon: f32,
}

/// Of x + dropout(branch), as (x, branch, affine); `affine` has the weight and under it the bias, as an operation has three
/// inputs at most. The sum is never stored: to add again costs less than to keep it.
pub struct ResidualNorm {
    pub epsilon: f32,
    pub dropout: Option<Mask>,
}

/// Rows that one thread takes at a time; fixed, so that sums do not depend on the number of threads.
const ROWS: usize = 64;

/// `input_gradient`, and the gradients of weight and bias one after the other.
fn backward(input: &[f32], weight: &[f32], gradient: &[f32], epsilon: f32, input_gradient: &mut [f32]) -> Vec<f32> {
    let width = weight.len();
    let mut affine = vec![0.0; 2 * width];
    let (weight_part, bias_part) = affine.split_at_mut(width);
    layer_norm::backward(input, weight, gradient, epsilon, input_gradient, weight_part, bias_part);
    affine
}

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
        let (y, _) = build(x.len(), part, |index, y: &mut [f32]| {
            layer_norm::forward(&x[index * part..][..y.len()], weight, bias, self.epsilon, y);
        });
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
        let (x_gradient, parts) = build(values.len(), part, |index, x_gradient: &mut [f32]| {
            let range = index * part..index * part + x_gradient.len();
            backward(&values[range.clone()], &weight, &gradient[range], self.epsilon, x_gradient)
        });
        let affine = total(&parts, 2 * width);
        Ok((
            Some(tensor(x_gradient, x.shape())?),
            Some(tensor(affine[..width].to_vec(), width)?),
            Some(tensor(affine[width..].to_vec(), width)?),
        ))
    }
}

impl ResidualNorm {
    /// Part of the sum that is normalised, from value `first` on.
    fn sum(&self, x: &[f32], branch: &[f32], first: usize, sum: &mut [f32]) {
        match self.dropout {
            None => add(x, branch, sum),
            Some(mask) => {
                sum.copy_from_slice(branch);
                mask.apply(sum, first as u32);
                crate::kernels::add_rows(sum, x);
            }
        }
    }
}

impl CustomOp3 for ResidualNorm {
    fn name(&self) -> &'static str {
        "residual-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        branch: &CpuStorage,
        branch_layout: &Layout,
        affine: &CpuStorage,
        affine_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, branch, affine) = (slice(x, x_layout)?, slice(branch, branch_layout)?, slice(affine, affine_layout)?);
        let (weight, bias) = affine.split_at(affine.len() / 2);
        let part = ROWS * weight.len();
        let (y, _) = build(x.len(), part, |index, y: &mut [f32]| {
            let first = index * part;
            let range = first..first + y.len();
            with_scratch(y.len(), |sum| {
                self.sum(&x[range.clone()], &branch[range], first, sum);
                layer_norm::forward(sum, weight, bias, self.epsilon, y);
            });
        });
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        branch: &Tensor,
        affine: &Tensor,
        _y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let shape = x.shape();
        let (x, branch, values, gradient) =
            (Values::of(x)?, Values::of(branch)?, Values::of(affine)?, Values::of(&gradient)?);
        let width = values.len() / 2;
        let part = ROWS * width;
        let (x_gradient, parts) = build(x.len(), part, |index, x_gradient: &mut [f32]| {
            let first = index * part;
            let range = first..first + x_gradient.len();
            with_scratch(x_gradient.len(), |sum| {
                self.sum(&x[range.clone()], &branch[range.clone()], first, sum);
                backward(sum, &values[..width], &gradient[range], self.epsilon, x_gradient)
            })
        });
        let branch_gradient = match self.dropout {
            None => None,
            Some(mask) => {
                let (masked, _) = build(x_gradient.len(), part, |index, masked: &mut [f32]| {
                    masked.copy_from_slice(&x_gradient[index * part..][..masked.len()]);
                    mask.apply(masked, (index * part) as u32);
                });
                Some(tensor(masked, shape)?)
            }
        };
        let x_gradient = tensor(x_gradient, shape)?;
        // Without dropout both terms of the sum have one gradient.
        let branch_gradient = branch_gradient.unwrap_or_else(|| x_gradient.clone());
        Ok((Some(x_gradient), Some(branch_gradient), Some(tensor(total(&parts, 2 * width), (2, width))?)))
    }
}
