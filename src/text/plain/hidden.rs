//! Offensive words that are masked, broken up, written together or misspelt a little: `f*ck`, `mo.ron`, `youareanidiot`, `stuipd`.

use std::ops::Range;

use super::spaced::likeliest;
use super::{Glyph, Lexicon, offensive, respelt, runs, spelling};

/// Shorter words than these are broken up by chance: `a.m`.
const LEAST_BROKEN: usize = 4;
/// A word with two letters swapped has at least so many, so that it is no other word, and no more than the longest of the list.
const SWAPPED: std::ops::RangeInclusive<usize> = 5..=15;
/// What is meant where only the first letter stands. Of other words nobody could tell: `a***` may be anything.
const BY_FIRST_LETTER: [&str; 3] = ["fuck", "shit", "cunt"];
/// Words are written together from so many on: two may be a name, as `Dickinson` is.
const LEAST_TOGETHER: usize = 3;
/// A word has fewer letters by chance: `despicable` is no `de spic able`.
const LEAST_PIECE: usize = 3;
/// What holds together what is written together.
const BETWEEN: [&str; 39] = [
    "all",
    "and",
    "are",
    "for",
    "from",
    "get",
    "go",
    "has",
    "have",
    "her",
    "him",
    "his",
    "like",
    "me",
    "my",
    "not",
    "of",
    "off",
    "our",
    "out",
    "she",
    "such",
    "that",
    "the",
    "their",
    "them",
    "they",
    "this",
    "ur",
    "was",
    "we",
    "were",
    "who",
    "with",
    "you",
    "your",
    "yourself",
    "yourselves",
    "will",
];
/// The other words of two letters that are looked for, which ordinary words have in themselves: `retard at ion`.
const SHORT: [&str; 19] =
    ["am", "an", "as", "at", "be", "by", "do", "he", "if", "in", "is", "it", "no", "on", "or", "so", "to", "up", "us"];
/// Words that are made of such words by chance.
const BY_CHANCE: [&str; 6] =
    ["artisanal", "hitchcockian", "hypnotherapists", "physiotherapists", "psychotherapist", "psychotherapists"];
/// What stands behind an apostrophe: `he'll` is no hell.
const CONTRACTED: [&str; 7] = ["d", "ll", "m", "re", "s", "t", "ve"];

/// Spells out what is hidden in `glyphs`.
pub fn words(glyphs: Vec<Glyph>, lexicon: &impl Lexicon) -> Vec<Glyph> {
    let chunks = runs(&glyphs, |character| !character.is_whitespace());
    let cores: Vec<Range<usize>> = chunks.into_iter().map(|chunk| core(&glyphs, chunk)).collect();
    respelt(glyphs, cores, |core| {
        let is_word = core.iter().all(|glyph| glyph.character.is_alphabetic());
        if is_word {
            return swapped(core, lexicon).or_else(|| apart(core, lexicon));
        }
        masked(core, lexicon).or_else(|| mended(core, lexicon))
    })
}

/// A chunk without the punctuation around it, but with the asterisks at its end, which may be letters: not where there are some before it,
/// as around what is emphasised, nor behind the punctuation that ends a word.
fn core(glyphs: &[Glyph], chunk: Range<usize>) -> Range<usize> {
    let is_inner = |glyph: &&Glyph| glyph.character.is_alphanumeric() || matches!(glyph.character, '@' | '$');
    let start = chunk.start + glyphs[chunk.clone()].iter().take_while(|glyph| !is_inner(glyph)).count();
    let is_end = |glyph: &&Glyph| !is_inner(glyph) && glyph.character != '*';
    let end = chunk.end - glyphs[start..chunk.end].iter().rev().take_while(is_end).count();
    let asterisks = glyphs[start..end].iter().rev().take_while(|glyph| glyph.character == '*').count();
    let is_emphasis = glyphs[chunk.start..start].iter().any(|glyph| glyph.character == '*');
    let ends_word = |glyph: &Glyph| matches!(glyph.character, '.' | ',' | '!' | '?' | ':' | ';' | ')' | '\'' | '"');
    let is_note = glyphs[start..end - asterisks].last().is_some_and(ends_word);
    match is_emphasis || is_note {
        true => start..end - glyphs[start..end].iter().rev().take_while(|glyph| !is_inner(glyph)).count(),
        false => start..end,
    }
}

/// The word that stands with signs instead of some of its letters. Asterisks at its end may be letters, or a footnote's, which stands at a
/// word.
fn masked(word: &[Glyph], lexicon: &impl Lexicon) -> Option<Vec<Glyph>> {
    let spelt = |word: &[Glyph]| {
        let spelt = offensive::of_length(word.len()).find(|spelt| is_mask_of(word, spelt))?;
        Some(spell(word, spelt))
    };
    let end = word.len() - word.iter().rev().take_while(|glyph| glyph.character == '*').count();
    let is_noted = end < word.len() && end > 1 && lexicon.knows(&spelling(&word[..end]));
    spelt(word)
        .filter(|_| !is_noted)
        .or_else(|| (end < word.len()).then(|| Some([&spelt(&word[..end])?, &word[end..]].concat())).flatten())
}

/// What stands for any letter; the latter ones, which join words too, only once in a word.
fn is_mask(character: char) -> bool {
    matches!(character, '*' | '#' | '%' | '&' | '^' | '~' | '?' | '=' | '+' | '@' | '$' | '!') || is_joint(character)
}

fn is_joint(character: char) -> bool {
    matches!(character, '.' | '-' | '_')
}

fn is_mask_of(word: &[Glyph], spelt: &str) -> bool {
    let (mut letters, mut masks, mut joints) = (0, 0, 0);
    for (glyph, letter) in word.iter().zip(spelt.chars()) {
        let character = glyph.character;
        if reads(character, letter) {
            letters += usize::from(character.is_alphabetic());
            continue;
        }
        if !is_mask(character) {
            return false;
        }
        masks += 1;
        joints += usize::from(is_joint(character));
    }
    let first_is_given =
        word.first().is_some_and(|first| reads(first.character, spelt.chars().next().unwrap_or_default()));
    let is_joint_alone = joints == 0 || (joints == 1 && masks == 1 && word.len() >= LEAST_BROKEN);
    // Of digits and signs alone are prices and times.
    let is_told = letters > 1 || (letters == 1 && BY_FIRST_LETTER.contains(&spelt));
    masks > 0 && first_is_given && is_joint_alone && is_told
}

/// Whether `character` is `letter`, or is written for it.
fn reads(character: char, letter: char) -> bool {
    let is_written_for: &[char] = match letter {
        'a' => &['4', '@'],
        'b' => &['8'],
        'c' => &['('],
        'e' => &['3', '€'],
        'g' => &['9', '6'],
        'i' => &['1', '!', '|'],
        'l' => &['1', '|'],
        'o' => &['0'],
        's' => &['5', '$'],
        't' => &['7', '+'],
        'u' => &['v'],
        'z' => &['2'],
        _ => &[],
    };
    character.to_ascii_lowercase() == letter || is_written_for.contains(&character)
}

/// `word` with the letters of `spelt`, which has as many, in the case of the word's.
fn spell(word: &[Glyph], spelt: &str) -> Vec<Glyph> {
    let is_upper = !word.iter().any(|glyph| glyph.character.is_lowercase());
    let glyph = |(glyph, letter): (&Glyph, char)| {
        let written = if is_upper { letter.to_ascii_uppercase() } else { letter };
        let keeps = glyph.character.eq_ignore_ascii_case(&letter);
        Glyph { character: if keeps { glyph.character } else { written }, from: glyph.from.clone() }
    };
    word.iter().zip(spelt.chars()).map(glyph).collect()
}

/// The word that is broken up by one kind of sign. A word that is none by itself, of which both parts are words, is not broken:
/// `end.The`, `re-elect`.
fn mended(word: &[Glyph], lexicon: &impl Lexicon) -> Option<Vec<Glyph>> {
    let signs: Vec<char> =
        word.iter().map(|glyph| glyph.character).filter(|character| !character.is_alphabetic()).collect();
    let sign = *signs.first()?;
    let can_break =
        matches!(sign, '.' | '-' | '_' | '*' | '|' | '~' | '\'' | ',' | '/' | ':' | '^' | '+' | '=' | '#' | '\\' | '`');
    if !can_break || signs.iter().any(|other| *other != sign) {
        return None;
    }
    let parts: Vec<&[Glyph]> = word.split(|glyph| glyph.character == sign).collect();
    let joined: Vec<Glyph> = parts.concat();
    let spelt = spelling(&joined);
    if joined.len() < LEAST_BROKEN || parts.iter().any(|part| part.is_empty()) {
        return None;
    }
    if sign == '\'' && parts.last().is_some_and(|last| CONTRACTED.contains(&&*spelling(*last))) {
        return None;
    }
    let is_word = |part: &&[Glyph]| lexicon.knows(&spelling(*part));
    let is_broken = offensive::is_listed(&spelt) || (lexicon.knows(&spelt) && !parts.iter().all(is_word));
    // `it's` and `Y/N`: signs that are read within words break up only what nobody would write with them.
    let is_sure = matches!(sign, '.' | '-' | '_' | '*' | '|' | '~') || offensive::is_listed(&spelt);
    (is_broken && is_sure).then_some(joined)
}

/// The word of which two neighbouring letters are swapped.
fn swapped(word: &[Glyph], lexicon: &impl Lexicon) -> Option<Vec<Glyph>> {
    let spelt = spelling(word);
    if !SWAPPED.contains(&word.len()) || lexicon.knows(&spelt) || offensive::is_listed(&spelt) {
        return None;
    }
    (1..word.len() - 1).find_map(|index| {
        let mut other = word.to_vec();
        let (first, second) = (other[index].character, other[index + 1].character);
        (other[index].character, other[index + 1].character) = (second, first);
        offensive::is_listed(&spelling(&other)).then_some(other)
    })
}

/// The words that are written together, where one of them is offensive and there are three or more.
fn apart(word: &[Glyph], lexicon: &impl Lexicon) -> Option<Vec<Glyph>> {
    const LETTERS: std::ops::RangeInclusive<usize> = 8..=400;
    let spelt = spelling(word);
    if !LETTERS.contains(&word.len())
        || BY_CHANCE.contains(&&*spelt)
        || lexicon.knows(&spelt)
        || offensive::is_listed(&spelt)
        || !offensive::is_within(&spelt)
    {
        return None;
    }
    let words = likeliest(word, &Pieces(lexicon))?;
    let count =
        |is_it: &dyn Fn(&str) -> bool| words.iter().filter(|range| is_it(&spelling(&word[(*range).clone()]))).count();
    let (offensive, between) = (count(&offensive::is_listed), count(&|piece| BETWEEN.contains(&piece)));
    // Without something between them there are several of these, and no single letters.
    let is_meant = between > 0 || (offensive > 1 && count(&|piece| piece.len() == 1) == 0);
    if words.len() < LEAST_TOGETHER || offensive == 0 || !is_meant {
        return None;
    }
    let mut spelt = Vec::with_capacity(word.len() + words.len());
    for range in words {
        spelt.extend(spelt.last().map(super::space_after));
        spelt.extend_from_slice(&word[range]);
    }
    Some(spelt)
}

/// The words that others may be written together with.
struct Pieces<'a, L>(&'a L);

impl<L: Lexicon> Lexicon for Pieces<'_, L> {
    fn knows(&self, word: &str) -> bool {
        self.rarity(word).is_some()
    }

    fn rarity(&self, word: &str) -> Option<f64> {
        let letters = word.chars().count();
        (letters == 1 || letters >= LEAST_PIECE || BETWEEN.contains(&word) || SHORT.contains(&word))
            .then(|| self.0.rarity(word))?
    }
}
