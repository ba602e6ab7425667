//! How much of a text a model has words for: of what it has none for it can say nothing.

use std::ops::Range;

use super::{Offsets, Tokenizer, UNKNOWN};

/// A word is rare where fewer than one of so many words is it: e^11.5, about 100,000.
const RARE: f64 = 11.5;
/// How much of a text before a word is looked at for what makes the word a part of a name or an address.
const LONGEST_ADDRESS: usize = 200;

/// The words of a text, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// Those that have a letter, names of emoji included.
    pub words: usize,
    /// Those of them that are of some language: not emoji, `@names`, `#tags` and addresses.
    pub of_language: usize,
    /// Those of these that are no more than unknown tokens.
    pub unknown: usize,
    /// Those of these that are unknown, or, where the tokenizer knows enough counts of words, rare.
    pub rare: usize,
}

impl Tokenizer {
    /// Counts the words that the tokens of `text` are read as: their ids, and where in the text they stand.
    pub fn reading<'t>(&self, text: &str, tokens: impl Iterator<Item = (u32, &'t Offsets)>) -> Reading {
        let mut reading = Reading::default();
        let unknown = self.inner.token_to_id(UNKNOWN);
        let tokens: Vec<(u32, &Offsets)> = tokens.collect();
        for word in tokens.chunk_by(|(_, one), (_, next)| one.word == next.word) {
            let start = word.iter().map(|(_, token)| token.bytes.start).min().unwrap_or_default();
            let end = word.iter().map(|(_, token)| token.bytes.end).max().unwrap_or_default();
            let is_unknown = word.iter().all(|(id, _)| Some(*id) == unknown);
            let is_written = text.get(start..end).is_some_and(|written| written.contains(char::is_alphabetic));
            if !is_written && (is_unknown || !word.iter().any(|(id, _)| self.has_letters(*id))) {
                continue;
            }
            reading.words += 1;
            if !is_written || is_of_an_address(text, start..end) {
                continue;
            }
            reading.of_language += 1;
            reading.unknown += usize::from(is_unknown);
            let is_common = match word {
                // The unknown token was counted, too.
                _ if is_unknown => false,
                _ if !self.counts.is_enough() => true,
                [(id, _)] => self.counts.rarity(*id).is_some_and(|rarity| rarity < RARE),
                _ => false,
            };
            reading.rare += usize::from(!is_common);
        }
        reading
    }

    fn has_letters(&self, id: u32) -> bool {
        self.inner.id_to_token(id).is_some_and(|token| token.contains(char::is_alphabetic))
    }
}

/// Whether the word is a part of an `@name`, a `#tag` or an address.
fn is_of_an_address(text: &str, word: Range<usize>) -> bool {
    let (Some(before), Some(after)) = (text.get(..word.start), text.get(word.end..)) else { return false };
    let is_next = |character: &char| !character.is_whitespace();
    let mut before = before.chars().rev().take(LONGEST_ADDRESS).take_while(is_next);
    let mut is_after_colon = after.starts_with("://");
    let mut last = ' ';
    is_after_colon |= before.any(|character| {
        let is_address = matches!(character, '@' | '#') || (character == ':' && last == '/');
        last = character;
        is_address
    });
    is_after_colon
}
