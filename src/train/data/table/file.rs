//! CSV as such: a header and rows of as many fields, with the line that each begins in.

use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::super::content;
use super::super::gathering::Reason;
use crate::{Error, Result};

/// Appended to every file as a row of its own. Where the file ends within quotes it becomes part of the last field.
const END: &[u8] = b"\n\x1aend of file\x1a\n";

/// A column that a file has.
#[derive(Debug, Clone, Copy)]
pub struct Column(usize);

/// A file that is being read.
pub struct File {
    path: PathBuf,
    separator: u8,
    header: Vec<String>,
    reader: Reader<std::io::Cursor<Vec<u8>>>,
    record: ByteRecord,
}

impl File {
    pub fn open(path: &Path, separator: u8) -> Result<Self> {
        let mut content = content::read(path)?;
        content.extend_from_slice(END);
        let mut reader = ReaderBuilder::new();
        // Rows of another length are refused by `Line::check`, whose sentence can say what to do.
        reader.delimiter(separator).flexible(true).has_headers(false);
        let reader = reader.from_reader(std::io::Cursor::new(content));
        let mut file = Self { path: path.to_owned(), separator, header: Vec::new(), reader, record: ByteRecord::new() };
        let Some(line) = file.next_line()? else {
            return Err(Error::invalid(format!("{} is empty", path.display())));
        };
        let header: Result<Vec<_>, Reason> =
            (0..line.record.len()).map(|i| line.text(Column(i)).map(|name| name.trim().to_owned())).collect();
        file.header = header.map_err(|reason| line.error(&reason))?;
        Ok(file)
    }

    /// The next row; none at the end of the file.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>> {
        let more = self.reader.read_byte_record(&mut self.record);
        more.map_err(|error| Error::invalid(format!("{} cannot be read as CSV: {error}", self.path.display())))?;
        let line = Line {
            path: &self.path,
            header: &self.header,
            content: self.reader.get_ref().get_ref(),
            record: &self.record,
        };
        let end = END.trim_ascii();
        if line.record.len() == 1 && line.record.get(0) == Some(end) {
            return Ok(None);
        }
        if line.record.iter().next_back().is_some_and(|field| field.trim_ascii_end().ends_with(end)) {
            return Err(line.error("a quote (\") opens in this row and is never closed; is the file complete?"));
        }
        Ok(Some(line))
    }

    /// The column `name`, where there is one.
    pub fn find(&self, name: &str) -> Result<Option<Column>> {
        let mut columns = (0..self.header.len()).filter(|&column| self.header[column] == name);
        let first = columns.next().map(Column);
        match columns.next() {
            None => Ok(first),
            Some(_) => Err(Error::invalid(format!(
                "{}, line 1: there are two columns `{name}`; rename or remove one",
                self.path.display()
            ))),
        }
    }

    /// The first of the columns `names` that is there, as one of them has to be.
    pub fn need(&self, names: &[&str], advice: &str) -> Result<Column> {
        for name in names {
            if let Some(column) = self.find(name)? {
                return Ok(column);
            }
        }
        Err(Error::invalid(format!(
            "{}, line 1: there is no column `{}`; the columns, separated by {}, are `{}`{advice}",
            self.path.display(),
            names.join("` nor `"),
            if self.separator == b'\t' { "tabs" } else { "commas" },
            self.header.join("`, `")
        )))
    }
}

/// One row of a file.
pub struct Line<'a> {
    path: &'a Path,
    header: &'a [String],
    content: &'a [u8],
    record: &'a ByteRecord,
}

impl Line<'_> {
    /// The file and the row's first line. The reader's own count of lines is not it: it stands still at the line feed that
    /// ends a Windows line, and at empty lines.
    pub fn place(&self) -> String {
        let start = self.record.position().map_or(0, |position| position.byte() as usize);
        let (before, after) = self.content.split_at(start.min(self.content.len()));
        let breaks = after.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let line = 1 + before.iter().chain(breaks).filter(|byte| **byte == b'\n').count();
        format!("{}, line {line}", self.path.display())
    }

    /// That there is one field for each column.
    pub fn check(&self) -> Result<(), Reason> {
        if self.record.len() == self.header.len() {
            return Ok(());
        }
        Err(format!(
            "the row has {} fields where the header has {}; put texts with separators, quotes or line breaks in quotes",
            self.record.len(),
            self.header.len()
        ))
    }

    pub fn name(&self, column: Column) -> &str {
        self.header.get(column.0).map_or("header", String::as_str)
    }

    /// What is in the column `name`; none where there is no such column.
    pub fn field(&self, name: &str) -> Result<Option<&str>, Reason> {
        let column = self.header.iter().position(|column| column == name).map(Column);
        column.map(|column| self.text(column)).transpose()
    }

    pub fn text(&self, column: Column) -> Result<&str, Reason> {
        // A checked row has as many fields as the header, in which the column was found.
        let field = self.record.get(column.0).unwrap_or_default();
        std::str::from_utf8(field)
            .map_err(|_| format!("the column `{}` is not UTF-8; save the file with UTF-8 encoding", self.name(column)))
    }

    fn error(&self, reason: &str) -> Error {
        Error::invalid(format!("{}: {reason}", self.place()))
    }
}
