//! Texts that are longer than the model reads at once.
//!
//! They are read in windows that overlap, so that each sentence stands as a whole in one of them, with something of what it follows.
//! Where the windows are cut, the tokens around the place decide and not their number from the beginning: so an edit moves the cuts
//! near it only, and the answers to all other windows are still known ([`Cache`]). What becomes of the windows' answers, the manifest
//! says for each task ([`Windows`]). What fits is read as a whole, whatever the manifest says.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::Classifier;
use crate::Result;
use crate::bert::{Batch, TokenIds, Unit};
use crate::bundle::{HeadKind, Task, Windows};
use crate::logistic::{one_against_rest, sigmoid};
use crate::text::{Offsets, Tokens};

/// No more tokens of a text are read.
const MOST_TOKENS: usize = 4096;
/// How many tokens a window has at most, `[CLS]` and `[SEP]` included, where the highest answer counts: of an insult after forty kind
/// sentences the shipped model is sure in a window of 64 tokens, and no longer in one of 128.
const SMALL: usize = 64;
/// How many where the mean counts.
const LARGE: usize = 256;
/// How many tokens at most a window has of the one before it.
const OVERLAP: usize = 48;
/// How many tokens after a place decide whether windows are cut there.
const DECIDING: usize = 6;
/// How many tokens of the beginning are read together with the end (Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?").
const HEAD: usize = 128;
/// How many answers are remembered: more than a longest text has.
const REMEMBERED: usize = 256;

/// A text as it was read, with each task's logits: as [`Classifier::logits`] gives them for one text.
pub(super) struct Read {
    pub tokens: usize,
    pub truncated: bool,
    /// The text's tokens, special ones included where `offsets` has none for them.
    pub ids: Vec<u32>,
    pub offsets: Vec<Option<Offsets>>,
    pub logits: Vec<Vec<f32>>,
}

/// The logits of what was read last, by its tokens.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<VecDeque<(Vec<u32>, Logits)>>);

type Logits = Arc<Vec<Vec<f32>>>;

/// Tokens that are read together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    tokens: Range<usize>,
    /// Those of them that the window before it does not have.
    new: Range<usize>,
}

impl Classifier {
    /// Reads a text in windows where it is longer than the model reads and a task wants that, and else its beginning.
    pub(super) fn read_text(&self, text: &str) -> Result<Read> {
        let (tokens, offsets) = self.tokenizer.encode_with_offsets(text)?;
        if tokens.truncated && self.manifest.tasks.iter().any(|task| !task.windows.is_first()) {
            return self.read_long(text, &tokens, &offsets);
        }
        let Tokens { ids, truncated } = tokens;
        let logits = self.logits(&Batch::pack([&ids])?)?;
        Ok(Read { tokens: ids.input_ids.len(), truncated, ids: ids.input_ids, offsets, logits })
    }

    /// `beginning` is what of the text the model reads at once, which tasks without windows have.
    fn read_long(&self, text: &str, beginning: &Tokens, offsets: &[Option<Offsets>]) -> Result<Read> {
        let (ids, all, is_cut) = self.tokenizer.encode_long(text, MOST_TOKENS)?;
        let around = Around::new(&beginning.ids, offsets);
        let most = self.manifest.max_tokens - around.len();
        let starts = sentence_starts(text, &all);
        let wants = |wanted: Windows| self.manifest.tasks.iter().any(|task| task.windows == wanted);
        let windows_of = |tokens: usize| cut(&ids, &starts, most.min(tokens - around.len()));
        let read = |windows: &[Window]| -> Result<Vec<Logits>> {
            let read = |window: &Window| self.remembered(around.put(ids[window.tokens.clone()].to_vec()));
            windows.iter().map(read).collect()
        };
        let small = if wants(Windows::Max) { windows_of(SMALL) } else { Vec::new() };
        let large = if wants(Windows::Mean) { windows_of(LARGE) } else { Vec::new() };
        let (of_small, of_large) = (read(&small)?, read(&large)?);
        let first = wants(Windows::First).then(|| self.remembered(beginning.ids.clone())).transpose()?;
        let ends = match wants(Windows::Ends) {
            true => {
                let head = HEAD.min(most / 2);
                let tail = ids.len().saturating_sub(most - head).max(head.min(ids.len()));
                Some(self.remembered(around.put([&ids[..head.min(ids.len())], &ids[tail..]].concat()))?)
            }
            false => None,
        };
        let of_task = |(number, task): (usize, &Task)| match (task.windows, task.unit, &first, &ends) {
            (Windows::First, Unit::Text, Some(first), _) => first[number].clone(),
            (Windows::First, Unit::Token, Some(first), _) => {
                around.of_tokens(&first[number], task.labels.len(), ids.len())
            }
            (Windows::Ends, _, _, Some(ends)) => ends[number].clone(),
            (windows, Unit::Text, ..) => {
                let (windows, logits) = if windows == Windows::Max { (&small, &of_small) } else { (&large, &of_large) };
                let logits: Vec<&[f32]> = logits.iter().map(|logits| &logits[number][..]).collect();
                combined(task, windows, &logits)
            }
            (_, Unit::Token, ..) => {
                let logits = small.iter().zip(&of_small).map(|(window, logits)| (window, &logits[number][..]));
                highest(task.labels.len(), ids.len(), around.before.len(), logits)
            }
        };
        let logits = self.manifest.tasks.iter().enumerate().map(of_task).collect();
        let tokens = ids.len() + around.len();
        Ok(Read { tokens, truncated: is_cut, ids, offsets: all.into_iter().map(Some).collect(), logits })
    }

    fn remembered(&self, tokens: TokenIds) -> Result<Logits> {
        if let Some(logits) = self.cache.get(&tokens.input_ids) {
            return Ok(logits);
        }
        let logits = Arc::new(self.logits(&Batch::pack([&tokens])?)?);
        self.cache.insert(tokens.input_ids, Arc::clone(&logits));
        Ok(logits)
    }
}

impl Cache {
    fn get(&self, tokens: &[u32]) -> Option<Logits> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(|(key, _)| key == tokens)?;
        // What was asked for last is forgotten last.
        let found = known.remove(place)?;
        let logits = Arc::clone(&found.1);
        known.push_back(found);
        Some(logits)
    }

    fn insert(&self, tokens: Vec<u32>, logits: Logits) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.pop_front();
        }
        known.push_back((tokens, logits));
    }
}

/// The special tokens around each text.
struct Around {
    before: Vec<u32>,
    after: Vec<u32>,
}

impl Around {
    fn new(tokens: &TokenIds, offsets: &[Option<Offsets>]) -> Self {
        let ids = &tokens.input_ids;
        let before = offsets.iter().take_while(|token| token.is_none()).count();
        let after = offsets[before..].iter().rev().take_while(|token| token.is_none()).count();
        Self { before: ids[..before].to_vec(), after: ids[ids.len() - after..].to_vec() }
    }

    fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }

    fn put(&self, tokens: Vec<u32>) -> TokenIds {
        let input_ids = [&self.before[..], &tokens, &self.after].concat();
        TokenIds { token_type_ids: vec![0; input_ids.len()], input_ids }
    }

    /// The logits of `count` tokens of a text of which these are the beginning's; what was not read is of no label.
    fn of_tokens(&self, logits: &[f32], labels: usize, count: usize) -> Vec<f32> {
        let mut of_tokens = logits[self.before.len() * labels..logits.len() - self.after.len() * labels].to_vec();
        of_tokens.resize(count * labels, f32::NEG_INFINITY);
        of_tokens
    }
}

/// Whether a sentence starts at each token.
fn sentence_starts(text: &str, offsets: &[Offsets]) -> Vec<bool> {
    let written = |token: &Offsets| text.get(token.bytes.clone()).unwrap_or_default();
    let ends = |token: &Offsets| written(token).ends_with(['.', '!', '?', '…', '。', '！', '？']);
    let closes = |token: &Offsets| written(token).ends_with(['"', '\'', ')', ']', '”', '’', '»']);
    // The bytes where sentences end, closing quotation marks and brackets included.
    let mut sentence_ends = HashSet::new();
    let mut is_ended = false;
    for token in offsets {
        is_ended = ends(token) || (is_ended && closes(token));
        if is_ended {
            sentence_ends.insert(token.bytes.end);
        }
    }
    let starts = |token: usize| {
        let before = offsets[token - 1].bytes.end;
        let between = text.get(before..offsets[token].bytes.start).unwrap_or_default();
        between.contains(['\n', '\r']) || (between.contains(char::is_whitespace) && sentence_ends.contains(&before))
    };
    (0..offsets.len()).map(|token| token == 0 || starts(token)).collect()
}

/// The windows of `ids`, of at most `most` tokens each, so that all are read.
fn cut(ids: &[u32], is_start: &[bool], most: usize) -> Vec<Window> {
    let overlap = OVERLAP.min(most / 4);
    let step = most - overlap;
    let mut windows = Vec::new();
    let mut start = 0usize;
    loop {
        let earliest = start.saturating_sub(overlap);
        let begin = (earliest..start).find(|&token| is_start[token]).unwrap_or(earliest);
        let end = match ids.len() - start <= step {
            true => ids.len(),
            false => place_to_cut(ids, is_start, start + step / 2 + 1..start + step + 1),
        };
        windows.push(Window { tokens: begin..end, new: start..end });
        if end == ids.len() {
            return windows;
        }
        start = end;
    }
}

/// The place among `places` before whose tokens to cut: where a sentence starts if one does, and of several places that which a hash of
/// what follows is lowest for, which is the same place wherever the window before it starts.
fn place_to_cut(ids: &[u32], is_start: &[bool], places: Range<usize>) -> usize {
    let hash = |place: usize| {
        let mut hasher = DefaultHasher::new();
        ids[place..(place + DECIDING).min(ids.len())].hash(&mut hasher);
        hasher.finish()
    };
    let lowest = |places: &mut dyn Iterator<Item = usize>| places.min_by_key(|&place| (hash(place), place));
    lowest(&mut places.clone().filter(|&place| is_start[place]))
        .or_else(|| lowest(&mut places.clone()))
        .unwrap_or(places.end)
}

/// What the windows' logits come to for a task about texts.
fn combined(task: &Task, windows: &[Window], logits: &[&[f32]]) -> Vec<f32> {
    let labels = 0..task.labels.len();
    if task.windows == Windows::Max {
        return labels
            .map(|label| logits.iter().map(|logits| logits[label]).fold(f32::NEG_INFINITY, f32::max))
            .collect();
    }
    let total: usize = windows.iter().map(|window| window.new.len()).sum();
    let mean = |value: &dyn Fn(&[f32]) -> f64| {
        let sum: f64 = windows.iter().zip(logits).map(|(window, logits)| window.new.len() as f64 * value(logits)).sum();
        (sum / total as f64) as f32
    };
    match task.kind {
        HeadKind::Labels => labels.map(|label| mean(&|logits| f64::from(logits[label]))).collect(),
        HeadKind::Classes => {
            // The logits are each class's against the rest; those of a softmax are the logarithms of their probabilities.
            let mut means: Vec<f32> = labels
                .map(|class| mean(&|logits| sigmoid(f64::from(logits[class])).max(f64::MIN_POSITIVE).ln()))
                .collect();
            one_against_rest(&mut means);
            means
        }
    }
}

/// The highest logits of each of `count` tokens in the windows that have it.
fn highest<'a>(
    labels: usize,
    count: usize,
    before: usize,
    windows: impl Iterator<Item = (&'a Window, &'a [f32])>,
) -> Vec<f32> {
    let mut highest = vec![f32::NEG_INFINITY; count * labels];
    for (window, logits) in windows {
        let of_window = &mut highest[window.tokens.start * labels..window.tokens.end * labels];
        for (highest, logit) in of_window.iter_mut().zip(&logits[before * labels..]) {
            *highest = highest.max(*logit);
        }
    }
    highest
}

#[cfg(test)]
mod tests;
