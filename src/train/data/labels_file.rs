//! The labels of Kaggle's `test.csv`, which are in a file of their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Schema;
use super::builder::DatasetBuilder;
use super::columns::{answers, at, error, label_columns, need, open};
use super::label::Answer;
use crate::Result;
use crate::rows::{Column, Format, Reason, Row};

/// The labels of a file's rows, by id.
pub struct LabelsFile {
    path: PathBuf,
    /// None where the row is wrong.
    answers: HashMap<String, Option<Vec<Answer>>>,
}

impl LabelsFile {
    /// `test_labels.csv` beside `test.csv`, where it exists.
    pub fn beside(path: &Path) -> Option<PathBuf> {
        let name = format!("{}_labels.{}", path.file_stem()?.to_str()?, path.extension()?.to_str()?);
        Some(path.with_file_name(name)).filter(|file| file.is_file())
    }

    pub fn read(path: &Path, format: Format, builder: &mut DatasetBuilder) -> Result<Self> {
        let schema = builder.schema;
        let mut rows = open(path, format, schema)?;
        let id = need(&rows, path, &["id"], "")?;
        let columns = label_columns(&rows, path, format, schema)?;
        let mut all = HashMap::new();
        while let Some(row) = rows.next_row() {
            match row {
                Ok(row) => {
                    if let Err(reason) = insert(&mut all, &row, &id, &columns, schema) {
                        builder.refuse(&reason, || at(path, row.line))?;
                    }
                }
                Err(fault) if fault.may_be_cut => return Err(error(path)(fault)),
                Err(fault) => builder.refuse(&fault.reason, || at(path, fault.line))?,
            }
        }
        Ok(Self { path: path.to_owned(), answers: all })
    }

    /// The labels of the row with `id`; none where they are wrong.
    pub fn of(&self, id: Option<String>) -> Result<Option<Vec<Answer>>, Reason> {
        let file = self.path.display();
        let id = id.ok_or_else(|| format!("the row has no id by which to find its labels in {file}"))?;
        self.answers.get(&id).cloned().ok_or_else(|| format!("the labels of the id `{id}` are not in {file}"))
    }
}

fn insert(
    all: &mut HashMap<String, Option<Vec<Answer>>>,
    row: &Row,
    id: &Column,
    columns: &[Column],
    schema: &Schema,
) -> Result<(), Reason> {
    let id = row.cell(id)?.written().unwrap_or_default().into_owned();
    let said = answers(row, &schema.labels, columns);
    if all.contains_key(&id) {
        return Err(format!("the id `{id}` was there before; remove one of the rows"));
    }
    all.insert(id, said.as_ref().ok().cloned());
    said.map(|_| ())
}
