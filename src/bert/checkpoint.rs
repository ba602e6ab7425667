//! A pretrained BERT in Hugging Face's layout: a folder with `config.json` and `model.safetensors`.

use std::path::Path;

use candle_core::Device;
use serde::Deserialize;

use super::{Architecture, Weights};
use crate::{Error, Result};

/// An encoder to start from.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Its sizes.
    pub architecture: Architecture,
    /// The dropout it was trained with, after each sub-layer and on the attention probabilities.
    pub dropout: (f32, f32),
    /// Its tensors, under the model's names.
    pub weights: Weights,
}

impl Checkpoint {
    /// Reads the checkpoint in `folder`.
    ///
    /// # Errors
    /// A file is missing or unreadable, or the model is no BERT.
    pub fn read(folder: &Path, device: &Device) -> Result<Self> {
        #[derive(Deserialize)]
        struct Rates {
            #[serde(default)]
            hidden_dropout_prob: f32,
            #[serde(default)]
            attention_probs_dropout_prob: f32,
        }
        if !folder.is_dir() {
            return Err(Error::invalid(format!(
                "{} is no folder: a checkpoint is a folder with config.json, model.safetensors and tokenizer.json or vocab.txt",
                folder.display()
            )));
        }
        let path = folder.join("config.json");
        let config = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let in_file = |error: Error| Error::invalid(format!("{}: {error}", folder.display()));
        let architecture = Architecture::from_config(&config).map_err(in_file)?;
        let rates: Rates =
            serde_json::from_str(&config).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))?;
        let path = folder.join("model.safetensors");
        let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
        let weights =
            Weights::from_safetensors(&bytes, device).and_then(Weights::with_current_names).map_err(in_file)?;
        Ok(Self { architecture, dropout: (rates.hidden_dropout_prob, rates.attention_probs_dropout_prob), weights })
    }
}
