//! Which terms a text mentions.

use super::Term;

/// A text's words, to look for terms among.
#[derive(Debug, Clone)]
pub struct Mentions(String);

impl Mentions {
    /// The words of `text`.
    pub fn of(text: &str) -> Self {
        Self(words(text))
    }

    /// Whether the text has one of the term's spellings: as a word of its own or, where it is of several words, as these
    /// in a row. Capitals do not matter.
    pub fn mention(&self, term: &Term) -> bool {
        term.spellings.iter().any(|spelling| self.0.contains(&words(spelling)))
    }
}

/// Lower-cased words with a space on either side of each, so that what begins and ends with a space is whole words.
fn words(text: &str) -> String {
    let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |line, word| line + word.to_lowercase().as_str() + " ")
}
