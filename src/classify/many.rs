//! Many texts, a few at a time.
//!
//! In a browser the model has one thread, and somebody may be typing while a file is scored. So a list goes through the model in
//! slices, with time for something else after each. A slice has texts of like length, packed without padding.

use serde::{Deserialize, Serialize};

use super::{Classification, Classifier, Encoded, Reason, TaskScores};
use crate::Result;
use crate::bert::Batch;
use crate::logistic::probability;
use crate::text::Tokens;

/// How many tokens a slice has at most, unless one text has more: some 40 ms in a browser, and larger ones are no faster.
pub(super) const SLICE: usize = 128;

/// What the model says of one of many texts: numbers alone, since the names are the same for all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Scores {
    /// How many tokens the model read, `[CLS]` and `[SEP]` included.
    pub tokens: usize,
    /// Whether the text was longer than what is read of one, so that its end was cut off.
    pub truncated: bool,
    /// Why there is nothing to judge by, where there is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// For each task that is about texts the probabilities of its labels, both in the manifest's order.
    pub tasks: Vec<Vec<f32>>,
}

/// A list of texts on its way through the model.
#[derive(Debug, Clone)]
pub struct BatchScorer {
    texts: Vec<String>,
    /// The places of the texts that wait, the longest last, which is the next.
    waiting: Vec<usize>,
    /// The text that no longer fitted into the last slice.
    next: Option<(usize, Encoded)>,
    scores: Vec<Scores>,
}

impl BatchScorer {
    /// None of `texts` has been scored yet.
    pub fn new(texts: Vec<String>) -> Self {
        let mut waiting: Vec<usize> = (0..texts.len()).collect();
        waiting.sort_by_key(|&place| texts[place].len());
        Self { waiting, next: None, scores: vec![Scores::default(); texts.len()], texts }
    }

    /// Whether all texts have been scored.
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.next.is_none()
    }

    /// Scores the next slice.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn advance(&mut self, classifier: &Classifier) -> Result<()> {
        let slice = self.slice(|text| classifier.tokenizer.encode_with_offsets(text))?;
        // What is longer than the model reads at once may want to be read in windows, and waits for no other anyway.
        let (long, short): (Vec<_>, Vec<_>) = slice.into_iter().partition(|(_, (tokens, _))| tokens.truncated);
        let scores = classifier.scores(short.iter().map(|(_, (tokens, _))| tokens))?;
        for ((place, encoded), scores) in short.iter().zip(scores) {
            self.scores[*place] = Scores { reason: classifier.reason_of(&self.texts[*place], encoded), ..scores };
        }
        for (place, encoded) in long {
            self.scores[place] = classifier.classify_encoded(&self.texts[place], encoded)?.into();
        }
        Ok(())
    }

    /// The scores of all texts, in the order in which the texts came.
    pub fn finish(self) -> Vec<Scores> {
        self.scores
    }

    /// The next texts, with their places in the list. Tokenising takes its time too, so none are tokenised before their turn.
    fn slice(&mut self, tokenise: impl Fn(&str) -> Result<Encoded>) -> Result<Vec<(usize, Encoded)>> {
        let mut slice = Vec::new();
        let mut room = SLICE;
        while let Some((place, encoded)) = self.take(&tokenise)? {
            let length = encoded.0.ids.input_ids.len();
            if length > room && !slice.is_empty() {
                self.next = Some((place, encoded));
                return Ok(slice);
            }
            room = room.saturating_sub(length);
            slice.push((place, encoded));
        }
        Ok(slice)
    }

    fn take(&mut self, tokenise: impl Fn(&str) -> Result<Encoded>) -> Result<Option<(usize, Encoded)>> {
        if self.next.is_some() {
            return Ok(self.next.take());
        }
        let Some(place) = self.waiting.pop() else { return Ok(None) };
        Ok(Some((place, tokenise(&self.texts[place])?)))
    }
}

impl From<Classification> for Scores {
    fn from(Classification { tokens, truncated, reason, tasks, .. }: Classification) -> Self {
        let probabilities = |task: &TaskScores| task.labels.iter().map(|score| score.probability).collect();
        Self { tokens, truncated, reason, tasks: tasks.iter().map(probabilities).collect() }
    }
}

impl Classifier {
    /// Scores `texts` together, without a word on whether there is something to judge by.
    fn scores<'t>(&self, texts: impl Iterator<Item = &'t Tokens> + Clone) -> Result<Vec<Scores>> {
        if texts.clone().next().is_none() {
            return Ok(Vec::new());
        }
        let logits = self.logits(&Batch::pack(texts.clone().map(|text| &text.ids))?)?;
        let of_text = |(place, text): (usize, &Tokens)| {
            let about_texts = self.manifest.tasks.iter().zip(&logits).filter(|(task, _)| task.unit.is_text());
            let tasks = about_texts.map(|(task, logits)| {
                let labels = task.labels.len();
                logits[place * labels..][..labels].iter().map(|&logit| probability(logit)).collect()
            });
            Scores { tokens: text.ids.input_ids.len(), truncated: text.truncated, reason: None, tasks: tasks.collect() }
        };
        Ok(texts.enumerate().map(of_text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bert::TokenIds;

    /// As many tokens as the text has bytes.
    fn tokenise(text: &str) -> Result<Encoded> {
        let ids = TokenIds { input_ids: vec![7; text.len()], token_type_ids: vec![0; text.len()] };
        Ok((Tokens { ids, truncated: false }, vec![None; text.len()]))
    }

    /// The places in each slice of texts of these lengths.
    fn slices(lengths: &[usize]) -> Vec<Vec<usize>> {
        let mut scoring = BatchScorer::new(lengths.iter().map(|&length| "a".repeat(length)).collect());
        let mut slices = Vec::new();
        while !scoring.is_done() {
            slices.push(scoring.slice(tokenise).unwrap().into_iter().map(|(place, _)| place).collect());
        }
        slices
    }

    #[test]
    fn texts_of_like_length_go_together_as_many_as_fit() {
        assert_eq!(slices(&[2, 100, 28, 60, 68]), [vec![1], vec![4, 3], vec![2, 0]]);
        assert_eq!(slices(&[SLICE - 2, 2, 1]), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn a_text_that_is_a_slice_by_itself_waits_for_no_other() {
        assert_eq!(slices(&[1, 4 * SLICE, SLICE + 1]), [vec![1], vec![2], vec![0]]);
    }

    #[test]
    fn every_text_is_in_one_slice() {
        let lengths: Vec<usize> = (0..200).map(|place| 2 + place * 7919 % 150).collect();
        let mut places = slices(&lengths).concat();
        places.sort_unstable();
        assert_eq!(places, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn a_list_without_texts_is_done() {
        let scoring = BatchScorer::new(Vec::new());
        assert!(scoring.is_done() && scoring.finish().is_empty());
    }
}
