//! What is to be learnt: a task's labels and where its texts are, as a recipe names them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Progress;
use super::data::{self, BadRows, Example, LabelRule, Only, Schema, Source, Split};
use crate::bert::Unit;
use crate::bundle::{HeadKind, check_task_name};
use crate::{Error, Result};

/// The tasks whose labels need not be named.
const KNOWN: [(&str, &[&str]); 2] = [
    ("sentiment", &["positive"]),
    ("toxicity", &["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]),
];

/// A task as a recipe file has it under `[[task]]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TaskSettings {
    /// The task's name.
    pub name: String,
    /// Its labels, and how rows say whether one applies; those of `sentiment` and `toxicity` are known.
    #[serde(default)]
    pub labels: Vec<LabelRule>,
    /// The column whose words are classes that exclude each other, in place of labels: topics, or stars.
    pub classes: Option<String>,
    /// The column of the text.
    pub text: Option<String>,
    /// The column of the second text, where the task is about pairs.
    pub second: Option<String>,
    /// The column that says which characters of the text are marked, where the task is to find those; it then has one label,
    /// and scores tokens instead of texts.
    pub spans: Option<String>,
    /// The share of the training texts in which words are disguised, from 0 to 1.
    #[serde(default)]
    pub disguise: f64,
    /// What its loss is multiplied by; 1 where not given. The tasks share what the optimiser knows of the gradients' size, so
    /// that one with small gradients teaches the encoder little.
    pub loss_weight: Option<f64>,
    /// How often its texts are gone through in an epoch of proportionally mixed tasks; once where not given.
    pub passes: Option<usize>,
    /// What to learn from.
    #[serde(default)]
    pub train: Vec<SourceSettings>,
    /// What to choose the best model by; a part of the training texts where none is given.
    #[serde(default)]
    pub validation: Vec<SourceSettings>,
}

/// Where texts are, as a recipe file has it: a path, or a table with a path.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected the path of a source, or a table of its path and of all, all-negative, only = { column = [\"value\"] }, samples, except"
)]
pub enum SourceSettings {
    /// `"reviews.csv"`
    Path(PathBuf),
    /// `{ path = "reviews.csv", all = 0, samples = 1000 }`
    Table(SourceTable),
}

/// A source with what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SourceTable {
    /// A path, which may be relative to the folder of all data.
    pub path: PathBuf,
    /// What all of its texts have as each of the task's labels, whatever they are labelled with there.
    pub all: Option<f32>,
    /// The same as `all = 0`.
    #[serde(default)]
    pub all_negative: bool,
    /// Only the rows that have one of these values in these columns: one column.
    #[serde(default)]
    pub only: BTreeMap<String, Vec<String>>,
    /// At most so many texts.
    pub samples: Option<usize>,
    /// Without the texts that these files, folders or archives have.
    #[serde(default)]
    pub except: Vec<PathBuf>,
}

/// A task with its texts.
#[derive(Debug, Clone)]
pub struct TaskData {
    /// The task's name.
    pub name: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// What has the labels.
    pub unit: Unit,
    /// How the labels go together.
    pub kind: HeadKind,
    /// The share of the training texts in which words are disguised.
    pub disguise: f64,
    /// What the loss is multiplied by.
    pub loss_weight: f64,
    /// How often the texts are gone through in an epoch of proportionally mixed tasks.
    pub passes: usize,
    /// What to learn from.
    pub train: Vec<Example>,
    /// What to choose the best model by; a part of `train` is held out for it where none is given.
    pub validation: Option<Vec<Example>>,
}

impl TaskSettings {
    /// The task's labels; none yet where it has classes.
    ///
    /// # Errors
    /// None are named and the task is not a known one, or the task's name cannot be one.
    pub fn labels(&self) -> Result<Vec<LabelRule>> {
        check_task_name(&self.name)?;
        if self.classes.is_some() {
            // They are the values that the column has.
            return match self.labels.is_empty() && self.spans.is_none() {
                true => Ok(Vec::new()),
                false => Err(Error::invalid(format!(
                    "{} has classes, which exclude each other and are about texts: give it no labels and no spans beside them",
                    self.name
                ))),
            };
        }
        if !self.labels.is_empty() {
            return Ok(self.labels.clone());
        }
        match KNOWN.iter().find(|(task, _)| *task == self.name) {
            Some((_, labels)) => Ok(labels.iter().map(|label| LabelRule::named(label)).collect()),
            None => {
                let known: Vec<_> = KNOWN.iter().map(|(task, _)| *task).collect();
                Err(Error::UnnamedLabels { task: self.name.clone(), known: known.join(" and ") })
            }
        }
    }

    /// Reads the task's texts; relative paths start at `folder`.
    ///
    /// # Errors
    /// As for [`data::read`], or there is nothing to learn from.
    pub fn read(&self, folder: &Path, bad_rows: BadRows, seed: u64, progress: &mut dyn Progress) -> Result<TaskData> {
        let mut schema = Schema {
            labels: self.labels()?,
            kind: if self.classes.is_some() { HeadKind::Classes } else { HeadKind::Labels },
            text: self.text.clone(),
            second: self.second.clone(),
            spans: self.spans.clone(),
        };
        if !(0.0..=1.0).contains(&self.disguise) || (self.disguise > 0.0 && self.spans.is_some()) {
            return Err(Error::invalid(format!(
                "disguise = {} cannot be: give a share from 0 to 1, and none to a task about marked words, whose marks would shift",
                self.disguise
            )));
        }
        let loss_weight = self.loss_weight.unwrap_or(1.0);
        if !(loss_weight > 0.0 && loss_weight.is_finite()) {
            return Err(Error::invalid(format!("loss-weight of {} must be above 0", self.name)));
        }
        if self.passes == Some(0) {
            return Err(Error::invalid(format!("passes of {} must be at least 1", self.name)));
        }
        let mut read = |sources: &[SourceSettings], what: &str, schema: &Schema| {
            progress.note(&format!("Reading {}{what}", self.name));
            let sources = sources.iter().map(|source| source.within(folder)).collect::<Result<Vec<_>>>()?;
            let dataset = data::read(&sources, schema, Split::Train, bad_rows, seed)?;
            dataset.remarks().iter().for_each(|line| progress.note(line));
            Ok::<_, Error>(dataset.examples)
        };
        if self.train.is_empty() {
            return Err(Error::NoData { task: self.name.clone() });
        }
        if let Some(column) = &self.classes {
            let sources = self.train.iter().map(|source| source.within(folder)).collect::<Result<Vec<_>>>()?;
            let classes = data::classes(&sources, column, &schema, bad_rows)?;
            schema.labels = classes.iter().map(|class| LabelRule::class(class, column)).collect();
        }
        let mut read = |sources: &[SourceSettings], what: &str| read(sources, what, &schema);
        let mut train = read(&self.train, "")?;
        let validation = if self.validation.is_empty() { None } else { Some(read(&self.validation, " (validation)")?) };
        if let Some(measured) = &validation {
            let all = train.len();
            train = data::without_texts_of(train, measured);
            match all - train.len() {
                0 => {}
                _ if train.is_empty() => {
                    return Err(Error::invalid(format!(
                        "every training text of {} is among its validation texts: name others to judge it by",
                        self.name
                    )));
                }
                count => {
                    progress.note(&format!("Texts left out of training since {} is judged by them: {count}", self.name))
                }
            }
        }
        let labels = schema.names();
        for (number, label) in labels.iter().enumerate() {
            if train.iter().all(|example| example.targets[number].is_nan()) {
                return Err(Error::invalid(format!(
                    "the label {label} of {} is known of no training text: leave it out, or add texts that have it as 0 or 1",
                    self.name
                )));
            }
        }
        let unit = if self.spans.is_some() { Unit::Token } else { Unit::Text };
        Ok(TaskData {
            name: self.name.clone(),
            labels,
            unit,
            kind: schema.kind,
            disguise: self.disguise,
            loss_weight,
            passes: self.passes.unwrap_or(1),
            train,
            validation,
        })
    }
}

impl SourceSettings {
    fn within(&self, folder: &Path) -> Result<Source> {
        let table = match self {
            Self::Path(path) => &SourceTable { path: path.clone(), ..SourceTable::default() },
            Self::Table(table) => table,
        };
        let mut only =
            table.only.iter().map(|(column, values)| Only { column: column.clone(), values: values.clone() });
        let source = Source {
            path: folder.join(&table.path),
            all: table.all.or(table.all_negative.then_some(0.0)),
            only: only.next(),
            samples: table.samples,
            except: table.except.iter().map(|path| folder.join(path)).collect(),
        };
        if table.all_negative && table.all.is_some_and(|share| share != 0.0) {
            return Err(Error::invalid(format!(
                "{}: all-negative means all = 0, and `all` says otherwise: leave one out",
                source.path.display()
            )));
        }
        match only.next() {
            None => Ok(source),
            Some(second) => Err(Error::invalid(format!(
                "{}: rows can be chosen by one column, and `{}` is a second one",
                source.path.display(),
                second.column
            ))),
        }
    }
}
