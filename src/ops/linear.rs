//! A linear layer, and one whose input goes through GELU first, each as one operation.
//!
//! Both go by parts of the rows, one thread to a part, rather than with all threads on one product: that needs no
//! barriers, and what else is to be done with the rows (bias, GELU, the bias's gradient) is done while they are in that
//! core's cache. On two cores the parts alone made products a third faster than `gemm`'s own division of labour.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::view::{Values, slice, tensor};
use crate::kernels::gelu;
use crate::kernels::parts::{build, build_two, partial_sums, product_rows, total, with_scratch};
use crate::kernels::precision::{Factor, Precision};
use crate::kernels::product::{Matrix, Parallelism};

pub struct Linear {
    pub precision: Precision,
}

/// `gelu(x) · weightᵀ + bias`. GELU's values are never stored: the backward pass makes them again together with the
/// derivative, of which they are a by-product. That is a quarter of the activations that a layer would else keep.
pub struct GeluLinear {
    pub precision: Precision,
}

/// The sizes of a linear layer on a batch.
#[derive(Clone, Copy)]
struct Sizes {
    rows: usize,
    inputs: usize,
    outputs: usize,
    /// Rows that one thread takes at a time.
    part: usize,
}

impl Sizes {
    fn new(x: &Shape, weight: &Shape) -> Result<Self> {
        let ((rows, inputs), (outputs, _)) = (x.dims2()?, weight.dims2()?);
        Ok(Self { rows, inputs, outputs, part: product_rows(rows) })
    }

    /// All cores work on one product if there is but one.
    fn parallelism(&self) -> Parallelism {
        if self.rows <= self.part { Parallelism::AllCores } else { Parallelism::None }
    }

    /// Part `index` of a matrix of `width` columns.
    fn part<'a>(&self, values: &'a [f32], index: usize, width: usize) -> Matrix<&'a [f32]> {
        let first = index * self.part;
        let rows = self.part.min(self.rows - first);
        Matrix::new(&values[first * width..(first + rows) * width], rows, width)
    }
}

/// `output = x · weightᵀ + bias`.
fn apply(output: &mut [f32], bias: &[f32], x: Matrix<&[f32]>, weight: &Factor, parallelism: Parallelism) {
    let rows = output.len() / bias.len();
    output.chunks_exact_mut(bias.len()).for_each(|row| row.copy_from_slice(bias));
    weight.multiply(Matrix::new(output, rows, bias.len()), true, x, parallelism);
}

/// `gradientᵀ · x`.
fn weight_gradient(gradient: &[f32], x: &[f32], sizes: Sizes, precision: Precision) -> Vec<f32> {
    let Sizes { rows, inputs, outputs, .. } = sizes;
    // Each part packs all of x: few parts, and whole tiles of gemm's in each.
    let part = match rayon::current_num_threads() {
        1 => outputs,
        threads => outputs.div_ceil(4 * threads).next_multiple_of(48).max(96),
    };
    let x = Factor::new(precision, Matrix::new(x, rows, inputs));
    let (weight_gradient, _) = build(outputs * inputs, part * inputs, |index, output: &mut [f32]| {
        let columns = output.len() / inputs;
        let gradient = Matrix::strided(&gradient[index * part..], rows, columns, outputs).transposed();
        x.multiply(Matrix::new(output, columns, inputs), false, gradient, Parallelism::None);
    });
    weight_gradient
}

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
        let sizes = Sizes::new(x_layout.shape(), weight_layout.shape())?;
        let Sizes { rows, inputs, outputs, part } = sizes;
        let (x, weight, bias) = (slice(x, x_layout)?, slice(weight, weight_layout)?, slice(bias, bias_layout)?);
        let weight = Factor::new(self.precision, Matrix::new(weight, outputs, inputs).transposed());
        let (y, _) = build(rows * outputs, part * outputs, |index, y| {
            apply(y, bias, sizes.part(x, index, inputs), &weight, sizes.parallelism());
        });
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
        let sizes = Sizes::new(x.shape(), weight.shape())?;
        let Sizes { rows, inputs, outputs, part } = sizes;
        let gradient = gradient.contiguous()?;
        let (x, weight, gradient) = (Values::of(x)?, Values::of(weight)?, Values::of(&gradient)?);
        let factor = Factor::new(self.precision, Matrix::new(&weight[..], outputs, inputs));
        let (x_gradient, bias_parts) = build(rows * inputs, part * inputs, |index, x_gradient: &mut [f32]| {
            let upstream = sizes.part(&gradient, index, outputs);
            let output = Matrix::new(x_gradient, upstream.rows(), inputs);
            factor.multiply(output, false, upstream, sizes.parallelism());
            partial_sums(upstream.values(), outputs)
        });
        let weight_gradient = weight_gradient(&gradient, &x, sizes, self.precision);
        Ok((
            Some(tensor(x_gradient, (rows, inputs))?),
            Some(tensor(weight_gradient, (outputs, inputs))?),
            Some(tensor(total(&bias_parts, outputs), outputs)?),
        ))
    }
}

impl CustomOp3 for GeluLinear {
    fn name(&self) -> &'static str {
        "gelu-linear"
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
        let sizes = Sizes::new(x_layout.shape(), weight_layout.shape())?;
        let Sizes { rows, inputs, outputs, part } = sizes;
        let (x, weight, bias) = (slice(x, x_layout)?, slice(weight, weight_layout)?, slice(bias, bias_layout)?);
        let weight = Factor::new(self.precision, Matrix::new(weight, outputs, inputs).transposed());
        let (y, _) = build(rows * outputs, part * outputs, |index, y| {
            let x = sizes.part(x, index, inputs);
            with_scratch(x.values().len(), |activated| {
                gelu::forward(x.values(), activated);
                apply(y, bias, Matrix::new(activated, x.rows(), inputs), &weight, sizes.parallelism());
            });
        });
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
        let sizes = Sizes::new(x.shape(), weight.shape())?;
        let Sizes { rows, inputs, outputs, part } = sizes;
        let gradient = gradient.contiguous()?;
        let (x, weight, gradient) = (Values::of(x)?, Values::of(weight)?, Values::of(&gradient)?);
        let factor = Factor::new(self.precision, Matrix::new(&weight[..], outputs, inputs));
        let (x_gradient, activated, bias_parts) =
            build_two(rows * inputs, part * inputs, |index, x_gradient, activated| {
                let upstream = sizes.part(&gradient, index, outputs);
                let output = Matrix::new(&mut *x_gradient, upstream.rows(), inputs);
                factor.multiply(output, false, upstream, sizes.parallelism());
                gelu::value_and_gradient(sizes.part(&x, index, inputs).values(), activated, x_gradient);
                partial_sums(upstream.values(), outputs)
            });
        let weight_gradient = weight_gradient(&gradient, &activated, sizes, self.precision);
        Ok((
            Some(tensor(x_gradient, (rows, inputs))?),
            Some(tensor(weight_gradient, (outputs, inputs))?),
            Some(tensor(total(&bias_parts, outputs), outputs)?),
        ))
    }
}
