//! Words that are spelt so as not to be known: `sh1t`, `@sshole`, `f*ck`, `stuuupid`, `iiddiioott`.

use std::ops::Range;

use super::{Glyph, Vocabulary, runs, spelling};

/// What digits and signs are written for, one reading a line. `*` hides a vowel, and the commonest is tried first.
const READINGS: [&[(char, char)]; 7] = [
    &[('1', 'i'), ('!', 'i'), ('|', 'i'), ('*', 'i')],
    &[('1', 'l'), ('!', 'l'), ('|', 'l'), ('*', 'u')],
    &[('*', 'o')],
    &[('*', 'a')],
    &[('*', 'e')],
    &[('9', 'g'), ('6', 'g'), ('2', 'z'), ('*', 'i')],
    &[('6', 'b'), ('1', 'i')],
];
/// What they are written for in every reading.
const ALWAYS: [(char, char); 10] = [
    ('0', 'o'),
    ('3', 'e'),
    ('4', 'a'),
    ('@', 'a'),
    ('5', 's'),
    ('$', 's'),
    ('7', 't'),
    ('+', 't'),
    ('8', 'b'),
    ('€', 'e'),
];
/// Longer ones are no words.
const LONGEST_WORD: usize = 40;

/// Respells words that the vocabulary does not know where that makes one that it knows.
pub fn words(glyphs: Vec<Glyph>, vocabulary: &impl Vocabulary) -> Vec<Glyph> {
    let mut respelt = Vec::with_capacity(glyphs.len());
    let mut done = 0;
    for run in runs(&glyphs, is_of_a_word) {
        let run = without_marks(&glyphs, run);
        if let Some(better) = respell(&glyphs[run.clone()], vocabulary) {
            respelt.extend_from_slice(&glyphs[done..run.start]);
            respelt.extend(better);
            done = run.end;
        }
    }
    respelt.extend_from_slice(&glyphs[done..]);
    respelt
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '@' | '$') || is_mark(character)
}

/// What stands for a letter within a word only: around it, it is an exclamation mark or a list's asterisk.
fn is_mark(character: char) -> bool {
    matches!(character, '!' | '|' | '*' | '+' | '€')
}

fn without_marks(glyphs: &[Glyph], run: Range<usize>) -> Range<usize> {
    let is_mark = |glyph: &&Glyph| is_mark(glyph.character);
    let start = run.start + glyphs[run.clone()].iter().take_while(is_mark).count();
    let end = run.end - glyphs[start..run.end].iter().rev().take_while(is_mark).count();
    start..end
}

fn respell(word: &[Glyph], vocabulary: &impl Vocabulary) -> Option<Vec<Glyph>> {
    let has_letter = word.iter().any(|glyph| glyph.character.is_alphabetic() || glyph.character == '@');
    if !has_letter || !(3..=LONGEST_WORD).contains(&word.len()) {
        return None;
    }
    let candidates = candidates(word);
    if candidates.is_empty() || vocabulary.knows(&spelling(word)) {
        return None;
    }
    let is_masked = word.iter().any(|glyph| glyph.character == '*');
    candidates
        .into_iter()
        .filter(|(_, candidate)| candidate.len() > 1)
        .filter_map(|(reading, candidate)| Some((reading, vocabulary.rank(&spelling(&candidate))?, candidate)))
        // `sh*t` is not the commoner `shot`: of a masked word the first reading that makes one counts.
        .min_by_key(|(reading, rank, _)| (is_masked.then_some(*reading), *rank))
        .map(|(_, _, candidate)| candidate)
}

/// Other spellings of `word`, each with the number of its reading; none where it looks like a word. One double letter is no
/// reason: `Webber` is not `Weber`.
fn candidates(word: &[Glyph]) -> Vec<(usize, Vec<Glyph>)> {
    let read = if hides_letters(word) { readings(word) } else { Vec::new() };
    let mut candidates = Vec::new();
    for (reading, base) in read.iter().map(Vec::as_slice).chain([word]).enumerate() {
        if reading < read.len() {
            candidates.push((reading, base.to_vec()));
        }
        candidates.extend(without_repeats(base).into_iter().map(|shorter| (reading, shorter)));
    }
    candidates
}

/// Shorter spellings of a word in which a letter comes thrice in a row, or each one twice; none for others.
fn without_repeats(word: &[Glyph]) -> Vec<Vec<Glyph>> {
    let repeats = repeats(word);
    let longest = repeats.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let is_doubled = repeats.len() > 2 && repeats.iter().all(|(_, count)| *count > 1);
    if longest < 3 && !is_doubled {
        return Vec::new();
    }
    let shortened = |length: &dyn Fn(usize) -> usize| -> Vec<Glyph> {
        repeats.iter().flat_map(|(start, count)| word[*start..*start + length(*count)].iter().cloned()).collect()
    };
    let lengths: [&dyn Fn(usize) -> usize; 3] = [&|count| count.min(2), &|count: usize| count.div_ceil(2), &|_| 1];
    // One row at a time, too: the others may be as they should, as in `asshhhole`.
    let long = repeats.iter().filter(|(_, count)| *count > 2);
    let one_row = long.map(|(start, count)| [&word[..=*start], &word[start + count..]].concat());
    lengths.map(shortened).into_iter().chain(one_row).collect()
}

/// Whether signs or digits may stand for letters: a digit does where a letter follows it, unlike in `f16`, unless the word
/// starts with a number, as in `16mm`.
fn hides_letters(word: &[Glyph]) -> bool {
    let is_digit = |glyph: &Glyph| glyph.character.is_ascii_digit();
    let starts_with_number = word.iter().take_while(|glyph| is_digit(glyph)).count() > 1;
    let is_before_letter = |pair: &[Glyph]| is_digit(&pair[0]) && !is_digit(&pair[1]);
    let has_sign = word.iter().any(|glyph| !glyph.character.is_alphanumeric());
    !starts_with_number && (has_sign || word.windows(2).any(is_before_letter))
}

fn readings(word: &[Glyph]) -> Vec<Vec<Glyph>> {
    if word.iter().filter(|glyph| glyph.character == '*').count() > 1 {
        return Vec::new();
    }
    let read = |reading: &&[(char, char)]| -> Vec<Glyph> {
        let letter = |character: char| {
            let found = reading.iter().chain(&ALWAYS).find(|(sign, _)| *sign == character);
            found.map_or(character, |(_, letter)| *letter)
        };
        word.iter().map(|glyph| Glyph { character: letter(glyph.character), ..glyph.clone() }).collect()
    };
    let mut readings: Vec<Vec<Glyph>> = Vec::new();
    for reading in READINGS.iter().map(read) {
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    readings
}

/// The rows of equal letters: where each starts, and how many it has. Equal digits are rows of one.
fn repeats(word: &[Glyph]) -> Vec<(usize, usize)> {
    let mut repeats: Vec<(usize, usize)> = Vec::new();
    let lower = |place: usize| word[place].character.to_lowercase();
    let is_letter = |place: usize| word[place].character.is_alphabetic();
    for place in 0..word.len() {
        match repeats.last_mut() {
            Some((start, count)) if is_letter(place) && lower(*start).eq(lower(place)) => *count += 1,
            _ => repeats.push((place, 1)),
        }
    }
    repeats
}
