//! One row, and what it has in its columns.

use std::borrow::Cow;

use serde_json::Value;

use super::fields::Fields;
use super::{Reason, same_name};

/// Where a row has something: the place of a column, or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column as the file calls it.
    pub name: String,
    /// Its place; none where rows have keys.
    pub(super) index: Option<usize>,
}

/// One row.
pub struct Row<'a> {
    /// The line that it begins in, counted from 1.
    pub line: usize,
    /// Its bytes as they stand, in UTF-8 and without the line end.
    pub written: &'a [u8],
    pub(super) cells: Cells<'a>,
}

pub(super) enum Cells<'a> {
    Fields(Fields<'a>),
    Object(serde_json::Map<String, Value>),
    /// What is written, as a whole.
    Text,
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
            Cells::Text => Ok(Cell::Text(
                std::str::from_utf8(self.written)
                    .map_err(|_| "the line is not UTF-8; save the file with UTF-8 encoding")?,
            )),
        }
    }

    /// The fields of a table's row; none of other rows.
    pub fn fields(&self) -> Vec<&[u8]> {
        match &self.cells {
            Cells::Fields(fields) => fields.iter().collect(),
            _ => Vec::new(),
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
            Self::Text(text) => {
                is_no_word(text) || NO_NUMBERS.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
            }
            Self::Json(_) => false,
        }
    }

    /// The same of a cell that has one of several words: none and null are words as others, such as those of texts of no kind.
    pub fn has_no_word(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => is_no_word(text),
            Self::Json(_) => false,
        }
    }
}

/// What is written for a number that nobody knows, and may be a word.
const NO_NUMBERS: [&str; 2] = ["null", "none"];

/// Whether a text is what programs write for a value that they do not have, whatever its kind, or blank.
fn is_no_word(text: &str) -> bool {
    const WRITTEN: [&str; 6] = ["nan", "na", "n/a", "#n/a", "<na>", "-nan"];
    let text = text.trim();
    text.is_empty() || WRITTEN.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Where `name` is among `names`: the one that is written so, or else the one that differs in its case only.
pub(super) fn find<'n>(names: impl Iterator<Item = &'n str> + Clone, name: &str) -> Result<Option<usize>, Reason> {
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
