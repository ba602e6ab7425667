//! Which of a checkpoint's tensors are BERT's, and what they are called in [`crate::bert::Model`].
//!
//! A class around the encoder puts a prefix before its tensors' names (`bert.`, `model.`, `0.auto_model.`) and brings tensors of
//! its own: the heads of pre-training, a classifier, a projection. The encoder is found by its table of word vectors.

use crate::bert::config::check_is_bert;
use crate::bert::names::{self, WORD_EMBEDDINGS};
use crate::{Error, Result};

/// Lists of 0, 1, 2, … and of zeros, which PyTorch checkpoints may carry.
const BUFFERS: [&str; 2] = ["embeddings.position_ids", "embeddings.token_type_ids"];

/// How a checkpoint names the tensors of its encoder.
pub(super) struct Naming {
    prefix: String,
}

impl Naming {
    /// The naming of a checkpoint with tensors of these names.
    ///
    /// # Errors
    /// None or several are a table of word vectors, or the prefix is another model's name.
    pub fn of(names: &[String]) -> Result<Self> {
        let prefix = |name: &String| {
            let prefix = name.strip_suffix(WORD_EMBEDDINGS)?;
            (prefix.is_empty() || prefix.ends_with('.')).then(|| prefix.to_owned())
        };
        let mut prefixes: Vec<String> = names.iter().filter_map(prefix).collect();
        // The one that stands at the top is the model itself.
        prefixes.sort();
        match &prefixes[..] {
            [only] => {
                // `roberta.` where the configuration does not tell.
                let class = only.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
                if ["distilbert", "roberta", "albert", "electra", "mpnet", "deberta"].contains(&class) {
                    check_is_bert(class)?;
                }
                Ok(Self { prefix: only.clone() })
            }
            [] => Err(Error::invalid(format!(
                "the weights have no encoder: none of their {} tensors is called …{WORD_EMBEDDINGS}",
                names.len()
            ))),
            [first, second, ..] => Err(Error::invalid(format!(
                "the weights have several encoders ({first}{WORD_EMBEDDINGS}, {second}{WORD_EMBEDDINGS}): save the one that \
                 is wanted as a checkpoint of its own"
            ))),
        }
    }

    /// What the tensor `name` is called in the model: without the prefix, with `weight` and `bias` for the `gamma` and `beta` of
    /// TensorFlow's layer normalisation. None where the model has no place for it.
    pub fn current(&self, name: &str) -> Option<String> {
        let bare = name.strip_prefix(&self.prefix)?;
        if !names::ALL.iter().any(|start| bare.starts_with(start)) || BUFFERS.contains(&bare) {
            return None;
        }
        Some(match bare.rsplit_once("LayerNorm.") {
            Some((path, "gamma")) => format!("{path}LayerNorm.weight"),
            Some((path, "beta")) => format!("{path}LayerNorm.bias"),
            _ => bare.to_owned(),
        })
    }

    /// Whether `name` is of a tensor that says nothing.
    pub fn is_buffer(&self, name: &str) -> bool {
        name.strip_prefix(&self.prefix).is_some_and(|bare| BUFFERS.contains(&bare))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(names: &[&str]) -> Result<Naming> {
        Naming::of(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_prefix_is_what_stands_before_the_table_of_word_vectors() {
        for prefix in ["", "bert.", "model.", "module.bert.", "0.auto_model."] {
            let naming = naming(&["classifier.weight", &format!("{prefix}{WORD_EMBEDDINGS}")]).unwrap();
            let current = |name: &str| naming.current(&format!("{prefix}{name}"));
            assert_eq!(current("pooler.dense.bias").unwrap(), "pooler.dense.bias");
            assert_eq!(current("embeddings.LayerNorm.gamma").unwrap(), "embeddings.LayerNorm.weight");
            assert_eq!(
                current("encoder.layer.3.output.LayerNorm.beta").unwrap(),
                "encoder.layer.3.output.LayerNorm.bias"
            );
            assert_eq!(current("embeddings.position_ids"), None);
            assert!(naming.is_buffer(&format!("{prefix}embeddings.position_ids")));
            for head in ["classifier.weight", "cls.predictions.decoder.weight", "qa_outputs.bias", "linear.weight"] {
                assert_eq!((naming.current(head), naming.is_buffer(head)), (None, false), "{head}");
            }
        }
    }

    #[test]
    fn one_encoder_is_wanted() {
        let said = |names: &[&str]| naming(names).err().unwrap().to_string();
        let (a, b) = (format!("query.{WORD_EMBEDDINGS}"), format!("context.{WORD_EMBEDDINGS}"));
        assert!(said(&[&a, &b]).contains("several encoders (context."));
        assert!(said(&["transformer.wte.weight"]).contains("none of their 1 tensors"));
        assert!(said(&[&format!("roberta.{WORD_EMBEDDINGS}")]).contains("a \"roberta\" model"));
    }
}
