//! Probabilities, a column for each label.

/// What the model says of a file's rows. A row of which it has not said anything yet has NaN.
#[derive(Debug, Clone)]
pub struct Scores {
    rows: usize,
    columns: Vec<Vec<f32>>,
    scored: usize,
}

impl Scores {
    /// Of so many rows and labels, nothing of which is known yet.
    pub fn new(rows: usize, labels: usize) -> Self {
        Self { rows, columns: vec![vec![f32::NAN; rows]; labels], scored: 0 }
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
    pub fn set(&mut self, row: usize, probabilities: &[f32]) {
        if row >= self.rows || probabilities.len() != self.columns.len() {
            return;
        }
        self.scored +=
            usize::from(!self.is_scored(row) && probabilities.iter().any(|probability| !probability.is_nan()));
        for (column, probability) in self.columns.iter_mut().zip(probabilities) {
            column[row] = *probability;
        }
    }

    /// Whether the model has said something of a row.
    pub fn is_scored(&self, row: usize) -> bool {
        self.columns.iter().any(|column| column.get(row).is_some_and(|probability| !probability.is_nan()))
    }

    /// The probability of a label; none where there is no verdict, or no such row or label.
    pub fn probability(&self, row: usize, label: usize) -> Option<f32> {
        self.columns.get(label)?.get(row).copied().filter(|probability| !probability.is_nan())
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
