//! The run folder: what training leaves behind.
//!
//! `run.json` says what was trained and how; `model.safetensors` (f32), `tokenizer.json` and `config.json` are the best epoch's
//! model, and together a checkpoint that a later run can take as its base;
//! `metrics.jsonl` has a line for every training loss and validation, and `held-out/` the texts that it was validated on, one
//! file a task. While the run goes on, `checkpoint.safetensors` is what
//! it can be resumed from, and `run.lock` keeps a second process out. Nothing in it depends on where the data were.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::data::{self, Example};
use super::files;
use super::metrics::Metrics;
use super::recipe::{Recipe, recorded};
use crate::bert::{Architecture, Unit, Weights};
use crate::bundle::{Precision, TOKENIZER, WEIGHTS, weights};
use crate::{Error, Result};

const RECORD: &str = "run.json";
const CONFIG: &str = "config.json";
const METRICS: &str = "metrics.jsonl";
const CHECKPOINT: &str = "checkpoint.safetensors";
const LOCK: &str = "run.lock";
const HELD_OUT: &str = "held-out";

/// The content of `run.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// How the model was trained.
    #[serde(deserialize_with = "recorded")]
    pub recipe: Recipe,
    /// The encoder's sizes.
    pub architecture: Architecture,
    /// What was trained, one head each.
    pub tasks: Vec<TrainedTask>,
    /// The epoch whose model was kept, from 1.
    pub best_epoch: usize,
    /// The number of steps after which it was kept.
    pub best_step: usize,
}

/// One task of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrainedTask {
    /// The task's name.
    pub name: String,
    /// What has the labels.
    #[serde(default)]
    pub unit: Unit,
    /// Its labels.
    pub labels: Vec<String>,
    /// How many texts it was trained on.
    pub train_samples: usize,
    /// The best epoch's metrics on the held-out texts.
    pub validation: Metrics,
}

/// Where the run in `folder` has left the labelled texts that `task` was validated on.
pub fn held_out(folder: &Path, task: &str) -> PathBuf {
    folder.join(HELD_OUT).join(format!("{task}.jsonl"))
}

/// A folder that a run has left a model in.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

/// The folder of a run in progress, which is this process's alone.
#[derive(Debug)]
pub struct OpenRun {
    folder: RunFolder,
    /// Locked until it is dropped, by whatever end the process comes to.
    _lock: File,
}

impl OpenRun {
    /// Makes the folder for a new run.
    ///
    /// # Errors
    /// It cannot be made or written to, another process uses it, or it has a run in it.
    pub fn create(path: &Path) -> Result<Self> {
        files::make_folder(path)?;
        let run = Self::lock(path)?;
        if [METRICS, RECORD, CHECKPOINT].iter().any(|name| path.join(name).exists()) {
            return Err(Error::RunExists { path: path.to_owned() });
        }
        Ok(run)
    }

    /// Opens the folder of a run that was interrupted, and gives the content of its checkpoint.
    ///
    /// # Errors
    /// There is no checkpoint, or another process uses the folder.
    pub fn resume(path: &Path) -> Result<(Self, Vec<u8>)> {
        let checkpoint = path.join(CHECKPOINT);
        if !checkpoint.exists() {
            let why =
                if path.join(RECORD).exists() { "its run has finished" } else { "it holds no run with a checkpoint" };
            return Err(Error::NothingToResume { path: path.to_owned(), why });
        }
        let run = Self::lock(path)?;
        let bytes = std::fs::read(&checkpoint).map_err(Error::io(&checkpoint))?;
        Ok((run, bytes))
    }

    fn lock(path: &Path) -> Result<Self> {
        let lock_path = path.join(LOCK);
        let lock = File::create(&lock_path).map_err(Error::io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: RunFolder { path: path.to_owned() }, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::RunInUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(Error::io(&lock_path)(source)),
        }
    }

    /// Appends a line to `metrics.jsonl`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn log(&self, line: &Value) -> Result<()> {
        let path = self.folder.path.join(METRICS);
        let file = OpenOptions::new().append(true).create(true).open(&path);
        file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())).map_err(Error::io(&path))
    }

    /// Takes back the lines of `metrics.jsonl` on steps after `step`, which are about to be done again.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn rewind_log(&self, step: usize) -> Result<()> {
        let path = self.folder.path.join(METRICS);
        let log = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let done = |line: &&str| {
            let line: Option<Value> = serde_json::from_str(line).ok();
            line.and_then(|line| line["step"].as_u64()).is_some_and(|done| done <= step as u64)
        };
        let kept: String = log.lines().filter(done).map(|line| format!("{line}\n")).collect();
        files::write(&path, kept.as_bytes())
    }

    /// Leaves the texts that a task is validated on, for calibration and reports.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_held_out(&self, task: &str, labels: &[String], examples: &[Example]) -> Result<()> {
        files::make_folder(&self.folder.path.join(HELD_OUT))?;
        data::write_jsonl(&held_out(&self.folder.path, task), examples, labels)
    }

    /// Writes what the run can be resumed from.
    ///
    /// # Errors
    /// The file cannot be written; the checkpoint before it stays.
    pub fn save_checkpoint(&self, content: &[u8]) -> Result<()> {
        files::write(&self.folder.path.join(CHECKPOINT), content)
    }

    /// Removes what only a run in progress needs.
    ///
    /// # Errors
    /// The checkpoint cannot be removed.
    pub fn finish(self) -> Result<()> {
        let path = self.folder.path.join(CHECKPOINT);
        if path.exists() {
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
        }
        let _ = std::fs::remove_file(self.folder.path.join(LOCK));
        Ok(())
    }

    /// Keeps a model as the best so far.
    ///
    /// # Errors
    /// A file cannot be written, or a weight is not finite.
    pub fn keep(&self, record: &Record, model: Weights, tokenizer: &[u8]) -> Result<()> {
        files::write(&self.folder.path.join(TOKENIZER), tokenizer)?;
        files::write(&self.folder.path.join(WEIGHTS), &weights::encode(model, Precision::F32)?)?;
        let config = record.architecture.to_config(record.recipe.dropout);
        files::write(&self.folder.path.join(CONFIG), format!("{config:#}\n").as_bytes())?;
        let json = serde_json::to_vec_pretty(record).map_err(|error| Error::invalid(error.to_string()))?;
        files::write(&self.folder.path.join(RECORD), &json)
    }
}

impl RunFolder {
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
