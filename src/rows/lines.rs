//! Lines, whether they end in a line feed, as in Windows or as on old Macs.

/// What there is of a file from some place on.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    pub bytes: &'a [u8],
    /// Whether nothing follows.
    pub is_whole: bool,
}

impl<'a> Content<'a> {
    /// What follows after so many bytes.
    pub fn from(self, at: usize) -> Self {
        Self { bytes: &self.bytes[at..], ..self }
    }

    /// The byte at a place, or that the file ends there; none where it has not come yet.
    pub fn at(self, at: usize) -> Option<Option<u8>> {
        match self.bytes.get(at) {
            Some(byte) => Some(Some(*byte)),
            None => self.is_whole.then_some(None),
        }
    }

    /// Where the first byte is that `is_it`, or the end; none where neither has come yet.
    pub fn find(self, is_it: impl Fn(u8) -> bool) -> Option<usize> {
        let found = self.bytes.iter().position(|byte| is_it(*byte));
        found.or(self.is_whole.then_some(self.bytes.len()))
    }

    /// How long the line end is that the content begins with: 0 where it begins with none; none where that is not known yet.
    pub fn line_end(self) -> Option<usize> {
        match self.at(0)? {
            Some(b'\r') => Some(1 + usize::from(self.at(1)? == Some(b'\n'))),
            Some(b'\n') => Some(1),
            _ => Some(0),
        }
    }

    /// How long the line is that the content begins with, without its end; none where the end has not come yet.
    pub fn line(self) -> Option<&'a [u8]> {
        let length = self.find(is_break)?;
        self.from(length).line_end()?;
        Some(&self.bytes[..length])
    }
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// How long the line is that `content` begins with, without its end.
pub fn length(content: &[u8]) -> usize {
    content.iter().position(|byte| is_break(*byte)).unwrap_or(content.len())
}

/// How many line ends `content` has.
pub fn breaks(content: &[u8]) -> usize {
    let feeds = content.iter().filter(|byte| **byte == b'\n').count();
    let returns = (0..content.len()).filter(|&at| content[at] == b'\r' && content.get(at + 1) != Some(&b'\n')).count();
    feeds + returns
}
