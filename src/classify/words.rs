//! Which words did it.
//!
//! Where marked words taught the model, a head scores every token. Elsewhere a word's effect tells ([`effects`](super::effects)).

use std::ops::Range;

use super::TaskScores;
use crate::bundle::{Label, Task};
use crate::logistic::{is_present, probability};
use crate::text::Offsets;

/// The words of a text by one label of a task that is about words.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskWords {
    /// The task's name.
    pub task: String,
    /// The label's name.
    pub label: String,
    /// The probability from which on a word counts as marked.
    pub threshold: f32,
    /// Whether the text as a whole has the label, where a task about texts has one of this name: a head that has seen words of such
    /// texts only finds some in any text. True where there is none.
    pub is_text_marked: bool,
    /// The words and signs of the text that the model read, in their order.
    pub words: Vec<WordScore>,
}

/// The probability that a word is marked.
#[derive(Debug, Clone, PartialEq)]
pub struct WordScore {
    /// The bytes of the text that the word is made of.
    pub bytes: Range<usize>,
    /// 0 to 1; the highest of the word's pieces.
    pub probability: f32,
}

impl TaskWords {
    /// `logits` are (tokens, labels), and `offsets` those of the tokens.
    pub(super) fn of_each_label(task: &Task, logits: &[f32], offsets: &[Offsets]) -> Vec<Self> {
        let known = words(offsets);
        let of_label = |(number, label): (usize, &Label)| {
            let highest = |word: &Word| {
                word.tokens
                    .clone()
                    .map(|token| probability(logits[token * task.labels.len() + number]))
                    .fold(0.0, f32::max)
            };
            let score = |word: &Word| WordScore { bytes: word.bytes.clone(), probability: highest(word) };
            let words = known.iter().map(score).collect();
            Self {
                task: task.name.clone(),
                label: label.name.clone(),
                threshold: label.threshold,
                is_text_marked: true,
                words,
            }
        };
        task.labels.iter().enumerate().map(of_label).collect()
    }

    /// Takes over what the `tasks` about the same text say of the label.
    pub(super) fn hold_to(&mut self, tasks: &[TaskScores]) {
        let of_texts =
            |task: &TaskScores| Some(task.is_present(task.labels.iter().position(|score| score.label == self.label)?));
        self.is_text_marked = tasks.iter().find_map(of_texts).unwrap_or(true);
    }

    /// The bytes of `text` that are marked: words at the threshold or above, joined where nothing but space is between; none where the
    /// text as a whole is not.
    pub fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        let is_marked = |word: &&WordScore| self.is_text_marked && is_present(word.probability, self.threshold);
        for word in self.words.iter().filter(is_marked) {
            let is_next = |span: &Range<usize>| {
                text.get(span.end..word.bytes.start).is_none_or(|between| between.trim().is_empty())
            };
            match spans.last_mut() {
                Some(span) if is_next(span) => span.end = word.bytes.end.max(span.end),
                _ => spans.push(word.bytes.clone()),
            }
        }
        spans
    }
}

/// A word, by the bytes of the text and by its tokens.
pub(super) struct Word {
    pub bytes: Range<usize>,
    pub tokens: Range<usize>,
}

/// The words that `offsets` of tokens are in.
pub(super) fn words(offsets: &[Offsets]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut last = None;
    for (token, Offsets { bytes, word }) in offsets.iter().enumerate() {
        match words.last_mut() {
            Some(known) if last == Some(word) => {
                known.bytes.end = bytes.end.max(known.bytes.end);
                known.tokens.end = token + 1;
            }
            _ => words.push(Word { bytes: bytes.clone(), tokens: token..token + 1 }),
        }
        last = Some(word);
    }
    words
}
