//! Single letters in a row: `i d i o t`, `i.d.i.o.t`, `i • d • i • o • t`, `y o u   a r e`.

use std::ops::Range;

use super::{Glyph, Lexicon, offensive, respell, spelling, variants};

/// Fewer letters than these are initials or variables.
const LEAST_LETTERS: usize = 3;
/// The longest word that a row of letters is divided into.
const LONGEST_WORD: usize = 20;
/// What stands between two letters has no more characters.
const LONGEST_SEPARATOR: usize = 5;
/// Fewer letters that make no word are a list or a name: `A B C D`, `M*A*S*H`.
const LEAST_DIVIDED: usize = 5;

/// Joins single letters that stand in a row with the same between them, where they make words: one, or those that are together the
/// likeliest. What makes none stays apart, unless it is too long to be anything else than a word that nobody knows.
pub fn close_up(glyphs: Vec<Glyph>, lexicon: &impl Lexicon) -> Vec<Glyph> {
    let mut closed = Vec::with_capacity(glyphs.len());
    let mut start = 0;
    while start < glyphs.len() {
        let (letters, end) = row(&glyphs, start);
        match words(&letters, &glyphs[start..end], lexicon) {
            None => {
                let end = end.max(start + 1);
                closed.extend_from_slice(&glyphs[start..end]);
                start = end;
            }
            Some(words) => {
                for (number, word) in words.into_iter().enumerate() {
                    if number > 0 {
                        let between = letters[word.start - 1].from.end..letters[word.start].from.start;
                        closed.push(Glyph { character: ' ', from: between });
                    }
                    closed.extend_from_slice(&letters[word]);
                }
                start = end;
            }
        }
    }
    closed
}

/// The letters of the row that starts at `start`, and where it ends; none, and `start`, where no row starts.
fn row(glyphs: &[Glyph], start: usize) -> (Vec<Glyph>, usize) {
    let none = (Vec::new(), start);
    let is_letter = |index: usize| glyphs.get(index).is_some_and(|glyph| is_letter(glyph.character));
    if !is_letter(start) || is_letter(start + 1) || (start > 0 && is_letter(start - 1)) {
        return none;
    }
    let separator = |from: usize| {
        let length =
            glyphs[from..].iter().take(LONGEST_SEPARATOR + 1).take_while(|glyph| !is_letter_or_line(glyph)).count();
        &glyphs[from..from + length]
    };
    let first = separator(start + 1);
    if first.is_empty() || first.len() > LONGEST_SEPARATOR {
        return none;
    }
    let same = |other: &[Glyph]| {
        first.len() == other.len() && first.iter().zip(other).all(|(a, b)| a.character == b.character)
    };
    let (mut letters, mut end) = (vec![glyphs[start].clone()], start + 1);
    while same(separator(end)) && is_letter(end + first.len()) && !is_letter(end + first.len() + 1) {
        end += first.len() + 1;
        letters.push(glyphs[end - 1].clone());
    }
    if letters.len() < LEAST_LETTERS { none } else { (letters, end) }
}

/// Digits and signs stand for letters, too: `s h 1 t`.
fn is_letter(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '@' | '$')
}

fn is_letter_or_line(glyph: &Glyph) -> bool {
    is_letter(glyph.character) || glyph.character == '\n'
}

/// The words that a row of letters makes; none where it is left as it is.
fn words(letters: &[Glyph], row: &[Glyph], lexicon: &impl Lexicon) -> Option<Vec<Range<usize>>> {
    let alphabetic = letters.iter().filter(|letter| letter.character.is_alphabetic()).count();
    if letters.is_empty() || alphabetic * 2 < letters.len() {
        return None;
    }
    let all = 0..letters.len();
    let word = spelling(letters);
    let is_listed = offensive::is_listed(&word) || variants::is_listed(&word);
    if is_listed || lexicon.knows(&word) || respell::respell(letters, lexicon).is_some() {
        return Some(vec![all]);
    }
    let is_list = row.iter().any(|glyph| matches!(glyph.character, ',' | '/' | ';'));
    if is_list || letters.len() < LEAST_DIVIDED || is_alphabet(letters) {
        return None;
    }
    Some(likeliest(letters, lexicon).unwrap_or(vec![all]))
}

/// Whether each letter follows the one before in the alphabet: `a b c d e` is a list.
fn is_alphabet(letters: &[Glyph]) -> bool {
    let code = |glyph: &Glyph| u32::from(glyph.character.to_ascii_lowercase());
    letters.windows(2).all(|pair| code(&pair[1]) == code(&pair[0]) + 1)
}

/// The division of `letters` into words that is the likeliest, which is that with the smallest sum of rarities; none where there is none. Of
/// single letters only a, i and u are words.
pub fn likeliest(letters: &[Glyph], lexicon: &impl Lexicon) -> Option<Vec<Range<usize>>> {
    // Of the first so many letters: how rare the best division is, and where its last word starts.
    let mut best: Vec<Option<(f64, usize)>> = vec![None; letters.len() + 1];
    best[0] = Some((0.0, 0));
    for end in 1..=letters.len() {
        for start in end.saturating_sub(LONGEST_WORD)..end {
            let Some((before, _)) = best[start] else { continue };
            let word = spelling(&letters[start..end]);
            let Some(rarity) = rarity(&word, lexicon) else { continue };
            if best[end].is_none_or(|(least, _)| before + rarity < least) {
                best[end] = Some((before + rarity, start));
            }
        }
    }
    let (mut words, mut end) = (Vec::new(), letters.len());
    while end > 0 {
        let (_, start) = best[end]?;
        words.push(start..end);
        end = start;
    }
    words.reverse();
    Some(words)
}

/// What an offensive word that the lexicon does not know is taken to be: as rare as one in twenty thousand words.
const RARITY_OF_OFFENSIVE: f64 = 10.0;

fn rarity(word: &str, lexicon: &impl Lexicon) -> Option<f64> {
    if word.chars().count() == 1 && !matches!(word, "a" | "i" | "u") {
        return None;
    }
    lexicon.rarity(word).or_else(|| offensive::is_listed(word).then_some(RARITY_OF_OFFENSIVE))
}
