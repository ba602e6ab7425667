//! What is said of words, with places as the page counts them.

use crate::classify::{self, TaskWords};
use crate::protocol::{LabelWords, Word, WordEffect};
use crate::text::Utf16;

/// The words of `text` by the labels that it has as a whole.
pub fn found(text: &str, words: &[TaskWords]) -> Vec<LabelWords> {
    let of_label = |TaskWords { task, label, threshold, words, .. }: &TaskWords| {
        let mut places = Utf16::new(text);
        let word = |word: &classify::WordScore| {
            let units = places.range(&word.bytes);
            Word { start: units.start, end: units.end, probability: word.probability }
        };
        let words = words.iter().map(word).collect();
        LabelWords { task: task.clone(), label: label.clone(), threshold: *threshold, words }
    };
    words.iter().filter(|words| words.is_text_marked).map(of_label).collect()
}

/// What words of `text` do.
pub fn effects(text: &str, effects: &[classify::WordEffect]) -> Vec<WordEffect> {
    let mut places = Utf16::new(text);
    let effect = |word: &classify::WordEffect| {
        let units = places.range(&word.bytes);
        WordEffect { start: units.start, end: units.end, effect: word.logit_effect }
    };
    effects.iter().map(effect).collect()
}
