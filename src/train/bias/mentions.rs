//! Which terms a text mentions.

use crate::{Error, Result};

/// A word, or some, that say what people are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// As the sentences have it.
    pub name: String,
    /// What kind of group it names.
    pub group: String,
    /// The words of each of its spellings, as [`words`] writes them.
    spellings: Vec<String>,
}

impl Term {
    /// A term that texts mention by its name or by another of `spellings`.
    ///
    /// # Errors
    /// A spelling has no letter and no digit, by which texts could be searched: every text would mention it.
    pub fn new(name: &str, group: &str, spellings: &[String]) -> Result<Self> {
        let spellings: Vec<&str> = [name].into_iter().chain(spellings.iter().map(String::as_str)).collect();
        if let Some(empty) = spellings.iter().find(|spelling| !spelling.contains(char::is_alphanumeric)) {
            return Err(Error::invalid(format!(
                "the term {name} has the spelling \"{empty}\", which has no letter, so that no text can be searched for it: leave it out"
            )));
        }
        let spellings = spellings.into_iter().map(words).collect();
        Ok(Self { name: name.to_owned(), group: group.to_owned(), spellings })
    }
}

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
        term.spellings.iter().any(|spelling| self.0.contains(spelling))
    }
}

/// Lower-cased words with a space on either side of each, so that what begins and ends with a space is whole words.
fn words(text: &str) -> String {
    let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |line, word| line + word.to_lowercase().as_str() + " ")
}
