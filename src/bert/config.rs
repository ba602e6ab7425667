//! `config.json`, by which Hugging Face describes a model.
//!
//! What a file leaves out has the value that transformers' `BertConfig` gives it: older checkpoints, Google's small BERTs among
//! them, name only some of the fields. What is set and would make the model another one than [`super::Model`] is refused.

use serde_json::{Map, Value};

use super::{Activation, Architecture, Sizes};
use crate::{Error, Result};

/// What a `config.json` says of a BERT.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Config {
    pub architecture: Architecture,
    /// The dropout it was trained with, after each sub-layer and on the attention probabilities.
    pub dropout: (f32, f32),
}

impl Config {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// It is no JSON, describes another model than BERT, or a size is malformed or contradicts another.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let unreadable = |error| Error::invalid(format!("config.json cannot be read: {error}"));
        let fields = Fields(serde_json::from_slice(json).map_err(unreadable)?);
        if let Some(kind) = fields.model()? {
            check_is_bert(&kind)?;
        }
        fields.check_is_plain()?;
        let architecture = Architecture::new(Sizes {
            vocab_size: fields.size("vocab_size", 30522)?,
            hidden_size: fields.size("hidden_size", 768)?,
            num_hidden_layers: fields.size("num_hidden_layers", 12)?,
            num_attention_heads: fields.size("num_attention_heads", 12)?,
            intermediate_size: fields.size("intermediate_size", 3072)?,
            hidden_act: fields.activation()?,
            max_position_embeddings: fields.size("max_position_embeddings", 512)?,
            type_vocab_size: fields.size("type_vocab_size", 2)?,
            layer_norm_eps: fields.number("layer_norm_eps", 1e-12)?,
            initializer_range: fields.number("initializer_range", 0.02)?,
        })?;
        let dropout = ["hidden_dropout_prob", "attention_probs_dropout_prob"].map(|name| fields.number(name, 0.1));
        let [hidden, attention] = dropout;
        Ok(Self { architecture, dropout: (hidden? as f32, attention? as f32) })
    }
}

/// Checks that `kind`, the `model_type` of a configuration or the prefix of a checkpoint's tensors, is not the name of another
/// model than BERT.
///
/// # Errors
/// It is.
pub(super) fn check_is_bert(kind: &str) -> Result<()> {
    let difference = match kind {
        "bert" => return Ok(()),
        "distilbert" => "it has no token types, and a layout of its own",
        "roberta" | "xlm-roberta" | "camembert" | "data2vec-text" => {
            "it counts positions from its padding on, and splits words in another way"
        }
        "albert" => "its layers share their weights",
        "electra" => "its word vectors are of another width than its layers",
        "mpnet" | "deberta" | "deberta-v2" => "its attention has relative positions",
        "modernbert" | "nomic_bert" => "its positions are rotations",
        _ => "its layers are others",
    };
    Err(Error::NotBert { model: kind.to_owned(), difference })
}

/// The fields of a `config.json`.
struct Fields(Map<String, Value>);

impl Fields {
    /// The field `name`; null is as if it were not there.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn size(&self, name: &str, default: usize) -> Result<usize> {
        let Some(value) = self.get(name) else { return Ok(default) };
        let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
        size.ok_or_else(|| Error::invalid(format!("config.json sets {name} to {value}, which is no size")))
    }

    fn number(&self, name: &str, default: f64) -> Result<f64> {
        let Some(value) = self.get(name) else { return Ok(default) };
        value.as_f64().ok_or_else(|| Error::invalid(format!("config.json sets {name} to {value}, which is no number")))
    }

    fn text(&self, name: &str) -> Result<Option<&str>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let text = value.as_str();
        text.map(Some).ok_or_else(|| Error::invalid(format!("config.json sets {name} to {value}, which is no text")))
    }

    fn activation(&self) -> Result<Activation> {
        match self.text("hidden_act")?.unwrap_or("gelu") {
            "gelu" | "gelu_python" => Ok(Activation::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" | "gelu_accurate" => Ok(Activation::GeluTanh),
            "relu" => Ok(Activation::Relu),
            other => Err(Error::invalid(format!(
                "config.json sets hidden_act to \"{other}\"; layers with gelu, gelu_new or relu can be used"
            ))),
        }
    }

    /// Which model it is, as far as the file says: by its `model_type`, or else by the class that wrote it (`RobertaModel`).
    fn model(&self) -> Result<Option<String>> {
        if let Some(kind) = self.text("model_type")? {
            return Ok(Some(kind.to_owned()));
        }
        let class = self.get("architectures").and_then(|classes| classes.get(0)?.as_str());
        let family = class.and_then(|class| {
            let ends = ["Model", "For"].iter().filter_map(|word| class.find(word)).min()?;
            Some(class[..ends].to_lowercase())
        });
        Ok(family.filter(|family| !family.is_empty()))
    }

    /// Checks that nothing makes the model another one than BERT as it was published.
    fn check_is_plain(&self) -> Result<()> {
        let refuse = |name: &str, value: &Value, instead: &str| {
            Err(Error::invalid(format!(
                "config.json sets {name} to {value}, which this BERT does not have: take a checkpoint with {instead}"
            )))
        };
        if let Some(value) = self.get("position_embedding_type").filter(|value| *value != "absolute") {
            return refuse("position_embedding_type", value, "absolute positions");
        }
        if let Some(value) =
            self.get("pruned_heads").filter(|value| value.as_object().is_none_or(|heads| !heads.is_empty()))
        {
            return refuse("pruned_heads", value, "all of its attention heads");
        }
        for name in ["is_decoder", "add_cross_attention"] {
            if let Some(value) = self.get(name).filter(|value| **value != Value::Bool(false)) {
                return refuse(name, value, "an encoder, in which each token sees the whole text");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        Config::parse(json.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_left_out_is_as_in_bert_config() {
        let Config { architecture, dropout } = Config::parse(b"{}").unwrap();
        let expected = Sizes {
            vocab_size: 30522,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            hidden_act: Activation::Gelu,
            max_position_embeddings: 512,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            initializer_range: 0.02,
        };
        assert_eq!((architecture, dropout), (Architecture::new(expected).unwrap(), (0.1, 0.1)));
        let null = Config::parse(br#"{ "layer_norm_eps": null, "hidden_act": null, "is_decoder": null }"#).unwrap();
        assert_eq!(null, Config::parse(b"{}").unwrap());
    }

    #[test]
    fn another_model_is_refused_by_its_name() {
        for (json, expected) in [
            (
                r#"{ "model_type": "distilbert", "dim": 768 }"#,
                "\"distilbert\" model, which is no BERT (it has no token types",
            ),
            (r#"{ "model_type": "roberta" }"#, "\"roberta\" model, which is no BERT (it counts positions"),
            (r#"{ "architectures": ["RobertaForMaskedLM"] }"#, "\"roberta\" model"),
            (r#"{ "architectures": ["DistilBertModel"] }"#, "\"distilbert\" model"),
            (r#"{ "model_type": "llama" }"#, "\"llama\" model"),
        ] {
            let said = error(json);
            assert!(said.contains(expected) && said.contains("take a checkpoint"), "{said}");
        }
        for json in [r#"{ "architectures": ["BertForSequenceClassification"] }"#, r#"{ "architectures": ["Model"] }"#] {
            Config::parse(json.as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_setting_that_makes_another_model_is_refused_by_its_name() {
        for (json, expected) in [
            (
                r#"{ "position_embedding_type": "relative_key_query" }"#,
                "position_embedding_type to \"relative_key_query\"",
            ),
            (r#"{ "position_embedding_type": "alibi" }"#, "position_embedding_type to \"alibi\""),
            (r#"{ "is_decoder": true }"#, "is_decoder to true"),
            (r#"{ "add_cross_attention": true }"#, "add_cross_attention to true"),
            (r#"{ "pruned_heads": { "0": [1] } }"#, "pruned_heads to {\"0\":[1]}"),
            (r#"{ "hidden_act": "silu" }"#, "hidden_act to \"silu\""),
            (r#"{ "hidden_size": "768" }"#, "hidden_size to \"768\", which is no size"),
            (r#"{ "layer_norm_eps": "tiny" }"#, "layer_norm_eps to \"tiny\", which is no number"),
            ("[]", "config.json cannot be read"),
        ] {
            let said = error(json);
            assert!(said.contains(expected), "{said}");
        }
        let plain = r#"{ "position_embedding_type": "absolute", "pruned_heads": {}, "is_decoder": false }"#;
        Config::parse(plain.as_bytes()).unwrap();
    }
}
