//! The encoder and its heads.

use std::sync::Arc;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::dropout::{Dropout, drop_values};
use super::layer::Layer;
use super::modules::{LayerNorm, Linear};
use super::{Architecture, Batch, Pooling, Weights, names};
use crate::kernels::quantised::QuantisedMatrix;
use crate::ops::{Ops, ProductPrecision, Rounding};
use crate::{Error, Result};

/// A BERT encoder with one classification head for each task.
#[derive(Debug, Clone)]
pub struct Model {
    ops: Ops,
    architecture: Architecture,
    pooling: Pooling,
    embeddings: Embeddings,
    layers: Vec<Layer>,
    pooler: Option<Linear>,
    heads: Vec<(Unit, Linear)>,
}

/// One head: the task it belongs to and how many labels it scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadShape {
    /// The task's name; the head's tensors are `heads.<task>.weight` and `.bias`.
    pub task: String,
    /// The number of labels.
    pub labels: usize,
    /// What has the labels.
    pub unit: Unit,
}

/// What a head scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// The text, by its pooled vector.
    #[default]
    Text,
    /// Each token, by its own vector.
    Token,
}

impl Unit {
    /// Whether it is the text.
    pub fn is_text(&self) -> bool {
        *self == Self::Text
    }

    /// What several are called.
    pub fn plural(&self) -> &'static str {
        match self {
            Self::Text => "texts",
            Self::Token => "tokens",
        }
    }
}

#[derive(Debug, Clone)]
struct Embeddings {
    words: Words,
    positions: Tensor,
    token_types: Tensor,
    norm: LayerNorm,
}

#[derive(Debug, Clone)]
enum Words {
    Float(Tensor),
    /// Of which a row is widened when it is looked up.
    QuantisedMatrix(Arc<QuantisedMatrix>),
}

impl Model {
    /// Builds the model from `weights`, under Hugging Face's names for the encoder. The tensors are not copied: variables
    /// stay variables, and get gradients. What is in few bits is widened.
    ///
    /// # Errors
    /// A tensor is missing, misshapen or left over; or a head has no labels.
    pub fn new(
        architecture: &Architecture,
        pooling: Pooling,
        heads: &[HeadShape],
        weights: Weights,
        ops: Ops,
    ) -> Result<Self> {
        Self::build(architecture, pooling, heads, weights, ops, None)
    }

    /// As [`Self::new`], on the CPU and without gradients: what is in few bits stays so, as far as there are kernels for it, and
    /// the activations that meet int8 weights are rounded as `rounding` says.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn for_inference(
        architecture: &Architecture,
        pooling: Pooling,
        heads: &[HeadShape],
        weights: Weights,
        rounding: Rounding,
    ) -> Result<Self> {
        Self::build(architecture, pooling, heads, weights, Ops::Fused(ProductPrecision::F32), Some(rounding))
    }

    fn build(
        architecture: &Architecture,
        pooling: Pooling,
        heads: &[HeadShape],
        mut weights: Weights,
        ops: Ops,
        rounding: Option<Rounding>,
    ) -> Result<Self> {
        let hidden = architecture.hidden_size;
        if let Some(head) = heads.iter().find(|head| head.labels == 0) {
            return Err(Error::invalid(format!("the task {} has no labels, and so nothing to score", head.task)));
        }
        if pooling != Pooling::Pooler {
            weights = weights.without(names::POOLER);
        }
        let from = &mut weights;
        let epsilon = architecture.layer_norm_eps as f32;
        let model = Self {
            ops,
            embeddings: Embeddings {
                words: Words::take(
                    from,
                    names::WORD_EMBEDDINGS,
                    [architecture.vocab_size, hidden],
                    rounding.is_some(),
                )?,
                positions: from.take(names::POSITION_EMBEDDINGS, &[architecture.max_position_embeddings, hidden])?,
                token_types: from.take(names::TOKEN_TYPE_EMBEDDINGS, &[architecture.type_vocab_size, hidden])?,
                norm: LayerNorm::take(from, names::EMBEDDINGS_NORM, hidden, epsilon)?,
            },
            layers: (0..architecture.num_hidden_layers)
                .map(|index| Layer::take(from, &names::layer(index), architecture, rounding))
                .collect::<Result<_>>()?,
            pooler: match pooling {
                Pooling::Pooler => Some(Linear::take(from, names::POOLER_LINEAR, hidden, hidden)?),
                Pooling::Mean | Pooling::Cls => None,
            },
            heads: heads
                .iter()
                .map(|head| Ok((head.unit, Linear::take(from, &names::head(&head.task), head.labels, hidden)?)))
                .collect::<Result<_>>()?,
            architecture: architecture.clone(),
            pooling,
        };
        weights.finish()?;
        Ok(model)
    }

    /// The same model, which shares its weights with this one, with the activations that meet int8 weights rounded as `rounding` says.
    pub fn rounding(&self, rounding: Rounding) -> Self {
        let layers = self.layers.iter().map(|layer| layer.rounding(rounding)).collect();
        Self { layers, ..self.clone() }
    }

    /// The sizes of the encoder.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The last layer's vector for every token: (tokens, hidden). Dropout is applied where it is given, which is in training.
    pub fn hidden_states(&self, batch: &Batch, dropout: Option<Dropout>) -> Result<Tensor> {
        let mut x = self.embedded(batch)?;
        x = drop_values(self.ops, x, dropout, 0)?;
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(self.ops, &x, &batch.offsets, dropout, 3 * index as u32 + 1)?;
        }
        Ok(x)
    }

    /// What the first layer is given: (tokens, hidden).
    pub fn embedded(&self, batch: &Batch) -> Result<Tensor> {
        self.embeddings.forward(self.ops, batch)
    }

    /// One vector for each text: (tokens, hidden) → (texts, hidden).
    pub fn pool(&self, hidden_states: &Tensor, batch: &Batch) -> Result<Tensor> {
        if self.pooling == Pooling::Mean {
            return Ok(self.ops.mean_pool(hidden_states, &batch.offsets)?);
        }
        let first = self.ops.first_rows(hidden_states, &batch.offsets)?;
        match &self.pooler {
            Some(pooler) => Ok(self.ops.tanh(&pooler.forward(self.ops, &first)?)?),
            None => Ok(first),
        }
    }

    /// The logits of head number `head`: (texts, labels), or (tokens, labels) where the head scores tokens.
    ///
    /// # Errors
    /// There is no such head, or a tensor operation fails.
    pub fn logits(&self, batch: &Batch, head: usize, dropout: Option<Dropout>) -> Result<Tensor> {
        let Some((unit, head)) = self.heads.get(head) else {
            return Err(Error::invalid(format!("the model has {} heads, and none of number {head}", self.heads.len())));
        };
        let tokens = self.hidden_states(batch, dropout)?;
        match unit {
            Unit::Text => head.forward(self.ops, &self.pool(&tokens, batch)?),
            Unit::Token => head.forward(self.ops, &tokens),
        }
    }

    /// The logits of every head, as [`Self::logits`] gives them, from one pass through the encoder.
    pub fn all_logits(&self, batch: &Batch) -> Result<Vec<Tensor>> {
        let tokens = self.hidden_states(batch, None)?;
        let pooled = self.pool(&tokens, batch)?;
        let input = |unit: &Unit| match unit {
            Unit::Text => &pooled,
            Unit::Token => &tokens,
        };
        self.heads.iter().map(|(unit, head)| head.forward(self.ops, input(unit))).collect()
    }
}

impl Words {
    fn take(weights: &mut Weights, name: &str, shape: [usize; 2], may_be_quantised: bool) -> Result<Self> {
        if may_be_quantised && let Some(table) = weights.take_quantised(name, &shape)? {
            return Ok(Self::QuantisedMatrix(table.into()));
        }
        Ok(Self::Float(weights.take(name, &shape)?))
    }
}

impl Embeddings {
    fn forward(&self, ops: Ops, batch: &Batch) -> Result<Tensor> {
        let (positions, token_types) = (&self.positions, &self.token_types);
        let sum = match &self.words {
            Words::Float(words) => ops.embedding([words, positions, token_types], &batch.lookup)?,
            Words::QuantisedMatrix(words) => ops.quantised_embedding(words, [positions, token_types], &batch.lookup)?,
        };
        self.norm.forward(ops, &sum)
    }
}
