//! How good a model is on labelled texts.

use super::Progress;
use super::metrics::{Metrics, Predictions};
use super::prepared::Prepared;
use crate::Result;
use crate::bert::Batch;

/// Texts scored at once. Packed batches gain nothing from being larger, and need more memory.
const BATCH: usize = 32;

/// Measures `predict`, which gives the logits of a batch (row after row), on `examples`.
///
/// # Errors
/// `predict` fails, or what it gives cannot be measured.
pub fn evaluate(
    examples: &Prepared,
    labels: &[String],
    what: &str,
    progress: &mut dyn Progress,
    predict: impl FnMut(&Batch) -> Result<Vec<f32>>,
) -> Result<Metrics> {
    let logits = score(examples, labels.len(), what, progress, predict)?;
    Metrics::of(&Predictions { logits: &logits, targets: examples.targets(), weights: examples.weights(), labels })
}

/// What `predict` gives for all of `examples`: (rows, labels), row after row in the examples' order.
///
/// # Errors
/// `predict` fails.
pub fn score(
    examples: &Prepared,
    labels: usize,
    what: &str,
    progress: &mut dyn Progress,
    mut predict: impl FnMut(&Batch) -> Result<Vec<f32>>,
) -> Result<Vec<f32>> {
    let mut logits = vec![0.0; examples.weights().len() * labels];
    progress.begin(what, examples.len());
    for indices in examples.by_length().chunks(BATCH) {
        let mut scored = &predict(&examples.batch(indices)?.inputs)?[..];
        for &index in indices {
            let rows = examples.rows(index);
            let (scores, rest) = scored.split_at(rows.len() * labels);
            logits[rows.start * labels..rows.end * labels].copy_from_slice(scores);
            scored = rest;
        }
        progress.advance(indices.len(), "");
    }
    progress.end();
    Ok(logits)
}
