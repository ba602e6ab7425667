//! When a run has gone wrong for good.

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

/// What shows that a run has diverged: its numbers are no longer finite, or its loss has become far worse than knowing
/// nothing. None while it has not. The pair is what [`RecentLoss::after`] gave for this step.
pub fn symptom(step: usize, loss: f32, gradient_norm: f64, (mean, steps): (f32, usize)) -> Option<String> {
    if !loss.is_finite() {
        Some(format!("the loss of step {step} is {loss}"))
    } else if !gradient_norm.is_finite() {
        Some(format!("the gradient of step {step} is not finite"))
    } else if steps >= PATIENCE && mean > EXPLODED {
        Some(format!("the loss has risen to {mean:.2} around step {step}, which is worse than knowing nothing"))
    } else {
        None
    }
}
