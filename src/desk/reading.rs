//! From a file's bytes to its rows, a piece at a time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::index::{Index, Place};
use crate::rows::encoding::{Decoder, Encoding, UTF8_MARK};
use crate::rows::texts::{Again, Texts};
use crate::rows::write::csv::Columns;
use crate::rows::{Fault, Format};

/// So many rows a file may have.
pub const MOST_ROWS: usize = 200_000;
/// So many bytes a file may have.
pub const MOST_BYTES: usize = 100_000_000;

/// A file that is being read.
pub struct Reading {
    decoder: Decoder,
    encoding: Encoding,
    /// The first bytes in UTF-8, as many as a byte order mark has: one may stand behind that of another encoding, too.
    first: Vec<u8>,
    texts: Texts,
    index: Index,
    /// The last row with each text.
    last: HashMap<[u64; 2], u32>,
}

/// A file that has been read.
pub struct Rows {
    /// Its rows.
    pub index: Index,
    /// Reads them again.
    pub again: Again,
    /// How they are written.
    pub layout: Layout,
    /// What was read otherwise than it stands, in sentences.
    pub notes: Vec<String>,
}

/// How a file's rows are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Of which kind the file is.
    pub format: Format,
    /// The column of the texts.
    pub column: String,
    /// A table's columns.
    pub columns: Option<Columns>,
}

impl Reading {
    /// A file in this encoding, whose texts are in `column`, which is its name.
    pub fn new(format: Format, encoding: Encoding, column: Option<&str>) -> Self {
        Self {
            decoder: Decoder::new(Some(encoding)),
            encoding,
            first: Vec::new(),
            texts: Texts::coming(format, Some(Encoding::Utf8), column),
            index: Index::default(),
            last: HashMap::new(),
        }
    }

    /// Takes the bytes that come next; what rows are to be read from again where that is not the file itself, as it is not UTF-8.
    pub fn push(&mut self, block: &[u8]) -> Option<Vec<u8>> {
        if self.encoding == Encoding::Utf8 {
            self.hand_on(block);
            return None;
        }
        let decoded = self.decoder.decode(block, false).into_owned();
        self.hand_on(&decoded);
        Some(decoded)
    }

    /// Nothing comes any more; what is to be kept as for [`Self::push`].
    pub fn end(&mut self) -> Option<Vec<u8>> {
        let rest = (self.encoding != Encoding::Utf8).then(|| self.decoder.decode(b"", true).into_owned());
        self.hand_on(rest.as_deref().unwrap_or_default());
        self.texts.end();
        rest
    }

    /// Hands what comes next in UTF-8 to what reads texts in it.
    fn hand_on(&mut self, block: &[u8]) {
        let room = UTF8_MARK.len() - self.first.len();
        self.first.extend_from_slice(&block[..room.min(block.len())]);
        self.texts.push(block);
    }

    /// Reads so many rows at most of what has come; whether there may be more.
    ///
    /// # Errors
    /// The file is none of rows, has no column of texts or has too many rows.
    pub fn read(&mut self, most: usize) -> Result<bool, Fault> {
        // Rows are read again from what has the mark.
        let mark = if self.first == UTF8_MARK { UTF8_MARK.len() } else { 0 };
        for _ in 0..most {
            let Some(row) = self.texts.next_text() else { return Ok(false) };
            let row = row?;
            if self.index.len() == MOST_ROWS {
                let reason = format!(
                    "the file has more than {MOST_ROWS} rows, which is more than this page holds: split it, or have the companion answer it \
                     (`undertone predict`)"
                );
                return Err(Fault { line: row.line, reason, may_be_cut: false });
            }
            let number = self.index.len() as u32;
            let place = Place {
                offset: (mark + self.texts.offset()) as u32,
                length: row.written.len() as u32,
                line: row.line as u32,
            };
            match row.text {
                Ok(text) => {
                    let last = self.last.insert(digest(&text), number);
                    self.index.add(place, last, None);
                }
                Err(reason) => self.index.add(place, None, Some(reason)),
            }
        }
        Ok(true)
    }

    /// How many rows have been read.
    pub fn rows(&self) -> usize {
        self.index.len()
    }

    /// All that there is to know of the file, once it has ended and was read.
    ///
    /// # Errors
    /// It has no rows.
    pub fn finish(self) -> Result<Rows, Fault> {
        let rows = self.texts.rows();
        let fault = |reason: &str| Fault { line: 1, reason: reason.to_owned(), may_be_cut: false };
        let column = match self.texts.column() {
            Some(column) if !self.index.is_empty() => column,
            _ => return Err(fault("there are no rows in this file")),
        };
        let columns = rows.separator().zip(rows.header()).map(|(separator, names)| Columns {
            separator,
            written: rows.header_written().unwrap_or_default().to_vec(),
            names: names.to_vec(),
            text: names.iter().position(|name| *name == column.name).unwrap_or_default(),
        });
        let layout = Layout { format: rows.format(), column: column.name.clone(), columns };
        let notes = rows.notes();
        Ok(Rows { again: Again::new(rows, column), index: self.index, layout, notes })
    }
}

/// 128 bits that no two of a file's texts share.
fn digest(text: &str) -> [u64; 2] {
    [0, 1].map(|seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, text).hash(&mut hasher);
        hasher.finish()
    })
}

#[cfg(test)]
mod tests;
