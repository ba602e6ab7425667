//! The bundle: what training exports and the page fetches.
//!
//! A bundle is a folder of three files. `manifest.json` says what the other two are and how many bytes with which SHA-256
//! they have, so that a half-copied or altered bundle is refused before any of it is used, by the page and by the
//! companion alike. `model.safetensors` holds the [`weights`] and `tokenizer.json` the vocabulary.

pub mod manifest;
pub mod weights;

pub use manifest::{Calibration, EmbeddingPrecision, FileEntry, Label, Manifest, Precision, Task};

use std::path::Path;

use crate::{Error, Result};

/// The manifest's file name within a bundle.
pub const MANIFEST: &str = "manifest.json";
/// The weights' file name within a bundle.
pub const WEIGHTS: &str = "model.safetensors";
/// The tokenizer's file name within a bundle.
pub const TOKENIZER: &str = "tokenizer.json";

/// A whole bundle in memory, its files checked against the manifest.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// What the bundle says of itself.
    pub manifest: Manifest,
    /// The content of [`WEIGHTS`].
    pub weights: Vec<u8>,
    /// The content of [`TOKENIZER`].
    pub tokenizer: Vec<u8>,
}

impl Bundle {
    /// Reads the bundle in `folder`.
    ///
    /// # Errors
    /// A file is missing, the manifest is of another format, or a file's size or hash is not the manifest's.
    pub fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(Error::io(&path))
        };
        let manifest = Manifest::parse(&read(MANIFEST)?)?;
        let checked = |name: &str| {
            let bytes = read(name)?;
            manifest.file(name)?.verify(name, &bytes)?;
            Ok::<_, Error>(bytes)
        };
        Ok(Self { weights: checked(WEIGHTS)?, tokenizer: checked(TOKENIZER)?, manifest })
    }

    /// This bundle with the calibration and the thresholds of `other`.
    ///
    /// # Errors
    /// The two have not the same tasks with the same labels.
    pub fn calibrated_as(mut self, other: &Self) -> Result<Self> {
        let names = |bundle: &Self| -> Vec<(String, Vec<String>)> {
            let labels = |task: &Task| task.labels.iter().map(|label| label.name.clone()).collect();
            bundle.manifest.tasks.iter().map(|task| (task.name.clone(), labels(task))).collect()
        };
        if names(&self) != names(other) {
            return Err(Error::invalid("the two bundles have not the same tasks with the same labels"));
        }
        self.manifest.tasks.clone_from(&other.manifest.tasks);
        Ok(self)
    }
}
