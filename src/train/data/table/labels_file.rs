//! The labels of Kaggle's `test.csv`, which are in a file of their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::super::gathering::{Gathering, Label, Reason};
use super::file::{Column, File, Line};
use super::{label_columns, labels};
use crate::Result;

/// The labels of a file's rows, by id.
pub struct LabelsFile {
    path: PathBuf,
    /// None where the row is wrong.
    labels: HashMap<String, Option<Vec<Label>>>,
}

impl LabelsFile {
    /// `test_labels.csv` beside `test.csv`, where it exists.
    pub fn beside(path: &Path) -> Option<PathBuf> {
        let name = format!("{}_labels.{}", path.file_stem()?.to_str()?, path.extension()?.to_str()?);
        Some(path.with_file_name(name)).filter(|file| file.is_file())
    }

    pub fn read(path: &Path, separator: u8, gathering: &mut Gathering) -> Result<Self> {
        let mut file = File::open(path, separator)?;
        let id = file.need(&["id"], "")?;
        let columns = label_columns(&file, gathering.schema)?;
        let mut all = HashMap::new();
        while let Some(line) = file.next_line()? {
            if let Err(reason) = insert(&mut all, &line, id, &columns) {
                gathering.refuse(&reason, || line.place())?;
            }
        }
        Ok(Self { path: path.to_owned(), labels: all })
    }

    /// The labels of the row with `id`; none where they are wrong.
    pub fn of(&self, id: Option<String>) -> Result<Option<Vec<Label>>, Reason> {
        let file = self.path.display();
        let id = id.ok_or_else(|| format!("the row has no id by which to find its labels in {file}"))?;
        self.labels.get(&id).cloned().ok_or_else(|| format!("the labels of the id `{id}` are not in {file}"))
    }
}

fn insert(
    all: &mut HashMap<String, Option<Vec<Label>>>,
    line: &Line,
    id: Column,
    columns: &[Column],
) -> Result<(), Reason> {
    line.check()?;
    let id = line.text(id)?;
    let said = labels(line, columns);
    if all.contains_key(id) {
        return Err(format!("the id `{id}` was there before; remove one of the rows"));
    }
    all.insert(id.to_owned(), said.as_ref().ok().cloned());
    said.map(|_| ())
}
