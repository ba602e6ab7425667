//! What tells a file again that somebody has worked on.

use sha2::{Digest, Sha256};

use super::Layout;

/// So much of a file's beginning and end tells it.
pub const TELLING: usize = 1 << 20;

/// The same for the same file, read alike and scored by the same model, and for no other: the SHA-256 of its size, its beginning and its end
/// ([`TELLING`]), its layout and the model's hash.
pub fn key(size: u64, beginning: &[u8], end: &[u8], layout: &Layout, model: &str) -> String {
    let mut hash = Sha256::new();
    let words = format!("{size} {:?} {:?} {model} {} ", layout.format, layout.column, beginning.len());
    [words.as_bytes(), beginning, end].iter().for_each(|part| hash.update(part));
    format!("{:x}", hash.finalize())
}
