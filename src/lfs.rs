//! Git LFS keeps large files out of a repository and leaves a few lines of text in the place of each, a pointer. Whoever has
//! cloned without it has these, under the names of weights and tokenizers.

#[cfg(not(target_arch = "wasm32"))]
mod files;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use files::{check, read, read_to_string};

/// What every pointer starts with (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
pub(crate) const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
