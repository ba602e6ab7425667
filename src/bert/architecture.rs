//! The sizes of a BERT, read from a Hugging Face `config.json` and kept in a bundle's manifest.

use serde::{Deserialize, Serialize};

use super::tensors::HEADER_LIMIT;
use crate::ops::Activation;
use crate::{Error, Result};

/// No model may have more parameters: as f32 they are 2 GiB, half of what WebAssembly can address. BERT-large has 335 million.
pub const PARAMETER_LIMIT: u64 = 1 << 29;

/// The sizes of a BERT encoder, checked: they fit each other, and no more is asked for than memory can have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Sizes", into = "Sizes")]
pub struct Architecture(Sizes);

/// The sizes of a BERT encoder, under the names of Hugging Face's `config.json`, whether or not they fit each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Entries of the word embedding table.
    pub vocab_size: usize,
    /// The width of a token's vector.
    pub hidden_size: usize,
    /// How many transformer layers there are.
    pub num_hidden_layers: usize,
    /// How many attention heads each layer has; divides the hidden size.
    pub num_attention_heads: usize,
    /// The width of the feed-forward layers.
    pub intermediate_size: usize,
    /// The feed-forward layers' non-linearity.
    pub hidden_act: Activation,
    /// Entries of the position embedding table: the longest input in tokens.
    pub max_position_embeddings: usize,
    /// Entries of the token type table.
    pub type_vocab_size: usize,
    /// What layer normalisation adds to the variance.
    pub layer_norm_eps: f64,
    /// The standard deviation of fresh weights.
    pub initializer_range: f64,
}

/// How the vectors of a text's tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Their mean, padding left out.
    Mean,
    /// The first token's, `[CLS]`.
    Cls,
    /// The first token's through the checkpoint's pooler: a linear layer and tanh.
    Pooler,
}

impl Architecture {
    /// The architecture of these sizes.
    ///
    /// # Errors
    /// A size is zero, the heads do not divide the hidden size, all together are more than [`PARAMETER_LIMIT`], or what layer
    /// normalisation adds is not above 0.
    pub fn new(sizes: Sizes) -> Result<Self> {
        sizes.check()?;
        Ok(Self(sizes))
    }

    /// The same with one of the sizes, or several, changed.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with(&self, change: impl FnOnce(&mut Sizes)) -> Result<Self> {
        let mut sizes = self.0.clone();
        change(&mut sizes);
        Self::new(sizes)
    }

    /// The `config.json` that describes these sizes, with the dropout after each sub-layer and on the attention
    /// probabilities.
    pub fn to_config(&self, (hidden_dropout, attention_dropout): (f32, f32)) -> serde_json::Value {
        let mut config = serde_json::json!({
            "model_type": "bert",
            "pad_token_id": 0,
            "hidden_dropout_prob": hidden_dropout,
            "attention_probs_dropout_prob": attention_dropout,
        });
        if let (Some(config), Ok(serde_json::Value::Object(sizes))) =
            (config.as_object_mut(), serde_json::to_value(&self.0))
        {
            config.extend(sizes);
        }
        config
    }

    /// How many bytes a file of weights can need, with heads of so many labels: those of f32 for each parameter, and as many again for
    /// the scales and factors that come with integers, and a header.
    pub fn largest_file(&self, labels: u64) -> u64 {
        let heads = labels.saturating_mul((self.hidden_size as u64).saturating_add(1));
        self.parameters().saturating_add(heads).saturating_mul(8).saturating_add(HEADER_LIMIT)
    }
}

impl Sizes {
    fn check(&self) -> Result<()> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(Error::invalid(format!("the model's {name} is 0")));
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err(Error::invalid(format!(
                "the model's hidden_size {} is no multiple of its num_attention_heads {}",
                self.hidden_size, self.num_attention_heads
            )));
        }
        // At least the least that there is of it as f32, which the kernels compute with.
        let epsilon = self.layer_norm_eps as f32;
        if !(epsilon > 0.0 && epsilon.is_finite()) {
            return Err(Error::invalid(format!(
                "the model's layer_norm_eps is {}, and has to be above 0 and finite: BERT's is 1e-12",
                self.layer_norm_eps
            )));
        }
        if !(self.initializer_range >= 0.0 && self.initializer_range.is_finite()) {
            return Err(Error::invalid(format!(
                "the model's initializer_range is {}, and has to be a standard deviation: BERT's is 0.02",
                self.initializer_range
            )));
        }
        if self.parameters() > PARAMETER_LIMIT {
            return Err(Error::invalid(format!(
                "the model's sizes come to more than {PARAMETER_LIMIT} parameters, which is more than a browser could hold: choose a \
                 smaller model"
            )));
        }
        Ok(())
    }

    /// How many parameters the encoder and its pooler have; what is too much to count is the largest number.
    pub fn parameters(&self) -> u64 {
        let sizes = [self.hidden_size, self.intermediate_size, self.num_hidden_layers];
        let [hidden, inner, layers] = sizes.map(|size| size as u64);
        let tables = [self.vocab_size, self.max_position_embeddings, self.type_vocab_size];
        let rows = tables.iter().fold(0u64, |rows, &size| rows.saturating_add(size as u64));
        let linear = |outputs: u64, inputs: u64| outputs.saturating_mul(inputs.saturating_add(1));
        let norm = linear(hidden, 1);
        let layer = linear(hidden, hidden)
            .saturating_mul(4)
            .saturating_add(linear(inner, hidden))
            .saturating_add(linear(hidden, inner))
            .saturating_add(norm.saturating_mul(2));
        let embeddings = rows.saturating_mul(hidden).saturating_add(norm);
        embeddings.saturating_add(layer.saturating_mul(layers)).saturating_add(linear(hidden, hidden))
    }
}

impl std::ops::Deref for Architecture {
    type Target = Sizes;

    fn deref(&self) -> &Sizes {
        &self.0
    }
}

impl From<Architecture> for Sizes {
    fn from(architecture: Architecture) -> Self {
        architecture.0
    }
}

impl TryFrom<Sizes> for Architecture {
    type Error = Error;

    fn try_from(sizes: Sizes) -> Result<Self> {
        Self::new(sizes)
    }
}
