//! What each word does to a label, where no head scores words.
//!
//! Each word is hidden in turn, and what that changes is its effect (Zeiler & Fergus 2014 call it occlusion): a pass through the model for
//! each word, and of a long text for each window that has the word, so it is for when there is time, and can be done a slice at a time. Of
//! a long text whole sentences are hidden first, and then the words of those that do most. The shares of a text's logit that mean
//! pooling would give for nothing are flat and are not used.

use std::ops::Range;

use super::Classifier;
use super::many::SLICE;
use super::passes::{Pass, Tokenised, combined};
use super::windows::sentence_starts;
use super::words::{Word, words};
use crate::bert::Batch;
use crate::logistic::probability;
use crate::text::Offsets;
use crate::{Error, Result};

/// Of a text with more words only those of its strongest sentences are hidden one by one, where somebody waits: some two seconds in a browser.
const MOST_WORDS: usize = 48;

/// What a word does to a label.
#[derive(Debug, Clone, PartialEq)]
pub struct WordEffect {
    /// The bytes of the text that the word is made of.
    pub bytes: Range<usize>,
    /// The probability with the word less that with the word hidden: −1 to 1.
    pub effect: f32,
    /// The same of the logit, which still moves where the probability is next to 0 or 1.
    pub logit_effect: f32,
}

impl Classifier {
    /// What each word and sign of `text` does to the label number `label` of the task number `task`, in the text's order; nothing where
    /// the task does not read it.
    ///
    /// # Errors
    /// There is no such label, the task is about words itself, or the tokenizer has no `[MASK]` to hide words by.
    pub fn effects(&self, text: &str, task: usize, label: usize) -> Result<Vec<WordEffect>> {
        let mut occlusion = Occlusion::of_all_words(self, text, task, label)?;
        while !occlusion.is_done() {
            occlusion.advance(self)?;
        }
        Ok(occlusion.finish())
    }
}

/// An explanation on its way: what words do to a label, a slice at a time.
pub struct Occlusion {
    task: usize,
    label: usize,
    mask: u32,
    text: Tokenised,
    passes: Vec<Pass>,
    /// For each pass the task's logits with nothing hidden.
    whole: Vec<Vec<f32>>,
    /// The label's logit with nothing hidden.
    with: f32,
    words: Vec<Word>,
    /// The sentences that are hidden before any word, by the numbers of their words; none where all words are hidden.
    sentences: Vec<Range<usize>>,
    /// For each sentence that has been hidden the label's logit.
    without_sentences: Vec<f32>,
    /// The numbers of the words to hide.
    chosen: Vec<usize>,
    /// For each of these that has been hidden the label's logit.
    without_words: Vec<f32>,
}

impl Occlusion {
    /// Of all words of `text`.
    ///
    /// # Errors
    /// As for [`Classifier::effects`].
    pub fn of_all_words(classifier: &Classifier, text: &str, task: usize, label: usize) -> Result<Self> {
        let of_texts = classifier.manifest.about_texts().find(|(number, _)| *number == task);
        let (_, task_of_texts) =
            of_texts.ok_or_else(|| Error::invalid("words have effects on tasks about texts only"))?;
        let labels = task_of_texts.labels.len();
        if label >= labels {
            return Err(Error::invalid(format!("the task has {labels} labels, and none of number {label}")));
        }
        let mask = classifier.tokenizer.mask().ok_or_else(|| {
            Error::invalid("the bundle's tokenizer has no token [MASK], so no word can be hidden to see what it does")
        })?;
        let text = classifier.tokenised(text, classifier.tokenizer.encode_with_offsets(text)?)?;
        let passes = text.passes(classifier.manifest.tasks[task].windows);
        let whole: Vec<Vec<f32>> =
            passes.iter().map(|pass| Ok(classifier.read_pass(&text, pass)?[task].clone())).collect::<Result<_>>()?;
        let logits: Vec<&[f32]> = whole.iter().map(Vec::as_slice).collect();
        let with = combined(&classifier.manifest.tasks[task], &passes, &logits)[label];
        let words = words(&text.offsets);
        let chosen = (0..words.len()).collect();
        Ok(Self {
            task,
            label,
            mask,
            text,
            passes,
            whole,
            with,
            words,
            sentences: Vec::new(),
            without_sentences: Vec::new(),
            chosen,
            without_words: Vec::new(),
        })
    }

    /// Of the words that do most, as far as sentences tell where they are.
    ///
    /// # Errors
    /// As for [`Classifier::effects`].
    pub fn of_strongest_words(classifier: &Classifier, text: &str, task: usize, label: usize) -> Result<Self> {
        let mut occlusion = Self::of_all_words(classifier, text, task, label)?;
        if occlusion.words.len() > MOST_WORDS {
            occlusion.sentences = sentences(text, &occlusion.text.offsets, &occlusion.words);
            occlusion.chosen.clear();
        }
        Ok(occlusion)
    }

    /// Whether there is nothing more to hide.
    pub fn is_done(&self) -> bool {
        self.without_sentences.len() == self.sentences.len() && self.without_words.len() == self.chosen.len()
    }

    /// Hides the next few sentences or words.
    ///
    /// # Errors
    /// As for [`Classifier::classify`].
    pub fn advance(&mut self, classifier: &Classifier) -> Result<()> {
        if self.without_sentences.len() < self.sentences.len() {
            let waiting = self.sentences[self.without_sentences.len()..].iter().map(|words| self.tokens(words.clone()));
            let without = self.hide(classifier, waiting)?;
            self.without_sentences.extend(without);
            if self.without_sentences.len() == self.sentences.len() {
                self.chosen = self.words_of_strongest();
            }
        } else {
            let waiting = self.chosen[self.without_words.len()..].iter().map(|&word| self.words[word].tokens.clone());
            let without = self.hide(classifier, waiting)?;
            self.without_words.extend(without);
        }
        Ok(())
    }

    /// What the words do that have been hidden, in the text's order.
    pub fn finish(self) -> Vec<WordEffect> {
        let effect = |(&word, &without): (&usize, &f32)| WordEffect {
            bytes: self.words[word].bytes.clone(),
            effect: probability(self.with) - probability(without),
            logit_effect: self.with - without,
        };
        self.chosen.iter().zip(&self.without_words).map(effect).collect()
    }

    /// The label's logit without the first few of `waiting`: as many as make up a slice, and one at least.
    fn hide(&self, classifier: &Classifier, waiting: impl Iterator<Item = Range<usize>>) -> Result<Vec<f32>> {
        // What goes through the model, and for each which of the hidden it is without and which pass it stands in for.
        let (mut ids, mut stands_for, mut tokens, mut count) = (Vec::new(), Vec::new(), 0, 0);
        for hidden in waiting {
            let from = ids.len();
            for (place, pass) in self.passes.iter().enumerate() {
                if let Some(without) = self.text.put_hiding(pass, &hidden, self.mask) {
                    tokens += without.input_ids.len();
                    ids.push(without);
                    stands_for.push((count, place));
                }
            }
            if tokens > SLICE && count > 0 {
                ids.truncate(from);
                stands_for.truncate(from);
                break;
            }
            count += 1;
        }
        let of_task =
            if ids.is_empty() { Vec::new() } else { classifier.logits(&Batch::pack(&ids)?)?.swap_remove(self.task) };
        let task = &classifier.manifest.tasks[self.task];
        let mut read = stands_for.iter().zip(of_task.chunks_exact(task.labels.len())).peekable();
        let without = (0..count).map(|number| {
            let mut logits: Vec<&[f32]> = self.whole.iter().map(Vec::as_slice).collect();
            while let Some(((_, pass), of_pass)) = read.next_if(|((of, _), _)| *of == number) {
                logits[*pass] = of_pass;
            }
            combined(task, &self.passes, &logits)[self.label]
        });
        Ok(without.collect())
    }

    /// The tokens of the words of these numbers.
    fn tokens(&self, words: Range<usize>) -> Range<usize> {
        match self.words.get(words) {
            Some([first, .., last]) => first.tokens.start..last.tokens.end,
            Some([only]) => only.tokens.clone(),
            _ => 0..0,
        }
    }

    /// The numbers of the words of the sentences that do most, in the text's order.
    fn words_of_strongest(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.sentences.len()).collect();
        let strength = |sentence: usize| (self.with - self.without_sentences[sentence]).abs();
        order.sort_by(|&a, &b| strength(b).total_cmp(&strength(a)));
        let mut chosen = Vec::new();
        for sentence in order {
            let room = MOST_WORDS - chosen.len();
            chosen.extend(self.sentences[sentence].clone().take(room));
        }
        chosen.sort_unstable();
        chosen
    }
}

/// The words of each sentence of `text`, by their numbers.
fn sentences(text: &str, offsets: &[Offsets], words: &[Word]) -> Vec<Range<usize>> {
    let starts = sentence_starts(text, offsets);
    let starts: Vec<usize> = (0..words.len()).filter(|&word| starts[words[word].tokens.start]).collect();
    let ends = starts.iter().copied().skip(1).chain([words.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}
