//! A task, ready to train.

use fastrand::Rng;

use crate::bert::Unit;
use crate::text::Tokenizer;
use crate::train::Progress;
use crate::train::data::{Example, hold_out};
use crate::train::disguise;
use crate::train::prepared::Prepared;
use crate::train::recipe::Recipe;
use crate::train::task::TaskData;
use crate::{Error, Result};

/// A task's texts as the model reads them.
pub struct Task {
    pub name: String,
    pub labels: Vec<String>,
    pub unit: Unit,
    pub loss_weight: f64,
    pub passes: usize,
    pub train: Prepared,
    pub validation: Prepared,
}

impl Task {
    /// Splits the texts as the recipe says and tokenises them. Gives the held-out texts, too.
    pub fn prepare(
        data: TaskData,
        tokenizer: &Tokenizer,
        recipe: &Recipe,
        progress: &mut dyn Progress,
    ) -> Result<(Self, Vec<Example>)> {
        let TaskData { name, labels, unit, disguise, loss_weight, passes, train, validation } = data;
        let total = train.len();
        let (mut train, mut validation) = match validation {
            Some(validation) => (train, validation),
            None => hold_out(train, recipe.validation, recipe.seed),
        };
        let mut random = Rng::with_seed(recipe.seed);
        for (examples, limit) in
            [(&mut train, recipe.train_samples), (&mut validation, Some(recipe.validation_samples))]
        {
            if let Some(limit) = limit.filter(|limit| *limit < examples.len()) {
                random.shuffle(examples);
                examples.truncate(limit);
            }
        }
        if train.is_empty() || validation.is_empty() {
            return Err(Error::invalid(format!(
                "{total} texts are too few for {name}: {} would be left to train on and {} to validate with",
                train.len(),
                validation.len()
            )));
        }
        disguise::examples(&mut train, disguise, &mut random);
        let [prepared, held_out] = [&train, &validation].map(|part| Prepared::new(part, labels.len(), unit, tokenizer));
        let (prepared, held_out) = (prepared?, held_out?);
        progress.note(&format!("{name}: {} texts to train on, {} held out", train.len(), validation.len()));
        Ok((Self { name, labels, unit, loss_weight, passes, train: prepared, validation: held_out }, validation))
    }
}
