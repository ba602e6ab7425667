//! The labels of a model's tasks in one row, as the columns of scores are.

use super::Detail;
use crate::logistic::is_present;
use crate::protocol::{Display, HeadKind, Model, Scores, Task};

/// The labels of all tasks that are about texts, in the order in which engines answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labels {
    tasks: Vec<Task>,
    all: Vec<Label>,
}

/// A label of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The place of its task.
    pub task: usize,
    /// Its name.
    pub name: String,
    /// Its name with that of its task, `toxicity.insult`.
    pub full: String,
    /// The bundle's threshold.
    pub threshold: f32,
    /// Whether it is one of classes of which one applies.
    pub is_class: bool,
    /// Whether it is the end of a scale.
    pub is_scale: bool,
}

impl Label {
    /// Whether it marks what somebody may not want to read: labels are found in a text, where a scale or a class is told of every text.
    pub fn marks(&self) -> bool {
        !self.is_class && !self.is_scale
    }
}

impl Labels {
    /// Those of a model.
    pub fn of(model: &Model) -> Self {
        let of_task = |(number, task): (usize, &Task)| {
            let (is_class, is_scale) = (task.kind == HeadKind::Classes, matches!(task.display, Display::Scale(_)));
            let label = |label: &crate::protocol::Label| Label {
                task: number,
                name: label.name.clone(),
                full: format!("{}.{}", task.name, label.name),
                threshold: label.threshold,
                is_class,
                is_scale,
            };
            task.labels.iter().map(label).collect::<Vec<_>>()
        };
        Self { all: model.tasks.iter().enumerate().flat_map(of_task).collect(), tasks: model.tasks.clone() }
    }

    /// All of them.
    pub fn all(&self) -> &[Label] {
        &self.all
    }

    /// The tasks that have them.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The bundle's thresholds.
    pub fn thresholds(&self) -> Vec<f32> {
        self.all.iter().map(|label| label.threshold).collect()
    }

    /// The label that most work is sorted by: the first that marks something, or else the first.
    pub fn foremost(&self) -> usize {
        self.all.iter().position(Label::marks).unwrap_or_default()
    }

    /// What an engine says of a text, a probability for each label: NaN where there is nothing to judge by, and the task would have an
    /// answer all the same.
    pub fn probabilities(&self, scores: &Scores) -> (Vec<f32>, Detail) {
        let flat = scores.tasks.iter().flatten().copied();
        let probability = |(label, probability): (&Label, f32)| match scores.reason.is_some() && !label.marks() {
            true => f32::NAN,
            false => probability,
        };
        let detail = Detail { tokens: scores.tokens as u32, truncated: scores.truncated, reason: scores.reason };
        (self.all.iter().zip(flat).map(probability).collect(), detail)
    }

    /// The likeliest class of each task of classes, by its place, in a row with these probabilities; none for other tasks.
    pub fn classes(&self, probabilities: &[f32]) -> Vec<Option<&str>> {
        let likeliest = |task: usize| {
            let mut best: Option<(&Label, f32)> = None;
            for (label, &probability) in self.all.iter().zip(probabilities) {
                let counts = label.task == task && label.is_class && !probability.is_nan();
                if counts && best.is_none_or(|(_, highest)| probability > highest) {
                    best = Some((label, probability));
                }
            }
            best.map(|(label, _)| &label.name[..])
        };
        (0..self.tasks.len()).map(likeliest).collect()
    }

    /// Whether any label that marks something is above its threshold.
    pub fn is_marked(&self, probabilities: &[f32], thresholds: &[f32]) -> bool {
        let mut all = self.all.iter().zip(probabilities.iter().zip(thresholds));
        all.any(|(label, (probability, threshold))| label.marks() && is_present(*probability, *threshold))
    }
}
