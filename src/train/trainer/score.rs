//! By what the best model is chosen.

use crate::train::run::TrainedTask;

/// How good a model is: the higher AUC is better, and of equal ones the lower loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The mean over the tasks of their macro ROC AUC; none if it is defined for none.
    auc: Option<f64>,
    /// The mean over the tasks of their loss.
    loss: f64,
}

impl Score {
    /// The score of a model with which the tasks were measured so.
    pub fn new(tasks: &[TrainedTask]) -> Self {
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let aucs: Vec<f64> = tasks.iter().filter_map(|task| task.validation.auc_macro).collect();
        let losses = tasks.iter().map(|task| task.validation.loss).collect();
        Self { auc: (!aucs.is_empty()).then(|| mean(aucs)), loss: mean(losses) }
    }

    /// Whether a model with this score is to be kept rather than one with `other`.
    pub fn beats(&self, other: &Self) -> bool {
        self.auc > other.auc || (self.auc == other.auc && self.loss < other.loss)
    }
}
