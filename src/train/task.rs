//! The tasks that can be named on the command line.

use crate::{Error, Result};

/// The known tasks and their labels.
const TASKS: [(&str, &[&str]); 2] = [
    ("sentiment", &["positive"]),
    ("toxicity", &["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]),
];

/// The labels of the task `name`.
///
/// # Errors
/// There is no such task.
pub fn labels(name: &str) -> Result<Vec<String>> {
    match TASKS.iter().find(|(task, _)| *task == name) {
        Some((_, labels)) => Ok(labels.iter().map(|label| (*label).to_owned()).collect()),
        None => {
            let known: Vec<_> = TASKS.iter().map(|(task, _)| *task).collect();
            Err(Error::invalid(format!("there is no task \"{name}\"; the tasks are {}", known.join(" and "))))
        }
    }
}
