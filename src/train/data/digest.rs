//! When two texts are the same: a digest tells it, so that texts are not kept twice.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

/// What a text, or a pair, is told apart by.
pub type Digest = [u8; 32];

/// How like two texts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// Their letters are the same.
    Same,
    /// They share at least half of the words of the shorter one.
    Alike,
    /// Neither.
    None,
}

/// The digest of a text and its second one. White space counts as one space, and none at the ends: the same text is handed around with
/// other line breaks.
pub fn of(text: &str, second: Option<&str>) -> Digest {
    let mut hash = Sha256::new();
    for word in text.split_whitespace() {
        hash.update(word);
        hash.update(b" ");
    }
    hash.update(b"\n");
    for word in second.unwrap_or_default().split_whitespace() {
        hash.update(word);
        hash.update(b" ");
    }
    hash.finalize().into()
}

/// How like two texts of one id are: comments are handed around in cleanings that drop case, punctuation and digits, and some
/// spell out what was short.
pub fn likeness(left: &str, right: &str) -> Likeness {
    if of(left, None) == of(right, None) {
        return Likeness::Same;
    }
    let (left_letters, right_letters) = (only(left, char::is_alphabetic), only(right, char::is_alphabetic));
    let (left_digits, right_digits) = (only(left, char::is_numeric), only(right, char::is_numeric));
    let are_digits_same = left_digits == right_digits || left_digits.is_empty() || right_digits.is_empty();
    if !left_letters.is_empty() && left_letters == right_letters && are_digits_same {
        return Likeness::Same;
    }
    let (left, right) = (words(left), words(right));
    let shared = left.intersection(&right).count();
    if shared > 0 && 2 * shared >= left.len().min(right.len()) { Likeness::Alike } else { Likeness::None }
}

/// The characters of `text` that are of a kind, in small letters.
fn only(text: &str, is_it: fn(char) -> bool) -> String {
    text.chars().filter(|character| is_it(*character)).flat_map(char::to_lowercase).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_alphabetic()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}
