//! Text to model inputs: WordPiece tokens as Hugging Face's tokenizer makes them, cut to what the model reads.
//!
//! Before that a text is normalised as the model's training was, which is part of a bundle ([`Normalisation`]).

use std::borrow::Cow;
use std::ops::Range;
#[cfg(not(target_arch = "wasm32"))]
use std::path::Path;

use serde::{Deserialize, Serialize};
use tokenizers::{Encoding, OffsetType};

use crate::bert::TokenIds;
use crate::{Error, Result};

mod added;
#[cfg(not(target_arch = "wasm32"))]
mod checkpoint;
pub(crate) mod line_breaks;
mod parts;
pub mod plain;
mod reading;
mod utf16;
mod word_counts;
mod wordpiece;

#[cfg(not(target_arch = "wasm32"))]
pub use checkpoint::WORD_COUNTS;
use plain::{Lexicon, Origins, Plain, plain};
pub use reading::Reading;
pub use utf16::Utf16;
pub use word_counts::WordCounts;
use wordpiece::WordPieceTokenizer;

/// The token that stands for what no other does.
const UNKNOWN: &str = "[UNK]";
/// The token before each text.
const CLASS: &str = "[CLS]";
/// The token after each text.
const SEPARATOR: &str = "[SEP]";

/// What is done to a text before it is tokenised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// Nothing.
    #[default]
    None,
    /// It is written as a reader reads it, without disguises: [`mod@plain`].
    Plain,
}

impl Normalisation {
    /// Whether nothing is done.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// Turns texts into token ids, `[CLS]` and `[SEP]` included, and cuts them to a number of tokens.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: WordPieceTokenizer,
    normalisation: Normalisation,
    /// Whether HTML's line breaks are white space.
    breaks_lines: bool,
    counts: WordCounts,
    /// How many tokens a text is cut to.
    max_tokens: usize,
}

/// Where a token stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offsets {
    /// The bytes of the text that it was made of.
    pub bytes: Range<usize>,
    /// The number of its word, counted from 0: pieces of one word have the same.
    pub word: u32,
}

/// A text's tokens, and whether they are all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// What the model reads.
    pub ids: TokenIds,
    /// Whether the text was longer, so that its end was cut off.
    pub truncated: bool,
}

impl Tokenizer {
    /// Reads the content of a `tokenizer.json`. Its own truncation and padding are replaced by a cut at `max_tokens`, and where
    /// it adds no special tokens by itself, as files do that leave this to a program, it gets BERT's.
    ///
    /// # Errors
    /// The content is no tokenizer, or none of BERT's kind; it has no special tokens; or `max_tokens` leaves no room beside them.
    pub fn from_json(json: &[u8], max_tokens: usize) -> Result<Self> {
        let inner = WordPieceTokenizer::from_json(json, max_tokens)?;
        let normalisation = Normalisation::None;
        Ok(Self { inner, normalisation, breaks_lines: false, counts: WordCounts::default(), max_tokens })
    }

    /// The same with texts normalised first.
    pub fn normalising(self, normalisation: Normalisation) -> Self {
        // Who types `[MASK]` means these letters. Without normalisation it is the token, as for Hugging Face.
        let inner = self.inner.reading_special_tokens_as_text(!normalisation.is_none());
        Self { inner, normalisation, ..self }
    }

    /// The same with HTML's line breaks read as white space, as training does before it tokenises; [`Normalisation::Plain`] does so anyway.
    pub fn breaking_lines(self) -> Self {
        Self { breaks_lines: true, ..self }
    }

    /// The same with words as common as `counts` says, by the tokens' ids.
    pub fn counting(self, counts: WordCounts) -> Self {
        Self { counts, ..self }
    }

    /// How common words are.
    pub fn word_counts(&self) -> &WordCounts {
        &self.counts
    }

    /// Reads a checkpoint's `tokenizer.json`, or else its `vocab.txt`, and [`WORD_COUNTS`] where there are some. Whether texts are lower-cased, `tokenizer_config.json`
    /// says, whatever `tokenizer.json` has, as for transformers; where neither says, they are unless the vocabulary has capital letters.
    ///
    /// # Errors
    /// Neither file is there, one is malformed, `added_tokens.json` has others, or the configuration asks for words to be split as no BERT of Google's does.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn from_checkpoint(folder: &Path, max_tokens: usize) -> Result<Self> {
        let (path, json) = checkpoint::tokenizer_json(folder)?;
        let tokenizer = Self::from_json(&json, max_tokens).map_err(|error| error.within(&path))?;
        Ok(tokenizer.counting(checkpoint::word_counts(folder)?))
    }

    /// The tokenizer as the content of a `tokenizer.json`.
    ///
    /// # Errors
    /// Only if serialisation fails, which a tokenizer that was read gives no cause for.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        self.inner.to_json()
    }

    /// Checks that a table of `rows` word vectors has one for each token.
    ///
    /// # Errors
    /// There is a token beyond them.
    pub fn check_fits(&self, rows: usize) -> Result<()> {
        let Some((highest, token)) = self.inner.highest().filter(|(id, _)| *id as usize >= rows) else { return Ok(()) };
        Err(Error::invalid(format!(
            "the tokenizer has the token {token:?} with the id {highest}, and the model has vectors for the ids below {rows} only: \
             take the token out of the tokenizer, or give the model a row for it, in transformers by \
             model.resize_token_embeddings(len(tokenizer))"
        )))
    }

    /// The token that stands for what the vocabulary lacks.
    #[cfg(all(feature = "train", not(target_arch = "wasm32")))]
    pub(crate) fn unknown(&self) -> Option<u32> {
        self.inner.token_to_id(UNKNOWN)
    }

    /// The token that hides another, where the vocabulary has one.
    pub fn mask(&self) -> Option<u32> {
        self.inner.token_to_id("[MASK]")
    }

    /// The tokens of `text`.
    ///
    /// # Errors
    /// Only if the tokenizer is broken, such as by an unknown token that its vocabulary lacks.
    pub fn encode(&self, text: &str) -> Result<Tokens> {
        let read = self.read(text, self.max_tokens);
        let encoding = self.inner.encode(&read.text, None, OffsetType::None)?;
        Ok(Tokens::new(&encoding, read.is_cut))
    }

    /// The tokens of two texts that belong together, the longer of which is cut first.
    ///
    /// # Errors
    /// As for [`Self::encode`].
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Tokens> {
        let (first, second) = (self.read(first, self.max_tokens), self.read(second, self.max_tokens));
        let is_cut = first.is_cut || second.is_cut;
        let encoding = self.inner.encode(&first.text, Some(&second.text), OffsetType::None)?;
        Ok(Tokens::new(&encoding, is_cut))
    }

    /// The tokens of `text` with the offsets of each; special tokens have none.
    ///
    /// # Errors
    /// As for [`Self::encode`].
    pub fn encode_with_offsets(&self, text: &str) -> Result<(Tokens, Vec<Option<Offsets>>)> {
        let read = self.read(text, self.max_tokens);
        let encoding = self.inner.encode(&read.text, None, OffsetType::Byte)?;
        Ok((Tokens::new(&encoding, read.is_cut), read.offsets(&encoding)))
    }

    /// The tokens of `text` beyond what the model reads at once, about `most_tokens` of them, without special ones, each with its
    /// offsets; and whether the text goes on after them.
    ///
    /// # Errors
    /// As for [`Self::encode`].
    pub fn encode_long(&self, text: &str, most_tokens: usize) -> Result<(Vec<u32>, Vec<Offsets>, bool)> {
        let read = self.read(text, most_tokens);
        let (mut ids, mut offsets) = (Vec::<u32>::new(), Vec::<Offsets>::new());
        // A text ends at the word that reaches the limit, which overflows as a whole; so the next part starts behind that.
        let (mut start, mut words) = (0, 0);
        let goes_on = loop {
            let encoding = self.inner.encode(&read.text[start..], None, OffsetType::Byte)?;
            let goes_on = !encoding.get_overflowing().is_empty();
            let all = std::iter::once(&encoding).chain(encoding.get_overflowing());
            let tokens = all.flat_map(|part| part.get_ids().iter().zip(part.get_offsets()).zip(part.get_word_ids()));
            let tokens: Vec<(u32, Range<usize>, u32)> = tokens
                .filter_map(|((id, &(from, to)), word)| Some((*id, start + from..start + to, (*word)?)))
                .collect();
            let Some(end) = tokens.iter().map(|(_, bytes, _)| bytes.end).max().filter(|end| *end > start) else {
                break goes_on;
            };
            for (id, bytes, word) in tokens {
                ids.push(id);
                offsets.push(Offsets { bytes: read.original(bytes), word: words + word });
            }
            if !goes_on || ids.len() > most_tokens {
                break goes_on;
            }
            start = end;
            words = offsets.last().map_or(0, |token| token.word + 1);
        };
        let is_cut = read.is_cut || goes_on || ids.len() > most_tokens;
        ids.truncate(most_tokens);
        offsets.truncate(most_tokens);
        Ok((ids, offsets, is_cut))
    }

    /// What is tokenised of `text`: it costs no more than what so many tokens take.
    fn read<'a>(&self, text: &'a str, most_tokens: usize) -> Read<'a> {
        match self.normalisation {
            Normalisation::None => {
                let limit = text.len().min(most_tokens.saturating_mul(BYTES_OF_A_TOKEN));
                let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
                let is_cut = end < text.len();
                let text = if self.breaks_lines { line_breaks::blanked(&text[..end]) } else { text[..end].into() };
                Read { text, is_cut, origins: None }
            }
            Normalisation::Plain => {
                let Plain { text, is_cut, origins } = plain(text, self, most_tokens);
                Read { text: text.into(), is_cut, origins: Some(origins) }
            }
        }
    }
}

/// A text is cut before it is tokenised where it has more bytes for each token that the model reads. What tokens there are of so long
/// a beginning nobody would call the text.
const BYTES_OF_A_TOKEN: usize = 1000;

/// What is tokenised of a text.
struct Read<'a> {
    text: Cow<'a, str>,
    /// Whether the text goes on after it.
    is_cut: bool,
    /// Where it comes from; from itself where there are none.
    origins: Option<Origins>,
}

impl Read<'_> {
    /// The offsets of each token of `encoding` in the text; special tokens have none.
    fn offsets(&self, encoding: &Encoding) -> Vec<Option<Offsets>> {
        let tokens = encoding.get_offsets().iter().zip(encoding.get_word_ids());
        tokens
            .map(|(&(start, end), word)| word.map(|word| Offsets { bytes: self.original(start..end), word }))
            .collect()
    }

    /// The bytes of the text that those in `range` of what is tokenised stand for.
    fn original(&self, range: Range<usize>) -> Range<usize> {
        match &self.origins {
            Some(origins) => origins.original(range),
            None => range,
        }
    }
}

impl Tokens {
    /// What is cut off is known by what overflows.
    fn new(encoding: &Encoding, is_cut: bool) -> Self {
        Self {
            ids: TokenIds { input_ids: encoding.get_ids().to_vec(), token_type_ids: encoding.get_type_ids().to_vec() },
            truncated: is_cut || !encoding.get_overflowing().is_empty(),
        }
    }
}

impl Lexicon for Tokenizer {
    fn knows(&self, word: &str) -> bool {
        self.inner.vocabulary_id(word).is_some() && !word.starts_with("##")
    }

    /// Where there are no counts, the order of the vocabulary tells: BERT's go from the commonest word to the rarest, after the single
    /// letters, and a word of rank r is one of about r (Zipf's law).
    fn rarity(&self, word: &str) -> Option<f64> {
        let id = self.inner.vocabulary_id(word)?;
        if self.counts.is_empty() { Some(f64::from(id + 1).ln()) } else { self.counts.rarity(id) }
    }
}
