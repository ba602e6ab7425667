//! `manifest.json`, format 1: what a bundle says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bert::{Architecture, HeadShape, Pooling, Unit};
use crate::text::Normalisation;
use crate::{Error, Result};

/// The only format that this version reads and writes.
pub const FORMAT: u32 = 1;

/// The content of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format's version, [`FORMAT`].
    pub format: u32,
    /// The bundle's name, as shown to people.
    pub name: String,
    /// Under which licence the weights may be used.
    pub licence: String,
    /// The encoder's sizes.
    pub architecture: Architecture,
    /// How token vectors become one vector for the text.
    pub pooling: Pooling,
    /// What is done to a text before it is tokenised.
    #[serde(default, skip_serializing_if = "Normalisation::is_none")]
    pub normalisation: Normalisation,
    /// How the weights are stored.
    pub precision: Precision,
    /// How the word vectors are stored; as `precision` says where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<EmbeddingPrecision>,
    /// The longest input in tokens, [CLS] and [SEP] included; what is longer is cut.
    pub max_tokens: usize,
    /// What the bundle classifies, one head each, in the order in which answers come.
    pub tasks: Vec<Task>,
    /// Size and hash of every other file of the bundle.
    pub files: BTreeMap<String, FileEntry>,
}

/// How a bundle stores its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats, as trained.
    F32,
    /// 16-bit floats.
    F16,
    /// 8-bit integers with one f32 scale for each output row of a matrix; vectors stay f32.
    Int8,
}

/// How a bundle stores its table of word vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmbeddingPrecision {
    /// 8-bit integers with one f32 scale for each word.
    Int8,
    /// 6-bit integers with one f16 scale for each 32 of a word's values.
    Int6,
    /// 4-bit integers with one f16 scale for each 32 of a word's values.
    Int4,
}

/// One classification task, which is one head of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The task's name: `sentiment`, `toxicity`.
    pub name: String,
    /// What has the labels: the text, or each token of it.
    #[serde(default, skip_serializing_if = "Unit::is_text")]
    pub unit: Unit,
    /// The independent labels that the head scores, in the order of its outputs.
    pub labels: Vec<Label>,
    /// What was measured of the task when its weights were chosen; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<TaskMetrics>,
    /// What the labels' calibration and thresholds were made on; none where nobody calibrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationRecord>,
}

/// One label of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The label's name: `positive`, `threat`.
    pub name: String,
    /// The probability from which on the label counts as present.
    pub threshold: f32,
    /// What makes the model's logit the logit of a probability that can be taken at its word.
    #[serde(default, skip_serializing_if = "Calibration::is_identity")]
    pub calibration: Calibration,
}

/// A line through a label's logit, whose sigmoid is the probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// What the logit is multiplied by, above 0: the inverse of a temperature.
    pub scale: f32,
    /// What is added then.
    pub bias: f32,
}

impl Label {
    /// A label as it is before anybody calibrates it, which counts from ½ on.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), threshold: 0.5, calibration: Calibration::default() }
    }
}

impl Default for Calibration {
    fn default() -> Self {
        Self { scale: 1.0, bias: 0.0 }
    }
}

impl Calibration {
    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        *self == Self::default()
    }

    /// The calibrated logit.
    pub fn apply(self, logit: f32) -> f32 {
        self.scale * logit + self.bias
    }
}

/// What a task's calibration was made on and for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationRecord {
    /// The texts, in words: `texts held out from training`.
    pub data: String,
    /// How many texts that were.
    pub samples: usize,
    /// The true rates of labels that the probabilities were moved to, by label; of others they are right where labels are
    /// as common as in the data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<String, f64>,
    /// What the thresholds were chosen for, in words: `best F1`.
    pub thresholds: String,
}

/// What was measured of a task, and on what; before its labels were calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskMetrics {
    /// What was measured on, in words: `10% of the training rows, held out`.
    pub data: String,
    /// How many texts that were.
    pub samples: usize,
    /// Mean binary cross-entropy.
    pub loss: f64,
    /// Binary accuracy over all labels at a probability of ½.
    pub accuracy: f64,
    /// Mean ROC AUC over the labels; none where a label had one class only.
    pub auc_macro: Option<f64>,
}

/// Size and hash of one file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The file's size.
    pub bytes: u64,
    /// The file's SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The SHA-256 of the SHA-256s of its pieces, in their order: what a browser computes, which hashes pieces of [`PIECE`] bytes four
    /// times as fast as the whole. None in what older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256_of_pieces: Option<String>,
}

/// How long the pieces of a file are that are hashed by themselves.
pub const PIECE: usize = 1 << 19;

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// It is no JSON, lacks a field, is of another format than [`FORMAT`], or a label's calibration would not keep the order
    /// of texts.
    pub fn parse(json: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let unreadable = |error| Error::invalid(format!("the bundle's manifest.json cannot be read: {error}"));
        let version: Version = serde_json::from_slice(json).map_err(unreadable)?;
        if version.format != FORMAT {
            return Err(Error::invalid(format!(
                "the bundle has format {}, and this version of Undertone reads format {FORMAT} only: export the bundle again",
                version.format
            )));
        }
        let manifest: Self = serde_json::from_slice(json).map_err(unreadable)?;
        let sound = |Calibration { scale, bias }: Calibration| scale > 0.0 && scale.is_finite() && bias.is_finite();
        if let Some(label) = manifest.tasks.iter().flat_map(|task| &task.labels).find(|label| !sound(label.calibration))
        {
            let Calibration { scale, bias } = label.calibration;
            return Err(Error::invalid(format!(
                "the bundle's manifest.json calibrates the label {} with the scale {scale} and the bias {bias}: the scale must \
                 be above 0, and both finite; calibrate or export the bundle again",
                label.name
            )));
        }
        Ok(manifest)
    }

    /// The content of `manifest.json`.
    ///
    /// # Errors
    /// Only if serialisation fails, which a manifest gives no cause for.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self).map_err(|error| Error::invalid(error.to_string()))
    }

    /// The same without any label's calibration, under which the model's own logits come out.
    pub fn uncalibrated(&self) -> Self {
        let mut manifest = self.clone();
        for label in manifest.tasks.iter_mut().flat_map(|task| &mut task.labels) {
            label.calibration = Calibration::default();
        }
        manifest
    }

    /// What the manifest says of the file `name`.
    ///
    /// # Errors
    /// The manifest does not list the file.
    pub fn file(&self, name: &str) -> Result<&FileEntry> {
        self.files.get(name).ok_or_else(|| Error::invalid(format!("the bundle's manifest.json does not list {name}")))
    }

    /// The model's heads, one for each task.
    pub fn heads(&self) -> Vec<HeadShape> {
        let head = |task: &Task| HeadShape { task: task.name.clone(), labels: task.labels.len(), unit: task.unit };
        self.tasks.iter().map(head).collect()
    }

    /// What there is to fetch beside the manifest itself.
    pub fn total_bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }
}

impl FileEntry {
    /// The entry for a file with this content.
    pub fn of(content: &[u8]) -> Self {
        let pieces: Vec<u8> = content.chunks(PIECE).flat_map(Sha256::digest).collect();
        Self {
            bytes: content.len() as u64,
            sha256: hexadecimal(&Sha256::digest(content)),
            sha256_of_pieces: Some(hexadecimal(&Sha256::digest(pieces))),
        }
    }

    /// Checks that `content` is what the manifest promised.
    ///
    /// # Errors
    /// Its size or its hash differs.
    pub fn verify(&self, name: &str, content: &[u8]) -> Result<()> {
        self.check(name, content.len(), &Sha256::digest(content), &self.sha256)
    }

    /// As [`Self::verify`], for a content of so many bytes with this SHA-256 of pieces, where there is one to compare it with.
    ///
    /// # Errors
    /// The size or the hash differs.
    pub fn verify_pieces(&self, name: &str, bytes: usize, digest: &[u8]) -> Option<Result<()>> {
        Some(self.check(name, bytes, digest, self.sha256_of_pieces.as_ref()?))
    }

    fn check(&self, name: &str, bytes: usize, digest: &[u8], expected: &str) -> Result<()> {
        if bytes as u64 != self.bytes {
            return Err(Error::invalid(format!(
                "{name} has {bytes} bytes where the manifest says {}: the bundle is incomplete, fetch or export it again",
                self.bytes
            )));
        }
        if hexadecimal(digest) != expected {
            return Err(Error::invalid(format!(
                "{name} is not the file that the manifest describes (its SHA-256 differs): fetch or export the bundle again"
            )));
        }
        Ok(())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
