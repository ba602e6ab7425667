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

/// A label that nobody gave, among an example's targets: left out of the loss and of every metric.
pub const UNKNOWN: f32 = f32::NAN;

/// One labelled text.
#[derive(Debug, Clone)]
pub struct Example {
    /// The text as its author wrote it, except that HTML line breaks of reviews are newlines.
    pub text: String,
    /// The text that it is paired with, where the task is about pairs.
    pub second: Option<String>,
    /// 1 where a label applies, 0 where it does not and [`UNKNOWN`] where nobody said, in the order of [`Dataset::labels`].
    pub targets: Vec<f32>,
    /// How many texts this one stands for, in the loss and in every metric; 1 where the data do not say.
    pub weight: f32,
}

/// Unknown labels are equal here, although [`UNKNOWN`] is not equal to itself.
impl PartialEq for Example {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
        (&self.text, &self.second, self.weight) == (&other.text, &other.second, other.weight)
            && self.targets.len() == other.targets.len()
            && self.targets.iter().zip(&other.targets).all(same)
    }
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

/// What the rows of a task hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// The labels: each is a column of its own, or a key of each JSON object.
    pub labels: Vec<String>,
    /// Where the text is; `comment_text` or `text` where none is named.
    pub text: Option<String>,
    /// Where the second text of a pair is, in tasks about pairs.
    pub second: Option<String>,
}

/// Where texts of a task are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// A folder, archive or file, as [`read`] lists them.
    pub path: PathBuf,
    /// Whether its texts have none of the task's labels, whatever they are labelled with there.
    pub all_negative: bool,
    /// Take at most so many of its texts, picked at random.
    pub samples: Option<usize>,
}

/// What to do with a row that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRows {
    /// Stop, and say which row is wrong and how.
    Refuse,
    /// Leave it out, count it, and say what was wrong with the first ones.
    Skip,
}

/// How many rows were left out, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Rows with the label −1, by which Kaggle marks what nobody has scored.
    pub unscored: usize,
    /// Rows of which no label is known.
    pub unlabelled: usize,
    /// Rows whose id an earlier file has, too.
    pub repeated_ids: usize,
    /// Rows whose text, or pair of texts, was there before.
    pub repeated_texts: usize,
    /// Those of `repeated_texts` that were labelled otherwise the first time.
    pub contradicting: usize,
    /// Rows that a source has beyond the number that was asked for.
    pub not_picked: usize,
    /// Rows that are wrong; see [`BadRows::Skip`].
    pub bad: usize,
    /// What is wrong with the first of them, each with its file and line.
    pub bad_rows: Vec<String>,
    /// Rows that were not left out but have some label that is not known.
    pub partly_unknown: usize,
}

impl LeftOut {
    /// The counts in a sentence; none where nothing was left out.
    pub fn sentence(&self) -> Option<String> {
        let parts: Vec<_> = [(self.unscored, "unscored (-1)"), (self.repeated_ids, "known by id from an earlier file")]
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

/// Reads the labelled texts of `sources` into one data set.
///
/// # Errors
/// A path does not exist, is none of what can be read, cannot be read, or holds something that is no labelled text.
pub fn read(sources: &[Source], schema: &Schema, split: Split, _bad_rows: BadRows, _seed: u64) -> Result<Dataset> {
    let labels = &schema.labels;
    if labels.is_empty() {
        return Err(Error::invalid("no label was named: name at least one that the data have"));
    }
    if let Some(label) = labels.iter().enumerate().find_map(|(i, label)| labels[..i].contains(label).then_some(label)) {
        return Err(Error::invalid(format!("the label `{label}` was named twice: name it once")));
    }
    let mut dataset = Dataset { labels: labels.to_vec(), ..Dataset::default() };
    let mut seen = HashSet::new();
    for Source { path, .. } in sources {
        match Layout::of(path, split)? {
            Layout::ReviewFolder(folder) => {
                imdb::check_labels(path, labels)?;
                dataset.examples.extend(imdb::read_folder(&folder, split)?);
            }
            Layout::ReviewArchive(compression) => {
                imdb::check_labels(path, labels)?;
                dataset.examples.extend(imdb::read_archive(path, compression, split)?);
            }
            Layout::Table(file) => table::read(&file, &mut dataset, &mut seen)?,
        }
    }
    if dataset.examples.is_empty() {
        let names: Vec<_> = sources.iter().map(|source| source.path.display().to_string()).collect();
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

/// Writes texts as JSON lines which [`read`] reads back equal: keys `text` and `second`, one for each label, and `weight`.
///
/// # Errors
/// A label has the name of another key, or the file cannot be written.
pub fn write_jsonl(path: &Path, examples: &[Example], labels: &[String]) -> Result<()> {
    let _ = (examples, labels);
    Err(Error::invalid(format!("{} is not written yet", path.display())))
}

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    Gzip,
    Xz,
}

/// What a path turned out to be.
#[derive(Debug, PartialEq)]
enum Layout {
    ReviewFolder(PathBuf),
    ReviewArchive(Compression),
    Table(PathBuf),
}

impl Layout {
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
