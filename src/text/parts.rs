//! The parts of a `tokenizer.json`, looked at before tokenizers sees them: some it trusts, and panics where it should not have.

use serde::Deserialize;
use serde_json::Value;

use crate::{Error, Result};

/// All but the vocabulary, which is most of the file, and which tokenizers reads with care.
#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    decoder: Value,
}

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

/// Checks the parts of a tokenizer.
///
/// # Errors
/// The file is no JSON; texts are normalised by a table of SentencePiece's, which is trusted to be one; or a template around texts
/// names a token that it does not have, or a second text where there is one.
pub fn check(json: &[u8]) -> Result<()> {
    let invalid = |what: &str| Err(Error::invalid(format!("the tokenizer cannot be used: {what}")));
    let parts = match serde_json::from_slice::<Parts>(json) {
        Ok(parts) => parts,
        Err(error) => return invalid(&error.to_string()),
    };
    let all = [&parts.normalizer, &parts.pre_tokenizer, &parts.post_processor, &parts.decoder];
    if all.into_iter().any(|part| any(part, &|part| part.get("precompiled_charsmap").is_some())) {
        return invalid("it normalises texts by a table of SentencePiece's, which no BERT does");
    }
    if any(&parts.post_processor, &|part| part.get("special_tokens").is_some() && !is_sound(part)) {
        return invalid("its post_processor has a template with tokens or texts that there are not");
    }
    Ok(())
}

/// Whether `is_it` is true of a part, or of one that it is made of.
fn any(part: &Value, is_it: &dyn Fn(&Value) -> bool) -> bool {
    let below = match part {
        Value::Array(parts) => parts.iter().any(|part| any(part, is_it)),
        Value::Object(fields) => fields.values().any(|part| any(part, is_it)),
        _ => false,
    };
    below || is_it(part)
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
