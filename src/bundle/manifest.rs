//! `manifest.json`, format 2: what a bundle says of itself.
//!
//! What is read is parsed: a [`Manifest`] is one that the rest of the crate can rely on, and comes into being only by the checks
//! of [`Manifest::try_from`]. A field that this version does not know is refused, since nobody could tell what leaving it out would
//! change. Thresholds, calibration and words are here and not in the other files, so that they can change without these.

use std::collections::{BTreeMap, HashSet};
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::file::{hexadecimal, megabytes};
use super::{Calibration, FileEntry, MANIFEST, TOKENIZER, Task, WEIGHTS};
use crate::bert::{Architecture, HeadShape, Pooling};
use crate::text::{Normalisation, WordCounts};
use crate::{Error, Result};

/// The only format that this version reads and writes.
pub const FORMAT: u32 = 2;

/// No manifest may have more bytes.
pub const MANIFEST_LIMIT: u64 = 1 << 24;

/// Fewer tokens leave no room for a word beside the special ones.
const LEAST_TOKENS: usize = 3;

/// The content of `manifest.json`, checked. [`Self::into_fields`] and [`Self::try_from`] lead to another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ManifestFields", into = "ManifestFields")]
pub struct Manifest(ManifestFields);

/// What `manifest.json` has, field for field, whether or not it can be right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFields {
    /// The format's version.
    pub format: Format,
    /// The bundle's name, as shown to people.
    pub name: String,
    /// What the bundle tells, in some sentences for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Under which licence the weights may be used.
    pub licence: String,
    /// The encoder's sizes.
    pub architecture: Architecture,
    /// How token vectors become one vector for the text.
    pub pooling: Pooling,
    /// What is done to a text before it is tokenised.
    #[serde(default, skip_serializing_if = "Normalisation::is_none")]
    pub normalisation: Normalisation,
    /// How common words are, for [`Normalisation::Plain`], where else the vocabulary's order tells, and to say of texts that there is
    /// nothing to judge them by.
    #[serde(default, skip_serializing_if = "WordCounts::is_empty")]
    pub word_counts: WordCounts,
    /// How the weights are stored.
    pub precision: Precision,
    /// How the word vectors are stored; as `precision` says where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<EmbeddingPrecision>,
    /// The longest input in tokens, `[CLS]` and `[SEP]` included; [`super::Windows`] says what is done with what is longer.
    pub max_tokens: usize,
    /// What the bundle classifies, one head each, in the order in which answers come.
    pub tasks: Vec<Task>,
    /// Texts to try.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    /// The files that the engine is made of.
    pub files: Files,
    /// Files for people beside them, by name: a model card's data, licences.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub documents: BTreeMap<String, FileEntry>,
    /// The SHA-256 of the weights of each run that these are of, to know the texts that were held out from all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
}

/// [`FORMAT`], and nothing else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Format;

/// How a bundle stores its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(all(feature = "cli", not(target_arch = "wasm32")), derive(clap::ValueEnum))]
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
#[cfg_attr(all(feature = "cli", not(target_arch = "wasm32")), derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum EmbeddingPrecision {
    /// 8-bit integers with one f32 scale for each word.
    Int8,
    /// 6-bit integers with one f16 scale for each 32 of a word's values.
    Int6,
    /// 4-bit integers with one f16 scale for each 32 of a word's values.
    Int4,
}

/// A text to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is, in a few words: `A scathing review`.
    pub name: String,
    /// The text.
    pub text: String,
    /// What people should know before they see it: `unkind`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The files that the engine is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The weights.
    #[serde(rename = "model.safetensors")]
    pub weights: FileEntry,
    /// The tokenizer.
    #[serde(rename = "tokenizer.json")]
    pub tokenizer: FileEntry,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// It is no JSON, lacks a field or has an unknown one, is of another format than [`FORMAT`], or as [`Self::try_from`].
    pub fn parse(json: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        if json.len() as u64 > MANIFEST_LIMIT {
            return Err(too_long());
        }
        let unreadable = |error| Error::invalid(format!("the bundle's {MANIFEST} cannot be read: {error}"));
        let Version { format } = serde_json::from_slice(json).map_err(unreadable)?;
        if format != FORMAT {
            let way = match format > FORMAT {
                true => "use the version that made it, or export the bundle again with this one",
                false => "export the bundle again from its run",
            };
            return Err(Error::BundleFormat { found: format, read: FORMAT, way });
        }
        serde_json::from_slice::<ManifestFields>(json).map_err(unreadable)?.try_into()
    }

    /// The content of `manifest.json`.
    ///
    /// # Errors
    /// Only if serialisation fails, which a manifest gives no cause for.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(&self.0).map_err(|error| Error::invalid(error.to_string()))
    }

    /// The SHA-256 of [`Self::to_json`], in hexadecimal. It has the hashes of the files in it, thresholds and calibration: whatever could
    /// change an answer changes it.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn sha256(&self) -> Result<String> {
        Ok(hexadecimal(&Sha256::digest(self.to_json()?)))
    }

    /// The fields, to change some.
    pub fn into_fields(self) -> ManifestFields {
        self.0
    }

    /// The same with other tasks.
    ///
    /// # Errors
    /// As [`Self::try_from`].
    pub fn with_tasks(&self, tasks: Vec<Task>) -> Result<Self> {
        ManifestFields { tasks, ..self.0.clone() }.try_into()
    }

    /// The same without any label's or task's calibration, under which the model's own logits come out.
    pub fn uncalibrated(&self) -> Self {
        let mut manifest = self.clone();
        for task in &mut manifest.0.tasks {
            task.temperature = 1.0;
            task.labels.iter_mut().for_each(|label| label.calibration = Calibration::default());
        }
        manifest
    }

    /// The model's heads, one for each task.
    pub fn heads(&self) -> Vec<HeadShape> {
        let head = |task: &Task| HeadShape { task: task.name.clone(), labels: task.labels.len(), unit: task.unit };
        self.tasks.iter().map(head).collect()
    }

    /// Checks that no task is about pairs of texts, for whoever has single ones.
    ///
    /// # Errors
    /// One is.
    pub fn check_single_texts(&self) -> Result<()> {
        match self.tasks.iter().find(|task| task.pairs) {
            None => Ok(()),
            Some(task) => Err(Error::invalid(format!(
                "the bundle's task {} is about pairs of texts, of which one alone tells nothing: undertone evaluate --second measures it",
                task.name
            ))),
        }
    }

    /// The tasks about texts with their numbers among all tasks.
    pub fn about_texts(&self) -> impl Iterator<Item = (usize, &Task)> {
        self.tasks.iter().enumerate().filter(|(_, task)| task.unit.is_text())
    }

    /// What there is to fetch beside the manifest itself, to classify.
    pub fn total_bytes(&self) -> u64 {
        self.files.weights.bytes + self.files.tokenizer.bytes
    }
}

impl Deref for Manifest {
    type Target = ManifestFields;

    fn deref(&self) -> &ManifestFields {
        &self.0
    }
}

impl From<Manifest> for ManifestFields {
    fn from(manifest: Manifest) -> Self {
        manifest.0
    }
}

impl TryFrom<ManifestFields> for Manifest {
    type Error = Error;

    /// # Errors
    /// There is no task, or two of one name, or one that cannot be; more tokens are allowed than the model has positions, or too few for a
    /// word; a file has more bytes than WebAssembly can hold or the model can need; a hash is none; an example or a document
    /// lacks its name.
    fn try_from(fields: ManifestFields) -> Result<Self> {
        fields
            .check_tasks()
            .and_then(|()| fields.check_sizes())
            .and_then(|()| fields.check_texts())
            .map_err(|error| Error::invalid(format!("the bundle's {MANIFEST} cannot be right: {error}")))?;
        Ok(Self(fields))
    }
}

impl ManifestFields {
    fn check_tasks(&self) -> Result<()> {
        if self.tasks.is_empty() {
            return Err(Error::invalid("it has no task, and so nothing to tell"));
        }
        let mut names = HashSet::new();
        for task in &self.tasks {
            task.check()?;
            if !names.insert(&task.name) {
                return Err(Error::invalid(format!("it has two tasks called {}: name each otherwise", task.name)));
            }
        }
        Ok(())
    }

    /// The sizes that memory is asked for.
    fn check_sizes(&self) -> Result<()> {
        let positions = self.architecture.max_position_embeddings;
        if !(LEAST_TOKENS..=positions).contains(&self.max_tokens) {
            return Err(Error::invalid(format!(
                "it allows {} tokens, and the model has {positions} positions: allow at least {LEAST_TOKENS}, and no more than that",
                self.max_tokens
            )));
        }
        if self.word_counts.len() > self.architecture.vocab_size {
            return Err(Error::invalid(format!(
                "it counts {} words, and the model has {} tokens: count them again",
                self.word_counts.len(),
                self.architecture.vocab_size
            )));
        }
        let Files { weights, tokenizer } = &self.files;
        for (name, file) in [(WEIGHTS, weights), (TOKENIZER, tokenizer)] {
            file.check(name)?;
        }
        let largest = self.architecture.largest_file(self.tasks.iter().map(|task| task.labels.len() as u64).sum());
        match weights.bytes > largest {
            false => Ok(()),
            true => Err(Error::invalid(format!(
                "{WEIGHTS} has {}, and a model of the sizes that it names takes {} at most: export the bundle again",
                megabytes(weights.bytes),
                megabytes(largest)
            ))),
        }
    }

    fn check_texts(&self) -> Result<()> {
        if let Some(example) =
            self.examples.iter().find(|example| example.name.trim().is_empty() || example.text.is_empty())
        {
            return Err(Error::invalid(format!(
                "its example \"{}\" has no name or no text: give it both",
                if example.text.is_empty() { &example.name } else { &example.text }
            )));
        }
        for (name, file) in &self.documents {
            let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
            let is_ours = [MANIFEST, WEIGHTS, TOKENIZER].contains(&name.as_str());
            if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) || is_ours {
                return Err(Error::invalid(format!(
                    "\"{name}\" is no name for a document: use letters, digits, -, _ and ., and none of the bundle's other names"
                )));
            }
            file.check(name)?;
        }
        Ok(())
    }
}

impl TryFrom<u32> for Format {
    type Error = String;

    fn try_from(format: u32) -> Result<Self, String> {
        if format == FORMAT { Ok(Self) } else { Err(format!("format {format} is not {FORMAT}")) }
    }
}

impl From<Format> for u32 {
    fn from(Format: Format) -> Self {
        FORMAT
    }
}

/// What is said of a manifest that has more than [`MANIFEST_LIMIT`] bytes.
pub(crate) fn too_long() -> Error {
    let limit = megabytes(MANIFEST_LIMIT);
    Error::invalid(format!("the bundle's {MANIFEST} has more than {limit}, which none needs: export the bundle again"))
}

#[cfg(test)]
mod tests;
