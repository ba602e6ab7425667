//! Letters that look like Latin ones: `а` (Cyrillic), `𝓯`, `ⓕ`, `Ｆ`.
//!
//! `lookalikes.txt` has a line for each letter of ASCII: it and the characters that the crate decancer (MIT) takes for it, of those that [`latin`]
//! asks about. The crate itself has all of Unicode for us to carry: 63 KB, of which these are 23, and with brotli 34 KB more.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Glyph, Lexicon, runs, spelling};

/// Shorter words in other scripts look like English ones by chance: `не` like `he`.
const LEAST_LETTERS: usize = 4;

const TABLE: &str = include_str!("lookalikes.txt");

/// By a character the letter that it looks like.
static LETTERS: LazyLock<HashMap<char, &str>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (letter, characters) = line.split_at(1);
        characters.chars().map(move |character| (character, letter))
    };
    TABLE.lines().flat_map(line).collect()
});

/// Folds the letters of each word that is partly Latin already, or a word that the lexicon knows once it is. Words in
/// other scripts stay.
pub fn fold(glyphs: &mut [Glyph], lexicon: &impl Lexicon) {
    for run in runs(glyphs, |character| character.is_alphanumeric() || latin(character).is_some()) {
        let word = &mut glyphs[run];
        if word.iter().all(|glyph| glyph.character.is_ascii()) {
            continue;
        }
        let folded: Vec<Glyph> = word
            .iter()
            .map(|glyph| Glyph { character: latin(glyph.character).unwrap_or(glyph.character), ..glyph.clone() })
            .collect();
        let is_partly_latin = word.iter().any(|glyph| glyph.character.is_ascii_alphabetic());
        if is_partly_latin || (folded.len() >= LEAST_LETTERS && lexicon.knows(&spelling(&folded))) {
            word.clone_from_slice(&folded);
        }
    }
}

/// The Latin letter that `character` looks like.
fn latin(character: char) -> Option<char> {
    // The table is made when the first text has a character that could be in it.
    let letter = may_look_latin(character).then(|| LETTERS.get(&character)?.chars().next()).flatten()?;
    Some(if character.is_uppercase() { letter.to_ascii_uppercase() } else { letter })
}

/// Whether it is a letter or a digit, and not one that is read as what it is.
fn may_look_latin(character: char) -> bool {
    (character.is_alphanumeric() || is_enclosed(character))
        && !(character.is_ascii() || is_accented(character) || is_ideograph(character))
}

/// Latin letters of other languages than English that are one of its letters with an accent, which a tokenizer takes away, or two of them.
fn is_accented(character: char) -> bool {
    matches!(character, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}') && !is_struck(character)
}

/// Letters that are struck through, hooked or without their dot, which Unicode does not take apart.
fn is_struck(character: char) -> bool {
    matches!(
        character,
        'Ø' | 'ø'
            | 'Đ'
            | 'đ'
            | 'Ħ'
            | 'ħ'
            | 'ı'
            | 'Ł'
            | 'ł'
            | 'Ŧ'
            | 'ŧ'
            | '\u{180}'..='\u{19f}'
            | '\u{1a4}'..='\u{1ae}'
            | '\u{1b2}'..='\u{1b6}'
            | '\u{1e4}'..='\u{1e5}'
            | '\u{220}'..='\u{225}'
            | '\u{234}'..='\u{24f}'
    )
}

/// Chinese, Japanese and Korean, where a word can stand beside a Latin one without a space.
fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
}

/// Letters in circles and squares, which Unicode counts among the symbols.
fn is_enclosed(character: char) -> bool {
    matches!(character, '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}')
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::BTreeMap;

    use decancer::Translation;

    use super::*;

    #[test]
    fn the_table_is_decancers() {
        let mut lookalikes = BTreeMap::<char, String>::new();
        for character in ('\0'..=char::MAX).filter(|&character| may_look_latin(character)) {
            if let Translation::Character(letter) = decancer::cure_char!(character)
                && letter.is_ascii_lowercase()
            {
                lookalikes.entry(letter).or_default().push(character);
            }
        }
        let table: String =
            lookalikes.into_iter().map(|(letter, characters)| format!("{letter}{characters}\n")).collect();
        if table != TABLE {
            let path = std::env::temp_dir().join("lookalikes.txt");
            std::fs::write(&path, table).unwrap();
            panic!("decancer has another table: it is in {}, to be put into src/text/plain", path.display());
        }
    }
}
