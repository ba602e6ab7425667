//! Rows that are read a second time, each by its bytes.

use super::{Column, Format, Reason, RowCells, TextRow, Texts};
use crate::rows::Rows;
use crate::rows::encoding::Encoding;

/// Reads rows of a file again, in any order, each from the bytes that it is written in.
///
/// A row that could be read means the same without those around it: what follows it decides only about wrong quotes.
pub struct Again {
    format: Format,
    column: String,
    /// What stands before the first row.
    before: Vec<u8>,
    texts: Texts,
}

impl Again {
    /// Rows of the file that `rows` has read, whose texts are in `column`.
    pub fn new(rows: &Rows, column: &Column) -> Self {
        // The names in quotes: as they stand, a quote that closes nowhere would go on in the row.
        let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\"")).into_bytes();
        let before = match (rows.separator(), rows.header()) {
            (Some(separator), Some(names)) => {
                let header = names.iter().map(quoted).collect::<Vec<_>>().join(&separator);
                [b"sep=", &[separator][..], b"\n", &header, b"\n"].concat()
            }
            _ => Vec::new(),
        };
        let (format, column) = (rows.format(), column.name.clone());
        Self { texts: begun(format, &column, &before), format, column, before }
    }

    /// The row that `written` is, which was read without a fault before; its place and its line are for the caller to know.
    ///
    /// # Errors
    /// These are not the bytes of such a row.
    pub fn read(&mut self, written: &[u8]) -> Result<TextRow, Reason> {
        const CHANGED: &str = "the row is not as it was: has the file been changed?";
        if self.format == Format::Lines {
            let text = String::from_utf8(written.to_vec()).map_err(|_| CHANGED.to_owned());
            return Ok(TextRow { place: 0, line: 0, written: written.to_vec(), cells: RowCells::Line, text });
        }
        self.texts.push(written);
        self.texts.push(b"\n");
        let mut row = self.texts.next_text();
        let is_sure = row.is_some();
        if !is_sure {
            // Only the end tells that a quote closes nowhere.
            self.texts.end();
            row = self.texts.next_text();
        }
        let row = row.and_then(Result::ok).filter(|row| row.written == written);
        if !is_sure || row.is_none() {
            // What is left of a wrong row is none of the next one's.
            self.texts = begun(self.format, &self.column, &self.before);
        }
        row.ok_or_else(|| CHANGED.to_owned())
    }
}

fn begun(format: Format, column: &str, before: &[u8]) -> Texts {
    let mut texts = Texts::coming(format, Some(Encoding::Utf8), Some(column));
    texts.push(before);
    texts
}
