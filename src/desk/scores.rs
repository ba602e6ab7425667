//! Probabilities, a column for each label.

use std::collections::BTreeMap;

use crate::protocol::Reason;

/// What the model says of a file's rows. A row of which it has not said anything yet has NaN, as has one without a verdict.
#[derive(Debug, Clone)]
pub struct Scores {
    rows: usize,
    columns: Vec<Vec<f32>>,
    details: Vec<Option<Detail>>,
    scored: usize,
    failed: BTreeMap<u32, String>,
}

/// What an answer says beside probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detail {
    /// How many tokens the model read.
    pub tokens: u32,
    /// Whether the text was longer than what is read of one.
    pub truncated: bool,
    /// Why there is nothing to judge by, where there is not.
    pub reason: Option<Reason>,
}

impl Scores {
    /// Of so many rows and labels, nothing of which is known yet.
    pub fn new(rows: usize, labels: usize) -> Self {
        let columns = vec![vec![f32::NAN; rows]; labels];
        Self { rows, columns, details: vec![None; rows], scored: 0, failed: BTreeMap::new() }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many of them the model has said something of.
    pub fn scored(&self) -> usize {
        self.scored
    }

    /// Puts down what the model says of a row: the probability of each label, NaN where it gives no verdict. What is no row or has
    /// another number of labels is ignored, as it cannot be of this file.
    pub fn set(&mut self, row: usize, probabilities: &[f32], detail: Detail) {
        if row >= self.rows || probabilities.len() != self.columns.len() {
            return;
        }
        self.scored += usize::from(self.details[row].replace(detail).is_none());
        self.failed.remove(&(row as u32));
        for (column, probability) in self.columns.iter_mut().zip(probabilities) {
            column[row] = *probability;
        }
    }

    /// Puts down that the model can say nothing of a row, and why.
    pub fn fail(&mut self, row: usize, reason: &str) {
        if row < self.rows && !self.is_scored(row) {
            self.failed.insert(row as u32, reason.to_owned());
        }
    }

    /// Whether the model has said something of a row.
    pub fn is_scored(&self, row: usize) -> bool {
        self.detail(row).is_some()
    }

    /// Whether it has, or cannot.
    pub fn is_done(&self, row: usize) -> bool {
        self.is_scored(row) || self.failure(row).is_some()
    }

    /// What the model says of a row beside probabilities.
    pub fn detail(&self, row: usize) -> Option<Detail> {
        self.details.get(row).copied().flatten()
    }

    /// Why the model can say nothing of a row.
    pub fn failure(&self, row: usize) -> Option<&str> {
        self.failed.get(&(row as u32)).map(String::as_str)
    }

    /// How many rows the model can say nothing of.
    pub fn failed(&self) -> usize {
        self.failed.len()
    }

    /// The probability of a label; none where there is no verdict, or no such row or label.
    pub fn probability(&self, row: usize, label: usize) -> Option<f32> {
        self.columns.get(label)?.get(row).copied().filter(|probability| !probability.is_nan())
    }

    /// A row's probabilities, NaN where there is none.
    pub fn probabilities(&self, row: usize) -> Vec<f32> {
        self.columns.iter().map(|column| column.get(row).copied().unwrap_or(f32::NAN)).collect()
    }

    /// What is known of these rows as bytes, for whoever keeps it: of each that is scored its number, its detail and its probabilities, four
    /// bytes each, the low byte first.
    pub fn to_bytes(&self, rows: &[u32]) -> Vec<u8> {
        let of_row = |row: &u32| {
            let detail = self.detail(*row as usize)?;
            let probabilities = self.probabilities(*row as usize).into_iter().map(f32::to_bits);
            Some([*row, detail.to_bits()].into_iter().chain(probabilities).collect::<Vec<_>>())
        };
        rows.iter().filter_map(of_row).flatten().flat_map(u32::to_le_bytes).collect()
    }

    /// What [`Self::to_bytes`] has written of rows of a file with as many labels: their numbers, probabilities and details. What is cut off
    /// is left out.
    pub fn from_bytes(bytes: &[u8], labels: usize) -> Vec<(u32, Vec<f32>, Detail)> {
        let of_row = |row: &[u8]| {
            let mut numbers =
                row.chunks_exact(4).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
            let (number, detail) = (numbers.next()?, numbers.next()?);
            Some((number, numbers.map(f32::from_bits).collect(), Detail::from_bits(detail)))
        };
        bytes.chunks_exact(4 * (labels + 2)).filter_map(of_row).collect()
    }

    /// How many of the rows have a label's probability in each of so many equal parts of 0 to 1; 1 itself is in the last.
    pub fn histogram(&self, label: usize, rows: impl IntoIterator<Item = usize>, bins: usize) -> Vec<usize> {
        let mut counts = vec![0; bins];
        for probability in rows.into_iter().filter_map(|row| self.probability(row, label)) {
            let bin = (probability * bins as f32) as usize;
            if let Some(last) = bins.checked_sub(1) {
                counts[bin.min(last)] += 1;
            }
        }
        counts
    }
}

impl Detail {
    const REASONS: [Option<Reason>; 4] =
        [None, Some(Reason::NoWords), Some(Reason::UnknownWords), Some(Reason::OtherLanguage)];

    fn to_bits(self) -> u32 {
        let reason = Self::REASONS.iter().position(|reason| *reason == self.reason).unwrap_or_default() as u32;
        self.tokens << 3 | u32::from(self.truncated) << 2 | reason
    }

    fn from_bits(bits: u32) -> Self {
        Self { tokens: bits >> 3, truncated: bits >> 2 & 1 == 1, reason: Self::REASONS[(bits & 3) as usize] }
    }
}
