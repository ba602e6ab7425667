//! The tokenizer of a checkpoint: its `tokenizer.json`, or the same made of an older checkpoint's `vocab.txt`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{CLASS, SEPARATOR, UNKNOWN, WordCounts};
use crate::{Error, Result, lfs};

const TOKENIZER: &str = "tokenizer.json";
const VOCABULARY: &str = "vocab.txt";
const CONFIG: &str = "tokenizer_config.json";
const ADDED: &str = "added_tokens.json";
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

/// The file that the tokenizer is in, and the content of its `tokenizer.json`, with what `tokenizer_config.json` says otherwise: that is
/// what transformers goes by.
pub(super) fn tokenizer_json(folder: &Path) -> Result<(PathBuf, Vec<u8>)> {
    let config = folder.join(CONFIG);
    let fields = object(&config)?;
    let settings = || Settings::read(&fields).map_err(|error| error.within(&config));
    let path = folder.join(TOKENIZER);
    if path.exists() {
        let json = lfs::read(&path)?;
        // What is no JSON says so when the tokenizer is made of it.
        let Ok(tokenizer) = serde_json::from_slice::<Value>(&json) else { return Ok((path, json)) };
        check_added(folder, &tokenizer)?;
        let json = settings()?.set_in(tokenizer).map_or(json, |tokenizer| tokenizer.to_string().into_bytes());
        return Ok((path, json));
    }
    let path = folder.join(VOCABULARY);
    if !path.exists() {
        return Err(Error::invalid(format!("{} has neither {TOKENIZER} nor {VOCABULARY}", folder.display())));
    }
    let vocabulary = lfs::read_to_string(&path)?;
    check_google(&fields).map_err(|error| error.within(&config))?;
    let tokenizer = from_vocabulary(&vocabulary, &settings()?).map_err(|error| error.within(&path))?;
    check_added(folder, &tokenizer)?;
    Ok((path, tokenizer.to_string().into_bytes()))
}

/// The JSON object that a file holds; an empty one where there is no file.
fn object(path: &Path) -> Result<Map<String, Value>> {
    match path.exists() {
        true => {
            serde_json::from_slice(&lfs::read(path)?).map_err(|error| Error::invalid(error.to_string()).within(path))
        }
        false => Ok(Map::new()),
    }
}

/// Checks that words are split as Google's BERTs split them, which is all that a vocabulary tells. Those for Japanese have them split by a dictionary
/// first, and some into single characters then.
fn check_google(config: &Map<String, Value>) -> Result<()> {
    for (name, usual) in [
        ("do_basic_tokenize", json!(true)),
        ("word_tokenizer_type", json!("basic")),
        ("subword_tokenizer_type", json!("wordpiece")),
    ] {
        if let Some(value) = config.get(name).filter(|value| !value.is_null() && **value != usual) {
            return Err(Error::invalid(format!(
                "{name} is {value}, and of a {VOCABULARY} only {usual} can be read: have the tokenizer saved as {TOKENIZER}"
            )));
        }
    }
    Ok(())
}

/// Checks that the tokenizer has the tokens that somebody has added to it.
fn check_added(folder: &Path, tokenizer: &Value) -> Result<()> {
    let path = folder.join(ADDED);
    let is_known = |token: &str| {
        let added = tokenizer["added_tokens"].as_array().into_iter().flatten();
        tokenizer["model"]["vocab"].get(token).is_some() || added.into_iter().any(|known| known["content"] == token)
    };
    match object(&path)?.keys().find(|token| !is_known(token)) {
        None => Ok(()),
        Some(token) => Err(Error::invalid(format!(
            "it has the token {token:?}, which the tokenizer lacks: have both saved together as {TOKENIZER}, in transformers by \
             AutoTokenizer.from_pretrained(…).save_pretrained(…)"
        ))
        .within(&path)),
    }
}

/// How a `tokenizer_config.json` has texts normalised. None is what the file leaves open.
#[derive(Debug, Default)]
struct Settings {
    lowercase: Option<bool>,
    strip_accents: Option<bool>,
    split_chinese: Option<bool>,
}

impl Settings {
    fn read(config: &Map<String, Value>) -> Result<Self> {
        let flag = |name: &str| match config.get(name) {
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

    /// A `tokenizer.json` with these settings, if it had others.
    fn set_in(&self, mut tokenizer: Value) -> Option<Value> {
        let normalizer = tokenizer.get_mut("normalizer").filter(|normalizer| normalizer["type"] == "BertNormalizer")?;
        let mut has_changed = false;
        for (name, setting) in [
            ("lowercase", self.lowercase),
            ("strip_accents", self.strip_accents),
            ("handle_chinese_chars", self.split_chinese),
        ] {
            if let Some(setting) = setting.filter(|setting| normalizer[name] != *setting) {
                normalizer[name] = setting.into();
                has_changed = true;
            }
        }
        has_changed.then_some(tokenizer)
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
