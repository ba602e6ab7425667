//! The crate's error: every message is a sentence that says what went wrong and, where the reader can act, what to do.
//!
//! The sentence is made where the most is known: the path, the line, the tensor's name. What a caller may want to tell apart is a
//! variant of its own; everything else that an input can be wrong in is [`Error::Invalid`].

use std::path::{Path, PathBuf};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input (a setting, a file's content, a bundle) is not what it has to be.
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
    /// A file was left in a large-file store, and only a few lines that point there are in its place.
    #[error(
        "{path} is a Git LFS pointer, a few lines in place of the file itself: install git-lfs and run git lfs pull in its \
         repository",
        path = path.display()
    )]
    LfsPointer {
        /// Where the file should be.
        path: PathBuf,
    },
    /// A checkpoint is of another model than BERT.
    #[error(
        "this is a \"{model}\" model, which is no BERT ({difference}), and only BERT can be used: take a checkpoint whose \
         config.json has the model_type \"bert\", such as all-MiniLM-L6-v2 or bert-base-uncased"
    )]
    NotBert {
        /// The model's name, as in `model_type`.
        model: String,
        /// What is different, in words.
        difference: &'static str,
    },
    /// A folder is to get a run, and has one.
    #[error("{path} holds a run already: resume it, choose another folder for the new one, or remove it", path = path.display())]
    RunExists {
        /// The run folder.
        path: PathBuf,
    },
    /// Another process is training in a run folder.
    #[error("another process is training in {path}: wait until it ends, or choose another folder", path = path.display())]
    RunInUse {
        /// The run folder.
        path: PathBuf,
    },
    /// A run folder has nothing that a run could be resumed from.
    #[error("there is nothing to resume in {path}: {why}", path = path.display())]
    NothingToResume {
        /// The run folder.
        path: PathBuf,
        /// Why there is none, in words.
        why: &'static str,
    },
    /// Training has diverged; the sentence says how that shows, and what is left of the run.
    #[error("{0}")]
    Diverged(String),
    /// A file of a bundle is not the one that its manifest describes: fetching it again may help.
    #[error("{name} {what}")]
    DamagedFile {
        /// The file's name in the bundle.
        name: String,
        /// What is wrong with it and what to do.
        what: String,
    },
    /// A bundle is of another format than this version reads.
    #[error("the bundle has format {found}, and this version of Undertone reads format {read} only: {way}")]
    BundleFormat {
        /// The bundle's format.
        found: u32,
        /// The format that is read.
        read: u32,
        /// What to do.
        way: &'static str,
    },
    /// A task is to be learnt whose labels nobody named.
    #[error("the labels of the task \"{task}\" are not known, as those of {known} are: name its label columns")]
    UnnamedLabels {
        /// The task.
        task: String,
        /// The tasks whose labels need not be named, in words.
        known: String,
    },
    /// A task is to be learnt that has no texts.
    #[error("there is nothing to learn {task} from: name its data")]
    NoData {
        /// The task.
        task: String,
    },
    /// There is no such task or label; `known` are those that there are.
    #[error("there is no {what} \"{name}\": there are {}", known.join(", "))]
    Unknown {
        /// `task` or `label`.
        what: &'static str,
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
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

    /// The same with the place that an [`Error::Invalid`] is about before its sentence; what has a variant of its own stays it.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn within(self, place: &Path) -> Self {
        match self {
            Self::Invalid(sentence) => Self::Invalid(format!("{}: {sentence}", place.display())),
            other => other,
        }
    }
}
