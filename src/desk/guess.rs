//! How a file is laid out, and which of its columns has the texts, by its name and its beginning.

use super::foreign;
use crate::rows::encoding::{Decoder, Encoding};
use crate::rows::texts::NAMES;
use crate::rows::{Cell, Column, Fault, Format, Rows, same_name};

/// So many rows are looked at.
const ROWS: usize = 100;

/// What a file seems to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// How it is laid out.
    pub format: Format,
    /// The columns, or the keys of JSON objects; none where each line is a text.
    pub columns: Vec<String>,
    /// The place of the one with the texts.
    pub column: Option<usize>,
}

/// The layout that a file's name promises, or else its first bytes show.
///
/// # Errors
/// A sentence, where it is no file of rows.
pub fn format(name: &str, beginning: &[u8]) -> Result<Format, String> {
    if let Some(refusal) = foreign::refusal(name, beginning) {
        return Err(refusal);
    }
    if let Some(format) = Format::from_name(name) {
        return Ok(format);
    }
    let text = String::from_utf8_lossy(beginning);
    let first = text.trim_start().lines().next().unwrap_or_default();
    Ok(match () {
        () if first.starts_with('{') => Format::JsonLines,
        () if first.contains('\t') => Format::Table { separator: b'\t' },
        () if first.contains([',', ';', '|']) => Format::Table { separator: b',' },
        () => Format::Lines,
    })
}

/// The columns of a file that begins with these bytes, and which of them has the texts: one that is called so, or the one with the
/// longest ones. `is_whole` says whether that is all of the file.
///
/// # Errors
/// It is no file of this layout.
pub fn columns(beginning: &[u8], is_whole: bool, format: Format, encoding: Encoding) -> Result<Guess, Fault> {
    if format == Format::Lines {
        return Ok(Guess { format, columns: Vec::new(), column: None });
    }
    let decoded = Decoder::new(Some(encoding)).decode(beginning, is_whole).into_owned();
    let mut rows = Rows::coming(format, Some(Encoding::Utf8), &NAMES);
    rows.push(&decoded);
    if is_whole {
        rows.end();
    }
    rows.begin().unwrap_or(Ok(()))?;
    let mut columns: Vec<String> = rows.header().map(<[String]>::to_vec).unwrap_or_default();
    let mut lengths = vec![0; columns.len()];
    let mut read = 0;
    while read < ROWS
        && let Some(row) = rows.next_row()
    {
        let Ok(row) = row else { continue };
        read += 1;
        for key in row.keys() {
            if !columns.iter().any(|name| name == key) {
                columns.push(key.to_owned());
                lengths.push(0);
            }
        }
        // A table's columns by their places, as two of them may have one name.
        for (length, field) in lengths.iter_mut().zip(row.fields()) {
            *length += weight(&String::from_utf8_lossy(field));
        }
        if format == Format::JsonLines {
            for (name, length) in columns.iter().zip(&mut lengths) {
                if let Ok(Cell::Text(text)) = row.cell(&Column::key(name)) {
                    *length += weight(text);
                }
            }
        }
    }
    let named = NAMES.iter().find_map(|name| columns.iter().position(|column| same_name(column, name)));
    let longest = || (0..columns.len()).filter(|&column| lengths[column] > 0).max_by_key(|&column| lengths[column]);
    let column = named.or_else(longest);
    Ok(Guess { format, columns, column })
}

/// How much of a text a value seems to be: texts have words.
fn weight(value: &str) -> usize {
    value.split_whitespace().skip(1).map(str::len).sum()
}
