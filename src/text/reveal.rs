//! Undoes what people do to a word so that a filter does not know it: `fսсk`, `sh1t`, `i d i o t`, `stuuupid`.
//!
//! A text goes through four steps. Characters that nobody sees (zero-width ones, marks that are stacked on letters) go.
//! Letters that only look like Latin ones are folded to those. Single letters in a row, `i d i o t` and `i.d.i.o.t`, are
//! closed up and divided into the likeliest words. And a word that WordPiece does not know is respelt where that gives one
//! that it knows: `1` as `i`, `@` as `a`, one letter for a row of the same.
//!
//! The vocabulary decides, so that what is written as it should be stays: `mp3`, `1st` and `aardvark` are words, or no
//! other spelling makes them one. Every character remembers where it came from, so that words can be shown in
//! the text as its author wrote it.

use std::ops::Range;

mod fold;
mod respell;
mod spaced;

/// What the tokenizer's vocabulary says of words, in lower case.
pub trait Vocabulary {
    /// Into how many pieces a word falls; none where a part of it is unknown.
    fn pieces(&self, word: &str) -> Option<usize>;

    /// The word's place among all by how common they are, from 1; none where it is not a word by itself.
    fn rank(&self, word: &str) -> Option<usize>;

    /// Whether it is a word by itself.
    fn knows(&self, word: &str) -> bool {
        self.pieces(word) == Some(1)
    }
}

/// A text without its disguises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revealed {
    /// What is to be read.
    pub text: String,
    /// For each character of it, where it starts there and which bytes of the original it stands for.
    origins: Vec<(usize, Range<usize>)>,
}

/// A character and the bytes of the original that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Glyph {
    character: char,
    from: Range<usize>,
}

/// Undoes the disguises in `text`.
pub fn reveal(text: &str, vocabulary: &impl Vocabulary) -> Revealed {
    let mut glyphs = visible(text);
    fold::letters(&mut glyphs, vocabulary);
    let glyphs = respell::words(spaced::close_up(glyphs, vocabulary), vocabulary);
    let mut revealed = Revealed { text: String::with_capacity(text.len()), origins: Vec::with_capacity(glyphs.len()) };
    for Glyph { character, from } in glyphs {
        revealed.origins.push((revealed.text.len(), from));
        revealed.text.push(character);
    }
    revealed
}

impl Revealed {
    /// The bytes of the original that those in `range` stand for.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let first = self.origins.partition_point(|(start, _)| *start <= range.start).saturating_sub(1);
        let end = self.origins.partition_point(|(start, _)| *start < range.end);
        let origins = self.origins.get(first..end).unwrap_or_default();
        let start = origins.iter().map(|(_, from)| from.start).min().unwrap_or_default();
        start..origins.iter().map(|(_, from)| from.end).max().unwrap_or(start)
    }
}

fn visible(text: &str) -> Vec<Glyph> {
    let glyph = |(start, character): (usize, char)| Glyph { character, from: start..start + character.len_utf8() };
    text.char_indices().filter(|(_, character)| !is_invisible(*character)).map(glyph).collect()
}

/// Format characters, fillers, variation selectors and marks that strike through or stack up.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{300}'..='\u{36f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The glyphs as a word in lower case.
fn spelling<'a>(glyphs: impl IntoIterator<Item = &'a Glyph>) -> String {
    glyphs.into_iter().flat_map(|glyph| glyph.character.to_lowercase()).collect()
}

/// The ranges in which `belongs` holds of all glyphs, each as long as it can be.
fn runs(glyphs: &[Glyph], belongs: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (place, _) in glyphs.iter().enumerate().filter(|(_, glyph)| belongs(glyph.character)) {
        match runs.last_mut() {
            Some(run) if run.end == place => run.end = place + 1,
            _ => runs.push(place..place + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests;
