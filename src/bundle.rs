//! The bundle: what training exports and the page fetches.
//!
//! A bundle is a folder of three files. `manifest.json` says what the other two are and how many bytes with which SHA-256
//! they have, so that a half-copied or altered bundle is refused before any of it is used, by the page and by the
//! companion alike. `model.safetensors` holds the [`weights`] and `tokenizer.json` the vocabulary.

pub mod weights;

mod file;
mod manifest;
mod pin;
mod task;

#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
pub(crate) use file::hexadecimal;
pub use file::{FILE_LIMIT, FileEntry, PIECE};
#[cfg(target_arch = "wasm32")]
pub(crate) use manifest::too_long;
pub use manifest::{
    EmbeddingPrecision, Example, FORMAT, Files, Format, MANIFEST_LIMIT, Manifest, ManifestFields, Precision,
};
pub use pin::Pin;
pub use task::{
    Calibration, CalibrationRecord, Display, HeadKind, Label, Scale, Task, TaskMetrics, Windows, check_task_name,
};

#[cfg(not(target_arch = "wasm32"))]
use std::path::Path;

#[cfg(not(target_arch = "wasm32"))]
use crate::lfs;
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
    /// A file is missing, the manifest is of another format or too long, or a file's size or hash is not the manifest's.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read(folder: impl AsRef<Path>) -> Result<Self> {
        Self::read_pinned(folder, None)
    }

    /// As [`Self::read`], but only the bundle with the manifest that is pinned, if one is.
    ///
    /// # Errors
    /// As [`Self::read`], and that it is another one.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read_pinned(folder: impl AsRef<Path>, pin: Option<&Pin>) -> Result<Self> {
        let size = |path: &Path| Ok::<_, Error>(std::fs::metadata(path).map_err(Error::io(path))?.len());
        let path = folder.as_ref().join(MANIFEST);
        if size(&path)? > MANIFEST_LIMIT {
            return Err(manifest::too_long());
        }
        let json = lfs::read(&path)?;
        let manifest = pin.map_or_else(|| Manifest::parse(&json), |pin| pin.parse(&json))?;
        let checked = |name: &str, entry: &FileEntry| {
            let path = folder.as_ref().join(name);
            lfs::check(&path)?;
            entry.verify_size(name, size(&path)?)?;
            let bytes = lfs::read(&path)?;
            entry.verify(name, &bytes)?;
            Ok::<_, Error>(bytes)
        };
        let Files { weights, tokenizer } = &manifest.files;
        Ok(Self { weights: checked(WEIGHTS, weights)?, tokenizer: checked(TOKENIZER, tokenizer)?, manifest })
    }

    /// This bundle with the calibration and the thresholds of `other`.
    ///
    /// # Errors
    /// The two have not the same tasks with the same labels.
    pub fn calibrated_as(mut self, other: &Self) -> Result<Self> {
        let names = |bundle: &Self| -> Vec<(String, HeadKind, Vec<String>)> {
            let labels = |task: &Task| task.labels.iter().map(|label| label.name.clone()).collect();
            bundle.manifest.tasks.iter().map(|task| (task.name.clone(), task.kind, labels(task))).collect()
        };
        if names(&self) != names(other) {
            return Err(Error::invalid("the two bundles have not the same tasks with the same labels"));
        }
        self.manifest = self.manifest.with_tasks(other.manifest.tasks.clone())?;
        Ok(self)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use sha2::{Digest, Sha256};

    use super::file::hexadecimal;
    use super::*;

    #[test]
    fn only_the_pinned_bundle_is_read() {
        let shipped = Path::new("public/models/undertone");
        let pin = |of: &[u8]| hexadecimal(&Sha256::digest(of)).parse::<Pin>().unwrap();
        let manifest = std::fs::read(shipped.join(MANIFEST)).unwrap();
        assert!(Bundle::read_pinned(shipped, Some(&pin(&manifest))).is_ok());
        let refused = Bundle::read_pinned(shipped, Some(&pin(b"another"))).unwrap_err().to_string();
        assert!(refused.contains("not the one that was asked for"), "{refused}");
    }

    #[test]
    fn files_are_not_read_before_their_sizes_are_right() {
        let folder = tempfile::tempdir().unwrap();
        let shipped = Path::new("public/models/undertone");
        let refusal = |long: &str, bytes: u64| {
            for name in [MANIFEST, WEIGHTS, TOKENIZER] {
                std::fs::copy(shipped.join(name), folder.path().join(name)).unwrap();
            }
            // A hole in the file: it takes no room on the disk, and would take all of it in memory.
            std::fs::File::create(folder.path().join(long)).unwrap().set_len(bytes).unwrap();
            Bundle::read(folder.path()).unwrap_err().to_string()
        };
        for long in [WEIGHTS, TOKENIZER] {
            let refused = refusal(long, 1 << 42);
            assert!(refused.contains(&format!("{long} has 4398046511104 bytes where the manifest says")), "{refused}");
        }
        let refused = refusal(MANIFEST, 1 << 42);
        assert!(refused.contains("manifest.json has more than 16.8 MB"), "{refused}");
    }
}
