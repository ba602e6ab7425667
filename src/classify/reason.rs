//! Why a text gives nothing to judge by.
//!
//! A model answers whatever it is given: of a text in a language that it has never seen, too. What it has words for is counted
//! ([`Reading`]), by how common words were in the texts that the bundle is for; so nothing here knows of any language.

use serde::{Deserialize, Serialize};

use crate::text::Reading;

/// From so many words on their share tells a language.
const LANGUAGE: usize = 20;
/// From this share of rare words on they are those of another language.
const OF_ANOTHER_LANGUAGE: f64 = 0.45;
/// With fewer words every one has to be rare, since names are.
const SENTENCE: usize = 5;
/// From this share of rare words on a sentence says nothing to the model: 7 in 1,000 English sentences that were held out are doubted (7,193 of five
/// words or more).
const UNKNOWN: f64 = 0.5;
/// One rare word or two are somebody's name.
const NAME: usize = 2;

/// Why there is nothing to judge a text by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It has no words.
    NoWords,
    /// It has hardly any word that the model knows.
    UnknownWords,
    /// It is in another language than the texts that the bundle is for.
    OtherLanguage,
}

impl Reason {
    /// The reason that there is, if any, from how a text is read.
    pub(super) fn of(reading: &Reading) -> Option<Self> {
        let &Reading { words, of_language, unknown, rare } = reading;
        let are_rare = |share: f64| rare as f64 >= share * of_language as f64;
        match of_language {
            _ if words == 0 => Some(Self::NoWords),
            0 => None,
            _ if unknown == of_language && words == of_language => Some(Self::UnknownWords),
            LANGUAGE.. => are_rare(OF_ANOTHER_LANGUAGE).then_some(Self::OtherLanguage),
            SENTENCE.. => are_rare(UNKNOWN).then_some(Self::UnknownWords),
            1..=NAME => None,
            _ => are_rare(1.0).then_some(Self::UnknownWords),
        }
    }

    /// The reason in a sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoWords => "There are no words to judge by.",
            Self::UnknownWords => "The model knows too few of these words to judge by them.",
            Self::OtherLanguage => "This seems to be in another language than the model has learnt.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(words: usize, of_language: usize, unknown: usize, rare: usize) -> Option<Reason> {
        Reason::of(&Reading { words, of_language, unknown, rare })
    }

    #[test]
    fn without_words_there_is_nothing_to_judge_by() {
        assert_eq!(reason(0, 0, 0, 0), Some(Reason::NoWords));
        assert_eq!(reason(2, 0, 0, 0), None, "emoji, names and addresses");
    }

    #[test]
    fn names_are_rare() {
        assert_eq!(reason(1, 1, 0, 1), None);
        assert_eq!(reason(2, 2, 0, 2), None);
        assert_eq!(reason(1, 1, 1, 1), Some(Reason::UnknownWords), "a word in letters that the model does not know");
        assert_eq!(reason(2, 1, 1, 1), None, "beside an emoji");
        assert_eq!(reason(4, 4, 0, 3), None);
        assert_eq!(reason(4, 4, 0, 4), Some(Reason::UnknownWords));
    }

    #[test]
    fn the_share_of_rare_words_tells_of_longer_texts() {
        assert_eq!(reason(10, 10, 0, 4), None);
        assert_eq!(reason(10, 10, 0, 5), Some(Reason::UnknownWords));
        assert_eq!(reason(19, 19, 0, 9), None, "of fewer than 20 words a language is not told");
        assert_eq!(reason(20, 20, 0, 8), None);
        assert_eq!(reason(20, 20, 0, 9), Some(Reason::OtherLanguage));
    }
}
