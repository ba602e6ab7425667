//! Kernels for NVIDIA's GPUs, where candle's operations would keep a training step waiting.
//!
//! As candle has them, one thread a column adds up the gradient of `index_select`, row after row, and one block all of a tensor, where
//! any number could work at once; attention is on blocks as long as the batch's longest text; masks of dropout come from the processor;
//! and layer normalisation, GELU and Adam's step pass over memory for each of the dozen operations that they and their gradients are composed
//! of. Here each pass is one kernel. Sums have an order that does not depend on chance, so that a run repeats itself, and masks are those
//! of the processor, so that both learn the same (docs/GPU.md).
//!
//! NVRTC compiles the kernels for the GPU at hand when the first one is launched.

mod adam;
mod attention;
mod launch;
mod linear;
mod sums;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use candle_core::{CpuStorage, CudaStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::Mask;
use launch::{Constant, Numbers, Threads, gradient, launch, not_here};
use sums::sum_columns;

pub use adam::adam_step;
pub use attention::{attention, has_attention};
pub use launch::prepare;
pub use linear::linear;
pub use sums::sum_of_squares;

/// Multiplies x by a mask.
pub fn dropout(x: &Tensor, mask: Mask) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Dropout(mask))
}

/// The rows of a matrix that `index` names; a row of zeros where it says `u32::MAX`.
///
/// # Errors
/// There is no such row, which a GPU would not notice.
pub fn select_rows(x: &Tensor, index: Vec<u32>) -> Result<Tensor> {
    let rows = x.dim(0)?;
    if let Some(row) = index.iter().find(|&&row| row != u32::MAX && row as usize >= rows) {
        bail!("there is no row {row}: the matrix has {rows}");
    }
    x.contiguous()?.apply_op1(SelectRows { index: index.into() })
}

/// Normalises each row of x (rows, width) and applies weight and bias (width).
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f32) -> Result<Tensor> {
    x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, LayerNorm { epsilon })
}

/// x·Φ(x) of each element.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Gelu)
}

struct Dropout(Mask);

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout on CUDA"
    }

    fn cpu_fwd(&self, _x: &CpuStorage, _layout: &Layout) -> Result<(CpuStorage, Shape)> {
        not_here(self.name())
    }

    fn cuda_fwd(&self, x: &CudaStorage, layout: &Layout) -> Result<(CudaStorage, Shape)> {
        let shape = layout.shape();
        let [first_half, second_half] = self.0.halves().map(Constant::U32);
        let constants = [first_half, second_half, Constant::U32(self.0.threshold()), Constant::F32(self.0.scale())];
        let count = shape.elem_count();
        let y = launch("dropout", Threads::Elements(count), &[(x, layout)], count, constants)?;
        Ok((y, shape.clone()))
    }

    fn bwd(&self, _x: &Tensor, _y: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        upstream.contiguous()?.apply_op1_no_bwd(self).map(Some)
    }
}

struct SelectRows {
    index: Arc<[u32]>,
}

impl CustomOp1 for SelectRows {
    fn name(&self) -> &'static str {
        "selection of rows on CUDA"
    }

    fn cpu_fwd(&self, _x: &CpuStorage, _layout: &Layout) -> Result<(CpuStorage, Shape)> {
        not_here(self.name())
    }

    fn cuda_fwd(&self, x: &CudaStorage, layout: &Layout) -> Result<(CudaStorage, Shape)> {
        use candle_core::backend::BackendStorage;
        let index = CudaStorage::wrap_cuda_slice(x.device().clone_htod(&self.index[..])?, x.device().clone());
        let (_, width) = layout.shape().dims2()?;
        let rows = x.index_select(&index, layout, &Layout::contiguous(self.index.len()), 0)?;
        Ok((rows, (self.index.len(), width).into()))
    }

    /// Each row of x has the sum of what it went into. Which rows those are is sorted out here, so that each sum is one thread's.
    fn bwd(&self, x: &Tensor, _y: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        let (rows, width) = x.dims2()?;
        let mut starts = vec![0u32; rows + 1];
        let selected = || (0u32..).zip(&*self.index).filter(|(_, row)| **row != u32::MAX);
        selected().for_each(|(_, row)| starts[*row as usize + 1] += 1);
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut members = vec![0u32; starts[rows] as usize];
        for (place, &row) in selected() {
            members[next[row as usize] as usize] = place;
            next[row as usize] += 1;
        }
        let numbers = |numbers| Numbers::new(upstream.device().as_cuda_device()?, numbers).map(Constant::Numbers);
        let constants = [numbers(starts)?, numbers(members)?, Constant::U32(width as u32)];
        let upstream = upstream.contiguous()?;
        gradient("sum_rows", Threads::Elements(rows * width), &[&upstream], x.shape().clone(), constants).map(Some)
    }
}

struct LayerNorm {
    epsilon: f32,
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer normalisation on CUDA"
    }

    fn cpu_fwd(
        &self,
        _x: &CpuStorage,
        _x_layout: &Layout,
        _weight: &CpuStorage,
        _weight_layout: &Layout,
        _bias: &CpuStorage,
        _bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        not_here(self.name())
    }

    fn cuda_fwd(
        &self,
        x: &CudaStorage,
        layout: &Layout,
        weight: &CudaStorage,
        weight_layout: &Layout,
        bias: &CudaStorage,
        bias_layout: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        let shape = layout.shape();
        let (rows, width) = shape.dims2()?;
        let constants = [Constant::U32(width as u32), Constant::F32(self.epsilon)];
        let inputs = [(x, layout), (weight, weight_layout), (bias, bias_layout)];
        Ok((launch("layer_norm", Threads::Rows(rows), &inputs, rows * width, constants)?, shape.clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _y: &Tensor,
        upstream: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (rows, width) = x.dims2()?;
        let upstream = upstream.contiguous()?;
        let constants = [Constant::U32(width as u32), Constant::F32(self.epsilon)];
        let inputs = [x, weight, &upstream];
        let both = gradient("layer_norm_gradient", Threads::Rows(rows), &inputs, (2, rows, width).into(), constants)?;
        Ok((Some(both.get(0)?), Some(sum_columns(&both.get(1)?)?), Some(sum_columns(&upstream)?)))
    }
}

struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "GELU on CUDA"
    }

    fn cpu_fwd(&self, _x: &CpuStorage, _layout: &Layout) -> Result<(CpuStorage, Shape)> {
        not_here(self.name())
    }

    fn cuda_fwd(&self, x: &CudaStorage, layout: &Layout) -> Result<(CudaStorage, Shape)> {
        let count = layout.shape().elem_count();
        Ok((launch("gelu", Threads::Elements(count), &[(x, layout)], count, [])?, layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        let threads = Threads::Elements(x.elem_count());
        gradient("gelu_gradient", threads, &[x, &upstream.contiguous()?], x.shape().clone(), []).map(Some)
    }
}
