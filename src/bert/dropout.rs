//! Where a model drops values in training, and by which masks.

use candle_core::Tensor;

use crate::Result;
use crate::ops::{Mask, Ops};
use crate::random::Key;

/// Dropout as one training step applies it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The share of values dropped after the embeddings and after each sub-layer.
    pub hidden: f32,
    /// The share of attention probabilities dropped.
    pub attention: f32,
    /// What the step's masks are made from: another step, another key.
    pub key: Key,
}

impl Dropout {
    /// The mask of one of the places at which the model drops values; none where nothing is dropped.
    pub fn mask(&self, probability: f32, site: u32) -> Option<Mask> {
        (probability > 0.0).then(|| Mask::new(probability, self.key.with(u64::from(site))))
    }
}

/// Drops values of `x` at the place `site`, in training.
pub fn drop_values(ops: Ops, x: Tensor, dropout: Option<Dropout>, site: u32) -> Result<Tensor> {
    match dropout.and_then(|dropout| dropout.mask(dropout.hidden, site)) {
        Some(mask) => Ok(ops.dropout(&x, mask)?),
        None => Ok(x),
    }
}
