//! The run folder: what training leaves behind.
//!
//! `run.json` says what was trained, from what and how; `model.safetensors` (f32), `tokenizer.json` and `config.json` are the
//! best epoch's model, and together a checkpoint that a later run can take as its base; `metrics.jsonl` has a line for every
//! training loss and validation, and `held-out/` the texts that it was validated on, one file a task. While the run goes on,
//! `checkpoint.safetensors` is what it can be resumed from, and `run.lock` keeps a second process out: where it is left, the run
//! has not ended. Nothing in the folder depends on where the data were.
//!
//! The model's files change together. `run.json`, which has their hashes, is renamed first; a process that is killed after that
//! leaves the others beside their places, and whoever opens the folder next puts them there.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::data::{self, Example, LabelRule, Schema};
use super::files;
use super::metrics::Metrics;
use super::provenance::{Environment, Provenance};
use super::recipe::{Recipe, recorded};
use crate::bert::{Architecture, Unit, Weights};
use crate::bundle::{HeadKind, MANIFEST, Precision, TOKENIZER, WEIGHTS, hexadecimal, weights};
use crate::text::{WORD_COUNTS, WordCounts};
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
    /// From what.
    pub provenance: Provenance,
    /// By what, in the order of the steps: more than one where the run was resumed elsewhere.
    pub environments: Vec<Environment>,
    /// The encoder's sizes.
    pub architecture: Architecture,
    /// What was trained, one head each.
    pub tasks: Vec<TrainedTask>,
    /// The epoch whose model was kept, from 1.
    pub best_epoch: usize,
    /// The number of steps after which it was kept.
    pub best_step: usize,
    /// The SHA-256 of the model's files, by their names.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// One task of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrainedTask {
    /// The task's name.
    pub name: String,
    /// What has the labels.
    #[serde(default)]
    pub unit: Unit,
    /// How its labels go together.
    #[serde(default, skip_serializing_if = "HeadKind::is_labels")]
    pub kind: HeadKind,
    /// Whether it is about pairs of texts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pairs: bool,
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
    record: Record,
}

/// The folder of a run in progress, which is this process's alone.
#[derive(Debug)]
pub struct OpenRun {
    path: PathBuf,
    /// Locked until it is dropped, by whatever end the process comes to.
    _lock: File,
}

impl OpenRun {
    /// Makes the folder for a new run. One that was stopped before it had a checkpoint or a model left nothing to go on from, and
    /// gives way to the new one.
    ///
    /// # Errors
    /// It cannot be made or written to, another process uses it, or it has a run in it.
    pub fn create(path: &Path) -> Result<Self> {
        let has = |name: &str| path.join(name).exists();
        let has_begun = has(LOCK);
        files::make_folder(path)?;
        if has(RECORD) || has(CHECKPOINT) || (has(METRICS) && !has_begun) {
            // A lock that is left would say of a run that has ended that it has not.
            if has_begun {
                Self::lock(path)?;
            }
            return Err(Error::RunExists { path: path.to_owned() });
        }
        if has(WEIGHTS) || has(MANIFEST) {
            return Err(Error::invalid(format!(
                "{} holds a model already, which the run's would take the place of: name another folder",
                path.display()
            )));
        }
        Self::lock(path)
    }

    /// Opens the folder of a run that was interrupted, and gives the content of its checkpoint; none where it was interrupted
    /// before there was one.
    ///
    /// # Errors
    /// There is no such run, or another process uses the folder.
    pub fn resume(path: &Path) -> Result<(Self, Option<Vec<u8>>)> {
        let checkpoint = path.join(CHECKPOINT);
        let has_checkpoint = checkpoint.exists();
        if !has_checkpoint && !path.join(LOCK).exists() {
            let why = if path.join(RECORD).exists() { "its run has finished" } else { "it holds no run" };
            return Err(Error::NothingToResume { path: path.to_owned(), why });
        }
        let run = Self::lock(path)?;
        let bytes = has_checkpoint.then(|| std::fs::read(&checkpoint).map_err(Error::io(&checkpoint))).transpose()?;
        Ok((run, bytes))
    }

    /// What the best model so far is; none where there is none yet.
    ///
    /// # Errors
    /// `run.json` is malformed, the model's files are not those that it tells of, or a model whose replacement was cut short cannot be put
    /// in its place.
    pub fn kept(&self) -> Result<Option<Record>> {
        if !RunFolder::is_one(&self.path) {
            return Ok(None);
        }
        let run = RunFolder::open(&self.path)?;
        run.verify()?;
        Ok(Some(run.record))
    }

    /// Checks that the best model of the first `step` steps, of which there is none, was not taken away.
    ///
    /// # Errors
    /// The log has a validation, after which one was kept; or it cannot be read.
    pub fn check_none_kept(&self, step: usize) -> Result<()> {
        let path = self.path.join(METRICS);
        let log = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            log => log.map_err(Error::io(&path))?,
        };
        let validated = |line: &str| {
            let line: Value = serde_json::from_str(line).ok()?;
            line["step"].as_u64().filter(|&at| line["validation"].is_object() && at <= step as u64)
        };
        match log.lines().find_map(validated) {
            None => Ok(()),
            Some(step) => Err(Error::invalid(format!(
                "{} lacks {RECORD}, which tells of the best model so far, and {METRICS} says that there is one since step {step}: \
                 put it back, or start anew in another folder",
                self.path.display()
            ))),
        }
    }

    fn lock(path: &Path) -> Result<Self> {
        let lock_path = path.join(LOCK);
        let lock = File::create(&lock_path).map_err(Error::io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::RunInUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(Error::io(&lock_path)(source)),
        }
    }

    /// Appends a line to `metrics.jsonl`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn log(&self, line: &Value) -> Result<()> {
        let path = self.path.join(METRICS);
        let file = OpenOptions::new().append(true).create(true).open(&path);
        file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())).map_err(Error::io(&path))
    }

    /// Takes back the lines of `metrics.jsonl` on steps after `step`, which are about to be done again. A run that was stopped
    /// before its first step has none.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn rewind_log(&self, step: usize) -> Result<()> {
        let path = self.path.join(METRICS);
        let log = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            log => log.map_err(Error::io(&path))?,
        };
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
    pub fn keep_held_out(
        &self,
        task: &str,
        labels: &[String],
        (unit, kind): (Unit, HeadKind),
        examples: &[Example],
    ) -> Result<()> {
        files::make_folder(&self.path.join(HELD_OUT))?;
        let pairs = examples.iter().any(|example| example.second.is_some());
        let schema = Schema {
            labels: match kind {
                HeadKind::Labels => labels.iter().map(|label| LabelRule::named(label)).collect(),
                HeadKind::Classes => labels.iter().map(|class| LabelRule::class(class, task)).collect(),
            },
            kind,
            text: None,
            second: pairs.then(|| "second".to_owned()),
            spans: (unit == Unit::Token).then(|| "spans".to_owned()),
        };
        data::write_jsonl(&held_out(&self.path, task), examples, &schema)
    }

    /// Writes what the run can be resumed from.
    ///
    /// # Errors
    /// The file cannot be written; the checkpoint before it stays.
    pub fn save_checkpoint(&self, content: &[u8]) -> Result<()> {
        files::write(&self.path.join(CHECKPOINT), content)
    }

    /// Removes what only a run in progress needs: the lock first, since a lock without a checkpoint is a run that has yet to
    /// begin.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn finish(self) -> Result<()> {
        for name in [LOCK, CHECKPOINT] {
            let path = self.path.join(name);
            if path.exists() {
                std::fs::remove_file(&path).map_err(Error::io(&path))?;
            }
        }
        Ok(())
    }

    /// Keeps a model as the best so far. `record` gets the hashes of its files.
    ///
    /// # Errors
    /// A file cannot be written, or a weight is not finite; the model before it stays.
    pub fn keep(&self, record: &mut Record, model: Weights, tokenizer: &[u8], word_counts: &WordCounts) -> Result<()> {
        let counts = serde_json::to_vec(word_counts).map_err(|error| Error::invalid(error.to_string()))?;
        let weights = weights::encode(model, Precision::F32)?;
        let config = format!("{:#}\n", record.architecture.to_config(record.recipe.dropout));
        let mut model = vec![(WEIGHTS, &weights[..]), (TOKENIZER, tokenizer), (CONFIG, config.as_bytes())];
        if !word_counts.is_empty() {
            model.push((WORD_COUNTS, &counts));
        }
        record.files = model.iter().map(|(name, content)| ((*name).to_owned(), sha256(content))).collect();
        let json = serde_json::to_vec_pretty(record).map_err(|error| Error::invalid(error.to_string()))?;
        let places: Vec<(PathBuf, &[u8])> = [(RECORD, &json[..])]
            .into_iter()
            .chain(model)
            .map(|(name, content)| (self.path.join(name), content))
            .collect();
        files::replace(&places.iter().map(|(path, content)| (path.as_path(), *content)).collect::<Vec<_>>())
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
        let record = path.join(RECORD);
        let json = std::fs::read(&record).map_err(Error::io(&record))?;
        let record: Record =
            serde_json::from_slice(&json).map_err(|error| Error::invalid(format!("{}: {error}", record.display())))?;
        for (name, hash) in &record.files {
            // The replacement of a model was cut short where what is beside a file is what the record tells of.
            let file = path.join(name);
            if std::fs::read(files::beside(&file)).is_ok_and(|content| sha256(&content) == *hash) {
                files::settle(&file)?;
            }
        }
        Ok(Self { path: path.to_owned(), record })
    }

    /// Whether a run has left a model in the folder `path`.
    pub fn is_one(path: &Path) -> bool {
        path.join(RECORD).exists()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the run has not ended.
    pub fn is_unfinished(&self) -> bool {
        self.path.join(LOCK).exists() || self.path.join(CHECKPOINT).exists()
    }

    /// The SHA-256 of the model's weights, by which a bundle tells whose they are.
    pub fn weights_sha256(&self) -> Option<&String> {
        self.record.files.get(WEIGHTS)
    }

    /// What the run was.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Checks that all of the model's files are those that the run kept.
    ///
    /// # Errors
    /// One cannot be read, or is another.
    pub fn verify(&self) -> Result<()> {
        self.record.files.keys().try_for_each(|name| self.read(name).map(drop))
    }

    /// The content of the kept `model.safetensors`.
    ///
    /// # Errors
    /// It cannot be read, or is not what the run kept.
    pub fn weights(&self) -> Result<Vec<u8>> {
        self.read(WEIGHTS)
    }

    /// The content of `tokenizer.json`.
    ///
    /// # Errors
    /// It cannot be read, or is not what the run kept.
    pub fn tokenizer(&self) -> Result<Vec<u8>> {
        self.read(TOKENIZER)
    }

    /// How common words are, which the run has from its base; nothing is known of them where that does not say.
    ///
    /// # Errors
    /// The file cannot be read, or is not what the run kept.
    pub fn word_counts(&self) -> Result<WordCounts> {
        if !self.record.files.contains_key(WORD_COUNTS) {
            return Ok(WordCounts::default());
        }
        serde_json::from_slice(&self.read(WORD_COUNTS)?)
            .map_err(|error| Error::invalid(format!("{WORD_COUNTS}: {error}")))
    }

    fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let content = std::fs::read(&path).map_err(Error::io(&path))?;
        if self.record.files.get(name).is_some_and(|hash| *hash != sha256(&content)) {
            return Err(Error::invalid(format!(
                "{} is not the file that {RECORD} beside it tells of (its SHA-256 differs): copy the run's folder as a whole, or \
                 train anew",
                path.display()
            )));
        }
        Ok(content)
    }
}

fn sha256(content: &[u8]) -> String {
    hexadecimal(&Sha256::digest(content))
}

#[cfg(test)]
mod tests;
