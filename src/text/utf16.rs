//! Where things are in a text for those who count in UTF-16 units: JavaScript, and the Perspective API.

use std::ops::Range;

/// Turns places in a text, of which it is asked in ascending order, from bytes to UTF-16 units.
pub struct Utf16<'a> {
    text: &'a str,
    byte: usize,
    units: usize,
}

impl<'a> Utf16<'a> {
    /// Of places in `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, byte: 0, units: 0 }
    }

    /// How many units are before `byte`, which is on a character's boundary.
    pub fn at(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.units) = (0, 0);
        }
        self.units += self.text.get(self.byte..byte).map_or(0, |passed| passed.chars().map(char::len_utf16).sum());
        self.byte = byte;
        self.units
    }

    /// A range of bytes in units.
    pub fn range(&mut self, bytes: &Range<usize>) -> Range<usize> {
        self.at(bytes.start)..self.at(bytes.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_utf16() {
        let text = "a😂é\u{fffd}👩‍👩‍👧 b";
        let mut places = Utf16::new(text);
        for (byte, _) in text.char_indices().chain([(text.len(), ' ')]) {
            assert_eq!(places.at(byte), text[..byte].encode_utf16().count(), "{byte}");
        }
        assert_eq!(places.range(&(1..5)), 1..3, "backwards, too");
    }
}
