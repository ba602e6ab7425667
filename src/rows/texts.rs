//! Rows for those who have something to say of each one's text: where the text is, and all that a row needs to be handed on with what was
//! said of it.
//!
//! A row that cannot be read takes no other with it: it stays in its place, as it is written, with its reason.

use serde_json::{Map, Value};

use super::encoding::Encoding;
use super::row::{Cells, Row};
use super::{Cell, Column, Fault, Format, Reason, Rows, same_name};

mod again;

pub use again::Again;

/// What columns of texts are called, the likelier ones first.
pub const NAMES: [&str; 11] = [
    "text",
    "comment_text",
    "comment",
    "review",
    "review_text",
    "sentence",
    "message",
    "content",
    "body",
    "tweet",
    "post",
];

/// The texts of a file that comes piece by piece.
pub struct Texts {
    rows: Rows,
    /// The column that was asked for.
    named: Option<String>,
    /// The column that the texts are in, once it is known.
    column: Option<Column>,
    place: usize,
}

/// A row by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRow {
    /// Its number, counted from 1; those that cannot be read count, too.
    pub place: usize,
    /// The line that it begins in, counted from 1.
    pub line: usize,
    /// Its bytes as they stand, in UTF-8 and without the line end.
    pub written: Vec<u8>,
    /// What it has beside the text.
    pub cells: RowCells,
    /// Its text, or why there is none.
    pub text: Result<String, Reason>,
}

/// What a row has, as far as it could be taken apart.
#[derive(Debug, Clone, PartialEq)]
pub enum RowCells {
    /// The fields of a table's row.
    Fields(Vec<Vec<u8>>),
    /// A JSON object.
    Object(Map<String, Value>),
    /// A line that is the text.
    Line,
    /// It could not be taken apart.
    Broken,
}

impl Texts {
    /// The texts of a file, in the column of this name, or where none is given in the first of [`NAMES`] that there is.
    pub fn coming(format: Format, encoding: Option<Encoding>, column: Option<&str>) -> Self {
        let wanted: Vec<&str> = column.map_or(NAMES.to_vec(), |name| vec![name]);
        let rows = Rows::coming(format, encoding, &wanted).with_blank_lines();
        Self { rows, named: column.map(str::to_owned), column: None, place: 0 }
    }

    /// Takes the bytes that come next.
    pub fn push(&mut self, block: &[u8]) {
        self.rows.push(block);
    }

    /// Nothing comes any more.
    pub fn end(&mut self) {
        self.rows.end();
    }

    /// The file that the texts are read from.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The column that the texts are in, once it is known.
    pub fn column(&self) -> Option<&Column> {
        self.column.as_ref()
    }

    /// Where in the UTF-8 of the file, without its byte order mark, the row begins that was read last: until more comes.
    pub fn offset(&self) -> usize {
        self.rows.last_offset()
    }

    /// Whether it is known that nothing comes any more.
    pub fn has_ended(&self) -> bool {
        self.rows.has_ended()
    }

    /// How many rows have been read.
    pub fn place(&self) -> usize {
        self.place
    }

    /// The next row; none at the end of the file, or of what has come of it.
    ///
    /// # Errors
    /// The file is none of such rows, or it has no column of texts: nothing can be said of it.
    pub fn next_text(&mut self) -> Option<Result<TextRow, Fault>> {
        if let Err(fault) = self.rows.begin()? {
            return Some(Err(fault));
        }
        if self.column.is_none()
            && let Some(found) = self.find_column()
        {
            match found {
                Ok(column) => self.column = Some(column),
                Err(fault) => return Some(Err(fault)),
            }
        }
        let row = match self.rows.next_row()? {
            Ok(row) => row,
            Err(Fault { line, reason, .. }) => {
                self.place += 1;
                let written = self.rows.last_written().to_vec();
                return Some(Ok(TextRow {
                    place: self.place,
                    line,
                    written,
                    cells: RowCells::Broken,
                    text: Err(reason),
                }));
            }
        };
        if self.column.is_none() {
            match key_of_texts(&row.keys()) {
                Ok(name) => self.column = Some(Column::key(name)),
                Err(reason) => return Some(Err(Fault::new(row.line, reason))),
            }
        }
        self.place += 1;
        let text = self.column.as_ref().map_or(Ok(String::new()), |column| text(&row, column));
        let (line, written) = (row.line, row.written.to_vec());
        let cells = match row.cells {
            Cells::Fields(fields) => RowCells::Fields(fields.iter().map(<[u8]>::to_vec).collect()),
            Cells::Object(object) => RowCells::Object(object),
            Cells::Text => RowCells::Line,
        };
        Some(Ok(TextRow { place: self.place, line, written, cells, text }))
    }

    /// The column of the texts where it is known before the first row; none where a row's keys tell it.
    fn find_column(&self) -> Option<Result<Column, Fault>> {
        if let Some(name) = &self.named {
            return Some(match self.rows.column(name) {
                Ok(Some(column)) => Ok(column),
                Ok(None) => Err(self.no_column(&format!("there is no column `{name}`"))),
                Err(fault) => Err(fault),
            });
        }
        if self.rows.header().is_none() && !matches!(self.rows.format(), Format::Lines) {
            return None;
        }
        for name in NAMES {
            match self.rows.column(name) {
                Ok(Some(column)) => return Some(Ok(column)),
                Ok(None) => {}
                Err(fault) => return Some(Err(fault)),
            }
        }
        Some(Err(self.no_column(&unnamed("column"))))
    }

    fn no_column(&self, what: &str) -> Fault {
        let header = self.rows.header().unwrap_or_default();
        if header.is_empty() {
            return Fault::new(1, "the file is empty, where a header with the columns' names should stand");
        }
        let separated_by = self.rows.separated_by().unwrap_or_default();
        Fault::new(1, format!("{what}; the columns, separated by {separated_by}, are `{}`", header.join("`, `")))
    }
}

/// The key of the texts, by those of the first object.
fn key_of_texts(keys: &[&str]) -> Result<&'static str, Reason> {
    let found = NAMES.into_iter().find(|name| keys.iter().any(|key| same_name(key, name)));
    found.ok_or_else(|| format!("{}; the keys are `{}`", unnamed("key"), keys.join("`, `")))
}

fn unnamed(what: &str) -> String {
    format!("no {what} is called `text`, `comment`, `review` or the like: name the one with the texts")
}

/// The text that `row` has in `column`: an empty one where the cell is empty, or null.
fn text(row: &Row, column: &Column) -> Result<String, Reason> {
    match row.cell(column)? {
        Cell::Text(text) => Ok(text.to_owned()),
        Cell::Json(_) => Err(format!("`{}` is no text; write it as a JSON string", column.name)),
        Cell::Empty => {
            let keys = row.keys();
            let is_there = matches!(row.cells, Cells::Fields(_)) || keys.iter().any(|key| same_name(key, &column.name));
            match is_there {
                true => Ok(String::new()),
                false => Err(format!("there is no key `{}`; the keys are `{}`", column.name, keys.join("`, `"))),
            }
        }
    }
}

#[cfg(test)]
mod tests;
