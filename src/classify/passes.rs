//! How a text of any length goes through the model: at once where it fits, and else in as many passes as a task wants.
//!
//! What becomes of the passes' answers, the manifest says for each task ([`Windows`]). What fits is read as a whole, whatever the
//! manifest says.

// A pass that has one part has a list of one range.
#![allow(clippy::single_range_in_vec_init)]

use std::ops::Range;
use std::sync::Arc;

use super::cache::Logits;
use super::windows::{Window, cut, sentence_starts};
use super::{Classifier, Encoded};
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
/// How many tokens of the beginning are read together with the end (Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?").
const HEAD: usize = 128;

/// A text's tokens.
pub(super) struct Tokenised {
    /// Without special ones.
    pub ids: Vec<u32>,
    pub offsets: Vec<Offsets>,
    /// Whether the text goes on after them.
    pub is_cut: bool,
    around: Around,
    /// How many of them the model reads at once.
    most: usize,
    /// Whether a sentence starts at each, where they are more.
    starts: Vec<bool>,
}

/// What goes through the model as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pass {
    /// The text's tokens in it, in order and apart.
    pub parts: Vec<Range<usize>>,
    /// How many of them no pass before it has.
    new: usize,
}

/// A text as it was read.
pub(super) struct Read {
    pub text: Tokenised,
    /// For each task the logits of the text or of its tokens, special ones left out.
    pub logits: Vec<Vec<f32>>,
}

impl Classifier {
    /// The tokens of `text`, whose beginning is `encoded`: those that the model reads at once unless a task wants more.
    pub(super) fn tokenised(&self, text: &str, (tokens, offsets): Encoded) -> Result<Tokenised> {
        let Tokens { ids, truncated } = tokens;
        let around = Around::new(&ids.input_ids, &offsets);
        let at_once = around.before.len()..ids.input_ids.len() - around.after.len();
        let most = if truncated { at_once.len() } else { self.manifest.max_tokens - around.len() };
        if truncated && self.manifest.tasks.iter().any(|task| !task.windows.is_first()) {
            let (ids, offsets, is_cut) = self.tokenizer.encode_long(text, MOST_TOKENS)?;
            let starts = sentence_starts(text, &offsets);
            return Ok(Tokenised { ids, offsets, is_cut, around, most, starts });
        }
        let ids = ids.input_ids[at_once].to_vec();
        let offsets = offsets.into_iter().flatten().collect();
        Ok(Tokenised { ids, offsets, is_cut: truncated, around, most, starts: Vec::new() })
    }

    /// Reads a text as each task wants it.
    pub(super) fn read_text(&self, text: Tokenised) -> Result<Read> {
        let mut answers: Vec<(Vec<Pass>, Vec<Logits>)> = Vec::new();
        let mut logits = Vec::with_capacity(self.manifest.tasks.len());
        for (number, task) in self.manifest.tasks.iter().enumerate() {
            let passes = text.passes(task.windows);
            let known = answers.iter().position(|(known, _)| *known == passes);
            let place = match known {
                Some(place) => place,
                None => {
                    let read = |pass: &Pass| self.read_pass(&text, pass);
                    let of_passes = passes.iter().map(read).collect::<Result<_>>()?;
                    answers.push((passes, of_passes));
                    answers.len() - 1
                }
            };
            let (passes, of_passes) = &answers[place];
            let of_task: Vec<&[f32]> = of_passes.iter().map(|logits| &logits[number][..]).collect();
            logits.push(match task.unit {
                Unit::Text => combined(task, passes, &of_task),
                Unit::Token => highest(task.labels.len(), &text, passes, &of_task),
            });
        }
        Ok(Read { text, logits })
    }

    /// The logits of a pass; those of long texts are remembered, since one edit leaves most of their windows as they were.
    pub(super) fn read_pass(&self, text: &Tokenised, pass: &Pass) -> Result<Logits> {
        let ids = text.put(pass);
        if !text.is_long() {
            return Ok(Arc::new(self.logits(&Batch::pack([&ids])?)?));
        }
        if let Some(logits) = self.cache.get(&ids.input_ids) {
            return Ok(logits);
        }
        let logits = Arc::new(self.logits(&Batch::pack([&ids])?)?);
        self.cache.insert(ids.input_ids, Arc::clone(&logits));
        Ok(logits)
    }
}

impl Tokenised {
    /// How many tokens are read, special ones included.
    pub fn count(&self) -> usize {
        self.ids.len() + self.around.len()
    }

    /// Whether the tokens are more than the model reads at once.
    fn is_long(&self) -> bool {
        self.ids.len() > self.most
    }

    /// The passes of a task that reads long texts so.
    pub fn passes(&self, windows: Windows) -> Vec<Pass> {
        let (all, most) = (self.ids.len(), self.most);
        let one = |parts: Vec<Range<usize>>| vec![Pass { new: parts.iter().map(Range::len).sum(), parts }];
        let of_windows = |tokens: usize| {
            let pass = |Window { tokens, new }| Pass { parts: vec![tokens], new: new.len() };
            cut(&self.ids, &self.starts, most.min(tokens - self.around.len())).into_iter().map(pass).collect()
        };
        match windows {
            _ if !self.is_long() => one(vec![0..all]),
            Windows::First => one(vec![0..most]),
            Windows::Ends => {
                let head = HEAD.min(most / 2);
                one(vec![0..head, all - (most - head)..all])
            }
            Windows::Max => of_windows(SMALL),
            Windows::Mean => of_windows(LARGE),
        }
    }

    /// The tokens of a pass with the special ones around them.
    fn put(&self, pass: &Pass) -> TokenIds {
        let mut input_ids = self.around.before.clone();
        pass.parts.iter().for_each(|part| input_ids.extend_from_slice(&self.ids[part.clone()]));
        input_ids.extend_from_slice(&self.around.after);
        TokenIds { token_type_ids: vec![0; input_ids.len()], input_ids }
    }

    /// The same with the text's tokens in `word` hidden; none where the pass has none of them.
    pub fn put_hiding(&self, pass: &Pass, word: &Range<usize>, mask: u32) -> Option<TokenIds> {
        let mut ids = self.put(pass);
        let mut hides = false;
        for (place, token) in self.places(pass) {
            if word.contains(&token) {
                ids.input_ids[place] = mask;
                hides = true;
            }
        }
        hides.then_some(ids)
    }

    /// Where in a pass the text's tokens stand: each one's place and number.
    fn places(&self, pass: &Pass) -> impl Iterator<Item = (usize, usize)> {
        (self.around.before.len()..).zip(pass.parts.clone().into_iter().flatten())
    }
}

/// The special tokens around each text.
struct Around {
    before: Vec<u32>,
    after: Vec<u32>,
}

impl Around {
    fn new(ids: &[u32], offsets: &[Option<Offsets>]) -> Self {
        let before = offsets.iter().take_while(|token| token.is_none()).count();
        let after = offsets[before..].iter().rev().take_while(|token| token.is_none()).count();
        Self { before: ids[..before].to_vec(), after: ids[ids.len() - after..].to_vec() }
    }

    fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }
}

/// What the passes' logits come to for a task about texts.
pub(super) fn combined(task: &Task, passes: &[Pass], logits: &[&[f32]]) -> Vec<f32> {
    let labels = 0..task.labels.len();
    if let [logits] = logits {
        return logits.to_vec();
    }
    if task.windows == Windows::Max {
        return labels
            .map(|label| logits.iter().map(|logits| logits[label]).fold(f32::NEG_INFINITY, f32::max))
            .collect();
    }
    let total: usize = passes.iter().map(|pass| pass.new).sum();
    let mean = |value: &dyn Fn(&[f32]) -> f64| {
        let sum: f64 = passes.iter().zip(logits).map(|(pass, logits)| pass.new as f64 * value(logits)).sum();
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

/// The highest logits of each token in the passes that have it; what was not read is of no label.
fn highest(labels: usize, text: &Tokenised, passes: &[Pass], logits: &[&[f32]]) -> Vec<f32> {
    let mut highest = vec![f32::NEG_INFINITY; text.ids.len() * labels];
    for (pass, logits) in passes.iter().zip(logits) {
        for (place, token) in text.places(pass) {
            let of_token = &mut highest[token * labels..][..labels];
            for (highest, logit) in of_token.iter_mut().zip(&logits[place * labels..]) {
                *highest = highest.max(*logit);
            }
        }
    }
    highest
}

#[cfg(test)]
mod tests;
