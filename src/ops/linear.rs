//! A linear layer as one operation, and what other operations take of it.
//!
//! Products go by parts of the rows, one thread to a part, rather than with all threads on one product: that needs no
//! barriers, and what else is to be done with the rows (bias, GELU, norm, the bias's gradient) is done while they are in
//! that core's cache.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::view::{Values, slice, tensor};
use crate::kernels::parts::{build, partial_sums, product_rows, total};
use crate::kernels::precision::{PackedRhs, ProductPrecision};
use crate::kernels::product::{Matrix, Parallelism};
use crate::threads;

pub struct LinearOp {
    pub precision: ProductPrecision,
}

/// How many cores a product may use: all of them where it is the only part, else one, since the other parts have the others.
pub fn parallelism(parts: usize) -> Parallelism {
    if parts <= 1 { Parallelism::AllCores } else { Parallelism::None }
}

/// `output = x · weight + bias`, on rows that lie one after the other.
pub fn apply(output: &mut [f32], x: &[f32], weight: &PackedRhs, bias: &[f32], parallelism: Parallelism) {
    let rows = output.len() / bias.len();
    output.chunks_exact_mut(bias.len()).for_each(|row| row.copy_from_slice(bias));
    weight.multiply(Matrix::new(output, rows, bias.len()), true, Matrix::new(x, rows, x.len() / rows), parallelism);
}

/// `output = gradient · weight`, or added to it where `accumulate` is set.
pub fn grad_input(
    output: &mut [f32],
    accumulate: bool,
    gradient: &[f32],
    (weight, [outputs, inputs]): (&PackedRhs, [usize; 2]),
    parallelism: Parallelism,
) {
    let rows = gradient.len() / outputs;
    let gradient = Matrix::new(gradient, rows, outputs);
    weight.multiply(Matrix::new(output, rows, inputs), accumulate, gradient, parallelism);
}

/// `gradientᵀ · x`, of `outputs` and `inputs` columns.
pub fn weight_gradient(
    gradient: &[f32],
    x: &[f32],
    [outputs, inputs]: [usize; 2],
    precision: ProductPrecision,
) -> Vec<f32> {
    let rows = x.len() / inputs;
    // Each part packs all of x: few parts, and whole tiles of gemm's in each.
    let part = match threads::count() {
        1 => outputs,
        threads => outputs.div_ceil(4 * threads).next_multiple_of(48).max(96),
    };
    let x = PackedRhs::new(precision, Matrix::new(x, rows, inputs));
    let (weight_gradient, _) = build(outputs * inputs, part * inputs, |index, output: &mut [f32]| {
        let columns = output.len() / inputs;
        let gradient = Matrix::strided(&gradient[index * part..], rows, columns, outputs).transposed();
        x.multiply(Matrix::new(output, columns, inputs), false, gradient, Parallelism::None);
    });
    weight_gradient
}

impl CustomOp3 for LinearOp {
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
        let ((rows, inputs), (outputs, _)) = (x_layout.shape().dims2()?, weight_layout.shape().dims2()?);
        let (x, weight, bias) = (slice(x, x_layout)?, slice(weight, weight_layout)?, slice(bias, bias_layout)?);
        let weight = PackedRhs::new(self.precision, Matrix::new(weight, outputs, inputs).transposed());
        let part = product_rows(rows);
        let (y, _) = build(rows * outputs, part * outputs, |index, y: &mut [f32]| {
            let x = &x[index * part * inputs..][..y.len() / outputs * inputs];
            apply(y, x, &weight, bias, parallelism(rows.div_ceil(part)));
        });
        Ok((CpuStorage::F32(y), (rows, outputs).into()))
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
        let ((rows, inputs), (outputs, _)) = (x.dims2()?, weight.dims2()?);
        let gradient = gradient.contiguous()?;
        let (x, weight, gradient) = (Values::of(x)?, Values::of(weight)?, Values::of(&gradient)?);
        let factor = PackedRhs::new(self.precision, Matrix::new(&weight[..], outputs, inputs));
        let (part, shape) = (product_rows(rows), [outputs, inputs]);
        let (x_gradient, bias_parts) = build(rows * inputs, part * inputs, |index, x_gradient: &mut [f32]| {
            let upstream = &gradient[index * part * outputs..][..x_gradient.len() / inputs * outputs];
            grad_input(x_gradient, false, upstream, (&factor, shape), parallelism(rows.div_ceil(part)));
            partial_sums(upstream, outputs)
        });
        Ok((
            Some(tensor(x_gradient, (rows, inputs))?),
            Some(tensor(weight_gradient(&gradient, &x, shape, self.precision), (outputs, inputs))?),
            Some(tensor(total(&bias_parts, outputs), outputs)?),
        ))
    }
}
