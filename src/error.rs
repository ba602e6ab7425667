//! The crate's error: every message is a sentence that says what went wrong and, where the reader can act, what to do.
//!
//! Callers here do not branch on kinds of failure, people read them; so there are few variants, and the sentence is made
//! where the most is known: the path, the line, the tensor's name.

use std::path::{Path, PathBuf};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An input (a flag, a file's content, a bundle) is not what it has to be.
    #[error("{0}")]
    Invalid(String),
    /// The operating system refused to read or write a path.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or folder that was asked for.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A tensor operation failed.
    #[error("a tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
}

/// [`std::result::Result`] with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::Invalid`] from anything that reads as a sentence.
    pub fn invalid(sentence: impl Into<String>) -> Self {
        Self::Invalid(sentence.into())
    }

    /// An [`Error::Io`] for `path`, shaped for `map_err(Error::io(path))`.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
