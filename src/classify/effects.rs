//! What each word does to a label, where no head scores words.
//!
//! Each word is hidden in turn, and what that changes is its effect (Zeiler & Fergus 2014 call it occlusion): a pass through the model for
//! each word, and of a long text for each window that has the word, so it is for when there is time. The shares of a text's logit that mean
//! pooling would give for nothing are flat and are not used.

use std::ops::Range;

use super::Classifier;
use super::passes::{Pass, Tokenised, combined};
use super::words::words;
use crate::bert::{Batch, TokenIds};
use crate::logistic::probability;
use crate::{Error, Result};

/// Passes with one word hidden that go through the model at once.
const BATCH: usize = 32;

/// What a word does to the probability of a label.
#[derive(Debug, Clone, PartialEq)]
pub struct WordEffect {
    /// The bytes of the text that the word is made of.
    pub bytes: Range<usize>,
    /// The probability with the word less that with the word hidden: −1 to 1.
    pub effect: f32,
}

impl Classifier {
    /// What each word and sign of `text` does to the label number `label` of the task number `task`, in the text's order; nothing where
    /// the task does not read it.
    ///
    /// # Errors
    /// There is no such label, the task is about words itself, or the tokenizer has no `[MASK]` to hide words by.
    pub fn effects(&self, text: &str, task: usize, label: usize) -> Result<Vec<WordEffect>> {
        let of_texts = self.manifest.tasks.get(task).filter(|task| task.unit.is_text());
        let labels =
            of_texts.ok_or_else(|| Error::invalid("words have effects on tasks about texts only"))?.labels.len();
        if label >= labels {
            return Err(Error::invalid(format!("the task has {labels} labels, and none of number {label}")));
        }
        let mask = self.tokenizer.mask().ok_or_else(|| {
            Error::invalid("the bundle's tokenizer has no token [MASK], so no word can be hidden to see what it does")
        })?;
        let text = self.tokenised(text, self.tokenizer.encode_with_offsets(text)?)?;
        let passes = text.passes(self.manifest.tasks[task].windows);
        let whole: Vec<Vec<f32>> =
            passes.iter().map(|pass| Ok(self.read_pass(&text, pass)?[task].clone())).collect::<Result<_>>()?;
        let probability_of =
            |logits: &[&[f32]]| probability(combined(&self.manifest.tasks[task], &passes, logits)[label]);
        let with = probability_of(&whole.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let words = words(&text.offsets);
        let hidden = Hidden::new(&text, &passes, words.iter().map(|word| &word.tokens), mask);
        let without = self.logits_of_task(&hidden, task, labels)?;
        let mut effects = Vec::with_capacity(words.len());
        let mut next = 0;
        for (number, word) in words.into_iter().enumerate() {
            let mut logits: Vec<&[f32]> = whole.iter().map(Vec::as_slice).collect();
            while let Some((_, pass)) = hidden.of.get(next).filter(|(word, _)| *word == number) {
                logits[*pass] = &without[next];
                next += 1;
            }
            effects.push(WordEffect { bytes: word.bytes, effect: with - probability_of(&logits) });
        }
        Ok(effects)
    }

    /// The logits of one task for all passes with a word hidden.
    fn logits_of_task(&self, hidden: &Hidden, task: usize, labels: usize) -> Result<Vec<Vec<f32>>> {
        let mut all = Vec::with_capacity(hidden.ids.len());
        for ids in hidden.ids.chunks(BATCH) {
            let logits = self.logits(&Batch::pack(ids)?)?.swap_remove(task);
            all.extend(logits.chunks_exact(labels).map(<[f32]>::to_vec));
        }
        Ok(all)
    }
}

/// Passes in which a word is hidden: the word after the other, and for each in the passes' order.
struct Hidden {
    ids: Vec<TokenIds>,
    /// The numbers of the word and of the pass.
    of: Vec<(usize, usize)>,
}

impl Hidden {
    fn new<'w>(text: &Tokenised, passes: &[Pass], words: impl Iterator<Item = &'w Range<usize>>, mask: u32) -> Self {
        let (mut ids, mut of) = (Vec::new(), Vec::new());
        for (number, word) in words.enumerate() {
            for (place, pass) in passes.iter().enumerate() {
                if let Some(hidden) = text.put_hiding(pass, word, mask) {
                    ids.push(hidden);
                    of.push((number, place));
                }
            }
        }
        Self { ids, of }
    }
}
