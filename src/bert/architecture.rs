//! The sizes of a BERT, read from a Hugging Face `config.json` and kept in a bundle's manifest.

use candle_transformers::models::bert;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The sizes of a BERT encoder, under the names of Hugging Face's `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
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

/// The non-linearity of the feed-forward layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// x·Φ(x).
    #[serde(rename = "gelu")]
    Gelu,
    /// GELU's approximation by a hyperbolic tangent.
    #[serde(rename = "gelu_new")]
    GeluTanh,
    /// max(x, 0).
    #[serde(rename = "relu")]
    Relu,
}

/// How the vectors of a text's tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Their mean, padding left out.
    Mean,
    /// The first token's, [CLS].
    Cls,
    /// The first token's through the checkpoint's pooler: a linear layer and tanh.
    Pooler,
}

impl Architecture {
    /// Reads a Hugging Face `config.json`.
    ///
    /// # Errors
    /// It is no JSON, describes another model than BERT, or a size is missing or contradicts another.
    pub fn from_config(json: &str) -> Result<Self> {
        let unreadable = |error| Error::invalid(format!("config.json cannot be read as BERT's: {error}"));
        let mut config: serde_json::Value = serde_json::from_str(json).map_err(unreadable)?;
        if let Some(model) = config.get("model_type").and_then(|model| model.as_str())
            && model != "bert"
        {
            return Err(Error::invalid(format!(
                "config.json describes a \"{model}\" model; only \"bert\" can be loaded"
            )));
        }
        // candle-transformers knows the approximation under a name of its own.
        if let Some(activation) = config.get_mut("hidden_act")
            && matches!(activation.as_str(), Some("gelu_new" | "gelu_pytorch_tanh"))
        {
            *activation = "geluapproximate".into();
        }
        let config: bert::Config = serde_json::from_value(config).map_err(unreadable)?;
        let architecture = Self::from(&config);
        architecture.check()?;
        Ok(architecture)
    }

    /// The `config.json` that [`Self::from_config`] reads as these sizes.
    pub fn to_config(&self, (hidden_dropout, attention_dropout): (f32, f32)) -> serde_json::Value {
        let mut config = serde_json::json!({
            "model_type": "bert",
            "pad_token_id": 0,
            "hidden_dropout_prob": hidden_dropout,
            "attention_probs_dropout_prob": attention_dropout,
        });
        if let (Some(config), Ok(serde_json::Value::Object(sizes))) =
            (config.as_object_mut(), serde_json::to_value(self))
        {
            config.extend(sizes);
        }
        config
    }

    /// Checks that the sizes fit each other.
    ///
    /// # Errors
    /// A size is zero, or the heads do not divide the hidden size.
    pub fn check(&self) -> Result<()> {
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
        Ok(())
    }
}

impl From<&bert::Config> for Architecture {
    fn from(config: &bert::Config) -> Self {
        Self {
            vocab_size: config.vocab_size,
            hidden_size: config.hidden_size,
            num_hidden_layers: config.num_hidden_layers,
            num_attention_heads: config.num_attention_heads,
            intermediate_size: config.intermediate_size,
            hidden_act: match config.hidden_act {
                bert::HiddenAct::Gelu => Activation::Gelu,
                bert::HiddenAct::GeluApproximate => Activation::GeluTanh,
                bert::HiddenAct::Relu => Activation::Relu,
            },
            max_position_embeddings: config.max_position_embeddings,
            type_vocab_size: config.type_vocab_size,
            layer_norm_eps: config.layer_norm_eps,
            initializer_range: config.initializer_range,
        }
    }
}
