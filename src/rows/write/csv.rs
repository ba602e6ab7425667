//! CSV: a row as it is written, with more columns behind its own.
//!
//! No cell of those is one that a spreadsheet takes for a formula; what the row itself has stays as it is.

use crate::rows::texts::{RowCells, TextRow};

/// The columns of the rows themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// What separates them.
    pub separator: u8,
    /// The header as it is written.
    pub written: Vec<u8>,
    /// Their names.
    pub names: Vec<String>,
    /// The place of the one with the texts.
    pub text: usize,
}

impl Columns {
    /// Columns of rows that have no header.
    pub fn new(separator: u8, names: Vec<String>, text: usize) -> Self {
        let cells = names.iter().map(|name| quoted(name.as_bytes(), separator));
        let written = cells.collect::<Vec<_>>().join(&separator);
        Self { separator, written, names, text }
    }

    /// The cells of a row, as many as there are columns. What could not be taken apart is the text.
    pub fn cells(&self, row: &TextRow) -> Vec<u8> {
        match &row.cells {
            RowCells::Fields(fields) => self.as_written(&row.written, fields.len()),
            RowCells::Object(object) => {
                let cell = |name: &String| match object.get(name) {
                    None | Some(serde_json::Value::Null) => Vec::new(),
                    Some(serde_json::Value::String(text)) => quoted(text.as_bytes(), self.separator),
                    Some(other) => quoted(other.to_string().as_bytes(), self.separator),
                };
                self.names.iter().map(cell).collect::<Vec<_>>().join(&self.separator)
            }
            RowCells::Line | RowCells::Broken => {
                let cell = |number: usize| match number == self.text {
                    true => quoted(&row.written, self.separator),
                    false => Vec::new(),
                };
                (0..self.names.len()).map(cell).collect::<Vec<_>>().join(&self.separator)
            }
        }
    }

    /// A row of so many fields as it is written, with empty fields more where it lacks some, and without those that it has too many.
    fn as_written(&self, written: &[u8], count: usize) -> Vec<u8> {
        let mut end = written.len();
        for _ in self.names.len()..count {
            end = written[..end].iter().rposition(|byte| *byte == self.separator).unwrap_or(end);
        }
        let mut cells = written[..end].to_vec();
        cells.resize(end + self.names.len().saturating_sub(count), self.separator);
        cells
    }
}

/// A line of what is a row's own and of our cells.
pub fn line(own: &[u8], ours: &[String], separator: u8) -> Vec<u8> {
    let mut line = own.to_vec();
    for cell in ours {
        line.push(separator);
        line.extend(quoted(harmless(cell).as_bytes(), separator));
    }
    line.push(b'\n');
    line
}

/// A cell that no spreadsheet takes for a formula: such a one gets an apostrophe before it, which says that it is text.
fn harmless(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

/// A cell in quotes, where it needs some.
fn quoted(cell: &[u8], separator: u8) -> Vec<u8> {
    let needs_quotes = |byte: &u8| matches!(byte, b'"' | b'\r' | b'\n') || *byte == separator;
    if !cell.iter().any(needs_quotes) {
        return cell.to_vec();
    }
    let mut quoted = vec![b'"'];
    for byte in cell {
        quoted.extend(std::iter::repeat_n(*byte, 1 + usize::from(*byte == b'"')));
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_ours_is_a_formula() {
        let cells = ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "0.5", "a\"b"].map(str::to_owned);
        let line = String::from_utf8(line(b"=own", &cells, b',')).unwrap();
        assert_eq!(line, "=own,'=1+1,'+1,'-1,'@a,'\ta,\"'\ra\",0.5,\"a\"\"b\"\n");
    }

    #[test]
    fn rows_have_as_many_cells_as_there_are_columns() {
        let columns = Columns::new(b';', ["id", "text", "a;b"].map(str::to_owned).to_vec(), 1);
        assert_eq!(columns.written, b"id;text;\"a;b\"");
        assert_eq!(columns.as_written(b"1;\"x;\";2", 3), b"1;\"x;\";2");
        assert_eq!(columns.as_written(b"1", 1), b"1;;");
        assert_eq!(columns.as_written(b"1;x;2;; ", 5), b"1;x;2");
        let broken = TextRow {
            place: 1,
            line: 1,
            written: b"\"a;b".to_vec(),
            cells: RowCells::Broken,
            text: Err("why".to_owned()),
        };
        assert_eq!(columns.cells(&broken), b";\"\"\"a;b\";");
    }
}
