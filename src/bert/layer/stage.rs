//! What the linear layers of a layer are given: what their rounding is fitted to.

use candle_core::Tensor;

use super::{FeedForward, Layer, SubLayers};
use crate::bert::Architecture;
use crate::bert::names::{LINEARS, SMOOTHING};
use crate::ops::{self, AttentionSettings, Ops, SequenceOffsets};
use crate::{Error, Result};

/// The linear layers of a layer by their input, in the order in which a text comes by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Queries, keys and values, of the layer's own input.
    Projections,
    /// Attention's output, of what the heads make of the values.
    Attended,
    /// The first of the feed-forward sub-layer.
    Inner,
    /// The second.
    Outer,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Projections, Self::Attended, Self::Inner, Self::Outer];

    /// Its linear layers, as Hugging Face names them.
    pub fn linears(self) -> &'static [&'static str] {
        match self {
            Self::Projections => &LINEARS[..3],
            Self::Attended => &LINEARS[3..4],
            Self::Inner => &LINEARS[4..5],
            Self::Outer => &LINEARS[5..],
        }
    }

    /// The name of the factors that their input may be multiplied by. Only inputs that come from a normalisation have some: they are
    /// added to the outputs, too, so that the normalisation cannot have the factors in its weights.
    pub fn smoothing(self) -> Option<&'static str> {
        match self {
            Self::Projections => Some(SMOOTHING[0]),
            Self::Inner => Some(SMOOTHING[1]),
            Self::Attended | Self::Outer => None,
        }
    }

    /// How many outputs each of them has, and how many inputs.
    pub fn shape(self, architecture: &Architecture) -> [usize; 2] {
        let (hidden, inner) = (architecture.hidden_size, architecture.intermediate_size);
        match self {
            Self::Projections | Self::Attended => [hidden, hidden],
            Self::Inner => [inner, hidden],
            Self::Outer => [hidden, inner],
        }
    }
}

impl Layer {
    /// What the linear layers of `stage` are given where the layer is given `x` (rows, hidden).
    ///
    /// # Errors
    /// The layer is of int8 weights, whose products are not apart; or a tensor operation fails.
    pub fn input(&self, ops: Ops, x: &Tensor, offsets: &SequenceOffsets, stage: Stage) -> Result<Tensor> {
        let SubLayers::Float { attention, feed_forward } = &self.sub_layers else {
            return Err(Error::invalid("what goes into a layer's products is known of float weights only"));
        };
        let settings = AttentionSettings {
            offsets: offsets.clone(),
            heads: self.heads,
            epsilon: self.epsilon,
            probability_dropout: None,
            dropout: None,
        };
        let attended = || ops.attention(x, attention, settings.clone());
        let FeedForward { first, rest, activation } = feed_forward;
        Ok(match stage {
            Stage::Projections => x.clone(),
            Stage::Attended => ops::context(x, attention, &settings)?,
            Stage::Inner => attended()?,
            Stage::Outer => ops::inner(&attended()?, first, rest, *activation)?,
        })
    }
}
