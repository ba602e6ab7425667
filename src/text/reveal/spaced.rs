//! Single letters in a row: `i d i o t`, `i.d.i.o.t`, `y o u   i d i o t`.

use std::ops::Range;

use super::{Glyph, Vocabulary, spelling};

/// Fewer letters than these are initials or variables.
const LEAST_LETTERS: usize = 3;
/// The longest word that a row of letters is divided into.
const LONGEST_WORD: usize = 20;

/// Joins single letters that stand in a row with one and the same character between them. Where they make no word they are
/// divided into those that are together the likeliest; but three letters, as in `u r a`, are left apart then.
pub fn close_up(glyphs: Vec<Glyph>, vocabulary: &impl Vocabulary) -> Vec<Glyph> {
    let mut closed = Vec::with_capacity(glyphs.len());
    let mut place = 0;
    while place < glyphs.len() {
        let end = row(&glyphs, place);
        if end == place {
            closed.push(glyphs[place].clone());
            place += 1;
            continue;
        }
        let letters: Vec<Glyph> = glyphs[place..end].iter().step_by(2).cloned().collect();
        if letters.len() == LEAST_LETTERS && !vocabulary.knows(&spelling(&letters)) {
            closed.extend_from_slice(&glyphs[place..end]);
            place = end;
            continue;
        }
        for (number, word) in divided(&letters, vocabulary).into_iter().enumerate() {
            if number > 0 {
                let between = letters[word.start - 1].from.end..letters[word.start].from.start;
                closed.push(Glyph { character: ' ', from: between });
            }
            closed.extend_from_slice(&letters[word]);
        }
        place = end;
    }
    closed
}

/// Where the row of single letters ends that starts at `start`; `start` itself if there is none.
fn row(glyphs: &[Glyph], start: usize) -> usize {
    let is_letter = |place: usize| glyphs.get(place).is_some_and(|glyph| is_letter(glyph.character));
    let separator = match glyphs.get(start + 1) {
        Some(glyph) if matches!(glyph.character, ' ' | '.' | '-' | '_' | '*' | '|' | ',' | '~' | '/') => {
            glyph.character
        }
        _ => return start,
    };
    if !is_letter(start) || (start > 0 && is_letter(start - 1)) {
        return start;
    }
    let mut end = start + 1;
    while glyphs.get(end).is_some_and(|glyph| glyph.character == separator) && is_letter(end + 1) && !is_letter(end + 2)
    {
        end += 2;
    }
    let letters = (end - start).div_ceil(2);
    if letters < LEAST_LETTERS { start } else { end }
}

/// Digits and signs stand for letters, too: `s h 1 t`.
fn is_letter(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '@' | '$')
}

/// The words that `letters` most likely are. A word of rank r in a vocabulary has a probability of about 1/r (Zipf's law),
/// so the likeliest division is the one with the smallest sum of ln r.
fn divided(letters: &[Glyph], vocabulary: &impl Vocabulary) -> Vec<Range<usize>> {
    let all = 0..letters.len();
    if vocabulary.knows(&spelling(letters)) {
        return vec![all];
    }
    // The best division of the first so many letters: what it costs, and where its last word starts.
    let mut best: Vec<Option<(f64, usize)>> = vec![None; letters.len() + 1];
    best[0] = Some((0.0, 0));
    for end in 1..=letters.len() {
        for start in end.saturating_sub(LONGEST_WORD)..end {
            let word = spelling(&letters[start..end]);
            let Some(((before, _), rank)) = best[start].zip(vocabulary.rank(&word)) else { continue };
            let cost = before + (rank as f64 + 1.0).ln();
            if best[end].is_none_or(|(least, _)| cost < least) {
                best[end] = Some((cost, start));
            }
        }
    }
    let mut words = Vec::new();
    let mut end = letters.len();
    while end > 0 {
        let Some((_, start)) = best[end] else { return vec![all] };
        words.push(start..end);
        end = start;
    }
    words.reverse();
    // Letters that are left over by themselves tell that it is one word, which the vocabulary lacks.
    let is_left_over = |word: &Range<usize>| {
        word.len() == 1 && !matches!(letters[word.start].character.to_ascii_lowercase(), 'a' | 'i' | 'u')
    };
    if words.iter().any(is_left_over) { vec![all] } else { words }
}
