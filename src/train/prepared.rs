//! Labelled texts as the model reads them: tokenised once, before the first epoch.

use rayon::prelude::*;

use super::data::Example;
use crate::Result;
use crate::bert::{Batch, TokenIds};
use crate::text::Tokenizer;

/// Examples with their tokens.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    tokens: Vec<TokenIds>,
    /// One row of `labels` values for each example: 1, 0 or [`super::data::UNKNOWN`].
    targets: Vec<f32>,
    weights: Vec<f32>,
    labels: usize,
}

/// Some examples as one batch.
#[derive(Debug, Clone)]
pub struct LabelledBatch {
    /// The texts.
    pub inputs: Batch,
    /// (texts, labels), row after row; unknown ones are 0 and have no weight.
    pub targets: Vec<f32>,
    /// How much each target counts, in the same order: its text's weight.
    pub weights: Vec<f32>,
}

impl Prepared {
    /// Tokenises `examples`, which have `labels` labels each.
    ///
    /// # Errors
    /// The tokenizer is broken.
    pub fn new(examples: &[Example], labels: usize, tokenizer: &Tokenizer) -> Result<Self> {
        let encode = |example: &Example| match &example.second {
            Some(second) => Ok(tokenizer.encode_pair(&example.text, second)?.ids),
            None => Ok(tokenizer.encode(&example.text)?.ids),
        };
        let tokens: Result<_> = examples.par_iter().map(encode).collect();
        Ok(Self {
            tokens: tokens?,
            targets: examples.iter().flat_map(|example| example.targets.iter().copied()).collect(),
            weights: examples.iter().map(|example| example.weight).collect(),
            labels,
        })
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The targets of all examples, row after row.
    pub fn targets(&self) -> &[f32] {
        &self.targets
    }

    /// The weights of all examples.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The examples `indices` as one batch.
    ///
    /// # Errors
    /// `indices` is empty.
    pub fn batch(&self, indices: &[usize]) -> Result<LabelledBatch> {
        let row = |&index: &usize| &self.targets[index * self.labels..][..self.labels];
        let weights = indices
            .iter()
            .flat_map(|index| row(index).iter().map(|target| if target.is_nan() { 0.0 } else { self.weights[*index] }));
        Ok(LabelledBatch {
            inputs: Batch::pack(indices.iter().map(|&index| &self.tokens[index]))?,
            targets: indices.iter().flat_map(row).map(|target| if target.is_nan() { 0.0 } else { *target }).collect(),
            weights: weights.collect(),
        })
    }

    /// All indices, the longest texts first: texts of like length in one batch keep attention's scratch small and the last
    /// batches, which decide the remaining time, short.
    pub fn by_length(&self) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..self.len()).collect();
        indices.sort_by_key(|&index| std::cmp::Reverse(self.tokens[index].input_ids.len()));
        indices
    }
}
