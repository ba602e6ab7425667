//! The fields of one record, by the states of RFC 4180.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Takes records apart.
pub struct Parser {
    reader: Box<Reader>,
    /// The fields' bytes, where each ends, and how many there are.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

/// A row's fields.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl Parser {
    pub fn new(separator: u8) -> Self {
        // Its line ends are all three kinds, and empty lines are no records.
        let reader = Box::new(ReaderBuilder::new().delimiter(separator).build());
        Self { reader, bytes: vec![0; 1 << 10], ends: vec![0; 1 << 5], count: 0 }
    }

    /// Takes the record apart that `content` begins with, and says whether something follows it or at least a line end does.
    pub fn parse(&mut self, content: &[u8]) -> bool {
        self.reader.reset();
        self.count = 0;
        let (mut position, mut written) = (0, 0);
        loop {
            let rest = &content[position..];
            let (result, read, wrote, ended) =
                self.reader.read_record(rest, &mut self.bytes[written..], &mut self.ends[self.count..]);
            (position, written, self.count) = (position + read, written + wrote, self.count + ended);
            match result {
                // The rest of the content is empty then, which tells the parser that it has ended.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(2 * self.bytes.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => return !rest.is_empty(),
                ReadRecordResult::End => return false,
            }
        }
    }

    /// The record's fields.
    pub fn fields(&self) -> Fields<'_> {
        Fields { bytes: &self.bytes, ends: &self.ends[..self.count] }
    }
}

impl<'a> Fields<'a> {
    /// How many there are.
    pub fn count(self) -> usize {
        self.ends.len()
    }

    /// A field; empty where the row has not so many.
    pub fn field(self, index: usize) -> &'a [u8] {
        match self.ends.get(index) {
            None => b"",
            Some(end) => &self.bytes[index.checked_sub(1).map_or(0, |before| self.ends[before])..*end],
        }
    }

    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.count()).map(move |index| self.field(index))
    }
}
