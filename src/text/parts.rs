//! The parts of a `tokenizer.json`, each of the one kind that a BERT has.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokenizers::processors::template::TemplateProcessing;

use crate::{Error, Result};

/// What stands around the texts of a template.
#[derive(Deserialize)]
enum Piece {
    Sequence { id: String },
    SpecialToken { id: String },
}

/// A special token of a template.
#[derive(Deserialize)]
struct SpecialToken {
    ids: Vec<u32>,
    tokens: Vec<String>,
}

/// The kind of a part; nothing where it does not say.
pub fn kind(part: &Value) -> &str {
    part.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// Reads the part that the file calls `name`, which has to be of the kind `wanted`.
///
/// # Errors
/// It is of another kind, or not as its kind is.
pub fn read<T: DeserializeOwned>(part: Value, name: &str, wanted: &str) -> Result<T> {
    if kind(&part) != wanted {
        return Err(of_another_kind(name, kind(&part), wanted));
    }
    serde_json::from_value(part).map_err(|error| unusable(&format!("{name}: {error}")))
}

/// What is said of a part of the kind `found`, where BERT's is `wanted`.
pub fn of_another_kind(name: &str, found: &str, wanted: &str) -> Error {
    let found = match found {
        "" => "none that says what it is".to_owned(),
        kind => format!("a {kind}"),
    };
    unusable(&format!(
        "its {name} is {found}, where a BERT has a {wanted}: only BERT's own tokenizer can be read, as BertTokenizerFast in \
         transformers saves it"
    ))
}

/// Reads a template of what stands around texts.
///
/// # Errors
/// It names a token that it does not have, or a second text where there is one: tokenizers trusts that it does not.
pub fn template(part: Value) -> Result<TemplateProcessing> {
    if !is_sound(&part) {
        return Err(unusable(&"its post_processor has a template with tokens or texts that there are not"));
    }
    read(part, "post_processor", "TemplateProcessing")
}

/// Whether a template for one text and one for two have nothing but those texts and tokens that the part lists.
fn is_sound(part: &Value) -> bool {
    let Some(tokens) = part.get("special_tokens").and_then(Value::as_object) else { return false };
    let is_known = |id: &str| {
        let token = tokens.get(id).and_then(|token| SpecialToken::deserialize(token).ok());
        token.is_some_and(|token| token.ids.len() == token.tokens.len())
    };
    let uses_only = |template: &str, texts: &[&str]| {
        let pieces = part.get(template).and_then(|pieces| Vec::<Piece>::deserialize(pieces).ok());
        pieces.is_some_and(|pieces| {
            pieces.iter().all(|piece| match piece {
                Piece::Sequence { id } => texts.contains(&id.as_str()),
                Piece::SpecialToken { id } => is_known(id),
            })
        })
    };
    uses_only("single", &["A"]) && uses_only("pair", &["A", "B"])
}

/// The tokens that a post-processor of either kind puts around texts, with the ids that it says they have.
pub fn special_tokens(part: &Value) -> Vec<(String, u64)> {
    let pair = |pair: &Value| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_u64()?));
    let of_bert = ["cls", "sep"].into_iter().filter_map(|name| part.get(name)).filter_map(pair);
    let templates =
        part.get("special_tokens").and_then(Value::as_object).into_iter().flat_map(|tokens| tokens.values());
    let lists = |token: &Value| Some((token.get("tokens")?.as_array()?.clone(), token.get("ids")?.as_array()?.clone()));
    let of_templates = templates.filter_map(lists).flat_map(|(tokens, ids)| tokens.into_iter().zip(ids));
    let of_templates = of_templates.filter_map(|(token, id)| Some((token.as_str()?.to_owned(), id.as_u64()?)));
    of_bert.chain(of_templates).collect()
}

/// What stops a tokenizer from being used.
pub fn unusable(what: &dyn std::fmt::Display) -> Error {
    Error::invalid(format!("the tokenizer cannot be used: {what}"))
}
