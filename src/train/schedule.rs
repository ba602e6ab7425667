//! How the learning rate changes in the course of a run.

use serde::{Deserialize, Serialize};

/// What multiplies the learning rate at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// 1 once the rate has warmed up.
    Constant,
    /// Falls along a line from 1 after the warm-up to 0 after the last step.
    Linear,
}

impl Schedule {
    /// The factor of step number `step`, from 0, of `steps`, the first `warm_up` of which rise along a line from 0.
    ///
    /// These are the constant and linear schedules with warm-up that the Hugging Face trainer has.
    pub fn factor(self, step: usize, steps: usize, warm_up: usize) -> f64 {
        if step < warm_up {
            return step as f64 / warm_up as f64;
        }
        match self {
            Self::Constant => 1.0,
            Self::Linear => steps.saturating_sub(step) as f64 / steps.saturating_sub(warm_up).max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_over_the_warm_up_and_falls_to_the_end() {
        let linear: Vec<f64> = (0..=8).map(|step| Schedule::Linear.factor(step, 8, 4)).collect();
        assert_eq!(linear, [0.0, 0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25, 0.0]);
        let constant: Vec<f64> = (0..4).map(|step| Schedule::Constant.factor(step, 8, 2)).collect();
        assert_eq!(constant, [0.0, 0.5, 1.0, 1.0]);
        assert_eq!(Schedule::Linear.factor(0, 1, 0), 1.0);
        assert_eq!(Schedule::Linear.factor(5, 5, 5), 0.0);
    }
}
