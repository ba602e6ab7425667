//! Sums on a GPU, in an order that does not depend on chance. candle's take a block for each sum, and a block for all of a tensor that is
//! summed as a whole.

use candle_core::{Result, Tensor};

use super::launch::{Constant, Threads, gradient};

/// Rows that one thread adds up, and elements whose squares one does.
const CHUNK: usize = 64;
const SQUARES: usize = 256;

/// The sum of each column: (rows, width) → (width).
pub fn sum_columns(x: &Tensor) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    let sums = |x: &Tensor, rows: usize, chunk: usize| {
        let chunks = rows.div_ceil(chunk);
        let constants = [rows, width, chunk].map(|number| Constant::U32(number as u32));
        gradient("sum_chunks", Threads::Elements(chunks * width), &[x], (chunks, width).into(), constants)
    };
    let chunks = sums(x, rows, CHUNK)?;
    sums(&chunks, chunks.dim(0)?, rows)?.flatten_all()
}

/// Σ x² of all tensors together, for which the processor waits once.
pub fn sum_of_squares(tensors: &[&Tensor]) -> Result<f64> {
    let partial = |tensor: &&Tensor| {
        let length = tensor.elem_count();
        let count = length.div_ceil(SQUARES);
        let constants = [Constant::U32(length as u32)];
        gradient("sum_squares", Threads::Elements(count), &[&tensor.contiguous()?], count.into(), constants)
    };
    let partial = tensors.iter().map(partial).collect::<Result<Vec<_>>>()?;
    Ok(Tensor::cat(&partial, 0)?.to_vec1::<f32>()?.into_iter().map(f64::from).sum())
}
