//! What a suite's file says. A test has either
//!
//! - `texts` and `expect = "present"` or `"absent"`,
//! - `pairs` and `within`, the tolerance, or
//! - `pairs`, `moves = "up"` or `"down"`, and `by`, how far at least;
//!
//! `labels` says which of the task's labels it is about: all of them where it is left out. A case passes if it does so for
//! each. Texts and pairs are templates, whose slots the file lists under `[slots]`.

use std::path::Path;

use serde::Deserialize;

use crate::logistic::is_present;
use crate::train::template::{Slots, fill};
use crate::{Error, Result};

/// The tests of one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// The task's name.
    pub task: String,
    /// The tests, in the file's order.
    pub tests: Vec<Test>,
}

/// Cases that one thing is expected of.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What distinguishes it from the others.
    pub name: String,
    /// What it takes to pass it.
    pub capability: String,
    /// The labels that it is about; all of the task's where there is none.
    pub labels: Vec<String>,
    /// What is expected of each case.
    pub expectation: Expectation,
    /// A text each, or two where the expectation is about pairs.
    pub cases: Vec<Vec<String>>,
}

/// What is expected of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expectation {
    /// The text is on this side of the threshold.
    Side(Side),
    /// The probabilities of a pair differ by so much at most.
    Within(f32),
    /// The second text's probability is away from the first's, this way and so far at least.
    Moves(Direction, f32),
}

/// On which side of its threshold a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// At the threshold or above.
    Present,
    /// Below it.
    Absent,
}

/// Where a probability moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// It grows.
    Up,
    /// It falls.
    Down,
}

/// A suite as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    task: String,
    #[serde(default)]
    slots: Slots,
    test: Vec<TestSettings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestSettings {
    name: String,
    capability: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    texts: Vec<String>,
    #[serde(default)]
    pairs: Vec<[String; 2]>,
    expect: Option<Side>,
    within: Option<f32>,
    moves: Option<Direction>,
    by: Option<f32>,
}

impl Suite {
    /// Reads a suite's file.
    ///
    /// # Errors
    /// The file cannot be read, or is not as the tests have to be.
    pub fn read(path: &Path) -> Result<Self> {
        let content = std::fs::read_to_string(path).map_err(Error::io(path))?;
        Self::parse(&content).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))
    }

    /// What a suite's file says.
    ///
    /// # Errors
    /// It is no TOML, or not as the tests have to be.
    pub fn parse(content: &str) -> Result<Self> {
        let settings: Settings = toml::from_str(content).map_err(|error| Error::invalid(error.to_string()))?;
        let tests = settings.test.into_iter().map(|test| test.filled(&settings.slots)).collect::<Result<_>>()?;
        Ok(Self { task: settings.task, tests })
    }
}

impl Test {
    /// What is expected, in words.
    pub fn expected(&self) -> String {
        let labels = if self.labels.is_empty() { "every label".to_owned() } else { self.labels.join(" and ") };
        match self.expectation {
            Expectation::Side(Side::Present) => format!("{labels} present"),
            Expectation::Side(Side::Absent) => format!("{labels} absent"),
            Expectation::Within(tolerance) => format!("{labels} within {tolerance}"),
            Expectation::Moves(Direction::Up, by) => format!("{labels} up by {by}"),
            Expectation::Moves(Direction::Down, by) => format!("{labels} down by {by}"),
        }
    }
}

impl Expectation {
    /// How far a case's probabilities are from what is expected; none where they are as expected.
    pub(super) fn missed_by(self, probabilities: &[f32], threshold: f32) -> Option<f32> {
        let (first, last) = (*probabilities.first()?, *probabilities.last()?);
        let moved = last - first;
        let (missed, by) = match self {
            Self::Side(Side::Present) => (!is_present(first, threshold), threshold - first),
            Self::Side(Side::Absent) => (is_present(first, threshold), first - threshold),
            Self::Within(tolerance) => (moved.abs() > tolerance, moved.abs() - tolerance),
            Self::Moves(Direction::Up, by) => (moved < by, by - moved),
            Self::Moves(Direction::Down, by) => (-moved < by, by + moved),
        };
        missed.then_some(by)
    }
}

impl TestSettings {
    fn filled(self, slots: &Slots) -> Result<Test> {
        let refused = |why: &str| Error::invalid(format!("the test \"{}\" {why}", self.name));
        let expectation = match (self.expect, self.within, self.moves, self.by) {
            (Some(side), None, None, None) if self.pairs.is_empty() => Expectation::Side(side),
            (None, Some(tolerance), None, None) if self.texts.is_empty() => Expectation::Within(tolerance),
            (None, None, Some(way), Some(by)) if self.texts.is_empty() => Expectation::Moves(way, by),
            _ => return Err(refused("needs texts and expect, or pairs and within, or pairs, moves and by")),
        };
        if let Expectation::Within(amount) | Expectation::Moves(_, amount) = expectation
            && !(amount > 0.0 && amount < 1.0)
        {
            return Err(refused(&format!("has {amount} for a difference: give one above 0 and below 1")));
        }
        let mut cases = Vec::new();
        for text in &self.texts {
            cases.extend(fill([text], slots)?.into_iter().map(Vec::from));
        }
        for [first, second] in &self.pairs {
            cases.extend(fill([first, second], slots)?.into_iter().map(Vec::from));
        }
        if cases.is_empty() {
            return Err(refused("has no case: give texts or pairs"));
        }
        if let Some(pair) = cases.iter().find(|case| case.len() == 2 && case[0] == case[1]) {
            return Err(refused(&format!("compares \"{}\" with itself: leave that pair out", pair[0])));
        }
        Ok(Test { name: self.name, capability: self.capability, labels: self.labels, expectation, cases })
    }
}
