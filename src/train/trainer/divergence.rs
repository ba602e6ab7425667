//! When a run has gone wrong for good.

use super::task::Task;
use crate::bundle::HeadKind;

/// The loss as people like to watch it: a mean in which older steps fade.
#[derive(Default)]
pub struct RecentLoss {
    mean: f32,
    steps: usize,
}

impl RecentLoss {
    /// The mean after one more step, and how many steps it is over.
    pub fn after(&mut self, loss: f32) -> (f32, usize) {
        self.mean = if self.steps == 0 { loss } else { 0.97 * self.mean + 0.03 * loss };
        self.steps += 1;
        (self.mean, self.steps)
    }

    /// The mean.
    pub fn mean(&self) -> f32 {
        self.mean
    }
}

/// A model that stays at so many times the loss of one that knows nothing is wrong and sure of it.
const EXPLODED: f32 = 3.0;

/// The loss of a model that knows nothing, of the task in which it is highest: the mean is over the steps of all tasks.
pub fn uninformed_loss(tasks: &[Task]) -> f32 {
    tasks.iter().map(|task| uninformed_loss_of(task.kind, task.labels.len())).fold(0.0, f32::max)
}

/// Of a model that gives ½ to every label, or the same to each of exclusive classes.
fn uninformed_loss_of(kind: HeadKind, labels: usize) -> f32 {
    match kind {
        HeadKind::Labels => std::f32::consts::LN_2,
        HeadKind::Classes => (labels as f32).ln(),
    }
}

/// Steps after which the mean loss is taken at its word: a fresh head on an encoder with a large learning rate may start high.
const PATIENCE: usize = 50;

/// What shows that a run has diverged: its numbers are no longer finite, or its loss has become far worse than knowing
/// nothing, which is `uninformed`. None while it has not. The pair is what [`RecentLoss::after`] gave for this step.
pub fn symptom(
    step: usize,
    loss: f32,
    gradient_norm: f64,
    (mean, steps): (f32, usize),
    uninformed: f32,
) -> Option<String> {
    if !loss.is_finite() {
        Some(format!("the loss of step {step} is {loss}"))
    } else if !gradient_norm.is_finite() {
        Some(format!("the gradient of step {step} is not finite"))
    } else if steps >= PATIENCE && mean > EXPLODED * uninformed {
        Some(format!("the loss has risen to {mean:.2} around step {step}, which is worse than knowing nothing"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_knows_nothing_of_many_classes_has_not_diverged() {
        let at = |kind, labels: usize, loss: f32| {
            symptom(60, loss, 1.0, (loss, 60), uninformed_loss_of(kind, labels)).is_some()
        };
        assert!(!at(HeadKind::Classes, 100, 100f32.ln()) && at(HeadKind::Classes, 100, 14.0));
        assert!(!at(HeadKind::Labels, 100, 2.0) && at(HeadKind::Labels, 1, 2.1));
    }
}
