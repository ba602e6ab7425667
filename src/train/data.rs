//! Labelled texts, read from the layouts that people have them in.
//!
//! Two tasks come with data sets that everybody uses, and each has a layout of its own: IMDB reviews are one file each in
//! the folder or archive `aclImdb` (`imdb`), Kaggle's toxic comments are rows of CSV files. Own comments are rows of such files,
//! too, or of JSON lines ([`rows`](crate::rows) reads all of these, and `file` finds in them what a [`Schema`] names). [`read`] looks
//! at what a path is (`layout`) and reads any of them into the same [`Dataset`], so that nothing after it knows where a text came from.
//!
//! Everything is read before training starts, and the first thing that is wrong ends it with the file and the line, unless
//! wrong rows are to be skipped: an hour of training on rows that were quietly misread costs more than a stop. The order
//! of the examples is that of the files, and for reviews that of their paths, so that the same data and the same seed give
//! the same model.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::bundle::HeadKind;
use crate::{Error, Result};

mod builder;
mod columns;
mod digest;
mod file;
mod hold_out;
mod imdb;
mod label;
mod labels_file;
mod layout;
mod left_out;
mod row;
mod schema;
mod spans;
mod text;
mod write;

pub use hold_out::{hold_out, without_texts_of};
pub use label::{LabelRule, Reading};
pub use left_out::LeftOut;
pub use schema::Schema;
pub use write::write_jsonl;

use builder::DatasetBuilder;
use digest::Digest;
use label::same_value;
use layout::Layout;

/// A label that nobody gave, among an example's targets: left out of the loss and of every metric.
pub const UNKNOWN: f32 = f32::NAN;

/// One labelled text.
#[derive(Debug, Clone)]
pub struct Example {
    /// The text as its author wrote it, except that HTML's line breaks are newlines where no characters are marked.
    pub text: String,
    /// The text that it is paired with, where the task is about pairs.
    pub second: Option<String>,
    /// 1 where a label applies, 0 where it does not, the share of those who said that it does where they did not agree, and
    /// [`UNKNOWN`] where nobody said, in the order of [`Dataset::labels`].
    pub targets: Vec<f32>,
    /// The bytes of the text that are marked, in order and apart, where the task is about that.
    pub spans: Vec<Range<usize>>,
    /// How many texts this one stands for, in the loss and in every metric; 1 where the data do not say.
    pub weight: f32,
}

/// Unknown labels are equal here, although [`UNKNOWN`] is not equal to itself.
impl PartialEq for Example {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
        (&self.text, &self.second, &self.spans, self.weight) == (&other.text, &other.second, &other.spans, other.weight)
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
    /// What was read otherwise than it stands, and by which words labels are told.
    pub notes: Vec<String>,
    /// The words of the first label's column with how many rows have each, where labels are told by words.
    pub(crate) words: BTreeMap<String, usize>,
}

impl Dataset {
    /// All that is to be said of how it was read, a line each.
    pub fn remarks(&self) -> Vec<String> {
        let counts = self.left_out.sentence();
        counts.into_iter().chain(self.left_out.bad_rows.iter().cloned()).chain(self.notes.iter().cloned()).collect()
    }
}

/// Where texts of a task are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Source {
    /// A folder, archive or file, as [`read`] lists them.
    pub path: PathBuf,
    /// What all of its texts have as each label, whatever they are labelled with there: 0 where none applies, 0.5 where nobody could say.
    pub all: Option<f32>,
    /// Take only rows that have one of some values in a column; all where none is given.
    pub only: Option<Only>,
    /// Take at most so many of its texts, picked at random.
    pub samples: Option<usize>,
    /// Leave out the texts that these folders, archives and files have.
    pub except: Vec<PathBuf>,
}

/// Which rows of a source to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only {
    /// The name of the column, or the key.
    pub column: String,
    /// What it may have there.
    pub values: Vec<String>,
}

/// What to do with a row that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRows {
    /// Stop, and say which row is wrong and how.
    Refuse,
    /// Leave it out, count it, and say what was wrong with the first ones.
    Skip,
}

/// Which part of a data set to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
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

/// Reads the labelled texts of `sources` into one data set. Each is one of
///
/// - the folder `aclImdb`, or its archive as `.tar.gz`, `.tgz` or `.tar.xz`, of which `split` picks a part: the task's only
///   label has to be `positive`, unless all labels of the source are the same, and reviews without a class (`unsup`) are left out;
/// - a folder with `train.csv` and `test.csv`, or `.tsv`, `.jsonl` or `.ndjson`, of which `split` picks one;
/// - a file of rows with one of these endings, whatever `split` is;
/// - a `.txt` file with a text in each line, where all labels of the source are the same.
///
/// A row has its text in `comment_text` or `text` or where the schema says, what [`LabelRule`] says for each label, and
/// if it likes an `id` and a `weight`; whatever else it has is passed over. Names of columns may differ in case. `test.csv` may have its labels in
/// `test_labels.csv` beside it. A label that is empty, null, NaN or NA, absent from a JSON object or −1 is [`UNKNOWN`], and a row of
/// which no label is known is left out. But a label that no row can have, for want of a column or because no JSON object
/// has such a key, is an error, since most often it was misspelt. The texts of a source with [`Source::all`] need no labels.
///
/// Two kinds of repeats are left out, since they would count twice, and in both halves of a held-out split:
///
/// - rows with an `id` that a source before theirs has for the same text, too: comments are handed around in several cleanings.
///   Where most of the ids that two sources share have other texts, each of them counts its rows from 0, and these are kept. Within
///   one source an id may repeat;
/// - from what is to be learnt from (`Split::Train`), rows with the same text and second text as one before, in any source, but for white space.
///   Labels of theirs that the first does not know are added to it; where they contradict it, it stays as it is. What
///   is to be measured on keeps them: nothing leaks there, and figures that others published count every row.
///
/// Where a source is limited to some of its texts, these are picked among the ones that are left, by `seed`.
///
/// # Errors
/// A path does not exist, is none of these or cannot be read; a file is not of the kind that its name says, lacks a column
/// or key, or ends within quotes; a row is wrong and `bad_rows` says to refuse it; labels are named twice or called as
/// something else, or told by a word that no row has; no labelled text is left.
pub fn read(sources: &[Source], schema: &Schema, split: Split, bad_rows: BadRows, seed: u64) -> Result<Dataset> {
    schema.check()?;
    let mut builder = DatasetBuilder::new(schema, split, bad_rows, seed);
    for source in sources {
        check(source, schema)?;
        builder.begin(source, texts_of(&source.except, schema)?);
        match Layout::of(&source.path, split)? {
            Layout::ReviewFolder(folder) => {
                imdb::check(&source.path, schema, source.all.is_some())?;
                imdb::read_folder(&folder, split, &mut builder)?;
            }
            Layout::ReviewArchive(compression) => {
                imdb::check(&source.path, schema, source.all.is_some())?;
                imdb::read_archive(&source.path, compression, split, &mut builder)?;
            }
            Layout::Rows(path, format) => file::read(&path, format, &mut builder)?,
        }
        builder.end(source)?;
    }
    let dataset = builder.finish()?;
    if dataset.examples.is_empty() { Err(nothing_left(sources, &dataset.left_out)) } else { Ok(dataset) }
}

fn check(source: &Source, schema: &Schema) -> Result<()> {
    let path = source.path.display();
    if source.samples == Some(0) {
        return Err(Error::invalid(format!(
            "{path}: no text would be taken of it: ask for at least one sample, or leave it out"
        )));
    }
    match source.all {
        Some(share) if !(0.0..=1.0).contains(&share) => {
            Err(Error::invalid(format!("{path}: all = {share} is no label: give 0, 1 or a share between them")))
        }
        Some(_) if schema.kind == HeadKind::Classes => Err(Error::invalid(format!(
            "{path}: all is for labels that apply or not: of exclusive classes one applies to each text"
        ))),
        Some(share) if share > 0.0 && schema.spans.is_some() => Err(Error::invalid(format!(
            "{path}: all = {share} would mark all words, or none for certain: of marked words, a source can only have all = 0"
        ))),
        _ => Ok(()),
    }
}

/// The classes that the words of `column` name in `sources`, which are otherwise as `schema` says: in alphabetical order, or in that of
/// their numbers if all are numbers. Words that differ in case alone are one class.
///
/// # Errors
/// As for [`read`], or there are fewer than two, more than a hundred, or as many as rows.
pub fn classes(sources: &[Source], column: &str, schema: &Schema, bad_rows: BadRows) -> Result<Vec<String>> {
    let rule = LabelRule { name: column.to_owned(), column: column.to_owned(), reading: Reading::Class };
    let schema = Schema { labels: vec![rule], kind: HeadKind::Classes, ..schema.clone() };
    let dataset = read(sources, &schema, Split::Train, bad_rows, 0)?;
    let wrong = |what: &str| Err(Error::invalid(format!("the column `{column}` {what}")));
    if dataset.words.len() >= builder::COUNTED_WORDS {
        return wrong("has more than 100 different values, which are too many to be classes: name one that has few");
    }
    let mut classes: Vec<String> = Vec::new();
    for word in dataset.words.keys() {
        if !classes.iter().any(|class| same_value(class, word)) {
            classes.push(word.clone());
        }
    }
    match classes.len() {
        0 | 1 => return wrong("has one value alone, where classes exclude each other: there is nothing to tell apart"),
        _ if dataset.words.values().all(|count| *count == 1) => {
            return wrong(
                "has another value in every row, so that it names no classes: name one whose values come back",
            );
        }
        _ => {}
    }
    let number = |class: &String| class.parse::<f64>().ok().filter(|number| number.is_finite());
    if classes.iter().all(|class| number(class).is_some()) {
        classes.sort_by(|a, b| number(a).partial_cmp(&number(b)).unwrap_or(Ordering::Equal));
    }
    Ok(classes)
}

/// The digests of the texts at `paths`, whatever they are labelled with, and of both parts of folders and archives.
fn texts_of(paths: &[PathBuf], schema: &Schema) -> Result<HashSet<Digest>> {
    let label = vec![LabelRule::named("any")];
    // They may have their texts where this task has, or where most files have them.
    let (text, second) = (schema.text.clone(), schema.second.clone());
    let named = Schema { labels: label.clone(), text, second, ..Schema::default() };
    let usual = Schema { labels: label, text: None, ..named.clone() };
    let read = |path: &Path, schema: &Schema, split| {
        let source = Source { path: path.to_owned(), all: Some(0.0), ..Source::default() };
        read(&[source], schema, split, BadRows::Skip, 0)
    };
    let mut digests = HashSet::new();
    for path in paths {
        let parts = [Split::Train, Split::Test]
            .map(|split| read(path, &named, split).or_else(|error| read(path, &usual, split).map_err(|_| error)));
        let parts = match parts {
            [Err(error), Err(_)] => return Err(error),
            parts => parts.into_iter().flatten(),
        };
        let examples = parts.flat_map(|part| part.examples);
        digests.extend(examples.map(|example| digest::of(&example.text, example.second.as_deref())));
    }
    Ok(digests)
}

fn nothing_left(sources: &[Source], left_out: &LeftOut) -> Error {
    if sources.is_empty() {
        return Error::invalid("no data was named: name the aclImdb folder, a CSV file or one with JSON lines");
    }
    let paths: Vec<_> = sources.iter().map(|source| source.path.display().to_string()).collect();
    let mut sentence = format!("no labelled text is left of {}", paths.join(", "));
    if let Some(counts) = left_out.sentence() {
        sentence.push_str(&format!(". {counts}"));
    }
    if let Some(first) = left_out.bad_rows.first() {
        sentence.push_str(&format!(". The first that cannot be used: {first}"));
    }
    if left_out.unscored > 0 {
        sentence +=
            ". The labels of Kaggle's test.csv are in the test_labels.csv that was published after the competition";
    }
    Error::invalid(sentence)
}

#[cfg(test)]
mod tests;
