//! CSV and its kin: a header, and rows of as many fields.

use super::fields::{Fields, Parser};
use super::lines::Content;
use super::quotes::{self, Record, Wrong};
use super::source::Source;
use super::{Fault, separator};

/// A table that is being read.
pub struct Table {
    parser: Parser,
    separator: u8,
    header: Vec<String>,
    header_line: usize,
    /// The header as it stands.
    written: Vec<u8>,
    /// What was read otherwise than it stands.
    characters: usize,
    escaped: usize,
    short: usize,
    /// Rows with something behind the last column that has a name.
    unnamed: usize,
}

impl Table {
    /// Reads the header; none where it has not come yet.
    pub fn begin(source: &mut Source, promised: u8, wanted: &[String]) -> Option<Result<Self, Fault>> {
        let content = source.content();
        let (named, mut before) = separator::named(content)?;
        let separator = match named {
            Some(separator) => separator,
            None => separator::guess(content, promised, wanted)?,
        };
        // Until all of the header is there, nothing is taken.
        while content.from(before).line_end()? > 0 {
            before += content.from(before).line_end()?;
        }
        let mut table = Self {
            parser: Parser::new(separator),
            separator,
            header: Vec::new(),
            header_line: 1,
            written: Vec::new(),
            characters: 0,
            escaped: 0,
            short: 0,
            unnamed: 0,
        };
        let record = table.record(content.from(before))?;
        let (length, wrong) = (record.length, record.wrong);
        table.parser.parse(&record.tidied);
        source.skip(before);
        Some(table.begin_with(source, length, wrong))
    }

    fn begin_with(mut self, source: &mut Source, length: usize, wrong: Option<Wrong>) -> Result<Self, Fault> {
        self.header_line = source.take(length)?;
        self.written = source.row().to_vec();
        if let Some(wrong) = wrong {
            return Err(fault(self.header_line, wrong));
        }
        for field in self.parser.fields().iter() {
            let name = std::str::from_utf8(field).map_err(|_| {
                Fault::new(self.header_line, "the header is not UTF-8; save the file with UTF-8 encoding")
            })?;
            self.header.push(name.trim().to_owned());
        }
        Ok(self)
    }

    pub fn header(&self) -> &[String] {
        &self.header
    }

    pub fn header_written(&self) -> &[u8] {
        &self.written
    }

    pub fn header_line(&self) -> usize {
        self.header_line
    }

    pub fn separator(&self) -> u8 {
        self.separator
    }

    pub fn separated_by(&self) -> String {
        match self.separator {
            b',' => "commas".to_owned(),
            b';' => "semicolons".to_owned(),
            b'\t' => "tabs".to_owned(),
            other => format!("`{}`", char::from(other)),
        }
    }

    /// The next row and its line; none at the end of what has come. A row that lacks its last fields has them empty, since Excel leaves
    /// out what is empty at the end of rows.
    pub fn next_record(&mut self, source: &mut Source) -> Option<Result<(usize, Fields<'_>), Fault>> {
        if !source.find_line(true) {
            return None;
        }
        let record = self.record(source.content())?;
        let (length, wrong) = (record.length, record.wrong);
        self.characters += record.characters;
        self.escaped += record.escaped;
        self.parser.parse(&record.tidied);
        Some(self.check(source, length, wrong))
    }

    fn record<'a>(&self, content: Content<'a>) -> Option<Record<'a>> {
        // A line with a field for each column that has a name, and with nothing beyond the columns.
        let named = self.named();
        let is_row = |line: &[u8]| {
            let mut parser = Parser::new(self.separator);
            parser.parse(line);
            let fields = parser.fields();
            let has_more =
                (self.header.len()..fields.count()).any(|index| !fields.field(index).trim_ascii().is_empty());
            fields.count() >= named && !has_more
        };
        quotes::record(content, self.separator, &is_row)
    }

    /// How many columns there are up to the last one that has a name.
    fn named(&self) -> usize {
        self.header.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1)
    }

    fn check(
        &mut self,
        source: &mut Source,
        length: usize,
        wrong: Option<Wrong>,
    ) -> Result<(usize, Fields<'_>), Fault> {
        let line = source.take(length)?;
        if let Some(wrong) = wrong {
            return Err(fault(line, wrong));
        }
        let (count, columns) = (self.parser.fields().count(), self.header.len());
        self.short += usize::from(count < columns);
        self.unnamed += usize::from(
            (self.named()..count.min(columns)).any(|index| !self.parser.fields().field(index).trim_ascii().is_empty()),
        );
        if (columns..count).any(|index| !self.parser.fields().field(index).trim_ascii().is_empty()) {
            let reason = format!(
                "the row has {count} fields where the header has {columns}; put texts with separators, quotes or line breaks in quotes"
            );
            return Err(Fault::new(line, reason));
        }
        Ok((line, self.parser.fields()))
    }

    pub fn notes(&self) -> Vec<String> {
        let counts = [
            (
                self.unnamed,
                "rows with something behind the last column that has a name, which is not read: does a text go on there?",
            ),
            (self.short, "rows that lack their last fields, which are read as empty"),
            (self.escaped, "fields whose quotes are escaped by backslashes, which are taken away"),
            (self.characters, "fields that begin with a quote which closes nowhere and is read as a character"),
        ];
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what}: {count}")).collect()
    }
}

fn fault(line: usize, wrong: Wrong) -> Fault {
    let reason = match wrong {
        Wrong::NeverClosed => "a quote (\") opens in this row and is never closed; is the file complete?",
        Wrong::Closed => {
            "a text that begins with a quote (\") has another one in its middle; put the whole text in quotes, and write each \
             quote within it twice (\"\") or with a backslash (\\\")"
        }
    };
    Fault { may_be_cut: wrong == Wrong::NeverClosed, ..Fault::new(line, reason) }
}
