//! Attention within each text of a packed batch, softmax and dropout included.
//!
//! One text at a time and one head after the other, so that a head's scores stay in the cache between the two products.
//! The backward pass computes the probabilities again: they are the largest intermediate of all, and reading them back
//! from memory would cost about what the product does.
//!
//! Queries, keys and values lie side by side in the rows of one matrix, as one product makes them, and so do their gradients.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::view::{Values, slice, tensor};
use super::{Mask, Packing};
use crate::kernels::parts::build_ragged;
use crate::kernels::product::{Matrix, Parallelism, multiply};
use crate::kernels::softmax;

pub struct Attention {
    pub packing: Packing,
    pub heads: usize,
    pub dropout: Option<Mask>,
}

/// The scores of one head, and room for their gradient.
#[derive(Default)]
struct Scratch {
    probabilities: Vec<f32>,
    dropped: Vec<f32>,
    gradient: Vec<f32>,
}

/// Which of the three matrices that lie side by side.
#[derive(Clone, Copy)]
enum Part {
    Queries,
    Keys,
    Values,
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
    /// This head's columns of a text's queries, keys or values.
    fn of<'a>(&self, rows: &'a [f32], part: Part) -> Matrix<&'a [f32]> {
        Matrix::strided(&rows[self.start(part)..], self.length, self.width, 3 * self.hidden)
    }

    fn of_mut<'a>(&self, rows: &'a mut [f32], part: Part) -> Matrix<&'a mut [f32]> {
        Matrix::strided(&mut rows[self.start(part)..], self.length, self.width, 3 * self.hidden)
    }

    fn start(&self, part: Part) -> usize {
        part as usize * self.hidden + self.first_column
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
    fn probabilities(&self, rows: &[f32], probabilities: &mut Vec<f32>) {
        probabilities.resize(self.length * self.length, 0.0);
        let (queries, keys) = (self.of(rows, Part::Queries), self.of(rows, Part::Keys));
        multiply(self.square_mut(probabilities), false, queries, keys.transposed(), Parallelism::None);
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

impl CustomOp1 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(&self, projections: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        let hidden = width / 3;
        let projections = slice(projections, layout)?;
        let texts: Vec<_> = self.packing.ranges().collect();
        let output = build_ragged(texts.iter().map(|range| range.len() * hidden), |text, output| {
            let range = texts[text].clone();
            let rows = &projections[range.start * width..range.end * width];
            let mut probabilities = Vec::new();
            for (head, mask) in self.heads(text, range.len(), hidden) {
                head.probabilities(rows, &mut probabilities);
                if let Some(mask) = mask {
                    mask.apply(&mut probabilities, 0);
                }
                let output = Matrix::strided(&mut output[head.first_column..], head.length, head.width, hidden);
                let values = head.of(rows, Part::Values);
                multiply(output, false, head.square(&probabilities), values, Parallelism::None);
            }
        });
        Ok((CpuStorage::F32(output), (rows, hidden).into()))
    }

    fn bwd(&self, projections: &Tensor, _output: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (_, width) = projections.dims2()?;
        let hidden = width / 3;
        let gradient = gradient.contiguous()?;
        let (values, gradient) = (Values::of(projections)?, Values::of(&gradient)?);
        let texts: Vec<_> = self.packing.ranges().collect();
        let output = build_ragged(texts.iter().map(|range| range.len() * width), |text, output| {
            let range = texts[text].clone();
            let rows = &values[range.start * width..range.end * width];
            let upstream = &gradient[range.start * hidden..range.end * hidden];
            let mut scratch = Scratch::default();
            for (head, mask) in self.heads(text, range.len(), hidden) {
                let upstream = Matrix::strided(&upstream[head.first_column..], head.length, head.width, hidden);
                head.backward(rows, upstream, mask, &mut scratch, output);
            }
        });
        tensor(output, projections.shape()).map(Some)
    }
}

impl Head {
    /// Writes the gradients of this head's queries, keys and values into its columns of `output`.
    fn backward(
        &self,
        rows: &[f32],
        upstream: Matrix<&[f32]>,
        mask: Option<Mask>,
        Scratch { probabilities, dropped, gradient }: &mut Scratch,
        output: &mut [f32],
    ) {
        self.probabilities(rows, probabilities);
        gradient.resize(probabilities.len(), 0.0);
        let values = self.of(rows, Part::Values).transposed();
        multiply(self.square_mut(gradient), false, upstream, values, Parallelism::None);
        let used = match mask {
            None => &*probabilities,
            Some(mask) => {
                dropped.clone_from(probabilities);
                mask.apply(dropped, 0);
                mask.apply(gradient, 0);
                &*dropped
            }
        };
        let used = self.square(used).transposed();
        multiply(self.of_mut(output, Part::Values), false, used, upstream, Parallelism::None);
        softmax::backward(probabilities, gradient, self.length, self.scale());
        let (scores, queries, keys) = (self.square(gradient), self.of(rows, Part::Queries), self.of(rows, Part::Keys));
        multiply(self.of_mut(output, Part::Queries), false, scores, keys, Parallelism::None);
        multiply(self.of_mut(output, Part::Keys), false, scores.transposed(), queries, Parallelism::None);
    }
}
