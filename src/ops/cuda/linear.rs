//! A linear layer on a GPU, whose products are cuBLAS's.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CudaStorage, CustomOp3, DType, Layout, Result, Shape, Tensor};

use super::launch::{Constant, Threads, launch, not_here};
use super::sums::sum_columns;
use crate::kernels::precision::ProductPrecision;

/// `x · weightᵀ + bias`: x (rows, inputs), weight (outputs, inputs), bias (outputs) → (rows, outputs).
pub fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor, precision: ProductPrecision) -> Result<Tensor> {
    x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, Linear { precision })
}

struct Linear {
    precision: ProductPrecision,
}

impl Linear {
    /// The product of two matrices whose factors are rounded.
    fn product(&self, left: &Tensor, right: &Tensor) -> Result<Tensor> {
        match self.precision {
            ProductPrecision::F32 => left.matmul(right),
            ProductPrecision::Bf16 => {
                left.to_dtype(DType::BF16)?.matmul(&right.to_dtype(DType::BF16)?)?.to_dtype(DType::F32)
            }
        }
    }
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "a linear layer on CUDA"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        not_here(self.name())
    }

    fn cuda_fwd(
        &self,
        x: &CudaStorage,
        x_layout: &Layout,
        weight: &CudaStorage,
        weight_layout: &Layout,
        bias: &CudaStorage,
        bias_layout: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        let ((rows, inputs), (outputs, _)) = (x_layout.shape().dims2()?, weight_layout.shape().dims2()?);
        let sizes = (1, rows, outputs, inputs);
        let product = match self.precision {
            ProductPrecision::F32 => x.matmul(weight, sizes, x_layout, &weight_layout.transpose(0, 1)?)?,
            ProductPrecision::Bf16 => {
                let layout = |rows, columns| Layout::contiguous((rows, columns));
                let (x, weight) = (x.to_dtype(x_layout, DType::BF16)?, weight.to_dtype(weight_layout, DType::BF16)?);
                let product =
                    x.matmul(&weight, sizes, &layout(rows, inputs), &layout(outputs, inputs).transpose(0, 1)?)?;
                product.to_dtype(&layout(rows, outputs), DType::F32)?
            }
        };
        let (count, shape) = (rows * outputs, Shape::from((rows, outputs)));
        let inputs = [(&product, &Layout::contiguous(&shape)), (bias, bias_layout)];
        let y = launch("add_bias", Threads::Elements(count), &inputs, count, [Constant::U32(outputs as u32)])?;
        Ok((y, shape))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _y: &Tensor,
        upstream: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let upstream = upstream.contiguous()?;
        let x_gradient = self.product(&upstream, weight)?;
        let weight_gradient = self.product(&upstream.t()?, x)?;
        Ok((Some(x_gradient), Some(weight_gradient), Some(sum_columns(&upstream)?)))
    }
}
