//! Files of rows as people have them: CSV and TSV, JSON lines, and plain lines of text.
//!
//! Everybody's files come from somewhere else — a spreadsheet, a data frame, a database, a script — and each of these writes
//! them in a way of its own. What can be told is told from the file: its encoding ([`encoding`]), the separator and the
//! columns ([`table`]), which quotes are quotes ([`quotes`]), and what JSON has no word for (`json_lines`). What was read otherwise
//! than it stands is said in [`Rows::notes`], and what cannot be read is a [`Fault`] with its line.
//!
//! The module is given bytes and knows no file system, since the companion and the page read files with it. Rows are lent
//! one at a time; only the file's content is kept.

use std::borrow::Cow;

use serde_json::Value;

pub mod encoding;

mod json_lines;
mod lines;
mod quotes;
mod table;

use encoding::Encoding;
use json_lines::JsonLines;
use lines::Lines;
use table::Table;

/// What is wrong with a row, as it stands after the file and the line.
pub type Reason = String;

/// How a file of rows is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A header and rows of fields, which this byte separates unless the header tells of another.
    Table {
        /// The separator that the file's name promises.
        separator: u8,
    },
    /// A JSON object a line.
    JsonLines,
    /// A text a line.
    Lines,
}

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub reason: Reason,
    /// Whether nothing can be read after it.
    pub ends_file: bool,
}

/// A file's rows, one after the other.
pub struct Rows {
    encoding: Encoding,
    kind: Kind,
}

enum Kind {
    Table(Table),
    JsonLines(JsonLines),
    Lines(Lines),
}

/// Where a row has something: the place of a column, or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column as the file calls it.
    pub name: String,
    /// Its place; none where rows have keys.
    index: Option<usize>,
}

/// One row.
pub struct Row<'a> {
    /// The line that it begins in, counted from 1.
    pub line: usize,
    cells: Cells<'a>,
}

enum Cells<'a> {
    Fields(table::Fields<'a>),
    Object(serde_json::Map<String, Value>),
    Text(&'a [u8]),
}

/// What a row has in a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing: no such key, null, or an empty field.
    Empty,
    /// A field, or a JSON string.
    Text(&'a str),
    /// A JSON value that is no string.
    Json(&'a Value),
}

impl Format {
    /// What the ending of a file's name promises; none for what is no file of rows.
    pub fn from_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "csv" => Self::Table { separator: b',' },
            "tsv" | "tab" => Self::Table { separator: b'\t' },
            "jsonl" | "ndjson" => Self::JsonLines,
            "txt" => Self::Lines,
            _ => return None,
        })
    }
}

impl Rows {
    /// The rows of a file with this content. `wanted` are columns that are going to be asked for, by which a header's separator
    /// is told.
    ///
    /// # Errors
    /// The file is of another kind than `format`.
    pub fn new(content: Vec<u8>, format: Format, wanted: &[&str]) -> Result<Self, Fault> {
        let (content, encoding) = encoding::decode(content);
        let kind = match format {
            Format::Table { separator } => Kind::Table(Table::new(content, separator, wanted)?),
            Format::JsonLines => Kind::JsonLines(JsonLines::new(content)?),
            Format::Lines => Kind::Lines(Lines::new(content)),
        };
        Ok(Self { encoding, kind })
    }

    /// The names of a table's columns, which are empty where the file is; none for files without a header.
    pub fn header(&self) -> Option<&[String]> {
        match &self.kind {
            Kind::Table(table) => Some(table.header()),
            _ => None,
        }
    }

    /// What separates a table's columns, in a word.
    pub fn separated_by(&self) -> Option<String> {
        match &self.kind {
            Kind::Table(table) => Some(table.separated_by()),
            _ => None,
        }
    }

    /// Where the column `name` is, whatever its case; none where a header does not have it.
    ///
    /// # Errors
    /// More than one column is called so.
    pub fn column(&self, name: &str) -> Result<Option<Column>, Fault> {
        let Kind::Table(table) = &self.kind else {
            return Ok(Some(Column { name: name.to_owned(), index: None }));
        };
        let names = table.header().iter().map(String::as_str);
        let index = find(names, name).map_err(|reason| Fault::new(table.header_line(), reason))?;
        Ok(index.map(|index| Column { name: table.header()[index].clone(), index: Some(index) }))
    }

    /// The next row; none at the end of the file. After a [`Fault`] that does not end the file, the rows behind it follow.
    pub fn next_row(&mut self) -> Option<Result<Row<'_>, Fault>> {
        match &mut self.kind {
            Kind::Table(table) => table
                .next_record()
                .map(|fields| fields.map(|fields| Row { line: fields.line, cells: Cells::Fields(fields) })),
            Kind::JsonLines(lines) => lines
                .next_object()
                .map(|object| object.map(|(line, object)| Row { line, cells: Cells::Object(object) })),
            Kind::Lines(lines) => lines.next_filled().map(|(line, text)| Ok(Row { line, cells: Cells::Text(text) })),
        }
    }

    /// What was read otherwise than it stands in the file, in sentences; whole once the last row was read.
    pub fn notes(&self) -> Vec<String> {
        let of_rows = match &self.kind {
            Kind::Table(table) => table.notes(),
            Kind::JsonLines(lines) => lines.notes(),
            Kind::Lines(_) => Vec::new(),
        };
        self.encoding.note().into_iter().chain(of_rows).collect()
    }
}

impl Column {
    /// The key `name` of rows that have keys.
    pub fn key(name: &str) -> Self {
        Self { name: name.to_owned(), index: None }
    }
}

impl Row<'_> {
    /// What the row has in `column`. A line of a file of plain lines has its text in every column.
    ///
    /// # Errors
    /// It is no text in UTF-8, or two keys differ from the column's name in their case only.
    pub fn cell(&self, column: &Column) -> Result<Cell<'_>, Reason> {
        let not_utf8 = |_| format!("the column `{}` is not UTF-8; save the file with UTF-8 encoding", column.name);
        match &self.cells {
            Cells::Fields(fields) => {
                let field = column.index.map_or(&b""[..], |index| fields.field(index));
                let text = std::str::from_utf8(field).map_err(not_utf8)?;
                Ok(if text.is_empty() { Cell::Empty } else { Cell::Text(text) })
            }
            Cells::Object(object) => {
                let key = find(object.keys().map(String::as_str), &column.name)?;
                Ok(match key.and_then(|key| object.values().nth(key)) {
                    None | Some(Value::Null) => Cell::Empty,
                    Some(Value::String(text)) => Cell::Text(text),
                    Some(other) => Cell::Json(other),
                })
            }
            Cells::Text(text) => Ok(Cell::Text(
                std::str::from_utf8(text).map_err(|_| "the line is not UTF-8; save the file with UTF-8 encoding")?,
            )),
        }
    }

    /// The names of what the row has: its keys, or nothing where a header has them.
    pub fn keys(&self) -> Vec<&str> {
        match &self.cells {
            Cells::Object(object) => object.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

impl<'a> Cell<'a> {
    /// The cell as it is written; none where it is empty.
    pub fn written(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Empty => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Json(value) => Some(Cow::Owned(value.to_string())),
        }
    }

    /// Whether there is nothing in the cell, or what programs write for a value that they do not have: NaN (pandas), NA (R), null.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => is_missing(text),
            Self::Json(_) => false,
        }
    }
}

/// Whether a text is what programs write for a value that they do not have, or blank.
fn is_missing(text: &str) -> bool {
    const WRITTEN: [&str; 8] = ["nan", "na", "n/a", "#n/a", "<na>", "null", "none", "-nan"];
    let text = text.trim();
    text.is_empty() || WRITTEN.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether two names or values are the same but for case and the white space around them.
pub fn same_name(left: &str, right: &str) -> bool {
    let (left, right) = (left.trim(), right.trim());
    left.eq_ignore_ascii_case(right) || (!left.is_ascii() && left.to_lowercase() == right.to_lowercase())
}

/// JSON in which half an emoji, `"\ud83d"` without its other half, is �, and NaN is null; none where it has neither.
pub fn with_whole_characters(json: &str) -> Option<String> {
    json_lines::mended(json).map(|mended| mended.line)
}

/// A value as it stands in a sentence, cut where it is long: in a file whose columns have slipped it may be a whole comment.
pub fn shown(value: &str) -> String {
    const LONGEST: usize = 40;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &value[..end]),
        None => format!("`{value}`"),
    }
}

/// Where `name` is among `names`: the one that is written so, or else the one that differs in its case only.
fn find<'n>(names: impl Iterator<Item = &'n str> + Clone, name: &str) -> Result<Option<usize>, Reason> {
    let only = |is_it: &dyn Fn(&str) -> bool| {
        let mut found = names.clone().enumerate().filter(|(_, other)| is_it(other));
        match (found.next(), found.next()) {
            (Some((_, one)), Some(_)) => Err(format!("there are two columns `{one}`; rename or remove one")),
            (one, _) => Ok(one.map(|(index, _)| index)),
        }
    };
    match only(&|other| other == name)? {
        None => only(&|other| same_name(other, name)),
        found => Ok(found),
    }
}

impl Fault {
    fn new(line: usize, reason: impl Into<Reason>) -> Self {
        Self { line, reason: reason.into(), ends_file: false }
    }

    fn ending(line: usize, reason: impl Into<Reason>) -> Self {
        Self { ends_file: true, ..Self::new(line, reason) }
    }
}

#[cfg(test)]
mod tests;
