//! Texts as people write them to get past a filter: `f\u{200b}uck`, `fuсk`, `fu(k`, `f u c k`, `fuuckk`.
//!
//! What is disguised in training teaches the model what is left of such words after [`mod@crate::text::plain`]; what is
//! disguised in a test measures how much both help. The labels stay as they are.

use fastrand::Rng;

use super::data::Example;
use crate::random::Key;

/// A way to disguise words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Disguise {
    /// Characters that nobody sees, between letters.
    Invisible,
    /// Letters of other alphabets that look the same.
    Lookalikes,
    /// Digits and signs instead of letters.
    Leet,
    /// Spaces or dots between all letters.
    Spaced,
    /// Letters twice or more.
    Repeated,
}

impl Disguise {
    /// All ways.
    pub const ALL: [Self; 5] = [Self::Invisible, Self::Lookalikes, Self::Leet, Self::Spaced, Self::Repeated];

    /// The name of the way, as `--disguise` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invisible => "invisible",
            Self::Lookalikes => "lookalikes",
            Self::Leet => "leet",
            Self::Spaced => "spaced",
            Self::Repeated => "repeated",
        }
    }

    /// `text` with each of its words disguised that has three letters or more, at a probability of `share`.
    pub fn apply(self, text: &str, share: f64, random: &mut Rng) -> String {
        let mut disguised = String::with_capacity(2 * text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let end = |is_word: bool| rest.find(|letter: char| letter.is_alphabetic() != is_word).unwrap_or(rest.len());
            let (between, from_word) = rest.split_at(end(false));
            disguised.push_str(between);
            let length = from_word.find(|letter: char| !letter.is_alphabetic()).unwrap_or(from_word.len());
            let (word, after) = from_word.split_at(length);
            let letters: Vec<char> = word.chars().collect();
            if letters.len() >= 3 && random.f64() < share {
                self.write(&letters, &mut disguised, random);
            } else {
                disguised.push_str(word);
            }
            rest = after;
        }
        disguised
    }

    fn write(self, letters: &[char], disguised: &mut String, random: &mut Rng) {
        // One letter at least, and of the others every second one.
        let chosen = random.usize(..letters.len());
        let separator = random.choice([' ', ' ', '.', '-', '_', '*']).unwrap_or(' ');
        for (place, &letter) in letters.iter().enumerate() {
            let is_chosen = place == chosen || random.bool();
            match self {
                Self::Spaced => {
                    if place > 0 {
                        disguised.push(separator);
                    }
                    disguised.push(letter);
                }
                Self::Invisible => {
                    disguised.push(letter);
                    if is_chosen {
                        disguised.extend(random.choice(INVISIBLE));
                    }
                }
                Self::Repeated => {
                    let times = if is_chosen { random.usize(2..=3) } else { 1 };
                    disguised.extend(std::iter::repeat_n(letter, times));
                }
                Self::Lookalikes | Self::Leet if is_chosen => disguised.push(self.instead_of(letter, random)),
                Self::Lookalikes | Self::Leet => disguised.push(letter),
            }
        }
    }

    fn instead_of(self, letter: char, random: &mut Rng) -> char {
        let table: &[(char, &str)] = if self == Self::Leet { &LEET } else { &LOOKALIKES };
        let lower = letter.to_ascii_lowercase();
        let signs = table.iter().find(|(plain, _)| *plain == lower).map(|(_, signs)| *signs);
        signs.and_then(|signs| random.choice(signs.chars().collect::<Vec<_>>())).unwrap_or(letter)
    }
}

const INVISIBLE: [char; 6] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}'];

const LEET: [(char, &str); 12] = [
    ('a', "4@"),
    ('b', "8"),
    ('c', "("),
    ('e', "3"),
    ('g', "9"),
    ('i', "1!"),
    ('l', "1|"),
    ('o', "0"),
    ('s', "5$"),
    ('t', "7+"),
    ('u', "v"),
    ('z', "2"),
];

/// Cyrillic, Greek, full-width, mathematical.
const LOOKALIKES: [(char, &str); 20] = [
    ('a', "аａ𝐚"),
    ('b', "Ьｂ𝐛"),
    ('c', "сｃ𝐜"),
    ('d', "ԁｄ𝐝"),
    ('e', "еｅ𝐞"),
    ('f', "ｆ𝐟"),
    ('g', "ɡｇ𝐠"),
    ('h', "һｈ𝐡"),
    ('i', "іｉ𝐢"),
    ('k', "кｋ𝐤"),
    ('l', "ⅼｌ𝐥"),
    ('m', "мｍ𝐦"),
    ('n', "ոｎ𝐧"),
    ('o', "оοｏ"),
    ('p', "рｐ𝐩"),
    ('s', "ѕｓ𝐬"),
    ('t', "тｔ𝐭"),
    ('u', "υｕ𝐮"),
    ('x', "хｘ𝐱"),
    ('y', "уｙ𝐲"),
];

/// Disguises a `share` of `examples`, each in a way of its own and half of its words or all. What becomes of an example is a
/// function of `key` and its place.
pub fn examples(examples: &mut [Example], share: f64, key: Key) {
    for (number, example) in examples.iter_mut().enumerate().filter(|_| share > 0.0) {
        let random = &mut key.with(number as u64).generator();
        if random.f64() < share {
            let way = random.choice(Disguise::ALL).unwrap_or(Disguise::Leet);
            let words = if random.bool() { 0.5 } else { 1.0 };
            example.text = way.apply(&example.text, words, random);
            example.second = example.second.as_ref().map(|second| way.apply(second, words, random));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn every_way_changes_words_and_nothing_else() {
        let text = "You are an idiot, 1st of all!\n";
        for way in Disguise::ALL {
            let mut random = Rng::with_seed(7);
            let disguised = way.apply(text, 1.0, &mut random);
            assert!(
                disguised.ends_with("!\n") && disguised.contains(" an ") && disguised.contains(" 1st of "),
                "{disguised}"
            );
            assert!(!disguised.contains("idiot"), "{disguised}");
            assert_eq!(way.apply(text, 0.0, &mut random), text);
        }
    }

    #[test]
    fn the_same_seed_disguises_the_same_share() {
        let plain = |i: usize| Example {
            text: format!("number {i}"),
            second: None,
            targets: vec![1.0],
            spans: Vec::new(),
            weight: 1.0,
        };
        let all: Vec<Example> = (0..1000).map(plain).collect();
        let disguised = |share: f64| {
            let mut changed = all.clone();
            examples(&mut changed, share, Key::new(1, Purpose::Disguise));
            changed
        };
        let changed = disguised(0.25).iter().zip(&all).filter(|(a, b)| a.text != b.text).count();
        assert!((150..250).contains(&changed), "{changed}");
        assert_eq!(disguised(0.25), disguised(0.25));
        assert_eq!(disguised(0.0), all);
    }
}
