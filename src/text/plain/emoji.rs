//! Emoji by their names, so that they can mean something: 🤡 is a `clown face`.
//!
//! `emoji.txt` has a line for each emoji of one character: it and its English short name of Unicode's CLDR (Unicode License V3), in lower case. But 🖕
//! is what it says, since a `middle finger` by itself is a part of the hand. Skin tones are left out of a text, and what is joined of several
//! emoji is read as these.

use std::collections::HashMap;
use std::sync::LazyLock;

static NAMES: LazyLock<HashMap<char, &str>> = LazyLock::new(|| {
    let name = |line: &'static str| {
        let first = line.chars().next()?;
        Some((first, &line[first.len_utf8()..]))
    };
    include_str!("emoji.txt").lines().filter_map(name).collect()
});

/// The name of an emoji; none where `character` is not one.
pub fn name(character: char) -> Option<&'static str> {
    // The table is made when the first text has a character that could be in it.
    (character >= '\u{2600}').then(|| NAMES.get(&character).copied()).flatten()
}
