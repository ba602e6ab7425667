//! A linear layer, as one operation: the bias is laid down first and the product added to it.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::view::{Values, slice, tensor};
use crate::kernels::add_rows;
use crate::kernels::product::{Matrix, Parallelism, multiply};

pub struct Linear;

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
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
        let (rows, inputs) = x_layout.shape().dims2()?;
        let (outputs, _) = weight_layout.shape().dims2()?;
        let (x, weight, bias) = (slice(x, x_layout)?, slice(weight, weight_layout)?, slice(bias, bias_layout)?);
        let mut y = Vec::with_capacity(rows * outputs);
        for _ in 0..rows {
            y.extend_from_slice(bias);
        }
        multiply(
            Matrix::new(&mut y[..], rows, outputs),
            true,
            Matrix::new(x, rows, inputs),
            Matrix::new(weight, outputs, inputs).transposed(),
            Parallelism::AllCores,
        );
        Ok((CpuStorage::F32(y), (rows, outputs).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let ((rows, inputs), (outputs, _)) = (x.dims2()?, weight.dims2()?);
        let gradient = gradient.contiguous()?;
        let (x, weight, gradient) = (Values::of(x)?, Values::of(weight)?, Values::of(&gradient)?);
        let upstream = Matrix::new(&gradient[..], rows, outputs);

        let mut x_gradient = vec![0.0; rows * inputs];
        multiply(
            Matrix::new(&mut x_gradient[..], rows, inputs),
            false,
            upstream,
            Matrix::new(&weight[..], outputs, inputs),
            Parallelism::AllCores,
        );
        let mut weight_gradient = vec![0.0; outputs * inputs];
        multiply(
            Matrix::new(&mut weight_gradient[..], outputs, inputs),
            false,
            upstream.transposed(),
            Matrix::new(&x[..], rows, inputs),
            Parallelism::AllCores,
        );
        Ok((
            Some(tensor(x_gradient, (rows, inputs))?),
            Some(tensor(weight_gradient, (outputs, inputs))?),
            Some(tensor(column_sums(&gradient, outputs), outputs)?),
        ))
    }
}

/// The sum of each column of a matrix with rows of `width`. Parts of a fixed size keep the sums the same for every number of threads.
fn column_sums(values: &[f32], width: usize) -> Vec<f32> {
    const ROWS: usize = 512;
    let parts: Vec<Vec<f32>> = values
        .par_chunks(ROWS * width)
        .map(|rows| {
            let mut sums = vec![0.0; width];
            add_rows(&mut sums, rows);
            sums
        })
        .collect();
    let mut sums = vec![0.0; width];
    parts.iter().for_each(|part| add_rows(&mut sums, part));
    sums
}
