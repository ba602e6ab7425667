//! What a moderator decided, step by step.
//!
//! The journal only grows: to take something back is a step, too. So whoever keeps its entries as they come, one record each, has all that
//! is needed after a crash ([`Journal::replay`]), and a log of who decided what and when for those who ask later.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What is to become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It stays.
    Keep,
    /// It goes.
    Remove,
    /// Somebody else is to say.
    Unsure,
}

/// Numbers of rows, as runs of neighbours: the first one and how many. A decision over 10,000 rows in the order of the file is one pair.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Runs(Vec<(u32, u32)>);

/// A step, and when it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Milliseconds since the beginning of 1970, UTC.
    pub time: u64,
    /// What was done.
    #[serde(flatten)]
    pub step: Step,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "lowercase")]
pub enum Step {
    /// Rows are decided alike.
    Decide {
        /// Which.
        rows: Runs,
        /// What is to become of them; none where they are to be undecided again.
        decision: Option<Decision>,
        /// Why, in the moderator's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The last decision that stands is taken back.
    Undo,
    /// The last decision that was taken back stands again.
    Redo,
}

/// How many rows are decided in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows that stay.
    pub keep: usize,
    /// Rows that go.
    pub remove: usize,
    /// Rows that somebody else is to decide.
    pub unsure: usize,
}

/// All steps, and what stands after them.
#[derive(Debug, Clone)]
pub struct Journal {
    entries: Vec<Entry>,
    /// The entry that decided each row, counted from 1; 0 for none.
    deciding: Vec<u32>,
    /// Of the decisions that stand, in order: the entry, and what decided its rows before.
    standing: Vec<Standing>,
    /// Entries of decisions that were taken back, the last one last.
    taken_back: Vec<u32>,
    counts: Counts,
}

#[derive(Debug, Clone)]
struct Standing {
    entry: u32,
    before: Vec<u32>,
}

impl Runs {
    /// Of rows in any order; each counts once.
    pub fn of(rows: &[u32]) -> Self {
        let mut sorted = rows.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let runs = sorted.chunk_by(|left, right| left + 1 == *right);
        Self(runs.map(|run| (run[0], run.len() as u32)).collect())
    }

    /// The rows, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|&(first, count)| first..first.saturating_add(count))
    }

    /// The runs: the first row of each, and how many there are.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.0.iter().copied()
    }

    /// How many rows these are.
    pub fn len(&self) -> usize {
        self.0.iter().map(|(_, count)| *count as usize).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the runs are of a file of so many rows, each of which they have once.
    fn is_within(&self, rows: usize) -> bool {
        let mut next = 0;
        self.0.iter().all(|&(first, count)| {
            let (start, end) = (u64::from(first), u64::from(first) + u64::from(count));
            let is_right = start >= next && count > 0 && end <= rows as u64;
            next = end;
            is_right
        })
    }
}

impl Decision {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Remove => "remove",
            Self::Unsure => "unsure",
        }
    }
}

impl Journal {
    /// Of a file of so many rows, none of which is decided.
    pub fn new(rows: usize) -> Self {
        Self {
            entries: Vec::new(),
            deciding: vec![0; rows],
            standing: Vec::new(),
            taken_back: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// The journal that has these entries.
    ///
    /// # Errors
    /// They are not of a file of so many rows, or take back what was not decided.
    pub fn replay(rows: usize, entries: impl IntoIterator<Item = Entry>) -> Result<Self> {
        let mut journal = Self::new(rows);
        for entry in entries {
            let number = journal.entries.len() + 1;
            if !journal.take(entry) {
                return Err(Error::invalid(format!(
                    "step {number} of the decisions that were kept cannot have been taken in this file of {rows} rows: they are of another \
                     file, or some of them were lost"
                )));
            }
        }
        Ok(journal)
    }

    /// Decides rows; the entry to be kept. None where there is nothing to decide, or a row is none of the file.
    pub fn decide(
        &mut self,
        rows: &[u32],
        decision: Option<Decision>,
        reason: Option<String>,
        time: u64,
    ) -> Option<&Entry> {
        let rows = Runs::of(rows);
        (!rows.is_empty()).then_some(())?;
        self.step(Step::Decide { rows, decision, reason }, time)
    }

    /// Takes the last decision back, be it of one row or of thousands; the entry to be kept. None where no decision stands.
    pub fn undo(&mut self, time: u64) -> Option<&Entry> {
        self.step(Step::Undo, time)
    }

    /// Takes back that a decision was taken back; the entry to be kept. None where nothing was since the last decision.
    pub fn redo(&mut self, time: u64) -> Option<&Entry> {
        self.step(Step::Redo, time)
    }

    /// The rows that the next [`Self::undo`] is of.
    pub fn last(&self) -> Option<&Runs> {
        Some(self.decided(self.standing.last()?.entry)?.0)
    }

    /// What was decided of a row; none where nothing was, or there is no such row.
    pub fn decision(&self, row: usize) -> Option<Decision> {
        self.decided(*self.deciding.get(row)?)?.1
    }

    /// Why.
    pub fn reason(&self, row: usize) -> Option<&str> {
        self.decided(*self.deciding.get(row)?)?.2
    }

    /// When, in milliseconds since the beginning of 1970, UTC.
    pub fn time(&self, row: usize) -> Option<u64> {
        self.decision(row)?;
        Some(self.entries[self.deciding[row] as usize - 1].time)
    }

    /// How many rows are decided in which way.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Every step that was ever taken, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many rows have each reason that was given, the most frequent first.
    pub fn reasons(&self) -> Vec<(&str, usize)> {
        let mut counts = HashMap::<&str, usize>::new();
        (0..self.deciding.len())
            .filter_map(|row| self.reason(row))
            .for_each(|reason| *counts.entry(reason).or_default() += 1);
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable_by(|(left, many), (right, more)| more.cmp(many).then(left.cmp(right)));
        counts
    }

    fn step(&mut self, step: Step, time: u64) -> Option<&Entry> {
        let taken = self.take(Entry { time, step });
        taken.then(|| self.entries.last())?
    }

    /// Does what an entry says and adds it; false, and nothing is done, where that cannot be.
    fn take(&mut self, entry: Entry) -> bool {
        let number = self.entries.len() as u32 + 1;
        let is_possible = match &entry.step {
            Step::Decide { rows, .. } => !rows.is_empty() && rows.is_within(self.deciding.len()),
            Step::Undo => !self.standing.is_empty(),
            Step::Redo => !self.taken_back.is_empty(),
        };
        if !is_possible {
            return false;
        }
        let kind = entry.step.clone();
        self.entries.push(entry);
        match kind {
            Step::Decide { .. } => {
                self.taken_back.clear();
                self.stand(number);
            }
            Step::Undo => {
                if let Some(Standing { entry, before }) = self.standing.pop() {
                    let rows = self.rows(entry);
                    rows.iter().zip(before).for_each(|(row, deciding)| self.set(row, deciding));
                    self.taken_back.push(entry);
                }
            }
            Step::Redo => {
                if let Some(entry) = self.taken_back.pop() {
                    self.stand(entry);
                }
            }
        }
        true
    }

    /// Lets the decision of an entry stand.
    fn stand(&mut self, entry: u32) {
        let rows = self.rows(entry);
        let before = rows.iter().map(|row| self.deciding[row as usize]).collect();
        rows.iter().for_each(|row| self.set(row, entry));
        self.standing.push(Standing { entry, before });
    }

    fn set(&mut self, row: u32, entry: u32) {
        let row = row as usize;
        if let Some(count) = self.decision(row).map(|decision| self.counts.of(decision)) {
            *count -= 1;
        }
        self.deciding[row] = entry;
        if let Some(count) = self.decision(row).map(|decision| self.counts.of(decision)) {
            *count += 1;
        }
    }

    fn rows(&self, entry: u32) -> Runs {
        self.decided(entry).map(|(rows, ..)| rows.clone()).unwrap_or_default()
    }

    /// What the entry with this number, counted from 1, decided.
    fn decided(&self, entry: u32) -> Option<(&Runs, Option<Decision>, Option<&str>)> {
        match &self.entries.get((entry as usize).checked_sub(1)?)?.step {
            Step::Decide { rows, decision, reason } => Some((rows, *decision, reason.as_deref())),
            Step::Undo | Step::Redo => None,
        }
    }
}

impl Counts {
    fn of(&mut self, decision: Decision) -> &mut usize {
        match decision {
            Decision::Keep => &mut self.keep,
            Decision::Remove => &mut self.remove,
            Decision::Unsure => &mut self.unsure,
        }
    }
}
