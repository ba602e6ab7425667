//! Tokens that were added to a vocabulary: they are found in a text before it is divided into words.
//!
//! BERT's special tokens are such. A text is looked through once: at each character for those tokens that begin with it.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizer::Range;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::{Model, NormalizedString, Normalizer, PreTokenizedString, Token};

use super::parts::unusable;
use crate::Result;

/// A token with what its text is found by, as a `tokenizer.json` has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AddedToken {
    pub id: u32,
    pub content: String,
    /// Not within a word.
    #[serde(default)]
    single_word: bool,
    /// With the white space before it.
    #[serde(default)]
    lstrip: bool,
    /// With the white space behind it.
    #[serde(default)]
    rstrip: bool,
    /// In texts that are normalised already.
    #[serde(default)]
    normalized: bool,
    /// One that stands for no text, such as `[SEP]`.
    #[serde(default)]
    special: bool,
}

/// What to look for in a text, by its first character: the longest first, each with its token's place among all.
type Patterns = HashMap<char, Vec<(String, usize)>>;

/// All of them.
#[derive(Debug, Clone)]
pub struct AddedTokens {
    tokens: Vec<AddedToken>,
    /// Their places by their content.
    by_content: HashMap<String, usize>,
    /// Their places by their ids.
    by_id: HashMap<u32, usize>,
    /// What to look for in texts as they stand.
    verbatim: Patterns,
    /// What to look for in normalised ones.
    normalised: Patterns,
    /// Whether who types `[SEP]` means these letters.
    pub are_special_ones_text: bool,
}

impl AddedTokens {
    /// Tokens that the vocabulary has keep its id, others follow behind it, whatever the file says. Of one that is repeated the last counts, in the place of the first.
    pub fn new(listed: Vec<AddedToken>, model: &WordPiece, normalizer: Option<&BertNormalizer>) -> Result<Self> {
        let (mut tokens, mut by_content) = (Vec::<AddedToken>::new(), HashMap::new());
        for token in listed.into_iter().filter(|token| !token.content.is_empty()) {
            match by_content.get(&token.content) {
                Some(&place) => tokens[place] = token,
                None => {
                    by_content.insert(token.content.clone(), tokens.len());
                    tokens.push(token);
                }
            }
        }
        let mut next = u32::try_from(model.get_vocab_size()).map_err(|error| unusable(&error))?;
        let mut by_id = HashMap::new();
        let (mut verbatim, mut normalised) = (Patterns::new(), Patterns::new());
        for (place, token) in tokens.iter_mut().enumerate() {
            token.id = model.token_to_id(&token.content).unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            by_id.insert(token.id, place);
            let mut content = NormalizedString::from(token.content.as_str());
            if let Some(normalizer) = normalizer.filter(|_| token.normalized) {
                normalizer.normalize(&mut content).map_err(|error| unusable(&error))?;
            }
            let patterns = if token.normalized { &mut normalised } else { &mut verbatim };
            if let Some(first) = content.get().chars().next() {
                patterns.entry(first).or_default().push((content.get().to_owned(), place));
            }
        }
        for patterns in verbatim.values_mut().chain(normalised.values_mut()) {
            patterns.sort_by_key(|(content, _)| Reverse(content.len()));
        }
        Ok(Self { tokens, by_content, by_id, verbatim, normalised, are_special_ones_text: false })
    }

    /// All of them, as the file lists them.
    pub fn all(&self) -> &[AddedToken] {
        &self.tokens
    }

    /// The id of a token.
    pub fn id(&self, content: &str) -> Option<u32> {
        self.by_content.get(content).map(|place| self.tokens[*place].id)
    }

    /// The token of an id.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.by_id.get(&id).map(|place| self.tokens[*place].content.as_str())
    }

    /// Divides a text at these tokens, and normalises what is between them.
    pub fn split(&self, text: &mut PreTokenizedString, normalizer: Option<&BertNormalizer>) -> Result<()> {
        text.split(|_, piece| self.divide(&piece, &self.verbatim)).map_err(|error| unusable(&error))?;
        text.split(|_, mut piece| {
            if let Some(normalizer) = normalizer {
                normalizer.normalize(&mut piece)?;
            }
            self.divide(&piece, &self.normalised)
        })
        .map_err(|error| unusable(&error))
    }

    /// The parts of `text`: added tokens, and what is between them.
    fn divide(
        &self,
        text: &NormalizedString,
        patterns: &Patterns,
    ) -> tokenizers::Result<Vec<(NormalizedString, Option<Vec<Token>>)>> {
        let mut parts = Vec::new();
        let mut part = |range: std::ops::Range<usize>, id: Option<u32>| {
            let slice = text.slice(Range::Normalized(range)).ok_or("an added token ends within a character")?;
            let token = id.map(|id| vec![Token::new(id, slice.get().to_owned(), (0, slice.get().len()))]);
            parts.push((slice, token));
            tokenizers::Result::Ok(())
        };
        let (mut end, whole) = (0, text.get());
        for (start, stop, token) in self.matches(whole, patterns) {
            let start = if token.lstrip { whole[..start].trim_end().len().max(end) } else { start };
            let stop = if token.rstrip { whole.len() - whole[stop..].trim_start().len() } else { stop };
            if end < start {
                part(end..start, None)?;
            }
            part(start..stop, Some(token.id))?;
            end = stop;
        }
        if end < whole.len() {
            part(end..whole.len(), None)?;
        }
        Ok(parts)
    }

    /// Where `text` has which of these tokens, from left to right, the longest where several begin.
    fn matches(&self, text: &str, patterns: &Patterns) -> Vec<(usize, usize, &AddedToken)> {
        let mut found = Vec::new();
        let mut behind = 0;
        for (start, first) in text.char_indices() {
            let candidates = patterns.get(&first).filter(|_| start >= behind).into_iter().flatten();
            let mut longest = candidates.filter(|(content, _)| text[start..].starts_with(content.as_str()));
            let Some((content, place)) = longest.next() else { continue };
            behind = start + content.len();
            let token = &self.tokens[*place];
            let is_text = token.special && self.are_special_ones_text;
            let stands_alone = !text[..start].ends_with(is_of_a_word) && !text[behind..].starts_with(is_of_a_word);
            if !is_text && (stands_alone || !token.single_word) {
                found.push((start, behind, token));
            }
        }
        found
    }
}

fn is_of_a_word(character: char) -> bool {
    regex_syntax::is_word_character(character)
}
