//! A WordPiece vocabulary as it stands in a `tokenizer.json`, and which of its tokens can go.
//!
//! A word that loses its token falls apart into the pieces that are left, and is unknown only where no piece fits. One
//! always fits while each of the word's characters has two pieces of its own, for the start of a word and for the rest of
//! it. So these stay for every character that English is written with, as does what they could not spell; the characters
//! of other scripts, which are more than those, have to be seen as words have.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::{Error, Result};

/// A vocabulary within the rest of its `tokenizer.json`.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    json: Value,
    tokens: BTreeMap<u32, String>,
    /// What pieces start with that go on with a word: `##`.
    prefix: String,
}

impl Vocabulary {
    /// Reads the content of a `tokenizer.json`.
    ///
    /// # Errors
    /// It is no JSON, or its vocabulary is not of WordPiece's kind.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let json: Value = serde_json::from_slice(json)
            .map_err(|error| Error::invalid(format!("the tokenizer cannot be read: {error}")))?;
        if json["model"]["type"] != "WordPiece" {
            return Err(Error::invalid("the tokenizer is no WordPiece tokenizer, and no other kind can be pruned"));
        }
        let prefix = json["model"]["continuing_subword_prefix"].as_str().unwrap_or("##").to_owned();
        let words = json["model"]["vocab"].as_object().into_iter().flatten();
        let words = words.filter_map(|(token, id)| Some((number(id)?, token.clone())));
        let added = json["added_tokens"].as_array().into_iter().flatten();
        let added = added.filter_map(|token| Some((number(&token["id"])?, token["content"].as_str()?.to_owned())));
        Ok(Self { tokens: words.chain(added).collect(), prefix, json })
    }

    /// The tokens by their ids.
    pub fn tokens(&self) -> &BTreeMap<u32, String> {
        &self.tokens
    }

    /// The ids of the tokens to keep, in their order: those that were counted at least `least` times, and those that
    /// nothing could take the place of.
    pub fn worth_keeping(&self, counts: &[u64], least: u64) -> Vec<u32> {
        let known: HashSet<&str> = self.tokens.values().map(String::as_str).collect();
        let special = self.special();
        let needed = |token: &str| {
            let bare = self.bare(token);
            bare.chars().all(is_everyday) && !self.can_be_spelt(bare, &known)
        };
        let counted = |id: u32| counts.get(id as usize).is_some_and(|count| *count >= least);
        let kept =
            self.tokens.iter().filter(|(id, token)| counted(**id) || special.contains(token.as_str()) || needed(token));
        kept.map(|(id, _)| *id).collect()
    }

    fn bare<'a>(&self, token: &'a str) -> &'a str {
        token.strip_prefix(&self.prefix).unwrap_or(token)
    }

    /// Whether the characters' own pieces make up for the token; never for one of these pieces.
    fn can_be_spelt(&self, bare: &str, known: &HashSet<&str>) -> bool {
        let has_pieces = |character: char| {
            let character = character.to_string();
            known.contains(character.as_str()) && known.contains(format!("{}{character}", self.prefix).as_str())
        };
        bare.chars().count() > 1 && bare.chars().all(has_pieces)
    }

    /// The tokens that are more than pieces of text: `[UNK]`, and what was added to the vocabulary.
    fn special(&self) -> HashSet<&str> {
        let added = self.json["added_tokens"].as_array().into_iter().flatten();
        let added = added.filter_map(|token| token["content"].as_str());
        added.chain(self.json["model"]["unk_token"].as_str()).collect()
    }

    /// The same with only the tokens `kept`, numbered from 0 in this order, and without a limit to texts.
    ///
    /// # Errors
    /// The tokenizer puts special tokens around texts in a way whose ids are not known here, or one of them is not kept.
    pub fn only(&self, kept: &[u32]) -> Result<Self> {
        let places: HashMap<u32, u32> = kept.iter().copied().zip(0..).collect();
        let place = |id: &Value| number(id).and_then(|id| places.get(&id).copied());
        let mut json = self.json.clone();
        json["truncation"] = Value::Null;
        json["padding"] = Value::Null;
        if let Some(words) = json["model"]["vocab"].as_object_mut() {
            words.retain(|_, id| place(id).map(|place| *id = place.into()).is_some());
        }
        if let Some(added) = json["added_tokens"].as_array_mut() {
            added.retain_mut(|token| place(&token["id"]).map(|place| token["id"] = place.into()).is_some());
        }
        for id in ids_around(&mut json["post_processor"])? {
            *id = place(id)
                .ok_or_else(|| Error::invalid(format!("the tokenizer puts the token {id} around texts and lacks it")))?
                .into();
        }
        let tokens = self.tokens.iter().filter_map(|(id, token)| Some((*places.get(id)?, token.clone()))).collect();
        Ok(Self { json, tokens, prefix: self.prefix.clone() })
    }

    /// The content of `tokenizer.json`.
    pub fn to_json(&self) -> String {
        format!("{}\n", self.json)
    }

    /// The content of `vocab.txt`: the tokens in the order of their ids.
    pub fn to_lines(&self) -> String {
        self.tokens.values().map(|token| format!("{token}\n")).collect()
    }
}

/// Whether English is written with the character: ASCII, other Latin letters and signs, and typographers' punctuation.
fn is_everyday(character: char) -> bool {
    character.is_ascii() || matches!(character, '\u{a1}'..='\u{24f}' | '\u{2010}'..='\u{205e}')
}

/// The ids of the special tokens that a tokenizer's post-processor puts around texts.
fn ids_around(processor: &mut Value) -> Result<Vec<&mut Value>> {
    let kind = processor["type"].as_str().map(str::to_owned);
    match (kind.as_deref(), processor) {
        (_, Value::Null) => Ok(Vec::new()),
        (Some("BertProcessing"), Value::Object(parts)) => {
            Ok(parts.values_mut().filter_map(|part| part.get_mut(1)).collect())
        }
        (Some("TemplateProcessing"), processor) => {
            let tokens = processor["special_tokens"].as_object_mut().into_iter().flat_map(|tokens| tokens.values_mut());
            Ok(tokens.filter_map(|token| token["ids"].as_array_mut()).flatten().collect())
        }
        (kind, _) => Err(Error::invalid(format!(
            "the tokenizer's post-processor is of the kind {}, which cannot be pruned",
            kind.unwrap_or("unknown")
        ))),
    }
}

fn number(id: &Value) -> Option<u32> {
    id.as_u64().and_then(|id| id.try_into().ok())
}
