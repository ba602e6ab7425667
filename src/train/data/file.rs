//! Files of rows: where a file has what the schema names, and what each row has there.

use std::path::Path;

use super::builder::DatasetBuilder;
use super::columns::{answers, at, error, label_columns, need, open};
use super::label::Answer;
use super::labels_file::LabelsFile;
use super::row::Row;
use super::{Schema, text};
use crate::rows::{self, Cell, Column, Format, Reason, Rows, shown};
use crate::{Error, Result};

/// What the column is called that says how much a row counts.
const WEIGHT: &str = "weight";

/// Takes the rows of the file at `path`.
pub fn read(path: &Path, format: Format, builder: &mut DatasetBuilder) -> Result<()> {
    let mut rows = open(path, format, builder.schema)?;
    let columns = Columns::find(&rows, path, format, builder)?;
    let mut keys = Keys::default();
    let (mut alone, mut is_weighed) = (0, false);
    while let Some(row) = rows.next_row() {
        keys.rows += 1;
        match row {
            Ok(row) => {
                keys.look(&row, &columns);
                let row = FileRow { row: &row, columns: &columns, schema: builder.schema };
                is_weighed |= row.written(columns.weight.as_ref()).is_ok_and(|weight| weight.is_some());
                alone += usize::from(columns.second.is_some() && row.second().is_ok_and(|second| second.is_none()));
                builder.take(&row, || at(path, row.row.line))?;
            }
            Err(fault) if fault.may_be_cut => return Err(error(path)(fault)),
            Err(fault) => builder.refuse(&fault.reason, || at(path, fault.line))?,
        }
    }
    keys.check(path, &rows, &columns)?;
    let mut notes = rows.notes();
    notes.extend((alone > 0).then(|| format!("rows without a second text, which are read as single texts: {alone}")));
    notes.extend(columns.other_text(&rows, builder.schema));
    let weight = columns.weight.filter(|_| is_weighed);
    notes.extend(weight.map(|weight| format!("each row counts as much as its `{}` says", weight.name)));
    for note in notes {
        builder.note(format!("{}: {note}", path.display()));
    }
    Ok(())
}

/// Where a file has what.
struct Columns {
    id: Option<Column>,
    /// In files of keys each row may have its text elsewhere.
    text: Vec<Column>,
    second: Option<Column>,
    labels: Labels,
    weight: Option<Column>,
    spans: Option<Column>,
    only: Option<Column>,
}

/// Where the labels of a file are.
enum Labels {
    /// In these columns of its own.
    Here(Vec<Column>),
    /// In another file, by id.
    Elsewhere(LabelsFile),
}

impl Columns {
    fn find(rows: &Rows, path: &Path, format: Format, builder: &mut DatasetBuilder) -> Result<Self> {
        let schema = builder.schema;
        let need = |names: &[&str]| need(rows, path, names, "");
        let find = |name| rows.column(name).map_err(error(path));
        if format == Format::Lines && (!builder.has_constant_labels() || schema.second.is_some()) {
            return Err(Error::invalid(format!(
                "{} has a text in each line and no labels: read it as a source whose labels are all the same, as with all = 0, or as CSV",
                path.display()
            )));
        }
        let text = match rows.header() {
            Some(_) => vec![need(&schema.text_names())?],
            None => schema.text_names().into_iter().map(Column::key).collect(),
        };
        let second = schema.second.as_ref().map(|name| need(&[name])).transpose()?;
        let has_labels = !builder.has_constant_labels();
        let spans = schema.spans.as_ref().filter(|_| has_labels).map(|name| need(&[name])).transpose()?;
        let only = builder.only().map(|only| need(&[&only.column])).transpose()?;
        let labels = if !has_labels || schema.spans.is_some() {
            Labels::Here(Vec::new())
        } else {
            match (label_columns(rows, path, format, schema), LabelsFile::beside(path)) {
                (Ok(columns), _) => Labels::Here(columns),
                (Err(_), Some(other)) => Labels::Elsewhere(LabelsFile::read(&other, format, builder)?),
                (Err(missing), None) => return Err(missing),
            }
        };
        // A plain line has its text in every column, and nothing else.
        let find = |name| if format == Format::Lines { Ok(None) } else { find(name) };
        let is_label = |column: &Column| {
            has_labels && schema.labels.iter().any(|label| rows::same_name(&label.column, &column.name))
        };
        let weight = find(WEIGHT)?.filter(|column| !is_label(column));
        Ok(Self { id: find("id")?, text, second, labels, weight, spans, only })
    }

    /// A sentence where a table has another column, too, that may hold the text.
    fn other_text(&self, rows: &Rows, schema: &Schema) -> Option<String> {
        let [text] = &self.text[..] else { return None };
        let is_other = |name: &&str| !rows::same_name(name, &text.name) && matches!(rows.column(name), Ok(Some(_)));
        let other = rows.header().and(schema.text_names().into_iter().find(is_other))?;
        Some(format!("the texts are those of `{}`, and not those of `{other}`: --text names the column", text.name))
    }
}

/// Which keys the rows of a file have: one that none has was misspelt, here or there.
#[derive(Default)]
struct Keys {
    rows: usize,
    /// The keys of the first row, for the sentence.
    first: Option<Vec<String>>,
    /// Those of the columns' names that some row has.
    found: Vec<String>,
}

impl Keys {
    fn look(&mut self, row: &rows::Row, columns: &Columns) {
        let keys = row.keys();
        if keys.is_empty() {
            return;
        }
        for column in columns.needed().into_iter().flatten() {
            if !self.found.contains(&column.name) && keys.iter().any(|key| rows::same_name(key, &column.name)) {
                self.found.push(column.name.clone());
            }
        }
        self.first.get_or_insert_with(|| keys.into_iter().map(str::to_owned).collect());
    }

    fn check(&self, path: &Path, rows: &Rows, columns: &Columns) -> Result<()> {
        if self.rows == 0 {
            let what = if rows.header().is_some() { "has no row below its header" } else { "is empty" };
            return Err(Error::invalid(format!("{} {what}", path.display())));
        }
        let Some(first) = &self.first else { return Ok(()) };
        let is_found = |column: &&Column| self.found.contains(&column.name);
        let Some(missing) =
            columns.needed().into_iter().find(|columns| !columns.iter().any(|column| is_found(&column)))
        else {
            return Ok(());
        };
        let names: Vec<_> = missing.iter().map(|column| column.name.as_str()).collect();
        Err(Error::invalid(format!(
            "{}: no row has a key `{}`; the keys of the first row are `{}`; for a label that nobody gave, write null",
            path.display(),
            names.join("` or `"),
            first.join("`, `")
        )))
    }
}

impl Columns {
    /// What some row must have, each with other names that do as well.
    fn needed(&self) -> Vec<&[Column]> {
        let labels = match &self.labels {
            Labels::Here(columns) => columns.as_slice(),
            Labels::Elsewhere(_) => &[],
        };
        let single = self.second.iter().chain(&self.spans).chain(labels).map(std::slice::from_ref);
        [self.text.as_slice()].into_iter().chain(single).collect()
    }
}

/// A row of a file, for a schema.
struct FileRow<'a> {
    row: &'a rows::Row<'a>,
    columns: &'a Columns,
    schema: &'a Schema,
}

impl FileRow<'_> {
    /// What the row has in `column`; none where it has nothing there.
    fn written(&self, column: Option<&Column>) -> Result<Option<String>, Reason> {
        let Some(column) = column else { return Ok(None) };
        Ok(self.row.cell(column)?.written().map(|written| written.into_owned()))
    }

    /// The text in `column`, which JSON has to have in quotes; none where there is nothing.
    fn string(&self, column: &Column) -> Result<Option<String>, Reason> {
        match self.row.cell(column)? {
            Cell::Empty => Ok(None),
            Cell::Text(text) => Ok(Some(text.to_owned())),
            Cell::Json(other) => {
                Err(format!("`{}` is {}; put the text in quotes", column.name, shown(&other.to_string())))
            }
        }
    }

    /// `text` as it is learnt. Marked characters are told by their number, so there nothing is taken away.
    fn cleaned(&self, text: String) -> Result<String, Reason> {
        if self.schema.spans.is_some() { text::check(&text).map(|()| text) } else { text::cleaned(&text) }
    }
}

impl Row for FileRow<'_> {
    fn id(&self) -> Result<Option<String>, Reason> {
        let Some(column) = &self.columns.id else { return Ok(None) };
        match self.row.cell(column)? {
            cell if cell.is_missing() => Ok(None),
            Cell::Json(value) if !value.is_number() => {
                Err(format!("the id is {}; an id is a string or a number", shown(&value.to_string())))
            }
            cell => Ok(cell.written().map(|id| id.into_owned())),
        }
    }

    fn answers(&self) -> Result<Option<Vec<Answer>>, Reason> {
        match &self.columns.labels {
            Labels::Here(columns) => answers(self.row, &self.schema.labels, columns).map(Some),
            Labels::Elsewhere(file) => file.of(self.id()?),
        }
    }

    fn weight(&self) -> Result<f32, Reason> {
        let Some(column) = &self.columns.weight else { return Ok(1.0) };
        let cell = self.row.cell(column)?;
        let weight = match &cell {
            cell if cell.is_missing() => Some(1.0),
            Cell::Json(value) => value.as_f64().map(|weight| weight as f32),
            cell => cell.written().and_then(|weight| weight.trim().parse().ok()),
        };
        let wrong = || {
            let written = cell.written().unwrap_or_default();
            format!("the weight is {}; a weight is a number, and not below 0", shown(written.trim()))
        };
        weight.filter(|weight: &f32| weight.is_finite() && *weight >= 0.0).ok_or_else(wrong)
    }

    fn text(&self) -> Result<String, Reason> {
        for column in &self.columns.text {
            if let Some(text) = self.string(column)? {
                return self.cleaned(text);
            }
        }
        let names: Vec<_> = self.columns.text.iter().map(|column| column.name.as_str()).collect();
        let keys = self.row.keys();
        if keys.is_empty() || keys.iter().any(|key| names.iter().any(|name| rows::same_name(key, name))) {
            return text::cleaned("");
        }
        Err(format!("there is no `{}`; the keys are `{}`", names.join("` nor `"), keys.join("`, `")))
    }

    fn second(&self) -> Result<Option<String>, Reason> {
        let Some(column) = &self.columns.second else { return Ok(None) };
        Ok(self.string(column)?.and_then(|text| self.cleaned(text).ok()))
    }

    fn spans(&self) -> Result<Option<String>, Reason> {
        self.written(self.columns.spans.as_ref())
    }

    fn chosen_by(&self) -> Result<Option<String>, Reason> {
        self.written(self.columns.only.as_ref())
    }
}
