//! Other spellings of words, and what is short for several: `azzhole`, `gr8`, `kys`.
//!
//! No rule tells them, so that they are a table, as dictionaries for the lexical normalisation of messages are (Han, Cook and Baldwin 2012): `variants.txt` has a
//! line for each reading, with what is read so behind a colon. A spelling that is a name, a word or a unit as well (`foad`, `kunt`, `m8`) is not in it, nor is what
//! is swearing but at nobody (`lmfao`). Of misspelt words those are in it whose first piece is an insult to WordPiece (`assesment`).

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Glyph, Lexicon, respelt, runs, spelling};

static READINGS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (reading, variants) = line.split_once(": ")?;
        Some(variants.split(' ').map(move |variant| (variant, reading)))
    };
    include_str!("variants.txt").lines().filter_map(line).flatten().collect()
});

/// Whether `word`, in lower case, is one of them.
pub fn is_listed(word: &str) -> bool {
    READINGS.contains_key(word)
}

/// Reads the words that the vocabulary does not know.
pub fn words(glyphs: Vec<Glyph>, lexicon: &impl Lexicon) -> Vec<Glyph> {
    let words = runs(&glyphs, char::is_alphanumeric);
    respelt(glyphs, words, |word| {
        let spelt = spelling(word);
        let reading = READINGS.get(&*spelt).filter(|_| !lexicon.knows(&spelt))?;
        let is_upper = !word.iter().any(|glyph| glyph.character.is_lowercase());
        let from = word.first()?.from.start..word.last()?.from.end;
        let written = |letter: char| if is_upper { letter.to_ascii_uppercase() } else { letter };
        Some(reading.chars().map(|letter| Glyph { character: written(letter), from: from.clone() }).collect())
    })
}
