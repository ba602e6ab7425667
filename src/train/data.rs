//! Labelled texts, read from the layouts that people have them in.
//!
//! Two tasks come with data sets that everybody uses, and each has a layout of its own: IMDB reviews are one file each in
//! the folder or archive `aclImdb` (`imdb`), Kaggle's toxic comments are rows of CSV files (`table`). [`read`] looks at
//! what a path is and reads either into the same [`Dataset`], so that nothing after it knows where a text came from.
//!
//! Everything is read before training starts, and the first thing that is wrong ends it with the file and the line: an
//! hour of training on rows that were quietly misread costs more than a stop. The order of the examples is that of the
//! files, and for reviews that of their paths, so that the same data and the same seed give the same model.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

mod hold_out;
mod imdb;
mod table;

pub use hold_out::hold_out;

/// One labelled text.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The text as its author wrote it, except that HTML line breaks of reviews are newlines.
    pub text: String,
    /// 1 where a label applies and 0 where it does not, in the order of [`Dataset::labels`].
    pub targets: Vec<f32>,
    /// How many texts this one stands for, in the loss and in every metric; 1 where the data do not say.
    pub weight: f32,
}

/// Labelled texts of one task.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// The labels' names.
    pub labels: Vec<String>,
    /// The texts, in the order in which they were read.
    pub examples: Vec<Example>,
    /// What was read and is not in `examples`.
    pub left_out: LeftOut,
}

/// How many rows of CSV files were left out, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Rows with the label −1, by which Kaggle marks what nobody has scored.
    pub unscored: usize,
    /// Rows whose id an earlier file has, too.
    pub repeated: usize,
}

impl LeftOut {
    /// The counts in a sentence; none where nothing was left out.
    pub fn sentence(&self) -> Option<String> {
        let parts: Vec<_> = [(self.unscored, "unscored (-1)"), (self.repeated, "known by id from an earlier file")]
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, why)| format!("{count} {why}"))
            .collect();
        (!parts.is_empty()).then(|| format!("Rows left out: {}", parts.join(", ")))
    }
}

/// Which part of a data set to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Split {
    /// What to learn from: `train/` or `train.csv`.
    Train,
    /// What to measure on: `test/` or `test.csv`.
    Test,
}

impl Split {
    /// `train` or `test`, as folders and files are named.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// Reads the labelled texts at `path`, which is one of
///
/// - the folder `aclImdb`, or its archive as `.tar.gz`, `.tgz` or `.tar.xz`: `labels` has to be `positive` alone;
/// - a folder with `train.csv` and `test.csv`, of which `split` picks one;
/// - a CSV file, whatever `split` is.
///
/// A CSV file has a column for each of `labels`, the text in `comment_text` or `text`, and if it likes an `id` and a
/// `weight`; other columns are passed over. `test.csv` may have its labels in `test_labels.csv` beside it.
///
/// # Errors
/// The path does not exist, is none of these, cannot be read, or holds something that is no labelled text.
pub fn read(path: &Path, labels: &[String], split: Split) -> Result<Dataset> {
    read_all(&[path.to_owned()], labels, split)
}

/// Reads several paths, each as [`read`] does, into one data set.
///
/// A CSV row is left out when a CSV file before its own has a row with the same `id`: a comment that is handed around in
/// several cleanings would count twice, and in both halves of a held-out split. Within one file an id may repeat, since
/// files that were put together from several sources number each of them from 0.
///
/// # Errors
/// As [`read`], or `paths` or `labels` is empty, or a label is named twice.
pub fn read_all(paths: &[PathBuf], labels: &[String], split: Split) -> Result<Dataset> {
    if labels.is_empty() {
        return Err(Error::invalid("no label was named: name at least one that the data have"));
    }
    if let Some(label) = labels.iter().enumerate().find_map(|(i, label)| labels[..i].contains(label).then_some(label)) {
        return Err(Error::invalid(format!("the label `{label}` was named twice: name it once")));
    }
    let mut dataset = Dataset { labels: labels.to_vec(), ..Dataset::default() };
    let mut seen = HashSet::new();
    for path in paths {
        match Source::of(path, split)? {
            Source::ReviewFolder(folder) => {
                imdb::check_labels(path, labels)?;
                dataset.examples.extend(imdb::read_folder(&folder, split)?);
            }
            Source::ReviewArchive(compression) => {
                imdb::check_labels(path, labels)?;
                dataset.examples.extend(imdb::read_archive(path, compression, split)?);
            }
            Source::Table(file) => table::read(&file, &mut dataset, &mut seen)?,
        }
    }
    if dataset.examples.is_empty() {
        let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Error::invalid(match dataset.left_out.unscored {
            0 => "no data was named: name the aclImdb folder or a CSV file".to_owned(),
            unscored => format!(
                "{} has no labelled row: all {unscored} are unscored (-1); the labels are in the test_labels.csv \
                 that Kaggle published after the competition",
                names.join(", ")
            ),
        }));
    }
    Ok(dataset)
}

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    Gzip,
    Xz,
}

/// What a path turned out to be.
#[derive(Debug, PartialEq)]
enum Source {
    ReviewFolder(PathBuf),
    ReviewArchive(Compression),
    Table(PathBuf),
}

impl Source {
    fn of(path: &Path, split: Split) -> Result<Self> {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Self::of_folder(path, split),
            Ok(_) => Self::of_file(path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::invalid(format!("{} does not exist", path.display())))
            }
            Err(error) => Err(Error::io(path)(error)),
        }
    }

    fn of_folder(path: &Path, split: Split) -> Result<Self> {
        // Unpacking an archive often leaves its folder within another of the same name.
        for folder in [path.to_owned(), path.join("aclImdb")] {
            let has_reviews =
                |split: &str| folder.join(split).join("pos").is_dir() || folder.join(split).join("neg").is_dir();
            if has_reviews("train") || has_reviews("test") {
                return Ok(Self::ReviewFolder(folder));
            }
        }
        let table = path.join(format!("{}.csv", split.name()));
        if table.is_file() {
            return Ok(Self::Table(table));
        }
        Err(Error::invalid(format!(
            "{} has neither {split}/pos and {split}/neg, as the folder aclImdb has, nor {split}.csv, as Kaggle's data have",
            path.display(),
            split = split.name()
        )))
    }

    /// What a file is, by its first bytes where they tell, since archives are renamed more often than they are damaged.
    fn of_file(path: &Path) -> Result<Self> {
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(6).read_to_end(&mut start)).map_err(Error::io(path))?;
        if start.starts_with(b"\x1f\x8b") {
            return Ok(Self::ReviewArchive(Compression::Gzip));
        }
        if start == b"\xfd7zXZ\0" {
            return Ok(Self::ReviewArchive(Compression::Xz));
        }
        if start.starts_with(b"PK\x03\x04") {
            return Err(Error::invalid(format!("{} is a zip archive: unpack it and name the folder", path.display())));
        }
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            return Ok(Self::Table(path.to_owned()));
        }
        Err(Error::invalid(format!(
            "{} is neither a .csv file nor the aclImdb archive as .tar.gz or .tar.xz",
            path.display()
        )))
    }
}

#[cfg(test)]
mod tests;
