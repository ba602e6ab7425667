//! BERT's tokenizer: a text in small letters, divided at white space and punctuation, its words in the pieces of a vocabulary.
//!
//! The parts are those of Hugging Face's tokenizers, which can also put them together. But it reads parts of any kind into one type, and brings
//! with each what it needs: byte pairs, unigrams, regular expressions and their tables, of which no BERT has any use, were two fifths
//! of the program that a browser fetches. So the four that a BERT has are put together here, in the same order and with the same tokens
//! (`tests/text.rs` compares them).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{
    Encoding, Model, OffsetType, PostProcessor, PreTokenizedString, PreTokenizer, TruncationDirection,
    TruncationParams, truncate_encodings,
};

use super::added::{AddedToken, AddedTokens};
use super::parts::unusable;
use super::{CLASS, SEPARATOR, parts};
use crate::{Error, Result};

/// The version of the file's layout.
const VERSION: &str = "1.0";

/// The kind of a model that divides words as BERT does.
const MODEL: &str = "WordPiece";

/// Which kind of model a file is about, where it cannot be read.
#[derive(Deserialize)]
struct Named {
    model: Value,
}

/// What a `tokenizer.json` has of it.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    decoder: Value,
    model: WordPiece,
}

/// What is put around a text, or around two.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum PostProcessing {
    Bert(BertProcessing),
    Template(TemplateProcessing),
}

impl PostProcessing {
    fn processor(&self) -> &dyn PostProcessor {
        match self {
            Self::Bert(processor) => processor,
            Self::Template(processor) => processor,
        }
    }
}

/// Turns texts into tokens, with the special ones around them, cut to a number of tokens.
#[derive(Debug, Clone)]
pub struct WordPieceTokenizer {
    normalizer: Option<BertNormalizer>,
    post_processing: PostProcessing,
    /// For other programs, which turn tokens into text.
    decoder: Value,
    added: AddedTokens,
    model: WordPiece,
    max_tokens: usize,
}

/// The file as it is written.
#[derive(Serialize)]
struct Written<'a> {
    version: &'static str,
    truncation: TruncationParams,
    padding: Option<()>,
    added_tokens: &'a [AddedToken],
    normalizer: &'a Option<BertNormalizer>,
    pre_tokenizer: BertPreTokenizer,
    post_processor: &'a PostProcessing,
    decoder: &'a Value,
    model: &'a WordPiece,
}

impl WordPieceTokenizer {
    /// Reads the content of a `tokenizer.json`. Its own truncation and padding are replaced by a cut at `max_tokens`, and where
    /// it adds no special tokens by itself, as files do that leave this to a program, it gets BERT's.
    ///
    /// # Errors
    /// The content is no tokenizer, or none of BERT's kind; it has no special tokens; or `max_tokens` leaves no room beside them.
    pub fn from_json(json: &[u8], max_tokens: usize) -> Result<Self> {
        let file: File = serde_json::from_slice(json).map_err(|error| {
            let kind = serde_json::from_slice::<Named>(json).map(|file| parts::kind(&file.model).to_owned());
            match kind.unwrap_or_default().as_str() {
                "" | MODEL => unusable(&error),
                other => parts::of_another_kind("model", other, MODEL),
            }
        })?;
        if let Some(version) = file.version.filter(|version| version != VERSION) {
            return Err(unusable(&format!("its version is {version:?}, and {VERSION} is the one that is known")));
        }
        let normalizer = match file.normalizer {
            Value::Null => None,
            part => Some(parts::read(part, "normalizer", "BertNormalizer")?),
        };
        let BertPreTokenizer = parts::read(file.pre_tokenizer, "pre_tokenizer", "BertPreTokenizer")?;
        let added = AddedTokens::new(file.added_tokens, &file.model, normalizer.as_ref())?;
        let id = |token: &str| added.id(token).or(file.model.token_to_id(token));
        for (token, said) in parts::special_tokens(&file.post_processor) {
            match id(&token) {
                Some(known) if u64::from(known) == said => {}
                known => {
                    let known = known.map_or("none".to_owned(), |id| id.to_string());
                    return Err(unusable(&format!(
                        "its post_processor gives {token} the id {said}, and its vocabulary {known}: they are of two models"
                    )));
                }
            }
        }
        let post_processing = match file.post_processor {
            Value::Null => None,
            part if parts::kind(&part) == "TemplateProcessing" => {
                Some(PostProcessing::Template(parts::template(part)?))
            }
            part => Some(PostProcessing::Bert(parts::read(part, "post_processor", "BertProcessing")?)),
        };
        let post_processing = match post_processing {
            Some(processing) if processing.processor().added_tokens(false) > 0 => processing,
            _ => PostProcessing::Bert(bert_processing(id)?),
        };
        let tokenizer =
            Self { normalizer, post_processing, decoder: file.decoder, added, model: file.model, max_tokens };
        let least = (tokenizer.special_tokens(false) + 1).max(tokenizer.special_tokens(true));
        if max_tokens < least {
            return Err(Error::invalid(format!(
                "at most {max_tokens} tokens leave no room for a word beside the special ones, [CLS] and [SEP]: allow at least \
                 {least}"
            )));
        }
        Ok(tokenizer)
    }

    /// The tokenizer as the content of a `tokenizer.json`.
    ///
    /// # Errors
    /// Only if serialisation fails, which a tokenizer that was read gives no cause for.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let written = Written {
            version: VERSION,
            truncation: self.truncation(0),
            padding: None,
            added_tokens: self.added.all(),
            normalizer: &self.normalizer,
            pre_tokenizer: BertPreTokenizer,
            post_processor: &self.post_processing,
            decoder: &self.decoder,
            model: &self.model,
        };
        serde_json::to_vec(&written).map_err(|error| unusable(&error))
    }

    /// Reads special tokens that somebody types, such as `[MASK]`, as the letters that they are.
    pub fn reading_special_tokens_as_text(mut self, are_text: bool) -> Self {
        self.added.are_special_ones_text = are_text;
        self
    }

    /// The id of a token; none where there is no such token.
    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        self.added.id(token).or_else(|| self.model.token_to_id(token))
    }

    /// The token of an id; none where no token has it.
    pub fn id_to_token(&self, id: u32) -> Option<String> {
        self.added.token(id).map(str::to_owned).or_else(|| self.model.id_to_token(id))
    }

    /// The id of a token of the vocabulary, without those that were added to it.
    pub fn vocabulary_id(&self, token: &str) -> Option<u32> {
        self.model.token_to_id(token)
    }

    /// The highest id with its token; none where there is no token.
    pub fn highest(&self) -> Option<(u32, String)> {
        // The vocabulary can be looked at as a whole only by copying it. Most have their ids without a gap, and then their number
        // tells the highest.
        let added = self.added.all();
        let beyond = added.iter().filter(|token| self.model.token_to_id(&token.content).is_none()).count();
        let count = u32::try_from(self.model.get_vocab_size() + beyond).ok()?;
        if (0..count).all(|id| self.id_to_token(id).is_some()) {
            let highest = count.checked_sub(1)?;
            return Some((highest, self.id_to_token(highest)?));
        }
        let all = self.model.get_vocab().into_iter().map(|(token, id)| (id, token));
        all.chain(added.iter().map(|token| (token.id, token.content.clone()))).max()
    }

    /// The tokens of a text, or of two that belong together, the longer of which is cut first; what is cut off overflows.
    ///
    /// # Errors
    /// Only if the tokenizer is broken, such as by an unknown token that its vocabulary lacks.
    pub fn encode(&self, text: &str, second: Option<&str>, offsets: OffsetType) -> Result<Encoding> {
        let first = self.tokens(text, 0, offsets)?;
        let second = second.map(|second| self.tokens(second, 1, offsets)).transpose()?;
        let truncation = self.truncation(self.special_tokens(second.is_some()));
        let (first, second) = truncate_encodings(first, second, &truncation).map_err(malformed)?;
        self.post_processing.processor().process(first, second, true).map_err(malformed)
    }

    /// The tokens of a text alone. It ends at the first word that reaches the limit, which is at least one token more than
    /// the special ones leave room for.
    fn tokens(&self, text: &str, type_id: u32, offsets: OffsetType) -> Result<Encoding> {
        let mut words = PreTokenizedString::from(text);
        self.added.split(&mut words, self.normalizer.as_ref())?;
        BertPreTokenizer.pre_tokenize(&mut words).map_err(malformed)?;
        let limit = Some((self.max_tokens, TruncationDirection::Right));
        self.model.tokenize_in_pretokenized(&mut words, limit).map_err(malformed)?;
        words.into_encoding(None, type_id, offsets).map_err(malformed)
    }

    fn truncation(&self, special_tokens: usize) -> TruncationParams {
        TruncationParams { max_length: self.max_tokens - special_tokens, ..TruncationParams::default() }
    }

    /// How many special tokens are put around a text, or around two.
    fn special_tokens(&self, is_pair: bool) -> usize {
        self.post_processing.processor().added_tokens(is_pair)
    }
}

fn bert_processing(id: impl Fn(&str) -> Option<u32>) -> Result<BertProcessing> {
    let special = |token: &str| match id(token) {
        Some(id) => Ok((token.to_owned(), id)),
        None => Err(Error::invalid(format!(
            "the tokenizer has no post_processor to put special tokens around a text, and no token {token} that could be \
             one: save it anew with a program that knows it, as AutoTokenizer in transformers"
        ))),
    };
    Ok(BertProcessing::new(special(SEPARATOR)?, special(CLASS)?))
}

fn malformed(error: tokenizers::Error) -> Error {
    unusable(&error)
}
