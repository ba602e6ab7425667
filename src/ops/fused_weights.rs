//! The weights of a sub-layer as one tensor: an operation of candle's has three inputs at most, and one of a sub-layer's
//! weights more than that.

#[cfg(not(target_arch = "wasm32"))]
use candle_core::bail;
use candle_core::{Result, Tensor};

use super::{attention, feed_forward};

/// Weights of a sub-layer. Variables are put together at every step, so that each gets its gradient; weights that do not
/// change only once, so that inference copies nothing.
#[derive(Debug, Clone)]
pub struct FusedWeights(State);

#[derive(Debug, Clone)]
enum State {
    Apart(Vec<Tensor>, fn(&[Tensor]) -> Result<Tensor>),
    Together(Tensor),
}

impl FusedWeights {
    /// Of the attention sub-layer: the weights of queries, keys, values and output (hidden, hidden), their biases (hidden),
    /// and weight and bias of the norm.
    ///
    /// # Errors
    /// The shapes do not fit each other.
    pub fn attention(parts: [Tensor; 10]) -> Result<Self> {
        Self::new(parts.into(), attention::pack)
    }

    /// Of the feed-forward sub-layer, all but the first weight: the second weight (hidden, inner), the biases (inner and
    /// hidden), and weight and bias of the norm.
    ///
    /// # Errors
    /// The shapes do not fit each other.
    pub fn feed_forward(parts: [Tensor; 5]) -> Result<Self> {
        Self::new(parts.into(), feed_forward::pack)
    }

    fn new(parts: Vec<Tensor>, pack: fn(&[Tensor]) -> Result<Tensor>) -> Result<Self> {
        Ok(Self(match parts.iter().any(Tensor::is_variable) {
            true => State::Apart(parts, pack),
            false => State::Together(pack(&parts)?),
        }))
    }

    /// All in one, for a fused operation.
    pub(super) fn tensor(&self) -> Result<Tensor> {
        match &self.0 {
            State::Apart(parts, pack) => pack(parts),
            State::Together(tensor) => Ok(tensor.clone()),
        }
    }

    /// What [`Self::attention`] was given, for operations that take it one by one: through the packed tensor the gradient of each would
    /// be as large as all of them.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn attention_parts(&self) -> Result<[Tensor; 10]> {
        self.parts(attention::unpack)
    }

    /// And what [`Self::feed_forward`] was given.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn feed_forward_parts(&self, hidden: usize) -> Result<[Tensor; 5]> {
        self.parts(|packed| feed_forward::unpack(packed, hidden))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn parts<const N: usize>(&self, unpack: impl Fn(&Tensor) -> Result<[Tensor; N]>) -> Result<[Tensor; N]> {
        match &self.0 {
            State::Together(tensor) => unpack(tensor),
            State::Apart(parts, _) => match parts.clone().try_into() {
                Ok(parts) => Ok(parts),
                Err(parts) => bail!("a sub-layer of {} weights where {N} are expected", parts.len()),
            },
        }
    }
}
