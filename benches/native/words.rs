//! Texts for benchmarks: words that are one token each, common ones more often.

use std::path::Path;

use fastrand::Rng;
use undertone::bundle::Bundle;
use undertone::classify::Classifier;

use crate::Result;

/// [CLS] and [SEP].
const SPECIAL: usize = 2;

/// A bundle's words, and what makes tokens of them.
pub struct Words {
    words: Vec<String>,
    classifier: Classifier,
}

impl Words {
    pub fn new(bundle: &Path) -> Result<Self> {
        let bundle = Bundle::read(bundle)?;
        Ok(Self { words: words(&bundle.tokenizer)?, classifier: Classifier::new(&bundle)? })
    }

    /// A text of so many tokens, and their ids.
    pub fn text(&self, random: &mut Rng, tokens: usize) -> Result<(String, Vec<u32>)> {
        // Squared twice, chance prefers the common half of the words.
        let mut word = || self.words[(random.f64().powi(4) * self.words.len() as f64) as usize].as_str();
        let text: Vec<&str> = (SPECIAL..tokens).map(|_| word()).collect();
        let text = text.join(" ");
        let ids = self.classifier.tokens(&text)?.input_ids;
        match ids.len() == tokens {
            true => Ok((text, ids)),
            false => Err(format!("a text that was to have {tokens} tokens has {}", ids.len()).into()),
        }
    }
}

/// The vocabulary's words, from the commonest to the rarest.
fn words(tokenizer: &[u8]) -> Result<Vec<String>> {
    let tokenizer: serde_json::Value = serde_json::from_slice(tokenizer)?;
    let vocabulary = tokenizer["model"]["vocab"].as_object().ok_or("the tokenizer has no vocabulary")?;
    let is_word = |token: &str| token.len() > 1 && token.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut words: Vec<_> = vocabulary.iter().filter(|(token, _)| is_word(token)).collect();
    words.sort_by_key(|(_, id)| id.as_u64());
    Ok(words.into_iter().map(|(token, _)| token.clone()).collect())
}
