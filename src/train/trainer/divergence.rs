//! When a run has gone wrong for good, and what to say then.

use super::{Done, Trainer};
use crate::{Error, Result};

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

/// A model that gives ½ to everything has a loss of ln 2; one that stays at three times that is wrong and sure of it.
const EXPLODED: f32 = 3.0 * std::f32::consts::LN_2;

/// Steps after which the mean loss is taken at its word: a fresh head on an encoder with a large learning rate may start high.
const PATIENCE: usize = 50;

impl Trainer {
    /// Stops a run whose numbers are no longer finite, or whose loss has become far worse than knowing nothing.
    pub fn check_convergence(&self, done: &Done, (mean, steps): (f32, usize)) -> Result<()> {
        let step = self.position.step + 1;
        let what = if !done.loss.is_finite() {
            format!("the loss of step {step} is {}", done.loss)
        } else if !done.gradient_norm.is_finite() {
            format!("the gradient of step {step} is not finite")
        } else if steps >= PATIENCE && mean > EXPLODED {
            format!("the loss has risen to {mean:.2} around step {step}, which is worse than knowing nothing")
        } else {
            return Ok(());
        };
        Err(self.diverged(&what))
    }

    /// The error for a run that has diverged, as `what` shows: what is left of it, and what to try.
    pub fn diverged(&self, what: &str) -> Error {
        let checkpoint = match self.saved {
            Some(step) => format!("The last checkpoint is of step {step}"),
            None => "There was no checkpoint yet".to_owned(),
        };
        let best = match self.position.best {
            Some(_) => {
                format!(", and the best model, of step {}, is in the run folder", self.position.record.best_step)
            }
            None => String::new(),
        };
        Error::invalid(format!(
            "{what}: training has diverged. {checkpoint}{best}. Start anew with a lower learning-rate, or with clip-norm 1"
        ))
    }
}
