//! CSV files with one text a row and one column a label, as in Kaggle's Toxic Comment Classification Challenge; and the same
//! with tabs.

use std::path::Path;

use super::Schema;
use super::content::shown;
use super::gathering::{Gathering, Label, Reason, Row};
use crate::{Error, Result};

mod file;
mod labels_file;

use file::{Column, File, Line};
use labels_file::LabelsFile;

/// Takes the rows of the file at `path`.
pub fn read(path: &Path, separator: u8, gathering: &mut Gathering) -> Result<()> {
    let mut file = File::open(path, separator)?;
    let columns = Columns::find(&file, path, separator, gathering)?;
    let mut rows = 0;
    while let Some(line) = file.next_line()? {
        rows += 1;
        match line.check() {
            Ok(()) => gathering.take(&TableRow { line: &line, columns: &columns }, || line.place())?,
            Err(reason) => gathering.refuse(&reason, || line.place())?,
        }
    }
    if rows == 0 {
        return Err(Error::invalid(format!("{} has no row below its header", path.display())));
    }
    Ok(())
}

/// Where a file has what.
struct Columns {
    id: Option<Column>,
    text: Column,
    second: Option<Column>,
    labels: Labels,
    weight: Option<Column>,
}

/// Where the labels of a file are.
enum Labels {
    /// In these columns of its own.
    Here(Vec<Column>),
    /// In another file, by id.
    Elsewhere(LabelsFile),
}

impl Columns {
    fn find(file: &File, path: &Path, separator: u8, gathering: &mut Gathering) -> Result<Self> {
        let schema = gathering.schema;
        let text = file.need(&schema.text_names(), "")?;
        let second = schema.second.as_ref().map(|name| file.need(&[name], "")).transpose()?;
        if let Some(spans) = schema.spans.as_ref().filter(|_| !gathering.all_negative()) {
            file.need(&[spans], "")?;
        }
        let labels = if gathering.all_negative() || schema.spans.is_some() {
            Labels::Here(Vec::new())
        } else {
            match label_columns(file, schema) {
                Ok(columns) => Labels::Here(columns),
                Err(missing) => match LabelsFile::beside(path) {
                    Some(other) => Labels::Elsewhere(LabelsFile::read(&other, separator, gathering)?),
                    None => return Err(missing),
                },
            }
        };
        Ok(Self { id: file.find("id")?, text, second, labels, weight: file.find("weight")? })
    }
}

/// The labels' columns. A file that knows nothing of a label has to say so by an empty column: a label that is not there
/// is more often one that was misspelt.
fn label_columns(file: &File, schema: &Schema) -> Result<Vec<Column>> {
    let advice = "; for a label that nobody gave, add its column and leave it empty";
    schema.labels.iter().map(|name| file.need(&[name], advice)).collect()
}

/// What a row says of the labels in `columns`.
fn labels(line: &Line, columns: &[Column]) -> Result<Vec<Label>, Reason> {
    let label = |&column: &Column| {
        let field = line.text(column)?.trim();
        match field.parse::<f32>() {
            Ok(0.0) => Ok(Label::DoesNot),
            Ok(1.0) => Ok(Label::Applies),
            Ok(-1.0) => Ok(Label::Unscored),
            _ if field.is_empty() => Ok(Label::Unknown),
            _ if field.eq_ignore_ascii_case("false") => Ok(Label::DoesNot),
            _ if field.eq_ignore_ascii_case("true") => Ok(Label::Applies),
            _ => Err(format!(
                "the label `{}` is {}; a label is 0 or 1, and empty where it is unknown",
                line.name(column),
                shown(field)
            )),
        }
    };
    columns.iter().map(label).collect()
}

struct TableRow<'a> {
    line: &'a Line<'a>,
    columns: &'a Columns,
}

impl Row for TableRow<'_> {
    fn id(&self) -> Result<Option<String>, Reason> {
        let id = self.columns.id.map(|column| self.line.text(column)).transpose()?;
        Ok(id.filter(|id| !id.is_empty()).map(str::to_owned))
    }

    fn labels(&self) -> Result<Option<Vec<Label>>, Reason> {
        match &self.columns.labels {
            Labels::Here(columns) => labels(self.line, columns).map(Some),
            Labels::Elsewhere(file) => file.of(self.id()?),
        }
    }

    fn weight(&self) -> Result<f32, Reason> {
        let Some(column) = self.columns.weight else { return Ok(1.0) };
        let field = self.line.text(column)?.trim();
        let weight = field.parse::<f32>().ok().filter(|weight| weight.is_finite() && *weight >= 0.0);
        weight.ok_or_else(|| format!("the weight is {}; a weight is a number, and not below 0", shown(field)))
    }

    fn text(&self) -> Result<String, Reason> {
        self.line.text(self.columns.text).map(str::to_owned)
    }

    fn second(&self) -> Result<Option<String>, Reason> {
        Ok(self.columns.second.map(|column| self.line.text(column)).transpose()?.map(str::to_owned))
    }

    fn field(&self, name: &str) -> Result<Option<String>, Reason> {
        Ok(self.line.field(name)?.map(str::to_owned))
    }
}
