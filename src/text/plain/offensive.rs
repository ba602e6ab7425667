//! The words for whose sake people disguise words.
//!
//! A mask hides the letters that would tell, so that the vocabulary cannot decide: `h*ll` is no hill, though `hill` is the commoner word. It
//! is one of the words that people mask, or nothing is known of it. The list only says what is spelt out; how a word is meant is for the
//! model to say.

use std::collections::HashSet;
use std::sync::LazyLock;

/// In the order in which they are looked for: where a mask fits several, the first is meant.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("offensive.txt").lines().collect());
static LISTED: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.iter().copied().collect());

/// Whether `word`, in lower case, is one of them.
pub fn is_listed(word: &str) -> bool {
    LISTED.contains(word)
}

/// The words of so many letters.
pub fn of_length(letters: usize) -> impl Iterator<Item = &'static str> {
    WORDS.iter().copied().filter(move |word| word.len() == letters)
}

/// Whether a word of four letters or more is a part of `text`, in lower case.
pub fn is_within(text: &str) -> bool {
    WORDS.iter().any(|word| word.len() > 3 && text.contains(word))
}
