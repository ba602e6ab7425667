//! Letters that look like Latin ones: `а` (Cyrillic), `𝓯`, `ⓕ`, `Ｆ`.

use decancer::Translation;

use super::{Glyph, Lexicon, runs, spelling};

/// Shorter words in other scripts look like English ones by chance: `не` like `he`.
const LEAST_LETTERS: usize = 4;

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
    if character.is_ascii()
        || is_accented(character)
        || is_ideograph(character)
        || !(character.is_alphanumeric() || is_enclosed(character))
    {
        return None;
    }
    match decancer::cure_char!(character) {
        Translation::Character(letter) if letter.is_ascii_alphabetic() => {
            Some(if character.is_uppercase() { letter.to_ascii_uppercase() } else { letter })
        }
        _ => None,
    }
}

/// Latin letters of other languages than English, which a tokenizer has its own way with.
fn is_accented(character: char) -> bool {
    matches!(character, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Chinese, Japanese and Korean, where a word can stand beside a Latin one without a space.
fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
}

/// Letters in circles and squares, which Unicode counts among the symbols.
fn is_enclosed(character: char) -> bool {
    matches!(character, '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}')
}
