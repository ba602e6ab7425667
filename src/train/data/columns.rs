//! Where a file of rows has what a schema names, and sentences for what it has not.

use std::path::Path;

use super::Schema;
use super::label::{Answer, LabelRule};
use crate::rows::{self, Column, Fault, Format, Reason, Rows};
use crate::{Error, Result};

/// The rows of the file at `path`, in which the schema's columns are to be found.
pub fn open(path: &Path, format: Format, schema: &Schema) -> Result<Rows> {
    let content = std::fs::read(path).map_err(Error::io(path))?;
    let labels = schema.labels.iter().map(|label| label.column.as_str());
    let wanted: Vec<_> = schema.text_names().into_iter().chain(schema.second.as_deref()).chain(labels).collect();
    Rows::new(content, format, &wanted).map_err(error(path))
}

/// A fault in the file at `path`, as an error.
pub fn error(path: &Path) -> impl Fn(Fault) -> Error + '_ {
    move |fault| Error::invalid(format!("{}: {}", at(path, fault.line), fault.reason))
}

/// A file and a line, as they stand in a sentence.
pub fn at(path: &Path, line: usize) -> String {
    format!("{}, line {line}", path.display())
}

/// The first of the columns `names` that is there, as one of them has to be.
pub fn need(rows: &Rows, path: &Path, names: &[&str], advice: &str) -> Result<Column> {
    for name in names {
        if let Some(column) = rows.column(name).map_err(error(path))? {
            return Ok(column);
        }
    }
    let header = rows.header().unwrap_or_default();
    if header.is_empty() {
        return Err(Error::invalid(format!("{} is empty", path.display())));
    }
    Err(Error::invalid(format!(
        "{}, line 1: there is no column `{}`; the columns, separated by {}, are `{}`{advice}",
        path.display(),
        names.join("` nor `"),
        rows.separated_by().unwrap_or_default(),
        header.join("`, `")
    )))
}

/// The labels' columns. A file that knows nothing of a label has to say so by an empty column: a label that is not there
/// is more often one that was misspelt, or told by the words of another column.
pub fn label_columns(rows: &Rows, path: &Path, format: Format, schema: &Schema) -> Result<Vec<Column>> {
    let find = |label: &LabelRule| {
        if let Some(column) = rows.column(&label.column).map_err(error(path))? {
            return Ok(column);
        }
        let advice = word_columns(path, format, schema, &label.column)
            .unwrap_or_else(|| "; for a label that nobody gave, add its column and leave it empty".to_owned());
        need(rows, path, &[&label.column], &advice)
    };
    schema.labels.iter().map(find).collect()
}

/// Advice where some column has the word that a label is called by.
fn word_columns(path: &Path, format: Format, schema: &Schema, word: &str) -> Option<String> {
    let mut rows = open(path, format, schema).ok()?;
    let header = rows.header()?.to_vec();
    let columns: Vec<_> = header.iter().filter_map(|name| rows.column(name).ok().flatten()).collect();
    for _ in 0..1000 {
        let row = rows.next_row()?;
        let Ok(row) = row else { continue };
        let has_word = |column: &&Column| {
            row.cell(column).is_ok_and(|cell| cell.written().is_some_and(|cell| rows::same_name(&cell, word)))
        };
        if let Some(Column { name, .. }) = columns.iter().find(has_word) {
            return Some(format!(
                "; `{name}` has the word `{word}` in line {}: name the label as `{word}:{name}={word}`",
                row.line
            ));
        }
    }
    None
}

/// What `row` says of `labels`, which it has in `columns`.
pub fn answers(row: &rows::Row, labels: &[LabelRule], columns: &[Column]) -> Result<Vec<Answer>, Reason> {
    labels.iter().zip(columns).map(|(label, column)| label.read(&row.cell(column)?)).collect()
}
