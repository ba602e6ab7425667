//! Lines, whether they end in a line feed, as in Windows or as on old Macs.

/// A file's lines, one after the other.
pub struct Lines {
    content: Vec<u8>,
    position: usize,
    /// Lines before `position`.
    line: usize,
}

impl Lines {
    pub fn new(content: Vec<u8>) -> Self {
        Self { content, position: 0, line: 0 }
    }

    /// The next line with anything but white space in it, and its number.
    pub fn next_filled(&mut self) -> Option<(usize, &[u8])> {
        while self.position < self.content.len() {
            let (start, end) = (self.position, self.position + length(&self.content[self.position..]));
            self.position = end + break_length(&self.content[end..]);
            self.line += 1;
            if !self.content[start..end].trim_ascii().is_empty() {
                return Some((self.line, &self.content[start..end]));
            }
        }
        None
    }
}

/// How long the line is that `content` begins with, without its end.
pub fn length(content: &[u8]) -> usize {
    content.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(content.len())
}

/// How long the line end is that `content` begins with: 0 where it begins with none.
pub fn break_length(content: &[u8]) -> usize {
    match content {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// How many line ends `content` has.
pub fn breaks(content: &[u8]) -> usize {
    let feeds = content.iter().filter(|byte| **byte == b'\n').count();
    let returns = (0..content.len()).filter(|&at| content[at] == b'\r' && content.get(at + 1) != Some(&b'\n')).count();
    feeds + returns
}
