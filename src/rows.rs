//! Files of rows as people have them: CSV and TSV, JSON lines, and plain lines of text.
//!
//! Everybody's files come from somewhere else — a spreadsheet, a data frame, a database, a script — and each of these writes
//! them in a way of its own. What can be told is told from the file: its encoding ([`encoding`]), the separator and the
//! columns ([`table`]), which quotes are quotes ([`quotes`]), and what JSON has no word for (`json_lines`). What was read otherwise
//! than it stands is said in [`Rows::notes`], and what cannot be read is a [`Fault`] with its line, behind which reading goes on.
//!
//! The module is given bytes and knows no file system, since the companion and the page read files with it. A file may come piece by
//! piece ([`Rows::coming`]); rows are lent one at a time, and no more is kept than the one that is being read ([`source`]). Who has
//! something to say of each row's text reads [`texts`], and writes what it says beside what the row has ([`mod@write`]).

pub mod encoding;
pub mod texts;
pub mod write;

mod fields;
mod json_lines;
mod lines;
mod quotes;
mod row;
mod separator;
mod source;
mod table;

use encoding::{Decoder, Encoding};
use json_lines::JsonLines;
pub use row::{Cell, Column, Row};
use row::{Cells, find};
pub use source::LONGEST_ROW;
use source::Source;
use table::Table;

use crate::lfs;

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
    /// Whether the file may have been cut off in this row. What follows is read on, but who learns from rows had better not.
    pub may_be_cut: bool,
}

/// A file's rows, one after the other.
pub struct Rows {
    format: Format,
    wanted: Vec<String>,
    has_blank_lines: bool,
    decoder: Decoder,
    source: Source,
    kind: Kind,
}

/// How far a file is known.
enum Kind {
    /// What stands before the first row has not come yet.
    Coming,
    Table(Table),
    JsonLines(JsonLines),
    Lines,
    /// It is of another kind than was said.
    Refused,
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
        let mut rows = Self::coming(format, Some(encoding::of(&content)), wanted);
        rows.push(&content);
        drop(content);
        rows.end();
        rows.begin().unwrap_or(Ok(()))?;
        Ok(rows)
    }

    /// The rows of a file whose content comes piece by piece ([`Self::push`], [`Self::end`]); its encoding is told by its first bytes where
    /// it is not given. `wanted` is as for [`Self::new`].
    pub fn coming(format: Format, encoding: Option<Encoding>, wanted: &[&str]) -> Self {
        Self {
            format,
            wanted: wanted.iter().map(|name| (*name).to_owned()).collect(),
            has_blank_lines: false,
            decoder: Decoder::new(encoding),
            source: Source::default(),
            kind: Kind::Coming,
        }
    }

    /// The same, where blank lines of a file of plain lines are rows, too.
    pub fn with_blank_lines(self) -> Self {
        Self { has_blank_lines: true, ..self }
    }

    /// Takes the bytes that come next. What has been read before is let go.
    pub fn push(&mut self, block: &[u8]) {
        let decoded = self.decoder.decode(block, false);
        self.source.push(&decoded);
    }

    /// Nothing comes any more.
    pub fn end(&mut self) {
        let decoded = self.decoder.decode(b"", true);
        self.source.push(&decoded);
        self.source.end();
    }

    /// Whether it is known that nothing comes any more.
    pub fn has_ended(&self) -> bool {
        self.source.has_ended()
    }

    /// Reads what stands before the first row, as [`Self::next_row`] does by itself; none where it has not come yet.
    ///
    /// # Errors
    /// The file is of another kind than was said, and has no rows.
    pub fn begin(&mut self) -> Option<Result<(), Fault>> {
        let Kind::Coming = self.kind else { return Some(Ok(())) };
        let begun = match self.format {
            _ if self.source.content().bytes.starts_with(lfs::POINTER) => Err(Fault::new(
                1,
                "this is a Git LFS pointer, a few lines in place of the file itself: install git-lfs and run git lfs pull in its repository",
            )),
            Format::Table { separator } => Table::begin(&mut self.source, separator, &self.wanted)?.map(Kind::Table),
            Format::JsonLines => JsonLines::begin(&self.source)?.map(Kind::JsonLines),
            Format::Lines => Ok(Kind::Lines),
        };
        let (kind, outcome) = match begun {
            Ok(kind) => (kind, Ok(())),
            Err(fault) => (Kind::Refused, Err(fault)),
        };
        self.kind = kind;
        Some(outcome)
    }

    /// How the file is laid out, as was said.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The names of a table's columns, which are empty where the file is; none for files without a header.
    pub fn header(&self) -> Option<&[String]> {
        self.table().map(Table::header)
    }

    /// A table's header as it stands, in UTF-8 and without its line end.
    pub fn header_written(&self) -> Option<&[u8]> {
        self.table().map(Table::header_written)
    }

    /// What separates a table's columns.
    pub fn separator(&self) -> Option<u8> {
        self.table().map(Table::separator)
    }

    /// What separates a table's columns, in a word.
    pub fn separated_by(&self) -> Option<String> {
        self.table().map(Table::separated_by)
    }

    /// Where the column `name` is, whatever its case; none where a header does not have it.
    ///
    /// # Errors
    /// More than one column is called so.
    pub fn column(&self, name: &str) -> Result<Option<Column>, Fault> {
        let Some(table) = self.table() else { return Ok(Some(Column::key(name))) };
        let names = table.header().iter().map(String::as_str);
        let index = find(names, name).map_err(|reason| Fault::new(table.header_line(), reason))?;
        Ok(index.map(|index| Column { name: table.header()[index].clone(), index: Some(index) }))
    }

    /// The next row; none at the end of the file, or of what has come of it. After a [`Fault`] the rows behind it follow.
    pub fn next_row(&mut self) -> Option<Result<Row<'_>, Fault>> {
        if let Err(fault) = self.begin()? {
            return Some(Err(fault));
        }
        let read = match &mut self.kind {
            Kind::Table(table) => table.next_record(&mut self.source)?.map(|(line, row)| (line, Cells::Fields(row))),
            Kind::JsonLines(lines) => {
                lines.next_object(&mut self.source)?.map(|(line, object)| (line, Cells::Object(object)))
            }
            Kind::Lines => self.source.next_line(self.has_blank_lines)?.map(|(line, _)| (line, Cells::Text)),
            Kind::Coming | Kind::Refused => return None,
        };
        Some(read.map(|(line, cells)| Row { line, written: self.source.row(), cells }))
    }

    /// The bytes of the row that was read last, in UTF-8 and without its line end, whether it is right or not.
    pub fn last_written(&self) -> &[u8] {
        self.source.row()
    }

    /// Where in the UTF-8 of the file, without its byte order mark, the row begins that was read last: until more comes.
    pub fn last_offset(&self) -> usize {
        self.source.offset()
    }

    /// What was read otherwise than it stands in the file, in sentences; whole once the last row was read.
    pub fn notes(&self) -> Vec<String> {
        let of_rows = match &self.kind {
            Kind::Table(table) => table.notes(),
            Kind::JsonLines(lines) => lines.notes(),
            _ => Vec::new(),
        };
        self.decoder.notes().chain(of_rows).collect()
    }

    fn table(&self) -> Option<&Table> {
        match &self.kind {
            Kind::Table(table) => Some(table),
            _ => None,
        }
    }
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

impl Fault {
    fn new(line: usize, reason: impl Into<Reason>) -> Self {
        Self { line, reason: reason.into(), may_be_cut: false }
    }
}

#[cfg(test)]
mod tests;
