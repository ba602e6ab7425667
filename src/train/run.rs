//! The run folder: what training leaves behind.
//!
//! `run.json` says what was trained and how; `model.safetensors` (f32) and `tokenizer.json` are the best epoch's model;
//! `metrics.jsonl` has a line for every training loss and validation. Nothing in it depends on where the data were.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::files;
use super::metrics::Metrics;
use crate::bert::{Architecture, Pooling, Weights};
use crate::bundle::{Precision, TOKENIZER, WEIGHTS, weights};
use crate::{Error, Result};

const RECORD: &str = "run.json";
const METRICS: &str = "metrics.jsonl";

/// The content of `run.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// How the model was trained.
    pub recipe: Recipe,
    /// The encoder's sizes.
    pub architecture: Architecture,
    /// What was trained, one head each.
    pub tasks: Vec<TrainedTask>,
    /// The epoch whose model was kept, from 1.
    pub best_epoch: usize,
    /// The number of batches after which it was kept.
    pub best_step: usize,
}

/// How a model is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// How token vectors become one vector for the text.
    pub pooling: Pooling,
    /// The longest text in tokens; what is longer is cut.
    pub max_tokens: usize,
    /// How often the largest task's data are gone through.
    pub epochs: usize,
    /// Texts in a batch.
    pub batch_size: usize,
    /// RAdam's learning rate.
    pub learning_rate: f64,
    /// The share of values dropped, after each sub-layer and on the attention probabilities.
    pub dropout: (f32, f32),
    /// The share of the training texts that is held out to choose the best epoch.
    pub validation: f64,
    /// At most so many validation texts of each task.
    pub validation_samples: usize,
    /// At most so many training texts of each task; all of them where none is given.
    pub train_samples: Option<usize>,
    /// Validates after so many batches, too, not only after each epoch.
    pub validate_every: Option<usize>,
    /// What shuffles, splits, masks and fresh weights are made from.
    pub seed: u64,
}

impl Recipe {
    /// Checks that the recipe can be followed with a model of this architecture.
    ///
    /// # Errors
    /// A number is out of its range; the sentence says which.
    pub fn check(&self, architecture: &Architecture) -> Result<()> {
        let shares = [("dropout", self.dropout.0), ("dropout", self.dropout.1), ("validation", self.validation as f32)];
        let counts = [("epochs", self.epochs), ("batch-size", self.batch_size), ("validation-samples", self.validation_samples)];
        if let Some((name, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(Error::invalid(format!("--{name} must be at least 1")));
        }
        if let Some((name, share)) = shares.iter().find(|(_, share)| !(0.0..1.0).contains(share)) {
            return Err(Error::invalid(format!("--{name} {share} is no share: give a number from 0 to below 1")));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(Error::invalid(format!("--learning-rate {} must be above 0", self.learning_rate)));
        }
        if self.max_tokens > architecture.max_position_embeddings {
            return Err(Error::invalid(format!(
                "--max-tokens {} is more than the base model's {} positions",
                self.max_tokens, architecture.max_position_embeddings
            )));
        }
        Ok(())
    }
}

/// One task of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrainedTask {
    /// The task's name.
    pub name: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// How many texts it was trained on.
    pub train_samples: usize,
    /// The best epoch's metrics on the held-out texts.
    pub validation: Metrics,
}

/// A folder that a run writes to, or that one has left.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder for a new run.
    ///
    /// # Errors
    /// It cannot be made or written to, or has a run in it.
    pub fn create(path: &Path) -> Result<Self> {
        if path.join(METRICS).exists() || path.join(RECORD).exists() {
            return Err(Error::invalid(format!(
                "{} holds a run already: give another folder to --out, or remove this one",
                path.display()
            )));
        }
        files::make_folder(path)?;
        let run = Self { path: path.to_owned() };
        files::write(&run.path.join(METRICS), b"")?;
        Ok(run)
    }

    /// Opens the folder of a run that has kept a model.
    ///
    /// # Errors
    /// There is no such run.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.join(RECORD).exists() {
            return Err(Error::invalid(format!(
                "{} has no {RECORD}: it is no run folder, or its run has not yet finished a validation",
                path.display()
            )));
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Appends a line to `metrics.jsonl`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn log(&self, line: &Value) -> Result<()> {
        let path = self.path.join(METRICS);
        let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
        file.and_then(|mut file| std::io::Write::write_all(&mut file, format!("{line}\n").as_bytes()))
            .map_err(Error::io(&path))
    }

    /// Keeps a model as the best so far.
    ///
    /// # Errors
    /// A file cannot be written, or a weight is not finite.
    pub fn keep(&self, record: &Record, model: Weights, tokenizer: &[u8]) -> Result<()> {
        files::write(&self.path.join(TOKENIZER), tokenizer)?;
        files::write(&self.path.join(WEIGHTS), &weights::encode(model, Precision::F32)?)?;
        let json = serde_json::to_vec_pretty(record).map_err(|error| Error::invalid(error.to_string()))?;
        files::write(&self.path.join(RECORD), &json)
    }

    /// What the run was.
    ///
    /// # Errors
    /// `run.json` is missing or malformed.
    pub fn record(&self) -> Result<Record> {
        let path = self.path.join(RECORD);
        let json = std::fs::read(&path).map_err(Error::io(&path))?;
        serde_json::from_slice(&json).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))
    }

    /// The content of the kept `model.safetensors`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn weights(&self) -> Result<Vec<u8>> {
        self.read(WEIGHTS)
    }

    /// The content of `tokenizer.json`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn tokenizer(&self) -> Result<Vec<u8>> {
        self.read(TOKENIZER)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        std::fs::read(&path).map_err(Error::io(&path))
    }
}
