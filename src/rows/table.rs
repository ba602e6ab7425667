//! CSV and its kin: a header, and rows of as many fields.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::quotes::{self, Wrong};
use super::{Fault, lines, same_name};

/// The separators that files have, whatever their names promise.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A table that is being read.
pub struct Table {
    records: Records,
    separator: u8,
    header: Vec<String>,
    header_line: usize,
    /// Fields whose quotes are wrong, the last one first, by where they begin.
    faults: Vec<(usize, Wrong)>,
    /// What was read otherwise than it stands.
    characters: usize,
    escaped: usize,
    short: usize,
}

/// A row's fields.
pub struct Fields<'a> {
    pub line: usize,
    records: &'a Records,
}

impl Table {
    pub fn new(mut content: Vec<u8>, promised: u8, wanted: &[&str]) -> Result<Self, Fault> {
        let (named, before) = named_separator(&content);
        content.drain(..before);
        let separator = named.unwrap_or_else(|| separator(&content, promised, wanted));
        let tidied = quotes::tidy(content, separator);
        let mut faults = tidied.faults;
        faults.reverse();
        let mut table = Self {
            records: Records::new(tidied.content, separator, 1 + usize::from(before > 0)),
            separator,
            header: Vec::new(),
            header_line: 1,
            faults,
            characters: tidied.characters,
            escaped: tidied.escaped,
            short: 0,
        };
        if table.records.read() {
            table.header_line = table.records.line;
            table.check_quotes()?;
            for index in 0..table.records.count {
                let name = std::str::from_utf8(table.records.field(index)).map_err(|_| {
                    Fault::ending(table.header_line, "the header is not UTF-8; save the file with UTF-8 encoding")
                })?;
                table.header.push(name.trim().to_owned());
            }
        }
        Ok(table)
    }

    pub fn header(&self) -> &[String] {
        &self.header
    }

    pub fn header_line(&self) -> usize {
        self.header_line
    }

    pub fn separated_by(&self) -> String {
        match self.separator {
            b',' => "commas".to_owned(),
            b';' => "semicolons".to_owned(),
            b'\t' => "tabs".to_owned(),
            other => format!("`{}`", char::from(other)),
        }
    }

    /// The next row. One that lacks its last fields has them empty, since Excel leaves out what is empty at the end of rows.
    pub fn next_record(&mut self) -> Option<Result<Fields<'_>, Fault>> {
        if !self.records.read() {
            return None;
        }
        if let Err(fault) = self.check_quotes() {
            return Some(Err(fault));
        }
        let (count, columns) = (self.records.count, self.header.len());
        self.short += usize::from(count < columns);
        if (columns..count).any(|index| !self.records.field(index).trim_ascii().is_empty()) {
            let reason = format!(
                "the row has {count} fields where the header has {columns}; put texts with separators, quotes or line breaks in quotes"
            );
            return Some(Err(Fault::new(self.records.line, reason)));
        }
        Some(Ok(Fields { line: self.records.line, records: &self.records }))
    }

    /// That the quotes of the record that was read are right.
    fn check_quotes(&mut self) -> Result<(), Fault> {
        let mut wrong = None;
        while let Some((_, fault)) = self.faults.pop_if(|(start, _)| *start < self.records.position) {
            wrong = wrong.or(Some(fault));
        }
        match wrong {
            None => Ok(()),
            Some(Wrong::NeverClosed) => Err(Fault::ending(
                self.records.line,
                "a quote (\") opens in this row and is never closed; is the file complete?",
            )),
            Some(Wrong::Closed) => Err(Fault::new(
                self.records.line,
                "a text that begins with a quote (\") has another one in its middle; put the whole text in quotes, and write each \
                 quote within it twice (\"\") or with a backslash (\\\")",
            )),
        }
    }

    pub fn notes(&self) -> Vec<String> {
        let counts = [
            (self.short, "rows that lack their last fields, which are read as empty"),
            (self.escaped, "fields whose quotes are escaped by backslashes, which are taken away"),
            (self.characters, "fields that begin with a quote which closes nowhere and is read as a character"),
        ];
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what}: {count}")).collect()
    }
}

impl<'a> Fields<'a> {
    /// A field; empty where the row has not so many.
    pub fn field(&self, index: usize) -> &'a [u8] {
        self.records.field(index)
    }
}

/// The separator that Excel names in a line of its own before the header, `sep=;`, and how long that line is.
fn named_separator(content: &[u8]) -> (Option<u8>, usize) {
    let length = lines::length(content);
    let line = content[..length].trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    // `trim_ascii_end` takes a tab, too.
    let separator = match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] if is_separator(*separator) => *separator,
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] if content[..length].ends_with(b"\t") => b'\t',
        _ => return (None, 0),
    };
    (Some(separator), length + lines::break_length(&content[length..]))
}

fn is_separator(byte: u8) -> bool {
    byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'\'' | b'\\')
}

/// The separator by which the header has most of the `wanted` columns: the promised one rather than another, if it separates anything
/// at all, and else the one that separates most.
fn separator(content: &[u8], promised: u8, wanted: &[&str]) -> u8 {
    let header = |separator| {
        // A quote that never closes would take in the whole file.
        let mut records = Records::new(content[..content.len().min(1 << 16)].to_vec(), separator, 1);
        records.read();
        let fields: Vec<_> =
            (0..records.count).map(|index| String::from_utf8_lossy(records.field(index)).into_owned()).collect();
        let found = wanted.iter().filter(|name| fields.iter().any(|field| same_name(field, name))).count();
        (found, separator == promised && fields.len() > 1, fields.len())
    };
    // Of equal ones the last counts.
    SEPARATORS.into_iter().chain([promised]).max_by_key(|separator| header(*separator)).unwrap_or(promised)
}

/// The records of RFC 4180, and where each begins.
struct Records {
    content: Vec<u8>,
    reader: Box<Reader>,
    position: usize,
    /// The last record that was read: the line that it begins in, its fields' bytes, where each ends, and how many there are.
    line: usize,
    fields: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
    /// Where the line is known of, and which one it is.
    counted: usize,
    next_line: usize,
}

impl Records {
    fn new(content: Vec<u8>, separator: u8, first_line: usize) -> Self {
        Self {
            content,
            // Its line ends are all three kinds, and empty lines are no records.
            reader: Box::new(ReaderBuilder::new().delimiter(separator).build()),
            position: 0,
            line: first_line,
            fields: vec![0; 1 << 10],
            ends: vec![0; 1 << 5],
            count: 0,
            counted: 0,
            next_line: first_line,
        }
    }

    /// Reads the next record; false at the end.
    fn read(&mut self) -> bool {
        while self.content.get(self.position).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            self.position += 1;
        }
        self.next_line += lines::breaks(&self.content[self.counted..self.position]);
        (self.counted, self.line, self.count) = (self.position, self.next_line, 0);
        let mut written = 0;
        loop {
            let (result, read, wrote, ended) = self.reader.read_record(
                &self.content[self.position..],
                &mut self.fields[written..],
                &mut self.ends[self.count..],
            );
            (self.position, written, self.count) = (self.position + read, written + wrote, self.count + ended);
            match result {
                // The rest of the content is empty then, which tells the parser that it has ended.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.fields.resize(2 * self.fields.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => return true,
                ReadRecordResult::End => return false,
            }
        }
    }

    /// A field of the last record; empty where it has not so many.
    fn field(&self, index: usize) -> &[u8] {
        if index >= self.count {
            return b"";
        }
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.fields[start..self.ends[index]]
    }
}
