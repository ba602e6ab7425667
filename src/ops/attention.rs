//! Attention within each text of a packed batch, softmax and dropout included.
//!
//! One text at a time and one head after the other, so that a head's scores stay in the cache between the two products.
//! The backward pass computes the probabilities again: they are the largest intermediate of all, and reading them back
//! from memory would cost about what the product does.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::view::{Values, slice, tensor};
use super::{Mask, Packing};
use crate::kernels::product::{Matrix, Parallelism, multiply};
use crate::kernels::softmax;

pub struct Attention {
    pub packing: Packing,
    pub heads: usize,
    pub dropout: Option<Mask>,
}

/// The scores of one head, and room for their gradient; one for each thread.
#[derive(Default)]
struct Scratch {
    probabilities: Vec<f32>,
    dropped: Vec<f32>,
    gradient: Vec<f32>,
}

/// One head of one text within matrices of `hidden` columns.
#[derive(Clone, Copy)]
struct Head {
    length: usize,
    hidden: usize,
    width: usize,
    first_column: usize,
}

impl Head {
    /// This head's columns of a text's rows.
    fn of<'a>(&self, rows: &'a [f32]) -> Matrix<&'a [f32]> {
        Matrix::strided(&rows[self.first_column..], self.length, self.width, self.hidden)
    }

    fn of_mut<'a>(&self, rows: &'a mut [f32]) -> Matrix<&'a mut [f32]> {
        Matrix::strided(&mut rows[self.first_column..], self.length, self.width, self.hidden)
    }

    fn square<'a>(&self, scores: &'a [f32]) -> Matrix<&'a [f32]> {
        Matrix::new(scores, self.length, self.length)
    }

    fn square_mut<'a>(&self, scores: &'a mut [f32]) -> Matrix<&'a mut [f32]> {
        Matrix::new(scores, self.length, self.length)
    }

    fn scale(&self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }

    /// softmax(Q·Kᵀ/√d) into `probabilities`.
    fn probabilities(&self, queries: &[f32], keys: &[f32], probabilities: &mut Vec<f32>) {
        probabilities.resize(self.length * self.length, 0.0);
        multiply(
            self.square_mut(probabilities),
            false,
            self.of(queries),
            self.of(keys).transposed(),
            Parallelism::None,
        );
        softmax::forward(probabilities, self.length, self.scale());
    }
}

impl Attention {
    /// The heads of text `text`, each with the dropout mask of its probabilities.
    fn heads(&self, text: usize, length: usize, hidden: usize) -> impl Iterator<Item = (Head, Option<Mask>)> + '_ {
        let width = hidden / self.heads;
        (0..self.heads).map(move |head| {
            let mask = self.dropout.map(|mask| mask.part((text * self.heads + head) as u32));
            (Head { length, hidden, width, first_column: head * width }, mask)
        })
    }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        queries: &CpuStorage,
        queries_layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        values_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, hidden) = queries_layout.shape().dims2()?;
        let (queries, keys, values) =
            (slice(queries, queries_layout)?, slice(keys, keys_layout)?, slice(values, values_layout)?);
        let mut output = vec![0.0; rows * hidden];
        let texts: Vec<_> = self.packing.ranges().zip(self.packing.split(&mut output, hidden)).collect();
        texts.into_par_iter().enumerate().for_each_init(Scratch::default, |scratch, (text, (range, output))| {
            let part = range.start * hidden..range.end * hidden;
            for (head, mask) in self.heads(text, range.len(), hidden) {
                head.probabilities(&queries[part.clone()], &keys[part.clone()], &mut scratch.probabilities);
                if let Some(mask) = mask {
                    mask.apply(&mut scratch.probabilities, 0);
                }
                let probabilities = head.square(&scratch.probabilities);
                multiply(head.of_mut(output), false, probabilities, head.of(&values[part.clone()]), Parallelism::None);
            }
        });
        Ok((CpuStorage::F32(output), (rows, hidden).into()))
    }

    fn bwd(
        &self,
        queries: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        _output: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (rows, hidden) = queries.dims2()?;
        let gradient = gradient.contiguous()?;
        let (queries, keys, values, gradient) =
            (Values::of(queries)?, Values::of(keys)?, Values::of(values)?, Values::of(&gradient)?);
        let (queries, keys, values, gradient) = (&queries[..], &keys[..], &values[..], &gradient[..]);
        let [mut query_gradient, mut key_gradient, mut value_gradient] = [(); 3].map(|()| vec![0.0; rows * hidden]);
        let texts: Vec<_> = self
            .packing
            .ranges()
            .zip(self.packing.split(&mut query_gradient, hidden))
            .zip(self.packing.split(&mut key_gradient, hidden))
            .zip(self.packing.split(&mut value_gradient, hidden))
            .collect();
        texts.into_par_iter().enumerate().for_each_init(
            Scratch::default,
            |scratch, (text, (((range, dq), dk), dv))| {
                let part = range.start * hidden..range.end * hidden;
                let [queries, keys, values, upstream] =
                    [queries, keys, values, gradient].map(|matrix| &matrix[part.clone()]);
                for (head, mask) in self.heads(text, range.len(), hidden) {
                    let Scratch { probabilities, dropped, gradient } = &mut *scratch;
                    head.probabilities(queries, keys, probabilities);
                    dropped.clone_from(probabilities);
                    gradient.resize(probabilities.len(), 0.0);
                    let product = head.of(values).transposed();
                    multiply(head.square_mut(gradient), false, head.of(upstream), product, Parallelism::None);
                    if let Some(mask) = mask {
                        mask.apply(dropped, 0);
                        mask.apply(gradient, 0);
                    }
                    let transposed = head.square(dropped).transposed();
                    multiply(head.of_mut(dv), false, transposed, head.of(upstream), Parallelism::None);
                    softmax::backward(probabilities, gradient, head.length, head.scale());
                    let scores = head.square(gradient);
                    multiply(head.of_mut(dq), false, scores, head.of(keys), Parallelism::None);
                    multiply(head.of_mut(dk), false, scores.transposed(), head.of(queries), Parallelism::None);
                }
            },
        );
        let shape = (rows, hidden);
        Ok((
            Some(tensor(query_gradient, shape)?),
            Some(tensor(key_gradient, shape)?),
            Some(tensor(value_gradient, shape)?),
        ))
    }
}
