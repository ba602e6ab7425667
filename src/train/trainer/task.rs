//! A task, ready to train.

use crate::bert::Unit;
use crate::bundle::HeadKind;
use crate::random::{Key, Purpose};
use crate::text::Tokenizer;
use crate::train::Progress;
use crate::train::data::{Example, hold_out};
use crate::train::disguise;
use crate::train::recipe::Recipe;
use crate::train::task::TaskData;
use crate::train::tokenized::TokenizedDataset;
use crate::{Error, Result};

/// A task's texts as the model reads them.
pub struct Task {
    pub name: String,
    pub labels: Vec<String>,
    pub unit: Unit,
    pub kind: HeadKind,
    pub loss_weight: f64,
    pub passes: usize,
    pub train: TokenizedDataset,
    pub validation: TokenizedDataset,
}

impl Task {
    /// Splits the texts of task number `number` as the recipe says and tokenises them. Gives the held-out texts, too. Which
    /// those are does not depend on the other tasks, so that a run that goes on from another one with the same data and seed
    /// holds out what that one did.
    pub fn prepare(
        data: TaskData,
        number: usize,
        tokenizer: &Tokenizer,
        recipe: &Recipe,
        progress: &mut dyn Progress,
    ) -> Result<(Self, Vec<Example>)> {
        let TaskData { name, labels, unit, kind, disguise, loss_weight, passes, train, validation } = data;
        let total = train.len();
        let (mut train, mut validation) = match validation {
            Some(validation) => (train, validation),
            None => hold_out(train, recipe.validation, recipe.seed),
        };
        let limits = [(&mut train, recipe.train_samples), (&mut validation, Some(recipe.validation_samples))];
        for (part, (examples, limit)) in limits.into_iter().enumerate() {
            if let Some(limit) = limit.filter(|limit| *limit < examples.len()) {
                Key::new(recipe.seed, Purpose::Samples).with(part as u64).generator().shuffle(examples);
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
        disguise::examples(&mut train, disguise, Key::new(recipe.seed, Purpose::Disguise).with(number as u64));
        let [prepared, held_out] =
            [&train, &validation].map(|part| TokenizedDataset::new(part, labels.len(), unit, tokenizer));
        let (prepared, held_out) = (prepared?.of_kind(kind), held_out?.of_kind(kind));
        progress.note(&format!("{name}: {} texts to train on, {} held out", train.len(), validation.len()));
        for (number, label) in labels.iter().enumerate() {
            let (learnt, measured) = (prepared.class_counts(number), held_out.class_counts(number));
            for note in
                [learnt.unlearnt(label), measured.unmeasured(&format!("{label} on held-out texts"))].iter().flatten()
            {
                progress.note(&format!("{name}: {note}"));
            }
        }
        Ok((Self { name, labels, unit, kind, loss_weight, passes, train: prepared, validation: held_out }, validation))
    }
}
