//! The feed-forward sub-layer as one operation: norm(x + dropout(f(x · W₁ᵀ + b₁) · W₂ᵀ + b₂)).
//!
//! A part of the rows goes through all of it on one thread, in that core's cache. As separate operations every intermediate
//! matrix would be a node of candle's graph, whose gradient candle first zeroes and then adds to: for the widest one alone
//! that took longer than GELU itself. The values of f are not kept: the backward pass makes them again with the derivative,
//! of which they are a by-product.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::layer_norm::ResidualNorm;
use super::linear::{apply, grad_input, parallelism, weight_gradient};
use super::view::{Values, slice, tensor};
use super::{FeedForwardSettings, saved};
use crate::kernels::parts::{SUM_ROWS, build_rows, partial_sums, product_rows, split, total, with_scratch};
use crate::kernels::precision::{PackedRhs, ProductPrecision};
use crate::kernels::product::Matrix;

/// Of (x, W₁, packed), where [`pack`] has made the last.
pub struct FeedForwardOp {
    pub precision: ProductPrecision,
    pub settings: FeedForwardSettings,
    pub saved: OnceLock<SavedFeedForward>,
}

/// What the backward pass needs of the forward pass.
pub struct SavedFeedForward {
    /// The non-linearity's input.
    inner: Vec<f32>,
    /// What is added to x, before dropout.
    branch: Vec<f32>,
}

/// W₂ (hidden, inner) and below it, filled up to whole rows: b₁, b₂, and weight and bias of the norm.
pub fn pack(parts: &[Tensor]) -> Result<Tensor> {
    let (output, vectors) = (&parts[0], &parts[1..]);
    let (hidden, inner) = output.dims2()?;
    let padding = (inner + 3 * hidden).next_multiple_of(inner) - (inner + 3 * hidden);
    let padding = Tensor::zeros(padding, output.dtype(), output.device())?;
    let rest = Tensor::cat(&[vectors, &[padding]].concat(), 0)?;
    Tensor::cat(&[output, &rest.reshape(((), inner))?], 0)
}

/// What was packed again.
#[cfg(not(target_arch = "wasm32"))]
pub fn unpack(packed: &Tensor, hidden: usize) -> Result<[Tensor; 5]> {
    let (rows, inner) = packed.dims2()?;
    let rest = packed.narrow(0, hidden, rows - hidden)?.flatten_all()?;
    let vector = |start, length| rest.narrow(0, start, length);
    let after = inner + hidden;
    let output = packed.narrow(0, 0, hidden)?;
    Ok([output, vector(0, inner)?, vector(inner, hidden)?, vector(after, hidden)?, vector(after + hidden, hidden)?])
}

/// The parts of a packed slice.
struct FeedForwardWeights<'a> {
    output: &'a [f32],
    inner_bias: &'a [f32],
    output_bias: &'a [f32],
    norm: ResidualNorm<'a>,
}

impl FeedForwardOp {
    fn weights<'a>(&self, packed: &'a [f32], hidden: usize, inner: usize) -> FeedForwardWeights<'a> {
        let (output, rest) = packed.split_at(hidden * inner);
        let (inner_bias, rest) = rest.split_at(inner);
        let (output_bias, rest) = rest.split_at(hidden);
        let (weight, rest) = rest.split_at(hidden);
        let FeedForwardSettings { epsilon, dropout, .. } = self.settings;
        let norm = ResidualNorm { weight, bias: &rest[..hidden], epsilon, dropout };
        FeedForwardWeights { output, inner_bias, output_bias, norm }
    }
}

impl CustomOp3 for FeedForwardOp {
    fn name(&self) -> &'static str {
        "feed-forward"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        first: &CpuStorage,
        first_layout: &Layout,
        packed: &CpuStorage,
        packed_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((rows, hidden), (inner, _)) = (x_layout.shape().dims2()?, first_layout.shape().dims2()?);
        let (x, first, packed) = (slice(x, x_layout)?, slice(first, first_layout)?, slice(packed, packed_layout)?);
        let weights = self.weights(packed, hidden, inner);
        let first = PackedRhs::new(self.precision, Matrix::new(first, inner, hidden).transposed());
        let second = PackedRhs::new(self.precision, Matrix::new(weights.output, hidden, inner).transposed());
        let part = product_rows(rows);
        let parts = split(rows, part);
        let parallelism = parallelism(parts.len());
        let ([y, inner, branch], _) = build_rows(&parts, [hidden, inner, hidden], |index, [y, inner, branch]| {
            let x = &x[index * part * hidden..][..y.len()];
            apply(inner, x, &first, weights.inner_bias, parallelism);
            with_scratch(inner.len(), |activated| {
                self.settings.activation.forward(inner, activated);
                apply(branch, activated, &second, weights.output_bias, parallelism);
            });
            weights.norm.forward(x, branch, index * part, y);
        });
        // candle calls this once for each operation, so there is nothing yet.
        let _ = self.saved.set(SavedFeedForward { inner, branch });
        Ok((CpuStorage::F32(y), (rows, hidden).into()))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn bwd(
        &self,
        x: &Tensor,
        first: &Tensor,
        packed: &Tensor,
        _y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let ((rows, hidden), (inner, _), packed_shape) = (x.dims2()?, first.dims2()?, packed.dims2()?);
        let gradient = gradient.contiguous()?;
        let (x, first, packed, gradient) =
            (Values::of(x)?, Values::of(first)?, Values::of(packed)?, Values::of(&gradient)?);
        let saved = saved(&self.saved)?;
        let weights = self.weights(&packed, hidden, inner);
        let (first_shape, second_shape) = ([inner, hidden], [hidden, inner]);
        let first = PackedRhs::new(self.precision, Matrix::new(&first[..], inner, hidden));
        let second = PackedRhs::new(self.precision, Matrix::new(weights.output, hidden, inner));
        let part = product_rows(rows);
        let parts = split(rows, part);
        let parallelism = parallelism(parts.len());
        let widths = [hidden, hidden, inner, inner];
        let (matrices, sums) = build_rows(&parts, widths, |index, [dx, d_branch, d_inner, activated]| {
            let range = index * part * hidden..index * part * hidden + dx.len();
            let mut norm_sums = Vec::new();
            for first in range.clone().step_by(SUM_ROWS * hidden) {
                let rows = first..range.end.min(first + SUM_ROWS * hidden);
                let own = rows.start - range.start..rows.end - range.start;
                let mut affine = vec![0.0; 2 * hidden];
                weights.norm.backward(
                    [&x[rows.clone()], &saved.branch[rows.clone()], &gradient[rows]],
                    first / hidden,
                    [&mut dx[own.clone()], &mut d_branch[own]],
                    &mut affine,
                );
                norm_sums.extend(affine);
            }
            grad_input(d_inner, false, d_branch, (&second, second_shape), parallelism);
            let before = &saved.inner[index * part * inner..][..d_inner.len()];
            self.settings.activation.value_and_gradient(before, activated, d_inner);
            // What went past the branch is in dx already.
            grad_input(dx, true, d_inner, (&first, first_shape), parallelism);
            (partial_sums(d_inner, inner), partial_sums(d_branch, hidden), norm_sums)
        });
        let [dx, d_branch, d_inner, activated] = matrices;
        let d_first = weight_gradient(&d_inner, &x, first_shape, self.precision);
        let mut d_packed = weight_gradient(&d_branch, &activated, second_shape, self.precision);
        let (mut inner_sums, mut branch_sums, mut norm_sums) = (Vec::new(), Vec::new(), Vec::new());
        for (inner, branch, norm) in sums {
            inner_sums.push(inner);
            branch_sums.push(branch);
            norm_sums.push(norm);
        }
        d_packed.extend(total(&inner_sums, inner));
        d_packed.extend(total(&branch_sums, hidden));
        d_packed.extend(total(&norm_sums, 2 * hidden));
        d_packed.resize(packed_shape.0 * packed_shape.1, 0.0);
        Ok((
            Some(tensor(dx, (rows, hidden))?),
            Some(tensor(d_first, (inner, hidden))?),
            Some(tensor(d_packed, packed_shape)?),
        ))
    }
}
