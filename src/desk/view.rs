//! Which rows are looked at, and in which order.

use super::{Decision, Journal, Scores};
use crate::random::{Key, Purpose};

/// What rows have to be to be looked at; the default lets all of them through.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// What was decided of them, nothing (`None`) among it; any of these, and all where there are none.
    pub decisions: Vec<Option<Decision>>,
    /// The probability of a label.
    pub range: Option<Range>,
    /// Whether they are among what a search has found, by row; rows beyond its end are not.
    pub found: Option<Vec<bool>>,
    /// Whether they were drawn at random, by row.
    pub drawn: Option<Vec<bool>>,
    /// Whether a text that occurs again is looked at once.
    pub once: bool,
}

/// From which probability of a label to which, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Which label.
    pub label: usize,
    /// The lowest probability.
    pub low: f32,
    /// The highest.
    pub high: f32,
}

/// The order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Order {
    /// As in the file.
    #[default]
    File,
    /// By the probability of a label, the highest first.
    Highest(usize),
    /// The lowest first.
    Lowest(usize),
    /// By how near the probability of a label is to its threshold, the nearest first: what is decided of these says most of where the
    /// threshold should be.
    Doubtful {
        /// Which label.
        label: usize,
        /// Its threshold.
        threshold: f32,
    },
}

/// A filter and an order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// Which rows.
    pub filter: Filter,
    /// In which order.
    pub order: Order,
}

impl View {
    /// The rows. `first` has for each row the first one with the same text. Those without a verdict come last, and what is equal stays in the
    /// file's order, so that a table does not shuffle while scores come in.
    pub fn rows(&self, scores: &Scores, journal: &Journal, first: &[u32]) -> Vec<u32> {
        let mut rows = self.filter.rows(scores, journal, first);
        // Integers in the order of the keys, with the row behind: 200,000 of them are sorted in a few milliseconds.
        let mut sort = |label: usize, by: &dyn Fn(f32) -> f32| {
            let key = |row: &u32| scores.probability(*row as usize, label).map_or(f32::INFINITY, by);
            let mut keyed: Vec<u64> =
                rows.iter().map(|row| u64::from(ordered(key(row))) << 32 | u64::from(*row)).collect();
            keyed.sort_unstable();
            rows = keyed.into_iter().map(|keyed| keyed as u32).collect();
        };
        match self.order {
            Order::File => {}
            Order::Highest(label) => sort(label, &|probability| -probability),
            Order::Lowest(label) => sort(label, &|probability| probability),
            Order::Doubtful { label, threshold } => sort(label, &|probability| (probability - threshold).abs()),
        }
        rows
    }
}

impl Filter {
    /// The rows that are let through, in the order of the file; `first` is as for [`View::rows`].
    pub fn rows(&self, scores: &Scores, journal: &Journal, first: &[u32]) -> Vec<u32> {
        let is_shown = |row: &u32| self.lets_through(*row as usize, scores, journal, first);
        (0..scores.rows() as u32).filter(is_shown).collect()
    }

    fn lets_through(&self, row: usize, scores: &Scores, journal: &Journal, first: &[u32]) -> bool {
        let is_in = |range: &Range| {
            scores
                .probability(row, range.label)
                .is_some_and(|probability| (range.low..=range.high).contains(&probability))
        };
        (self.decisions.is_empty() || self.decisions.contains(&journal.decision(row)))
            && self.range.as_ref().is_none_or(is_in)
            && [&self.found, &self.drawn].into_iter().flatten().all(|rows| rows.get(row).copied().unwrap_or(false))
            && (!self.once || first.get(row).is_none_or(|first| *first as usize == row))
    }
}

/// An integer that is less than another one where the number is, as `f32::total_cmp` has it.
fn ordered(number: f32) -> u32 {
    let bits = number.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// So many of the rows, all of them as likely: what to look at to see how good decisions by a threshold are. In the order of `rows`.
pub fn sample(rows: &[u32], count: usize, seed: u64) -> Vec<u32> {
    let key = Key::new(seed, Purpose::Samples);
    let mut drawn: Vec<(u64, usize)> = (0..rows.len()).map(|at| (key.with(rows[at].into()).bits(), at)).collect();
    if count < drawn.len() {
        drawn.select_nth_unstable(count);
        drawn.truncate(count);
    }
    drawn.sort_unstable_by_key(|(_, at)| *at);
    drawn.into_iter().map(|(_, at)| rows[at]).collect()
}
