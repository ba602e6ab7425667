//! A pretrained BERT in Hugging Face's layout: a folder with `config.json` and the weights.
//!
//! The weights may be safetensors or PyTorch's own format, in one file or several, under any prefix, with the heads of whatever
//! they were trained for: those are left out, and the checkpoint lists them.

mod naming;
mod stored;

use std::path::Path;

use candle_core::Device;

use super::config::Config;
use super::{Architecture, Weights};
use crate::{Error, Result, lfs};
use naming::Naming;
use stored::Stored;

/// An encoder to start from.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Its sizes.
    pub architecture: Architecture,
    /// The dropout it was trained with, after each sub-layer and on the attention probabilities.
    pub dropout: (f32, f32),
    /// Its tensors, under the model's names.
    pub weights: Weights,
    /// The names of the tensors that are no part of BERT and were left out: a classifier's, or those of pre-training.
    pub left_out: Vec<String>,
}

impl Checkpoint {
    /// Reads the checkpoint in `folder`.
    ///
    /// # Errors
    /// A file is missing or unreadable, or the model is no BERT.
    pub fn read(folder: &Path, device: &Device) -> Result<Self> {
        if !folder.is_dir() {
            return Err(Error::invalid(format!(
                "{} is no folder: a checkpoint is a folder with config.json, model.safetensors and tokenizer.json or vocab.txt",
                folder.display()
            )));
        }
        let in_folder = |error: Error| error.within(folder);
        let Config { architecture, dropout } =
            Config::parse(&lfs::read(&folder.join("config.json"))?).map_err(in_folder)?;
        let stored = Stored::open(folder)?;
        let names = stored.names()?;
        let naming = Naming::of(&names).map_err(in_folder)?;
        let mut weights = Weights::default();
        for (name, tensor) in stored.read(|name| naming.current(name), device)? {
            weights.insert(name, tensor).map_err(in_folder)?;
        }
        let is_left_out = |name: &String| naming.current(name).is_none() && !naming.is_buffer(name);
        let mut left_out: Vec<String> = names.into_iter().filter(is_left_out).collect();
        left_out.sort();
        Ok(Self { architecture, dropout, weights, left_out })
    }

    /// What is worth knowing of the checkpoint before it is trained, in sentences.
    pub fn notes(&self) -> Vec<String> {
        match &self.left_out[..] {
            [] => Vec::new(),
            names => vec![format!(
                "The base model has tensors that are no part of BERT; they are left out: {}",
                names.join(", ")
            )],
        }
    }
}
