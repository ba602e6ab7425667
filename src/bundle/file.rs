//! Size and hash of a bundle's files.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// How long the pieces of a file are that are hashed by themselves.
pub const PIECE: usize = 1 << 19;

/// No file of a bundle may have more bytes: WebAssembly's addresses have 32 bits, and no slice of Rust's may have more than
/// half of them.
pub const FILE_LIMIT: u64 = i32::MAX as u64;

/// Size and hash of one file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

    /// Checks that a file `name` can be as the entry says.
    ///
    /// # Errors
    /// It would have more bytes than [`FILE_LIMIT`], or a hash is none.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        if self.bytes > FILE_LIMIT {
            return Err(Error::invalid(format!(
                "the bundle's {name} has {} according to its manifest.json, and a bundle's file has {} at most: export the \
                 bundle again",
                megabytes(self.bytes),
                megabytes(FILE_LIMIT)
            )));
        }
        let is_hash =
            |hash: &String| hash.len() == 64 && hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        match [Some(&self.sha256), self.sha256_of_pieces.as_ref()].into_iter().flatten().find(|hash| !is_hash(hash)) {
            None => Ok(()),
            Some(hash) => Err(Error::invalid(format!(
                "the bundle's manifest.json has \"{hash}\" as a SHA-256 of {name}, which is 64 lower-case hexadecimal digits: export the \
                 bundle again"
            ))),
        }
    }

    /// Checks that `content` is what the manifest promised.
    ///
    /// # Errors
    /// Its size or its hash differs.
    pub fn verify(&self, name: &str, content: &[u8]) -> Result<()> {
        self.verify_size(name, content.len() as u64)?;
        self.verify_digest(name, &Sha256::digest(content), &self.sha256)
    }

    /// As [`Self::verify`], for a content of so many bytes with this SHA-256 of pieces, where there is one to compare it with.
    ///
    /// # Errors
    /// The size or the hash differs.
    pub fn verify_pieces(&self, name: &str, bytes: usize, digest: &[u8]) -> Option<Result<()>> {
        let expected = self.sha256_of_pieces.as_ref()?;
        let size = self.verify_size(name, bytes as u64);
        Some(size.and_then(|()| self.verify_digest(name, digest, expected)))
    }

    /// Checks that a file of so many bytes can be what the manifest promised, before it is read.
    ///
    /// # Errors
    /// The size differs.
    pub fn verify_size(&self, name: &str, bytes: u64) -> Result<()> {
        if bytes == self.bytes {
            return Ok(());
        }
        let what = format!(
            "has {bytes} bytes where the manifest says {}: the bundle is incomplete, fetch or export it again",
            self.bytes
        );
        Err(Error::DamagedFile { name: name.to_owned(), what })
    }

    fn verify_digest(&self, name: &str, digest: &[u8], expected: &str) -> Result<()> {
        if hexadecimal(digest) == expected {
            return Ok(());
        }
        let what =
            "is not the file that the manifest describes (its SHA-256 differs): fetch or export the bundle again";
        Err(Error::DamagedFile { name: name.to_owned(), what: what.to_owned() })
    }
}

pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
