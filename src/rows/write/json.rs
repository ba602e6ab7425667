//! JSON lines: a row's object as it is written, with ours behind what it has.

use serde_json::{Map, Value};

use crate::rows::texts::{RowCells, TextRow};

/// A row with `ours` behind what it has, on a line; the names of a table's columns are its `header`.
///
/// # Errors
/// Something cannot be written as JSON, which strings and numbers always can.
pub fn row(row: &TextRow, header: &[String], ours: &Map<String, Value>) -> serde_json::Result<Vec<u8>> {
    let ours = serde_json::to_vec(ours)?;
    // What is ours follows, in the same object.
    let mut line = match &row.cells {
        RowCells::Object(object) => {
            let written = row.written.trim_ascii();
            let open = written.strip_suffix(b"}").unwrap_or(written).trim_ascii_end().to_vec();
            if object.is_empty() { open } else { [&open, &b", "[..]].concat() }
        }
        RowCells::Fields(fields) => {
            let mut open = b"{".to_vec();
            for (number, name) in header.iter().enumerate() {
                let field = fields.get(number).map_or(&b""[..], Vec::as_slice);
                serde_json::to_writer(&mut open, name)?;
                open.push(b':');
                serde_json::to_writer(&mut open, &String::from_utf8_lossy(field))?;
                open.push(b',');
            }
            open
        }
        RowCells::Line | RowCells::Broken => b"{".to_vec(),
    };
    line.extend_from_slice(&ours[1..]);
    line.push(b'\n');
    Ok(line)
}
