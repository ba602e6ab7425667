//! What was read and not taken, so that nobody has to wonder where rows went.

/// How many of the wrong rows are kept with what is wrong with them.
const LISTED: usize = 20;

/// How many rows were left out, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Rows with the label −1, by which Kaggle marks what nobody has scored.
    pub unscored: usize,
    /// Rows of which no label is known.
    pub unlabelled: usize,
    /// Rows whose id an earlier file has for the same text, too.
    pub repeated_ids: usize,
    /// Rows whose text the source is to be taken without.
    pub excepted: usize,
    /// Rows whose text, or pair of texts, was there before.
    pub repeated_texts: usize,
    /// Those of `repeated_texts` that were labelled otherwise the first time.
    pub contradicting: usize,
    /// Rows that a source has beyond the number that was asked for.
    pub not_picked: usize,
    /// Rows that are wrong; see [`BadRows::Skip`](super::BadRows::Skip).
    pub bad: usize,
    /// What is wrong with the first 20 of them, each with its file and line.
    pub bad_rows: Vec<String>,
    /// Rows that were *not* left out but have some label that is not known.
    pub partly_unknown: usize,
    /// Rows that were *not* left out although an earlier file has their id, since it has another text under it.
    pub renumbered: usize,
}

impl LeftOut {
    /// The counts in a sentence or two; none where all rows were taken and all their labels are known.
    pub fn sentence(&self) -> Option<String> {
        let contradicting = match self.contradicting {
            0 => String::new(),
            count => format!(" ({count} of them labelled otherwise the first time)"),
        };
        let parts: Vec<_> = [
            (self.unscored, "unscored (-1)".to_owned()),
            (self.unlabelled, "without any known label".to_owned()),
            (self.repeated_ids, "known by id from an earlier file".to_owned()),
            (self.repeated_texts, format!("whose text was there before{contradicting}")),
            (self.excepted, "whose text was to be left out".to_owned()),
            (self.not_picked, "beyond the number asked for".to_owned()),
            (self.bad, "that cannot be used".to_owned()),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{count} {why}"))
        .collect();
        let left_out = (!parts.is_empty()).then(|| format!("Rows left out: {}", parts.join(", ")));
        let unknown =
            (self.partly_unknown > 0).then(|| format!("Rows with some label unknown: {}", self.partly_unknown));
        let renumbered = (self.renumbered > 0)
            .then(|| format!("Rows kept although an earlier file has their id, for another text: {}", self.renumbered));
        let sentences: Vec<_> = left_out.into_iter().chain(unknown).chain(renumbered).collect();
        (!sentences.is_empty()).then(|| sentences.join(". "))
    }

    /// Counts a row that is wrong. The sentence is made only where it is kept: to find a row's line takes a look at all
    /// that comes before it, and a file of another kind may have nothing but wrong rows.
    pub(super) fn count_bad(&mut self, sentence: impl FnOnce() -> String) {
        self.bad += 1;
        if self.bad_rows.len() < LISTED {
            self.bad_rows.push(sentence());
        }
    }
}
