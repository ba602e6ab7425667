//! How a model is trained.

use serde::{Deserialize, Serialize};

use crate::bert::{Architecture, Pooling};
use crate::{Error, Result};

/// What a run does with its data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// How token vectors become one vector for the text.
    pub pooling: Pooling,
    /// The longest text in tokens; what is longer is cut.
    pub max_tokens: usize,
    /// How often the largest task's data are gone through.
    pub epochs: usize,
    /// Texts in a batch.
    pub batch_size: usize,
    /// RAdam's learning rate.
    pub learning_rate: f64,
    /// The learning rate of the heads, which start from nothing where the encoder is pretrained.
    pub head_learning_rate: f64,
    /// The share of values dropped, after each sub-layer and on the attention probabilities.
    pub dropout: (f32, f32),
    /// The share of the training texts that is held out to choose the best epoch.
    pub validation: f64,
    /// At most so many validation texts of each task.
    pub validation_samples: usize,
    /// At most so many training texts of each task; all of them where none is given.
    pub train_samples: Option<usize>,
    /// Validates after so many batches, too, not only after each epoch.
    pub validate_every: Option<usize>,
    /// What shuffles, splits, masks and fresh weights are made from.
    pub seed: u64,
}

impl Recipe {
    /// Checks that the recipe can be followed with a model of this architecture.
    ///
    /// # Errors
    /// A number is out of its range; the sentence says which.
    pub fn check(&self, architecture: &Architecture) -> Result<()> {
        let shares = [("dropout", self.dropout.0), ("dropout", self.dropout.1), ("validation", self.validation as f32)];
        let counts =
            [("epochs", self.epochs), ("batch-size", self.batch_size), ("validation-samples", self.validation_samples)];
        if let Some((name, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(Error::invalid(format!("--{name} must be at least 1")));
        }
        if let Some((name, share)) = shares.iter().find(|(_, share)| !(0.0..1.0).contains(share)) {
            return Err(Error::invalid(format!("--{name} {share} is no share: give a number from 0 to below 1")));
        }
        let rates = [("learning-rate", self.learning_rate), ("head-learning-rate", self.head_learning_rate)];
        if let Some((name, rate)) = rates.iter().find(|(_, rate)| !(*rate > 0.0 && rate.is_finite())) {
            return Err(Error::invalid(format!("--{name} {rate} must be above 0")));
        }
        if self.max_tokens > architecture.max_position_embeddings {
            return Err(Error::invalid(format!(
                "--max-tokens {} is more than the base model's {} positions",
                self.max_tokens, architecture.max_position_embeddings
            )));
        }
        Ok(())
    }

    /// Checks that a run may be resumed with this recipe.
    ///
    /// # Errors
    /// It was started with another one; the sentence says what differs.
    pub fn check_same(&self, started: &Self) -> Result<()> {
        let fields = |recipe: &Self| match serde_json::to_value(recipe) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => Default::default(),
        };
        let (ours, theirs) = (fields(self), fields(started));
        let differences: Vec<_> = ours
            .iter()
            .filter(|(name, value)| theirs.get(*name) != Some(value))
            .map(|(name, value)| {
                let before = theirs.get(name).map_or("unknown".to_owned(), ToString::to_string);
                format!("{} was {before} and is now {value}", name.replace('_', " "))
            })
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the run was started with another recipe ({}): resume it with the same",
            differences.join(", ")
        )))
    }
}
