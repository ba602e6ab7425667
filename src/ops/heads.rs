//! The heads of attention within one text, softmax and dropout included.

use super::Mask;
use crate::kernels::parts::with_scratch;
use crate::kernels::product::{Matrix, Parallelism, multiply};
use crate::kernels::softmax;

/// The heads of one text, whose queries, keys and values lie side by side in rows of `3·hidden`.
#[derive(Clone, Copy)]
pub struct TextHeads {
    pub count: usize,
    pub length: usize,
    pub hidden: usize,
    /// Of the probabilities.
    pub dropout: Option<Mask>,
    /// Which part of that mask is the first head's.
    pub first_part: u32,
}

/// Which of the three matrices that lie side by side.
#[derive(Clone, Copy)]
enum Part {
    Queries,
    Keys,
    Values,
}

impl TextHeads {
    /// Writes what the heads give, side by side, into `context`.
    pub fn forward(&self, rows: &[f32], context: &mut [f32]) {
        with_scratch(self.length * self.length, |probabilities| {
            for head in 0..self.count {
                self.probabilities(head, rows, probabilities);
                if let Some(mask) = self.mask(head) {
                    mask.apply(probabilities, 0);
                }
                let values = self.part(head, rows, Part::Values);
                let context = &mut context[head * self.width()..];
                let context = Matrix::strided(context, self.length, self.width(), self.hidden);
                multiply(context, false, self.square(probabilities), values, Parallelism::None);
            }
        });
    }

    /// Writes the gradients of queries, keys and values, side by side, into `output`, from that of the context.
    pub fn backward(&self, rows: &[f32], gradient: &[f32], output: &mut [f32]) {
        let square = self.length * self.length;
        with_scratch(3 * square, |scratch| {
            let (probabilities, rest) = scratch.split_at_mut(square);
            let (scores, dropped) = rest.split_at_mut(square);
            for head in 0..self.count {
                let upstream = &gradient[head * self.width()..];
                let upstream = Matrix::strided(upstream, self.length, self.width(), self.hidden);
                self.head_backward(head, rows, upstream, [probabilities, scores, dropped], output);
            }
        });
    }

    fn head_backward(
        &self,
        head: usize,
        rows: &[f32],
        upstream: Matrix<&[f32]>,
        [probabilities, scores, dropped]: [&mut [f32]; 3],
        output: &mut [f32],
    ) {
        self.probabilities(head, rows, probabilities);
        let [queries, keys, values] = [Part::Queries, Part::Keys, Part::Values].map(|part| self.part(head, rows, part));
        let gradient = Matrix::new(&mut *scores, self.length, self.length);
        multiply(gradient, false, upstream, values.transposed(), Parallelism::None);
        let used = match self.mask(head) {
            None => &*probabilities,
            Some(mask) => {
                dropped.copy_from_slice(probabilities);
                mask.apply(dropped, 0);
                mask.apply(scores, 0);
                dropped
            }
        };
        let used = self.square(used).transposed();
        multiply(self.part_mut(head, output, Part::Values), false, used, upstream, Parallelism::None);
        softmax::backward(probabilities, scores, self.length, self.scale());
        let scores = self.square(scores);
        multiply(self.part_mut(head, output, Part::Queries), false, scores, keys, Parallelism::None);
        multiply(self.part_mut(head, output, Part::Keys), false, scores.transposed(), queries, Parallelism::None);
    }

    /// softmax(Q·Kᵀ/√d) of one head into `probabilities`.
    fn probabilities(&self, head: usize, rows: &[f32], probabilities: &mut [f32]) {
        let [queries, keys] = [Part::Queries, Part::Keys].map(|part| self.part(head, rows, part));
        let scores = Matrix::new(&mut *probabilities, self.length, self.length);
        multiply(scores, false, queries, keys.transposed(), Parallelism::None);
        softmax::forward(probabilities, self.length, self.scale());
    }

    fn mask(&self, head: usize) -> Option<Mask> {
        self.dropout.map(|mask| mask.part(self.first_part + head as u32))
    }

    fn width(&self) -> usize {
        self.hidden / self.count
    }

    fn scale(&self) -> f32 {
        1.0 / (self.width() as f32).sqrt()
    }

    fn square<'a>(&self, scores: &'a [f32]) -> Matrix<&'a [f32]> {
        Matrix::new(scores, self.length, self.length)
    }

    /// A head's columns of queries, keys or values.
    fn part<'a>(&self, head: usize, rows: &'a [f32], part: Part) -> Matrix<&'a [f32]> {
        Matrix::strided(&rows[self.first(head, part)..], self.length, self.width(), 3 * self.hidden)
    }

    fn part_mut<'a>(&self, head: usize, rows: &'a mut [f32], part: Part) -> Matrix<&'a mut [f32]> {
        let first = self.first(head, part);
        Matrix::strided(&mut rows[first..], self.length, self.width(), 3 * self.hidden)
    }

    fn first(&self, head: usize, part: Part) -> usize {
        part as usize * self.hidden + head * self.width()
    }
}
