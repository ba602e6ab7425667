//! The texts: words that are one token each, common ones more often, as token ids.

use std::path::Path;

use fastrand::Rng;
use undertone::bundle::Bundle;
use undertone::classify::Classifier;

use crate::Result;

/// The lengths of the texts that come alone, in tokens.
const TOKENS: [usize; 6] = [16, 32, 64, 128, 256, 512];
/// How many texts there are to come together.
const TEXTS: usize = 256;
/// [CLS] and [SEP].
const SPECIAL: usize = 2;

pub struct Texts {
    /// Each of another length.
    pub single: Vec<Vec<u32>>,
    /// As long as comments are.
    pub many: Vec<Vec<u32>>,
}

impl Texts {
    pub fn new(bundle: &Path) -> Result<Self> {
        let bundle = Bundle::read(bundle)?;
        let (words, classifier) = (words(&bundle.tokenizer)?, Classifier::new(&bundle)?);
        let mut random = Rng::with_seed(1);
        let mut text = |tokens: usize| {
            // Squared twice, chance prefers the common half of the words.
            let mut word = || words[(random.f64().powi(4) * words.len() as f64) as usize].as_str();
            let text: Vec<&str> = (SPECIAL..tokens).map(|_| word()).collect();
            let ids = classifier.tokens(&text.join(" "))?.input_ids;
            match ids.len() == tokens {
                true => Ok(ids),
                false => Err(format!("a text that was to have {tokens} tokens has {}", ids.len()).into()),
            }
        };
        let single = TOKENS.into_iter().map(&mut text).collect::<Result<_>>()?;
        let mut random = Rng::with_seed(2);
        let many = (0..TEXTS).map(|_| text(comment_length(&mut random))).collect::<Result<_>>()?;
        Ok(Self { single, many })
    }

    /// All of the many texts in batches of `size`, from the shortest to the longest: padding adds little then.
    pub fn in_batches(&self, size: usize) -> Vec<Vec<Vec<u32>>> {
        let mut sorted = self.many.clone();
        sorted.sort_by_key(Vec::len);
        sorted.chunks(size).map(<[_]>::to_vec).collect()
    }

    /// How many tokens the many texts have together.
    pub fn many_tokens(&self) -> usize {
        self.many.iter().map(Vec::len).sum()
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

/// Lengths whose logarithm is normally distributed around that of 50, within 8 to 300 tokens.
fn comment_length(random: &mut Rng) -> usize {
    let normal = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
    (50.0 * (0.8 * normal).exp()).round().clamp(8.0, 300.0) as usize
}
