//! Words that are spelt so as not to be known: `sh1t`, `@sshole`, `stuuupid`, `iiddiioott`; and numbers with their units: `5am`.

use std::ops::Range;

use super::{Glyph, Lexicon, offensive, respelt, runs, space_after, spelling};

/// What digits and signs are written for, one reading a line.
const READINGS: [&[(char, char)]; 4] = [
    &[('1', 'i'), ('!', 'i'), ('|', 'i')],
    &[('1', 'l'), ('!', 'l'), ('|', 'l')],
    &[('9', 'g'), ('6', 'g'), ('2', 'z')],
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
/// What follows a number without being a part of a word.
const UNITS: [&str; 54] = [
    "am", "pm", "a", "p", "h", "hr", "hrs", "min", "mins", "s", "sec", "secs", "ms", "d", "y", "yr", "yrs", "mm", "cm",
    "m", "km", "in", "ft", "yd", "mi", "mph", "kmh", "kph", "g", "kg", "mg", "lb", "lbs", "oz", "l", "ml", "k", "mb",
    "gb", "tb", "kb", "hz", "khz", "mhz", "ghz", "w", "kw", "v", "c", "f", "x", "st", "nd", "th",
];

/// No word has more letters that are written several times.
const MOST_ROWS: usize = 8;

/// Respells words that the vocabulary does not know where that makes one that it knows.
pub fn words(glyphs: Vec<Glyph>, lexicon: &impl Lexicon) -> Vec<Glyph> {
    let runs = runs(&glyphs, is_of_a_word);
    let words: Vec<Range<usize>> = runs.into_iter().map(|run| without_marks(&glyphs, run)).collect();
    respelt(glyphs, words, |word| respell(word, lexicon))
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

/// The word that `word` is written for; none where it is one, or none can be told.
pub fn respell(word: &[Glyph], lexicon: &impl Lexicon) -> Option<Vec<Glyph>> {
    let has_letter = word.iter().any(|glyph| glyph.character.is_alphabetic());
    let signs = word.iter().filter(|glyph| matches!(glyph.character, '@' | '$')).count();
    if !(has_letter || signs > 1) || word.len() < 3 || is_roman(word) || lexicon.knows(&spelling(word)) {
        return None;
    }
    if let Some(unit) = unit(word) {
        let space = space_after(&word[unit - 1]);
        return Some([&word[..unit], &[space], &word[unit..]].concat());
    }
    // Somebody who is mentioned, an amount, and what has a number in it, as `l10n`, are disguises of what offends alone, and so are signs
    // without letters.
    let is_named = !has_letter || word[0].character == '@' || has_number(word);
    candidates(word)
        .into_iter()
        .filter(|candidate| candidate.len() > 1)
        .filter_map(|candidate| {
            let spelt = spelling(&candidate);
            // What offends is what is disguised.
            let is_offensive = offensive::is_listed(&spelt);
            let rarity = if is_offensive { Some(0.0) } else { lexicon.rarity(&spelt).filter(|_| !is_named) };
            Some((rarity?, candidate))
        })
        .min_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

/// Whether `word` is a Roman number, of which the repeats are none: `VIII`.
fn is_roman(word: &[Glyph]) -> bool {
    word.iter().all(|glyph| matches!(glyph.character, 'I' | 'V' | 'X' | 'L' | 'C' | 'D' | 'M'))
}

/// Whether it has an amount of money, or digits in a row that are a number: two letters of one word may be written by the same digit, as in
/// `sw33t` and `g00d`.
fn has_number(word: &[Glyph]) -> bool {
    let is_number = |pair: &[Glyph]| match (pair[0].character, pair[1].character) {
        ('$', next) => next.is_ascii_digit(),
        (first, next) => first.is_ascii_digit() && next.is_ascii_digit() && (first != next || first == '1'),
    };
    word.last().is_some_and(|last| last.character == '$') || word.windows(2).any(is_number)
}

/// Where the unit starts, if `word` is a number with one.
fn unit(word: &[Glyph]) -> Option<usize> {
    let digits = word.iter().take_while(|glyph| glyph.character.is_ascii_digit()).count();
    // The ordinals of numbers are read as one with them.
    let unit = spelling(&word[digits..]);
    (digits > 0 && UNITS.contains(&&*unit) && !matches!(&*unit, "st" | "nd" | "th")).then_some(digits)
}

/// Other spellings of `word`; none where it looks like a word. One double letter is no reason: `Webber` is not `Weber`.
fn candidates(word: &[Glyph]) -> Vec<Vec<Glyph>> {
    let read = if hides_letters(word) { readings(word) } else { Vec::new() };
    let shorter: Vec<Vec<Glyph>> = read.iter().map(Vec::as_slice).chain([word]).flat_map(without_repeats).collect();
    [read, shorter].concat()
}

/// Shorter spellings of a word in which a letter comes thrice in a row, or each one twice; none for others.
fn without_repeats(word: &[Glyph]) -> Vec<Vec<Glyph>> {
    let repeats = repeats(word);
    let longest = repeats.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let is_doubled = repeats.len() > 2 && repeats.iter().all(|(_, count)| *count > 1);
    if longest < 3 && !is_doubled {
        return Vec::new();
    }
    let row = |start: usize, count: usize, length: usize| -> Vec<Glyph> {
        let mut row = word[start..start + length].to_vec();
        // The last one stands for those that go.
        row[length - 1].from.end = word[start + count - 1].from.end;
        row
    };
    let shortened = |length: &dyn Fn(usize) -> usize| -> Vec<Glyph> {
        repeats.iter().flat_map(|&(start, count)| row(start, count, length(count))).collect()
    };
    let lengths: [&dyn Fn(usize) -> usize; 3] = [&|count| count.min(2), &|count: usize| count.div_ceil(2), &|_| 1];
    // One row at a time, too: the others may be as they should, as in `asshhhole`.
    let long = repeats.iter().filter(|(_, count)| *count > 2).take(MOST_ROWS);
    let one_row = long.map(|&(start, count)| [&word[..start], &row(start, count, 1), &word[start + count..]].concat());
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
    let lower = |index: usize| word[index].character.to_lowercase();
    let is_letter = |index: usize| word[index].character.is_alphabetic();
    for index in 0..word.len() {
        match repeats.last_mut() {
            Some((start, count)) if is_letter(index) && lower(*start).eq(lower(index)) => *count += 1,
            _ => repeats.push((index, 1)),
        }
    }
    repeats
}
