//! Text to model inputs: WordPiece tokens as Hugging Face's tokenizer makes them, cut to what the model reads.
//!
//! Before that a text is normalised as the model's training was, which is part of a bundle ([`Normalisation`]).

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::{
    DecoderWrapper, EncodeInput, Encoding, Model, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
    TokenizerImpl, TruncationParams,
};

use crate::bert::TokenIds;
use crate::{Error, Result};

pub mod reveal;

use reveal::{Vocabulary, reveal};

/// The token that stands for what no other does.
const UNKNOWN: &str = "[UNK]";

/// What is done to a text before it is tokenised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// Nothing.
    #[default]
    None,
    /// Disguised words are made plain, as [`reveal`] does it.
    Reveal,
}

impl Normalisation {
    /// Whether nothing is done.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// BERT's kind. Where any kind may come, tokenizers reads the vocabulary into three shapes, one after the other, before it knows
/// which one it is, and that is most of what reading takes.
type WordPieceTokenizer =
    TokenizerImpl<WordPiece, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// Turns texts into token ids, [CLS] and [SEP] included, and cuts them to a number of tokens.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    normalisation: Normalisation,
}

/// A token's place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
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
    /// Reads the content of a `tokenizer.json`. Its own truncation and padding are replaced by a cut at `max_tokens`.
    ///
    /// # Errors
    /// The content is no tokenizer, or `max_tokens` leaves no room beside the special tokens.
    pub fn from_json(json: &[u8], max_tokens: usize) -> Result<Self> {
        let inner = match serde_json::from_slice::<WordPieceTokenizer>(json) {
            Ok(inner) => inner.into(),
            Err(_) => tokenizers::Tokenizer::from_bytes(json).map_err(malformed)?,
        };
        Self { inner, normalisation: Normalisation::None }.cut_at(max_tokens)
    }

    /// The same with texts normalised first.
    pub fn normalising(self, normalisation: Normalisation) -> Self {
        Self { normalisation, ..self }
    }

    /// Reads a checkpoint's `tokenizer.json`, or else its `vocab.txt`, which is lower-cased unless `tokenizer_config.json`
    /// says otherwise.
    ///
    /// # Errors
    /// Neither file is there, or one is malformed.
    pub fn from_checkpoint(folder: &Path, max_tokens: usize) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        let in_file = |path: &Path| {
            let path = path.display().to_string();
            move |error: Error| Error::invalid(format!("{path}: {error}"))
        };
        if path.exists() {
            let json = std::fs::read(&path).map_err(Error::io(&path))?;
            return Self::from_json(&json, max_tokens).map_err(in_file(&path));
        }
        let path = folder.join("vocab.txt");
        if !path.exists() {
            return Err(Error::invalid(format!("{} has neither tokenizer.json nor vocab.txt", folder.display())));
        }
        let vocabulary = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let config = std::fs::read(folder.join("tokenizer_config.json")).unwrap_or_default();
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap_or_default();
        let lowercase = config.get("do_lower_case").and_then(|value| value.as_bool()).unwrap_or(true);
        Self::from_vocabulary(&vocabulary, lowercase, max_tokens).map_err(in_file(&path))
    }

    /// BERT's tokenizer for a vocabulary of one token a line, as the `tokenizer.json` that Hugging Face makes of it.
    fn from_vocabulary(vocabulary: &str, lowercase: bool, max_tokens: usize) -> Result<Self> {
        let entries: serde_json::Map<_, _> =
            vocabulary.lines().enumerate().map(|(id, token)| (token.to_owned(), id.into())).collect();
        if let Some(missing) = [UNKNOWN, "[CLS]", "[SEP]"].iter().find(|token| !entries.contains_key(**token)) {
            return Err(Error::invalid(format!("the vocabulary lacks the token {missing}")));
        }
        let specials = ["[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]"].into_iter().filter_map(|token| {
            let flags =
                json!({ "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true });
            let mut added = flags.as_object()?.clone();
            added.insert("id".into(), entries.get(token)?.clone());
            added.insert("content".into(), token.into());
            Some(added)
        });
        let tokenizer = json!({
            "version": "1.0",
            "added_tokens": specials.collect::<Vec<_>>(),
            "normalizer": {
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                "lowercase": lowercase,
            },
            "pre_tokenizer": { "type": "BertPreTokenizer" },
            "post_processor": {
                "type": "BertProcessing", "sep": ["[SEP]", entries["[SEP]"]], "cls": ["[CLS]", entries["[CLS]"]],
            },
            "model": {
                "type": "WordPiece", "unk_token": UNKNOWN, "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": entries,
            },
        });
        Self::from_json(tokenizer.to_string().as_bytes(), max_tokens)
    }

    fn cut_at(mut self, max_tokens: usize) -> Result<Self> {
        if max_tokens < 3 {
            return Err(Error::invalid(format!(
                "at most {max_tokens} tokens leave no room for a word between [CLS] and [SEP]: allow at least 3"
            )));
        }
        let truncation = TruncationParams { max_length: max_tokens, ..Default::default() };
        self.inner.with_padding(None).with_truncation(Some(truncation)).map_err(malformed)?;
        Ok(self)
    }

    /// The tokenizer as the content of a `tokenizer.json`.
    ///
    /// # Errors
    /// Only if serialisation fails, which a tokenizer that was read gives no cause for.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        self.inner.to_string(false).map(String::into_bytes).map_err(malformed)
    }

    /// How many tokens the vocabulary has.
    pub fn vocabulary_size(&self) -> usize {
        // Its own way to count them is to make a copy of them all.
        let model = self.inner.get_model();
        let added = self.inner.get_added_vocabulary().get_vocab();
        model.get_vocab_size() + added.keys().filter(|token| model.token_to_id(token).is_none()).count()
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
        let encoding = self.inner.encode_fast(self.normalise(text), true).map_err(malformed)?;
        Ok(Tokens::of(&encoding))
    }

    /// The tokens of two texts that belong together, the longer of which is cut first.
    ///
    /// # Errors
    /// As for [`Self::encode`].
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Tokens> {
        let pair = EncodeInput::Dual(self.normalise(first).into(), self.normalise(second).into());
        let encoding = self.inner.encode_fast(pair, true).map_err(malformed)?;
        Ok(Tokens::of(&encoding))
    }

    /// The tokens of `text` with the place of each; special tokens have none.
    ///
    /// # Errors
    /// As for [`Self::encode`].
    pub fn encode_with_places(&self, text: &str) -> Result<(Tokens, Vec<Option<Place>>)> {
        let revealed = match self.normalisation {
            Normalisation::None => None,
            Normalisation::Reveal => Some(reveal(text, self)),
        };
        let read = revealed.as_ref().map_or(text, |revealed| &revealed.text);
        let encoding = self.inner.encode(read, true).map_err(malformed)?;
        let original = |range: Range<usize>| match &revealed {
            Some(revealed) => revealed.original(range),
            None => range,
        };
        let places = encoding
            .get_offsets()
            .iter()
            .zip(encoding.get_word_ids())
            .map(|(&(start, end), word)| word.map(|word| Place { bytes: original(start..end), word }));
        Ok((Tokens::of(&encoding), places.collect()))
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.normalisation {
            Normalisation::None => text.into(),
            Normalisation::Reveal => reveal(text, self).text.into(),
        }
    }
}

impl Tokens {
    fn of(encoding: &Encoding) -> Self {
        Self {
            ids: TokenIds { input_ids: encoding.get_ids().to_vec(), token_type_ids: encoding.get_type_ids().to_vec() },
            truncated: !encoding.get_overflowing().is_empty(),
        }
    }
}

impl Vocabulary for Tokenizer {
    fn pieces(&self, word: &str) -> Option<usize> {
        let pieces = self.inner.get_model().tokenize(word).ok()?;
        (!pieces.iter().any(|piece| piece.value == UNKNOWN)).then_some(pieces.len())
    }

    /// BERT's vocabularies list words from the commonest to the rarest.
    fn rank(&self, word: &str) -> Option<usize> {
        self.inner.get_model().token_to_id(word).map(|id| id as usize + 1)
    }
}

fn malformed(error: tokenizers::Error) -> Error {
    Error::invalid(format!("the tokenizer cannot be used: {error}"))
}
