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
}
