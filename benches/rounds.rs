//! What several rounds of a measurement gave.

/// Figures, one for each round.
#[derive(Debug, Default)]
pub struct Rounds(pub Vec<f64>);

impl Rounds {
    /// How many rounds there were.
    #[allow(dead_code)] // Not every benchmark tells.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The middle one, or the mean of the two in the middle; not a number where there was no round.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            length if length % 2 == 1 => sorted[middle],
            _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
        }
    }

    /// The least: what else the machine does only ever adds to a time.
    pub fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }
}
