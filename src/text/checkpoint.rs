//! The tokenizer of a checkpoint: its `tokenizer.json`, or the same made of an older checkpoint's `vocab.txt`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{CLASS, SEPARATOR, UNKNOWN, WordCounts};
use crate::{Error, Result, lfs};

const TOKENIZER: &str = "tokenizer.json";
const VOCABULARY: &str = "vocab.txt";
const CONFIG: &str = "tokenizer_config.json";
/// The file that says how common words are, where whoever made the checkpoint counted them.
pub const WORD_COUNTS: &str = "word_counts.json";

/// How common words are by a checkpoint's [`WORD_COUNTS`]; nothing is known of them where there is no such file.
pub(super) fn word_counts(folder: &Path) -> Result<WordCounts> {
    let path = folder.join(WORD_COUNTS);
    match path.exists() {
        true => {
            serde_json::from_slice(&lfs::read(&path)?).map_err(|error| Error::invalid(error.to_string()).within(&path))
        }
        false => Ok(WordCounts::default()),
    }
}

/// The file that the tokenizer is in, and the content of its `tokenizer.json`.
pub(super) fn tokenizer_json(folder: &Path) -> Result<(PathBuf, Vec<u8>)> {
    let path = folder.join(TOKENIZER);
    if path.exists() {
        let json = lfs::read(&path)?;
        return Ok((path, json));
    }
    let path = folder.join(VOCABULARY);
    if !path.exists() {
        return Err(Error::invalid(format!("{} has neither {TOKENIZER} nor {VOCABULARY}", folder.display())));
    }
    let vocabulary = lfs::read_to_string(&path)?;
    let config = folder.join(CONFIG);
    let settings = Settings::read(&config).map_err(|error| error.within(&config))?;
    let json = from_vocabulary(&vocabulary, &settings).map_err(|error| error.within(&path))?;
    Ok((path, json.to_string().into_bytes()))
}

/// What of a `tokenizer_config.json` a vocabulary leaves open. None is what the file leaves open, too.
#[derive(Debug, Default)]
struct Settings {
    lowercase: Option<bool>,
    strip_accents: Option<bool>,
    split_chinese: Option<bool>,
}

impl Settings {
    /// Reads the file, where there is one.
    fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let fields: Map<String, Value> =
            serde_json::from_slice(&lfs::read(path)?).map_err(|error| Error::invalid(error.to_string()))?;
        // BERTs for Japanese have words split by a dictionary first, and some into single characters then.
        for (name, usual) in [
            ("do_basic_tokenize", json!(true)),
            ("word_tokenizer_type", json!("basic")),
            ("subword_tokenizer_type", json!("wordpiece")),
        ] {
            if let Some(value) = fields.get(name).filter(|value| !value.is_null() && **value != usual) {
                return Err(Error::invalid(format!(
                    "{name} is {value}, and of a {VOCABULARY} only {usual} can be read: have the tokenizer saved as {TOKENIZER}"
                )));
            }
        }
        let flag = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => Err(Error::invalid(format!("{name} is {value}, which is neither true nor false"))),
        };
        Ok(Self {
            lowercase: flag("do_lower_case")?,
            strip_accents: flag("strip_accents")?,
            split_chinese: flag("tokenize_chinese_chars")?,
        })
    }
}

/// BERT's tokenizer for a vocabulary of one token a line, as the `tokenizer.json` that Hugging Face makes of it.
fn from_vocabulary(vocabulary: &str, settings: &Settings) -> Result<Value> {
    let vocabulary = vocabulary.strip_prefix('\u{feff}').unwrap_or(vocabulary);
    let entries: Map<_, _> = vocabulary.lines().enumerate().map(|(id, token)| (token.to_owned(), id.into())).collect();
    if let Some(missing) = [UNKNOWN, CLASS, SEPARATOR].iter().find(|token| !entries.contains_key(**token)) {
        return Err(Error::invalid(format!("the vocabulary lacks the token {missing}")));
    }
    let specials = ["[PAD]", UNKNOWN, CLASS, SEPARATOR, "[MASK]"].into_iter().filter_map(|token| {
        let flags =
            json!({ "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true });
        let mut added = flags.as_object()?.clone();
        added.insert("id".into(), entries.get(token)?.clone());
        added.insert("content".into(), token.into());
        Some(added)
    });
    Ok(json!({
        "version": "1.0",
        "added_tokens": specials.collect::<Vec<_>>(),
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true,
            "handle_chinese_chars": settings.split_chinese.unwrap_or(true),
            "strip_accents": settings.strip_accents,
            "lowercase": settings.lowercase.unwrap_or_else(|| !is_cased(&entries)),
        },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": {
            "type": "BertProcessing", "sep": [SEPARATOR, entries[SEPARATOR]], "cls": [CLASS, entries[CLASS]],
        },
        "model": {
            "type": "WordPiece", "unk_token": UNKNOWN, "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": entries,
        },
    }))
}

/// Whether words with capital letters are among the tokens, which lower-cased texts would never reach: a hundredth at least,
/// since other vocabularies have one or another, too.
fn is_cased(vocabulary: &Map<String, Value>) -> bool {
    let is_special = |token: &str| token.starts_with('[') && token.ends_with(']');
    // Some capital letters, such as ℝ, have no small one.
    let has_capitals = |token: &str| token.chars().any(|letter| letter.to_lowercase().ne([letter]));
    let cased = vocabulary.keys().filter(|token| !is_special(token) && has_capitals(token)).count();
    cased > 0 && cased * 100 >= vocabulary.len()
}
