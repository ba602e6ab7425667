//! A file's bytes as they come: what was read of them is let go, so that no more is kept than the row that is being read.

use super::lines::{self, Content};
use super::{Fault, Reason};

/// A row of more bytes is broken: most likely it has a quote that nothing closes, or the file has no line ends.
pub const LONGEST_ROW: usize = 1 << 24;

/// What came of a file and was not read yet.
#[derive(Default)]
pub struct Source {
    bytes: Vec<u8>,
    /// The row that was read last, and how much of `bytes` was read.
    row: std::ops::Range<usize>,
    read: usize,
    /// How many bytes before `bytes` were let go.
    let_go: usize,
    /// Line ends before `read`.
    breaks: usize,
    has_ended: bool,
    /// Whether what follows is the rest of a line that was too long.
    is_inside_line: bool,
}

impl Source {
    /// Takes what comes next. [`Self::row`] is empty then.
    pub fn push(&mut self, block: &[u8]) {
        // Moving what is left costs no more than reading what is let go did.
        if self.read > self.bytes.len() / 2 {
            self.bytes.drain(..self.read);
            self.let_go += self.read;
            self.read = 0;
        }
        self.row = 0..0;
        self.bytes.extend_from_slice(block);
    }

    /// Nothing comes any more.
    pub fn end(&mut self) {
        self.has_ended = true;
    }

    /// Whether nothing comes any more.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// What has not been read. A row that is too long counts as if the file ended there.
    pub fn content(&self) -> Content<'_> {
        let bytes = &self.bytes[self.read..];
        Content { bytes, is_whole: self.has_ended || bytes.len() >= LONGEST_ROW }
    }

    /// The bytes of the row that was read last, without its line end.
    pub fn row(&self) -> &[u8] {
        &self.bytes[self.row.clone()]
    }

    /// Where in all that has come the row begins that was read last.
    pub fn offset(&self) -> usize {
        self.let_go + self.row.start
    }

    /// Goes to where a line begins: past the rest of one that was too long, and past empty lines where these are no rows. False where
    /// that has not come yet, or nothing follows.
    pub fn find_line(&mut self, skips_empty: bool) -> bool {
        if self.is_inside_line {
            let content = self.content();
            let length = lines::length(content.bytes);
            let end = content.from(length).line_end();
            self.read += length + end.unwrap_or(0);
            if end.is_none_or(|end| end == 0) {
                return false;
            }
            self.breaks += 1;
            self.is_inside_line = false;
        }
        if skips_empty && !self.skip_breaks() {
            return false;
        }
        !self.content().bytes.is_empty()
    }

    /// Goes past empty lines; false where it is not known yet whether more follow.
    fn skip_breaks(&mut self) -> bool {
        loop {
            match self.content().line_end() {
                None => return false,
                Some(0) => return true,
                Some(end) => {
                    self.read += end;
                    self.breaks += 1;
                }
            }
        }
    }

    /// Reads a row of so many bytes and the line end behind it, and gives the line that it begins in.
    ///
    /// # Errors
    /// It is too long to be one; the rest of its last line is going to be left out.
    pub fn take(&mut self, length: usize) -> Result<usize, Fault> {
        let line = self.breaks + 1;
        self.row = self.read..self.read + length;
        self.breaks += lines::breaks(self.row());
        self.read += length;
        let end = self.content().line_end().unwrap_or(0);
        self.read += end;
        self.breaks += usize::from(end > 0);
        self.is_inside_line = end == 0 && !self.has_ended;
        match self.is_inside_line {
            false => Ok(line),
            true => Err(Fault::new(line, too_long())),
        }
    }

    /// The next line with anything but white space in it, or the next one where blank ones are rows; its number and its bytes. None at the
    /// end of what has come.
    pub fn next_line(&mut self, are_blank_rows: bool) -> Option<Result<(usize, &[u8]), Fault>> {
        loop {
            if !self.find_line(false) {
                return None;
            }
            let line = self.content().line()?;
            let (length, is_row) = (line.len(), are_blank_rows || !line.trim_ascii().is_empty());
            match self.take(length) {
                Ok(number) if is_row => return Some(Ok((number, self.row()))),
                Ok(_) => {}
                Err(fault) => return Some(Err(fault)),
            }
        }
    }

    /// Reads what stands before the first row.
    pub fn skip(&mut self, length: usize) {
        self.breaks += lines::breaks(&self.content().bytes[..length]);
        self.read += length;
    }
}

fn too_long() -> Reason {
    format!("the row has more than {} MB and no end; is the file one of rows?", LONGEST_ROW >> 20)
}
