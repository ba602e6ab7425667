//! How common words are, by which the likeliest of several readings is chosen, and a text in another language is told.

use serde::{Deserialize, Serialize};

/// How often each token occurs as a whole word, by its id.
///
/// A count is kept as its power of two, which is as exact as anybody needs it: in the manifest all of them are one string with a digit of
/// base 36 for each token, `0` for one that never is a word, and d for one that is 2^(d − 1) times or more, up to twice that. Counts are
/// of texts like those that the bundle is for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WordCounts {
    digits: Vec<u8>,
    /// How many words occur in all.
    total: f64,
}

/// The base of the digits.
const BASE: u32 = 36;
/// Of fewer words one cannot tell what is rare.
const ENOUGH: f64 = 1e6;

impl WordCounts {
    fn new(digits: Vec<u8>) -> Self {
        let total = digits.iter().copied().filter_map(count).sum();
        Self { digits, total }
    }

    /// −ln of the share of all words that are the token `id`; none where it never is one.
    pub fn rarity(&self, id: u32) -> Option<f64> {
        let digit = *self.digits.get(id as usize)?;
        Some((self.total / count(digit)?).ln())
    }

    /// How many tokens have a count, be it 0.
    pub fn len(&self) -> usize {
        self.digits.len()
    }

    /// Whether nothing is known of any token.
    pub fn is_empty(&self) -> bool {
        self.digits.is_empty()
    }

    /// Whether so many words were counted that a word which was seldom among them is rare.
    pub fn is_enough(&self) -> bool {
        self.total >= ENOUGH
    }
}

/// How often a token with this digit is a word, at least; none where it never is.
fn count(digit: u8) -> Option<f64> {
    digit.checked_sub(1).map(|power| 2f64.powi(i32::from(power)))
}

/// How often each token is a word, in the order of their ids.
impl FromIterator<u64> for WordCounts {
    fn from_iter<I: IntoIterator<Item = u64>>(counts: I) -> Self {
        let digit = |count: u64| (u64::BITS - count.leading_zeros()).min(BASE - 1) as u8;
        Self::new(counts.into_iter().map(digit).collect())
    }
}

impl TryFrom<String> for WordCounts {
    type Error = String;

    fn try_from(digits: String) -> Result<Self, String> {
        let digit = |character: char| {
            let digit = character.to_digit(BASE).filter(|_| !character.is_ascii_uppercase());
            digit
                .map(|digit| digit as u8)
                .ok_or_else(|| format!("the counts of words have a \"{character}\", and are made of 0 to 9 and a to z"))
        };
        digits.chars().map(digit).collect::<Result<_, _>>().map(Self::new)
    }
}

impl From<WordCounts> for String {
    fn from(WordCounts { digits, .. }: WordCounts) -> Self {
        digits.into_iter().filter_map(|digit| char::from_digit(u32::from(digit), BASE)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_as_powers_of_two() {
        let counts: WordCounts = [0, 1, 2, 3, 4, 1000, u64::MAX].into_iter().collect();
        assert_eq!(String::from(counts.clone()), "01223az");
        assert_eq!(WordCounts::try_from("01223az".to_owned()), Ok(counts));
    }

    #[test]
    fn rarity_is_the_logarithm_of_a_share() {
        let counts: WordCounts = [0, 4, 8, 4].into_iter().collect();
        assert_eq!(counts.rarity(0), None);
        assert_eq!(counts.rarity(9), None, "a token that nothing is known of");
        assert!((counts.rarity(1).unwrap() - 4f64.ln()).abs() < 1e-12);
        assert!((counts.rarity(2).unwrap() - 2f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_digit_is_refused() {
        for digits in ["12 3", "1A", "é"] {
            assert!(WordCounts::try_from(digits.to_owned()).unwrap_err().contains("are made of 0 to 9 and a to z"));
        }
    }
}
