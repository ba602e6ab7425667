//! A checkpoint with fewer words, made before training.
//!
//! A third to a half of a small BERT's bytes are its table of word vectors, and most of these words never occur in the
//! texts that it is fine-tuned on. [`prune`] keeps those that do. What it drops is still understood, by the pieces that are
//! left (`vocabulary`); since this happens before training, the model learns to read the words in these pieces.

pub(super) mod vocabulary;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use rayon::prelude::*;
use serde_json::Value;

use super::data::{self, BadRows, Dataset, Example, LabelRule, Schema, Source, Split};
use super::{Progress, files};
use crate::bert::names::WORD_EMBEDDINGS;
use crate::bert::{Checkpoint, Weights};
use crate::bundle::{Precision, TOKENIZER, WEIGHTS, weights};
use crate::text::{Offsets, Tokenizer, WORD_COUNTS, WordCounts};
use crate::{Error, Result};
use vocabulary::Vocabulary;

const CONFIG: &str = "config.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

/// How many texts are tokenised before progress is told.
const AT_ONCE: usize = 4096;

/// What became of a vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// How many tokens there were.
    pub before: usize,
    /// How many there are now.
    pub after: usize,
}

/// How the same texts come out of two tokenizers, of which the second lacks tokens of the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    /// The first's tokens.
    pub before: u64,
    /// Those of them that the second lacks.
    pub dropped: u64,
    /// The second's tokens.
    pub after: u64,
    /// The first's unknown tokens.
    pub unknown_before: u64,
    /// The second's unknown tokens.
    pub unknown_after: u64,
}

/// Reads the texts of `paths`, which may be all that [`data::read`] knows, whatever they are labelled with.
///
/// # Errors
/// As for [`data::read`], except that rows which are wrong are left out.
pub fn texts(paths: &[PathBuf], split: Split) -> Result<Dataset> {
    let source = |path: &PathBuf| Source { path: path.clone(), all: Some(0.0), ..Source::default() };
    let sources: Vec<Source> = paths.iter().map(source).collect();
    let schema = Schema { labels: vec![LabelRule::named("any")], ..Schema::default() };
    data::read(&sources, &schema, split, BadRows::Skip, 0)
}

/// Writes the checkpoint in `base` to `out` with only the tokens that `texts` have at least `least` times, and those that
/// no pieces could take the place of.
///
/// # Errors
/// `out` is there already, the checkpoint is malformed or of another kind than WordPiece, or a file cannot be written.
pub fn prune(base: &Path, out: &Path, texts: &[Example], least: u64, progress: &mut dyn Progress) -> Result<Pruned> {
    if out.exists() {
        return Err(Error::invalid(format!("{} is there already: name a folder that is not", out.display())));
    }
    let checkpoint = Checkpoint::read(base, &Device::Cpu)?;
    for note in checkpoint.notes() {
        progress.note(&note);
    }
    let tokenizer = whole_texts(base)?;
    tokenizer.check_fits(checkpoint.architecture.vocab_size)?;
    let vocabulary = Vocabulary::parse(&tokenizer.to_json()?)?;
    let kept = vocabulary.worth_keeping(&count(texts, &tokenizer, progress)?, least);
    let word_counts: WordCounts = {
        let counts = word_counts(texts, &tokenizer, progress)?;
        kept.iter().map(|&id| counts.get(id as usize).copied().unwrap_or(0)).collect()
    };
    let word_counts = serde_json::to_vec(&word_counts).map_err(|error| Error::invalid(error.to_string()))?;
    let pruned = vocabulary.only(&kept)?;
    let weights = weights::encode(with_rows(checkpoint.weights, &kept)?, Precision::F32)?;
    let config = config(&base.join(CONFIG), &vocabulary, &pruned)?;

    let (tokenizer, lines) = (pruned.to_json(), pruned.to_lines());
    let mut files = vec![
        (WEIGHTS, &weights[..]),
        (TOKENIZER, tokenizer.as_bytes()),
        ("vocab.txt", lines.as_bytes()),
        (CONFIG, &config[..]),
        (WORD_COUNTS, &word_counts[..]),
    ];
    let path = base.join(TOKENIZER_CONFIG);
    let tokenizer_config = path.exists().then(|| tokenizer_config(&path, &kept)).transpose()?;
    files.extend(tokenizer_config.as_ref().map(|config| (TOKENIZER_CONFIG, &config[..])));
    files::write_folder(out, &files)?;
    Ok(Pruned { before: vocabulary.tokens().len(), after: kept.len() })
}

/// How `texts` come out of the tokenizers of the checkpoints `before` and `after`.
///
/// # Errors
/// A checkpoint's tokenizer cannot be read.
pub fn compare(before: &Path, after: &Path, texts: &[Example], progress: &mut dyn Progress) -> Result<Difference> {
    let read = |folder| {
        let tokenizer = whole_texts(folder)?;
        Ok::<_, Error>((Vocabulary::parse(&tokenizer.to_json()?)?, tokenizer))
    };
    let ((old, old_tokenizer), (new, new_tokenizer)) = (read(before)?, read(after)?);
    let tally = |vocabulary: &Vocabulary, counts: Vec<u64>| -> HashMap<String, u64> {
        vocabulary
            .tokens()
            .iter()
            .map(|(id, token)| (token.clone(), counts.get(*id as usize).copied().unwrap_or(0)))
            .collect()
    };
    let old = tally(&old, count(texts, &old_tokenizer, progress)?);
    let new = tally(&new, count(texts, &new_tokenizer, progress)?);
    let unknown = |counts: &HashMap<String, u64>| counts.get("[UNK]").copied().unwrap_or(0);
    Ok(Difference {
        before: old.values().sum(),
        dropped: old.iter().filter(|(token, _)| !new.contains_key(*token)).map(|(_, count)| count).sum(),
        after: new.values().sum(),
        unknown_before: unknown(&old),
        unknown_after: unknown(&new),
    })
}

/// The tokenizer of a checkpoint, which cuts nothing off: a word counts wherever in a text it stands.
fn whole_texts(checkpoint: &Path) -> Result<Tokenizer> {
    Tokenizer::from_checkpoint(checkpoint, usize::MAX)
}

/// How often `texts` have each token, by its id; ids beyond the last one that was seen are left out.
fn count(texts: &[Example], tokenizer: &Tokenizer, progress: &mut dyn Progress) -> Result<Vec<u64>> {
    count_ids(texts, progress, |example| Ok(tokenizer.encode(&example.text)?.ids.input_ids))
}

/// How often `texts` have each token as a whole word.
///
/// # Errors
/// The tokenizer is broken.
pub fn count_words(texts: &[Example], tokenizer: &Tokenizer, progress: &mut dyn Progress) -> Result<WordCounts> {
    Ok(word_counts(texts, tokenizer, progress)?.into_iter().collect())
}

fn word_counts(texts: &[Example], tokenizer: &Tokenizer, progress: &mut dyn Progress) -> Result<Vec<u64>> {
    let words = |example: &Example| {
        let (tokens, offsets) = tokenizer.encode_with_offsets(&example.text)?;
        let tokens: Vec<_> = tokens.ids.input_ids.into_iter().zip(offsets).collect();
        let number = |(_, token): &(u32, Option<Offsets>)| token.as_ref().map(|token| token.word);
        let words = tokens.chunk_by(|one, next| number(one).is_some() && number(one) == number(next));
        Ok(words.filter(|word| word.len() == 1 && word[0].1.is_some()).map(|word| word[0].0).collect())
    };
    count_ids(texts, progress, words)
}

/// How often each id is among those that `ids` gives for `texts`.
fn count_ids(
    texts: &[Example],
    progress: &mut dyn Progress,
    ids: impl Fn(&Example) -> Result<Vec<u32>> + Sync,
) -> Result<Vec<u64>> {
    let mut counts = Vec::new();
    progress.begin("Counting tokens", texts.len());
    for texts in texts.chunks(AT_ONCE) {
        let all: Result<Vec<_>> = texts.par_iter().map(&ids).collect();
        for id in all?.into_iter().flatten() {
            let place = id as usize;
            if counts.len() <= place {
                counts.resize(place + 1, 0);
            }
            counts[place] += 1;
        }
        progress.advance(texts.len(), "");
    }
    progress.end();
    Ok(counts)
}

/// `weights` with only the rows `kept` of the table of word vectors.
fn with_rows(weights: Weights, kept: &[u32]) -> Result<Weights> {
    let rows = Tensor::new(kept, &Device::Cpu)?;
    let select = |(name, tensor): (String, Tensor)| {
        if name != WORD_EMBEDDINGS {
            return Ok((name, tensor));
        }
        Ok((name, tensor.index_select(&rows, 0)?))
    };
    weights.into_iter().map(select).collect()
}

/// The checkpoint's `config.json` for the tokens of `new`.
fn config(path: &Path, old: &Vocabulary, new: &Vocabulary) -> Result<Vec<u8>> {
    let mut config = read_json(path)?;
    config["vocab_size"] = new.tokens().len().into();
    let padding = config["pad_token_id"].as_u64().and_then(|id| old.tokens().get(&(id as u32)));
    if let Some(padding) = padding.cloned() {
        let place = new.tokens().iter().find(|(_, token)| **token == padding).map(|(id, _)| *id);
        config["pad_token_id"] = place.into();
    }
    Ok(format!("{config:#}\n").into_bytes())
}

/// The checkpoint's `tokenizer_config.json` with the ids that newer ones list their special tokens by.
fn tokenizer_config(path: &Path, kept: &[u32]) -> Result<Vec<u8>> {
    let mut config = read_json(path)?;
    if let Some(tokens) = config.get_mut("added_tokens_decoder").and_then(Value::as_object_mut) {
        let place = |id: &str| kept.binary_search(&id.parse().ok()?).ok();
        let renumbered = std::mem::take(tokens).into_iter();
        *tokens = renumbered.filter_map(|(id, token)| Some((place(&id)?.to_string(), token))).collect();
    }
    Ok(format!("{config:#}\n").into_bytes())
}

fn read_json(path: &Path) -> Result<Value> {
    let json = std::fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&json).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests;
