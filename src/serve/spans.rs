//! Where the sentences of a text are, counted as the API counts: in UTF-16 units.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// A text has no more spans than these; of a longer one several sentences share a span, so that what is to be scored stays in
/// proportion to the text.
const MOST: usize = 64;

/// The bytes of the sentences of `text`, by Unicode's rules (UAX #29) and without the space around them; the whole where there is but one.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut sentences: Vec<Range<usize>> = Vec::new();
    for (start, sentence) in text.split_sentence_bound_indices() {
        let before = sentence.len() - sentence.trim_start().len();
        let trimmed = sentence.trim();
        if !trimmed.is_empty() {
            sentences.push(start + before..start + before + trimmed.len());
        }
    }
    let together = sentences.len().div_ceil(MOST).max(1);
    // A chunk has a first and a last.
    sentences.chunks(together).map(|some| some[0].start..some[some.len() - 1].end).collect()
}

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

    fn written(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn sentences_are_where_people_see_them() {
        assert_eq!(
            written("You are kind. You are an idiot!  Really?"),
            ["You are kind.", "You are an idiot!", "Really?"]
        );
        assert_eq!(written("It costs 3.50 at example.com, o.k."), ["It costs 3.50 at example.com, o.k."]);
        assert_eq!(written("One line\nanother line"), ["One line", "another line"]);
        assert_eq!(written("  \n hi \n"), ["hi"]);
        assert_eq!(written("   "), Vec::<&str>::new());
        assert_eq!(written(""), Vec::<&str>::new());
    }

    #[test]
    fn many_sentences_share_spans_and_none_is_lost() {
        let text = "No. ".repeat(1000);
        let spans = sentences(&text);
        assert!(spans.len() <= MOST && spans.len() > MOST / 2, "{}", spans.len());
        assert_eq!((spans[0].start, spans[spans.len() - 1].end), (0, text.trim_end().len()));
        assert!(spans.windows(2).all(|pair| text[pair[0].end..pair[1].start].trim().is_empty()));
    }

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
