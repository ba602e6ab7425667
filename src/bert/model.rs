//! The encoder and its heads.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::{Activation, Architecture, Batch, Pooling, Weights};
use crate::Result;
use crate::ops::{Attention, Mask, Ops, Packed};

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
}

/// Dropout as one training step applies it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The share of values dropped after the embeddings and after each sub-layer.
    pub hidden: f32,
    /// The share of attention probabilities dropped.
    pub attention: f32,
    /// What the step's masks are made from: another step, another key.
    pub key: u64,
}

#[derive(Debug, Clone)]
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

#[derive(Debug, Clone)]
struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

#[derive(Debug, Clone)]
struct Embeddings {
    words: Tensor,
    positions: Tensor,
    token_types: Tensor,
    norm: LayerNorm,
}

#[derive(Debug, Clone)]
struct Layer {
    attention: Packed,
    feed_forward: FeedForward,
}

#[derive(Debug, Clone)]
enum FeedForward {
    /// With GELU, as one operation: the first weight and all the others.
    Gelu(Tensor, Packed),
    /// With another non-linearity.
    Other { activation: Activation, inner: Linear, output: Linear, norm: LayerNorm },
}

impl Model {
    /// Builds the model from `weights`, under Hugging Face's names for the encoder. The tensors are not copied: variables
    /// stay variables, and get gradients.
    ///
    /// # Errors
    /// A tensor is missing, misshapen or left over; the sizes contradict each other.
    pub fn new(
        architecture: &Architecture,
        pooling: Pooling,
        heads: &[HeadShape],
        mut weights: Weights,
        ops: Ops,
    ) -> Result<Self> {
        architecture.check()?;
        let hidden = architecture.hidden_size;
        if pooling != Pooling::Pooler {
            weights = weights.without("pooler.");
        }
        let from = &mut weights;
        let epsilon = architecture.layer_norm_eps as f32;
        let model = Self {
            ops,
            embeddings: Embeddings {
                words: from.take("embeddings.word_embeddings.weight", &[architecture.vocab_size, hidden])?,
                positions: from
                    .take("embeddings.position_embeddings.weight", &[architecture.max_position_embeddings, hidden])?,
                token_types: from
                    .take("embeddings.token_type_embeddings.weight", &[architecture.type_vocab_size, hidden])?,
                norm: LayerNorm::take(from, "embeddings.LayerNorm", hidden, epsilon)?,
            },
            layers: (0..architecture.num_hidden_layers)
                .map(|index| Layer::take(from, &format!("encoder.layer.{index}"), architecture))
                .collect::<Result<_>>()?,
            pooler: match pooling {
                Pooling::Pooler => Some(Linear::take(from, "pooler.dense", hidden, hidden)?),
                Pooling::Mean | Pooling::Cls => None,
            },
            heads: heads
                .iter()
                .map(|head| Ok((head.unit, Linear::take(from, &format!("heads.{}", head.task), head.labels, hidden)?)))
                .collect::<Result<_>>()?,
            architecture: architecture.clone(),
            pooling,
        };
        weights.finish()?;
        Ok(model)
    }

    /// The sizes of the encoder.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The last layer's vector for every token: (tokens, hidden). Dropout is applied where it is given, which is in training.
    pub fn hidden_states(&self, batch: &Batch, dropout: Option<Dropout>) -> Result<Tensor> {
        let mut x = self.embeddings.forward(self.ops, batch)?;
        x = self.drop(x, dropout, 0)?;
        for (index, layer) in self.layers.iter().enumerate() {
            x = self.layer(layer, &x, batch, dropout, 3 * index as u32 + 1)?;
        }
        Ok(x)
    }

    /// One vector for each text: (tokens, hidden) → (texts, hidden).
    pub fn pool(&self, hidden_states: &Tensor, batch: &Batch) -> Result<Tensor> {
        if self.pooling == Pooling::Mean {
            return Ok(self.ops.mean_pool(hidden_states, &batch.packing)?);
        }
        let first: Vec<u32> = batch.packing.ranges().map(|range| range.start as u32).collect();
        let first = hidden_states.index_select(&Tensor::new(first, hidden_states.device())?, 0)?;
        match &self.pooler {
            Some(pooler) => Ok(pooler.forward(self.ops, &first)?.tanh()?),
            None => Ok(first),
        }
    }

    /// The logits of head number `head`: (texts, labels), or (tokens, labels) where the head scores tokens.
    pub fn logits(&self, batch: &Batch, head: usize, dropout: Option<Dropout>) -> Result<Tensor> {
        let tokens = self.hidden_states(batch, dropout)?;
        let (unit, head) = &self.heads[head];
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

    /// One transformer layer (Vaswani et al. 2017, figure 1, left; normalised after each residual).
    fn layer(&self, layer: &Layer, x: &Tensor, batch: &Batch, dropout: Option<Dropout>, site: u32) -> Result<Tensor> {
        let ops = self.ops;
        let mask = |site| dropout.and_then(|dropout| dropout.mask(dropout.hidden, site));
        let epsilon = self.architecture.layer_norm_eps as f32;
        let attention = Attention {
            heads: self.architecture.num_attention_heads,
            epsilon,
            probability_dropout: dropout.and_then(|dropout| dropout.mask(dropout.attention, site)),
            dropout: mask(site + 1),
        };
        let x = ops.attention(x, &layer.attention, &batch.packing, attention)?;
        match &layer.feed_forward {
            FeedForward::Gelu(first, packed) => Ok(ops.feed_forward(&x, first, packed, epsilon, mask(site + 2))?),
            FeedForward::Other { activation, inner, output, norm } => {
                let inner = inner.forward(ops, &x)?;
                let inner = match activation {
                    Activation::Gelu => inner.gelu_erf()?,
                    Activation::GeluTanh => inner.gelu()?,
                    Activation::Relu => inner.relu()?,
                };
                let output = self.drop(output.forward(ops, &inner)?, dropout, site + 2)?;
                norm.forward(ops, &(x + output)?)
            }
        }
    }

    fn drop(&self, x: Tensor, dropout: Option<Dropout>, site: u32) -> Result<Tensor> {
        match dropout.and_then(|dropout| dropout.mask(dropout.hidden, site)) {
            Some(mask) => Ok(self.ops.dropout(&x, mask)?),
            None => Ok(x),
        }
    }
}

impl Dropout {
    /// The mask of one of the places at which the model drops values; none where nothing is dropped.
    fn mask(&self, probability: f32, site: u32) -> Option<Mask> {
        (probability > 0.0).then(|| Mask::new(probability, self.key).part(site.wrapping_mul(0x85eb_ca6b)))
    }
}

impl Linear {
    fn take(weights: &mut Weights, name: &str, outputs: usize, inputs: usize) -> Result<Self> {
        Ok(Self {
            weight: weights.take(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: weights.take(&format!("{name}.bias"), &[outputs])?,
        })
    }

    fn forward(&self, ops: Ops, x: &Tensor) -> Result<Tensor> {
        Ok(ops.linear(x, &self.weight, &self.bias)?)
    }
}

impl LayerNorm {
    fn take(weights: &mut Weights, name: &str, width: usize, epsilon: f32) -> Result<Self> {
        Ok(Self {
            weight: weights.take(&format!("{name}.weight"), &[width])?,
            bias: weights.take(&format!("{name}.bias"), &[width])?,
            epsilon,
        })
    }

    fn forward(&self, ops: Ops, x: &Tensor) -> Result<Tensor> {
        Ok(ops.layer_norm(x, &self.weight, &self.bias, self.epsilon)?)
    }
}

impl Embeddings {
    fn forward(&self, ops: Ops, batch: &Batch) -> Result<Tensor> {
        let sum = ops.embedding([&self.words, &self.positions, &self.token_types], &batch.lookup)?;
        self.norm.forward(ops, &sum)
    }
}

impl Layer {
    fn take(weights: &mut Weights, name: &str, architecture: &Architecture) -> Result<Self> {
        let (hidden, inner) = (architecture.hidden_size, architecture.intermediate_size);
        let epsilon = architecture.layer_norm_eps as f32;
        let mut linear =
            |part: &str, outputs, inputs| Linear::take(weights, &format!("{name}.{part}"), outputs, inputs);
        let query = linear("attention.self.query", hidden, hidden)?;
        let key = linear("attention.self.key", hidden, hidden)?;
        let value = linear("attention.self.value", hidden, hidden)?;
        let attended = linear("attention.output.dense", hidden, hidden)?;
        let first = linear("intermediate.dense", inner, hidden)?;
        let second = linear("output.dense", hidden, inner)?;
        let mut norm = |part: &str| LayerNorm::take(weights, &format!("{name}.{part}"), hidden, epsilon);
        let attention_norm = norm("attention.output.LayerNorm")?;
        let output_norm = norm("output.LayerNorm")?;
        let attention = Packed::attention([
            query.weight,
            key.weight,
            value.weight,
            attended.weight,
            query.bias,
            key.bias,
            value.bias,
            attended.bias,
            attention_norm.weight,
            attention_norm.bias,
        ])?;
        let feed_forward = match architecture.hidden_act {
            Activation::Gelu => FeedForward::Gelu(
                first.weight,
                Packed::feed_forward([second.weight, first.bias, second.bias, output_norm.weight, output_norm.bias])?,
            ),
            activation => FeedForward::Other { activation, inner: first, output: second, norm: output_norm },
        };
        Ok(Self { attention, feed_forward })
    }
}
