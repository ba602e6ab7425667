//! Whether a model does what anyone would expect of it, in the manner of CheckList (Ribeiro et al. 2020, "Beyond accuracy:
//! behavioral testing of NLP models with CheckList").
//!
//! Held-out texts are of the kind that training saw, so that a model may be right on them for the wrong reasons. A
//! [`Suite`] asks for single capabilities instead, with short texts of which there is no doubt, by three kinds of tests:
//!
//! - *minimum functionality*: the text has to be on the stated side of the label's threshold;
//! - *invariance*: what does not matter (a name, a typo) must not move the probability by more than a tolerance;
//! - *direction*: what matters (a negation, an insult) must move it the stated way, and that far at least.
//!
//! A suite is data: a TOML file of templates (`suite`). Here the texts are scored and judged.

use serde::{Deserialize, Serialize};

use crate::bundle::{HeadKind, Task};
use crate::logistic::probability;
use crate::{Error, Result};

mod suite;

pub use suite::{Direction, Expectation, Side, Suite, Test};

/// What became of a suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    /// The task's name.
    pub task: String,
    /// Over all tests.
    pub all: Tally,
    /// Over the tests of each capability, in the suite's order.
    pub capabilities: Vec<CapabilityOutcome>,
    /// Each test, in the suite's order.
    pub tests: Vec<TestOutcome>,
}

/// How many cases there are and how many of them went as expected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many there are.
    pub cases: usize,
    /// How many went as expected.
    pub passed: usize,
}

/// What became of the tests of one capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapabilityOutcome {
    /// The capability.
    pub capability: String,
    /// Over its tests.
    #[serde(flatten)]
    pub tally: Tally,
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestOutcome {
    /// The test's name.
    pub name: String,
    /// What it tests.
    pub capability: String,
    /// What it expects, in words.
    pub expected: String,
    /// Over its cases.
    #[serde(flatten)]
    pub tally: Tally,
    /// The cases that did not go as expected, in the suite's order.
    pub failures: Vec<Failure>,
}

/// A case that did not go as expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The text, or both of a pair.
    pub texts: Vec<String>,
    /// The label that is furthest from what was expected.
    pub label: String,
    /// Its probability for each of the texts.
    pub probabilities: Vec<f32>,
}

impl Tally {
    /// The share that went as expected; 1 of nothing.
    pub fn rate(self) -> f64 {
        if self.cases == 0 { 1.0 } else { self.passed as f64 / self.cases as f64 }
    }

    fn plus(self, other: Self) -> Self {
        Self { cases: self.cases + other.cases, passed: self.passed + other.passed }
    }
}

impl Suite {
    /// Examines a model by what it says of the task: `logits` gives those of texts, label after label, text after text.
    ///
    /// # Errors
    /// The task is not the suite's or lacks a label that a test names; or `logits` fails.
    pub fn examine(&self, task: &Task, logits: impl FnOnce(&[&str]) -> Result<Vec<f32>>) -> Result<Examination> {
        if task.name != self.task {
            return Err(Error::invalid(format!("the suite is about {}, not about {}", self.task, task.name)));
        }
        let labels: Vec<Vec<usize>> = self.tests.iter().map(|test| places(test, task)).collect::<Result<_>>()?;
        let texts: Vec<&str> =
            self.tests.iter().flat_map(|test| test.cases.iter().flatten()).map(String::as_str).collect();
        let probabilities: Vec<f32> = logits(&texts)?.into_iter().map(probability).collect();
        let mut scores = probabilities.chunks_exact(task.labels.len());
        let tests: Vec<TestOutcome> =
            self.tests.iter().zip(&labels).map(|(test, labels)| judge(test, labels, task, scores.by_ref())).collect();
        Ok(Examination {
            task: task.name.clone(),
            all: tests.iter().fold(Tally::default(), |sum, test| sum.plus(test.tally)),
            capabilities: capabilities(&tests),
            tests,
        })
    }
}

/// The places of the labels that the test is about among the task's; all of them where it names none.
fn places(test: &Test, task: &Task) -> Result<Vec<usize>> {
    if test.labels.is_empty() {
        return Ok((0..task.labels.len()).collect());
    }
    let place = |name: &String| {
        task.labels.iter().position(|label| label.name == *name).ok_or_else(|| {
            Error::invalid(format!("the test \"{}\" names {name}, which is no label of {}", test.name, task.name))
        })
    };
    test.labels.iter().map(place).collect()
}

fn judge<'a>(test: &Test, places: &[usize], task: &Task, scores: &mut impl Iterator<Item = &'a [f32]>) -> TestOutcome {
    let mut failures = Vec::new();
    for texts in &test.cases {
        let scores: Vec<&[f32]> = scores.take(texts.len()).collect();
        let of = |label: usize| -> Vec<f32> { scores.iter().map(|scores| scores[label]).collect() };
        let missed = places.iter().filter_map(|&label| {
            let missed = test.expectation.missed_by(&of(label), threshold(task, label, scores.first()?))?;
            Some((label, missed))
        });
        if let Some((label, _)) = missed.max_by(|a, b| a.1.total_cmp(&b.1)) {
            let label_name = task.labels[label].name.clone();
            failures.push(Failure { texts: texts.clone(), label: label_name, probabilities: of(label) });
        }
    }
    TestOutcome {
        name: test.name.clone(),
        capability: test.capability.clone(),
        expected: test.expected(),
        tally: Tally { cases: test.cases.len(), passed: test.cases.len() - failures.len() },
        failures,
    }
}

/// From which probability on a label of a text counts as present: its own threshold, or of exclusive classes the probability of the
/// likeliest other.
fn threshold(task: &Task, label: usize, probabilities: &[f32]) -> f32 {
    match task.kind {
        HeadKind::Labels => task.labels[label].threshold,
        HeadKind::Classes => {
            let others = probabilities.iter().enumerate().filter(|(other, _)| *other != label);
            others.map(|(_, probability)| *probability).fold(0.0, f32::max)
        }
    }
}

fn capabilities(tests: &[TestOutcome]) -> Vec<CapabilityOutcome> {
    let mut outcomes: Vec<CapabilityOutcome> = Vec::new();
    for test in tests {
        match outcomes.iter_mut().find(|outcome| outcome.capability == test.capability) {
            Some(outcome) => outcome.tally = outcome.tally.plus(test.tally),
            None => outcomes.push(CapabilityOutcome { capability: test.capability.clone(), tally: test.tally }),
        }
    }
    outcomes
}

#[cfg(test)]
mod tests;
