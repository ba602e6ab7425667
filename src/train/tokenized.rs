//! Labelled texts as the model reads them: tokenised once, before the first epoch.

use std::ops::Range;

use rayon::prelude::*;

use super::class_counts::ClassCounts;
use super::data::{Example, UNKNOWN};
use super::metrics::Predictions;
use crate::Result;
use crate::bert::{Batch, TokenIds, Unit};
use crate::bundle::HeadKind;
use crate::text::{Offsets, Tokenizer};

/// Examples with their tokens.
///
/// What has the labels, a text or a token, is a row. Where it is a token, special ones have [`UNKNOWN`] targets.
#[derive(Debug, Clone, Default)]
pub struct TokenizedDataset {
    tokens: Vec<TokenIds>,
    /// Where the rows of each example start, and where those of the last one end.
    starts: Vec<usize>,
    /// `labels` values for each row: from 0 to 1, or [`UNKNOWN`].
    targets: Vec<f32>,
    /// One for each row.
    weights: Vec<f32>,
    /// The example of each row.
    examples: Vec<usize>,
    labels: usize,
    unit: Unit,
    kind: HeadKind,
}

/// Some examples as one batch.
#[derive(Debug, Clone)]
pub struct LabelledBatch {
    /// The texts.
    pub inputs: Batch,
    /// (rows, labels), row after row; unknown ones are 0 and have no weight.
    pub targets: Vec<f32>,
    /// How much each target counts, in the same order: its text's weight.
    pub weights: Vec<f32>,
}

impl TokenizedDataset {
    /// Tokenises `examples`, which have `labels` labels for each `unit`.
    ///
    /// # Errors
    /// The tokenizer is broken.
    pub fn new(examples: &[Example], labels: usize, unit: Unit, tokenizer: &Tokenizer) -> Result<Self> {
        let encode = |example: &Example| match (&example.second, unit) {
            (Some(second), _) => Ok((tokenizer.encode_pair(&example.text, second)?.ids, example.targets.clone())),
            (None, Unit::Text) => Ok((tokenizer.encode(&example.text)?.ids, example.targets.clone())),
            (None, Unit::Token) => {
                let (tokens, offsets) = tokenizer.encode_with_offsets(&example.text)?;
                Ok((tokens.ids, offsets.iter().map(|token| marked(token.as_ref(), &example.spans)).collect()))
            }
        };
        let encoded: Vec<(TokenIds, Vec<f32>)> = examples.par_iter().map(encode).collect::<Result<_>>()?;
        let mut dataset = Self { labels, unit, starts: vec![0], ..Self::default() };
        for (number, ((tokens, targets), example)) in encoded.into_iter().zip(examples).enumerate() {
            let rows = targets.len() / labels;
            dataset.tokens.push(tokens);
            dataset.targets.extend(targets);
            dataset.weights.extend(std::iter::repeat_n(example.weight, rows));
            dataset.examples.extend(std::iter::repeat_n(number, rows));
            dataset.starts.push(dataset.weights.len());
        }
        Ok(dataset)
    }

    /// The same, of labels that go together as `kind` says.
    pub fn of_kind(self, kind: HeadKind) -> Self {
        Self { kind, ..self }
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Which share of all tokens is the token `id`.
    pub fn share(&self, id: u32) -> f64 {
        let ids = || self.tokens.iter().flat_map(|tokens| &tokens.input_ids);
        ids().filter(|token| **token == id).count() as f64 / ids().count().max(1) as f64
    }

    /// How many rows all examples have together.
    pub fn row_count(&self) -> usize {
        self.weights.len()
    }

    /// What is true of all rows beside what a model said of them: `logits` for each of `labels`, row after row.
    pub fn predictions<'a>(&'a self, logits: &'a [f32], labels: &'a [String]) -> Predictions<'a> {
        let texts = match self.unit {
            Unit::Text => None,
            Unit::Token => Some(&self.examples[..]),
        };
        Predictions {
            logits,
            targets: &self.targets,
            weights: &self.weights,
            labels,
            kind: self.kind,
            factors: None,
            texts,
        }
    }

    /// How many tokens the examples `indices` have together.
    pub fn tokens(&self, indices: &[usize]) -> usize {
        indices.iter().map(|&index| self.tokens[index].input_ids.len()).sum()
    }

    /// Which rows are those of the example `index`.
    pub fn rows(&self, index: usize) -> Range<usize> {
        self.starts[index]..self.starts[index + 1]
    }

    /// How many examples have the label number `label`, or a token that has it, and how many not.
    pub(super) fn class_counts(&self, label: usize) -> ClassCounts {
        let of_example = |index: usize| {
            let targets = || self.rows(index).map(|row| self.targets[row * self.labels + label]);
            (targets().any(|target| target > 0.5), targets().any(|target| target < 0.5))
        };
        (0..self.len()).map(of_example).fold(ClassCounts::default(), |counts, (with, without)| ClassCounts {
            with: counts.with + usize::from(with),
            without: counts.without + usize::from(without),
        })
    }

    /// The examples `indices` as one batch.
    ///
    /// # Errors
    /// `indices` is empty.
    pub fn batch(&self, indices: &[usize]) -> Result<LabelledBatch> {
        let inputs = Batch::pack(indices.iter().map(|&index| &self.tokens[index]))?;
        let (mut targets, mut weights) = (Vec::new(), Vec::new());
        for row in indices.iter().flat_map(|&index| self.rows(index)) {
            for target in &self.targets[row * self.labels..][..self.labels] {
                let is_known = !target.is_nan();
                targets.push(if is_known { *target } else { 0.0 });
                weights.push(if is_known { self.weights[row] } else { 0.0 });
            }
        }
        Ok(LabelledBatch { inputs, targets, weights })
    }

    /// All indices, the longest texts first: texts of like length in one batch keep attention's scratch small and the last
    /// batches, which decide the remaining time, short.
    pub fn by_length(&self) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..self.len()).collect();
        indices.sort_by_key(|&index| std::cmp::Reverse(self.tokens[index].input_ids.len()));
        indices
    }
}

/// Whether a token is marked, as a target; unknown where it is a special one.
fn marked(offsets: Option<&Offsets>, spans: &[Range<usize>]) -> f32 {
    let Some(Offsets { bytes, .. }) = offsets else { return UNKNOWN };
    let overlaps = |mark: &Range<usize>| mark.start < bytes.end && bytes.start < mark.end;
    if spans.iter().any(overlaps) { 1.0 } else { 0.0 }
}
