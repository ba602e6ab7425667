//! How common words are, by which the likeliest of several readings is chosen.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// Words and how often they occur.
///
/// In the manifest, words of like frequency share an entry: `{"4096": "the of and", "64": "idiot"}`. Counts are of texts like those that the
/// bundle is for, and exact only as far as whoever wrote them wanted it: of powers of two there are few, and the words are what takes
/// the bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<u64, String>", into = "BTreeMap<u64, String>")]
pub struct WordCounts {
    counts: HashMap<Box<str>, u64>,
    /// How many words occur in all.
    total: f64,
}

impl WordCounts {
    fn new(counts: HashMap<Box<str>, u64>) -> Self {
        let total = counts.values().map(|&count| count as f64).sum();
        Self { counts, total }
    }

    /// How often `word` occurs; 0 where nothing is known of it.
    pub fn count(&self, word: &str) -> u64 {
        self.counts.get(word).copied().unwrap_or(0)
    }

    /// −ln of the word's share of all; none where nothing is known of it.
    pub fn rarity(&self, word: &str) -> Option<f64> {
        self.counts.get(word).map(|&count| (self.total / count as f64).ln())
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// The last count of a word that comes twice is the one that stays.
impl<W: Into<Box<str>>> FromIterator<(W, u64)> for WordCounts {
    fn from_iter<I: IntoIterator<Item = (W, u64)>>(counts: I) -> Self {
        Self::new(counts.into_iter().map(|(word, count)| (word.into(), count)).collect())
    }
}

impl TryFrom<BTreeMap<u64, String>> for WordCounts {
    type Error = String;

    fn try_from(by_count: BTreeMap<u64, String>) -> Result<Self, String> {
        let mut counts = HashMap::new();
        for (count, words) in by_count {
            if count == 0 {
                return Err("a word that never occurs needs no count: leave the entry \"0\" out".to_owned());
            }
            for word in words.split_whitespace() {
                if counts.insert(word.into(), count).is_some() {
                    return Err(format!("the word \"{word}\" has two counts"));
                }
            }
        }
        Ok(Self::new(counts))
    }
}

impl From<WordCounts> for BTreeMap<u64, String> {
    fn from(WordCounts { counts, .. }: WordCounts) -> Self {
        let mut words: Vec<_> = counts.into_iter().collect();
        words.sort_unstable();
        let mut by_count = Self::new();
        for (word, count) in words {
            let line: &mut String = by_count.entry(count).or_default();
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        by_count
    }
}
