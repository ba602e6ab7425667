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

/// Of what BERTs are pruned for, a thousandth is unknown.
const FEW_UNKNOWN: f64 = 0.05;

/// A task's texts as the model reads them.
pub struct Task {
    pub name: String,
    pub labels: Vec<String>,
    pub unit: Unit,
    pub kind: HeadKind,
    pub pairs: bool,
    pub loss_weight: f64,
    pub passes: usize,
    pub train: TokenizedDataset,
    pub validation: TokenizedDataset,
}

impl Task {
    /// Splits the texts of task number `number` as the recipe says and tokenises them. Gives the held-out texts, too. Which
    /// those are does not depend on the other tasks, so that a run that goes on from another one with the same data and seed
    /// holds out what that one did.
    pub fn new(
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
        for (examples, what) in [(&train, "to train on"), (&validation, "held out")] {
            if examples.iter().all(|example| example.weight == 0.0) {
                return Err(Error::invalid(format!(
                    "all of the {} texts of {name} {what} have the weight 0, and so none counts: give some a weight above 0{}",
                    examples.len(),
                    if what == "held out" { ", or name other texts to choose the best model by" } else { "" }
                )));
            }
        }
        disguise::examples(&mut train, disguise, Key::new(recipe.seed, Purpose::Disguise).with(number as u64));
        let tokenize = |examples: &[Example]| {
            let dataset = TokenizedDataset::new(examples, labels.len(), unit, tokenizer)?;
            Ok::<_, Error>(dataset.of_kind(kind))
        };
        let (learnt, measured) = (tokenize(&train)?, tokenize(&validation)?);
        progress.note(&format!("{name}: {} texts to train on, {} held out", train.len(), validation.len()));
        let unknown = tokenizer.unknown().map_or(0.0, |id| learnt.share(id));
        if unknown > FEW_UNKNOWN {
            progress.note(&format!(
                "{name}: {:.0}% of all tokens are [UNK]: the base's vocabulary hardly has these texts' characters; take a base for their language",
                100.0 * unknown
            ));
        }
        for (number, label) in labels.iter().enumerate() {
            let unlearnt = learnt.class_counts(number).unlearnt(label);
            let unmeasured = measured.class_counts(number).unmeasured(&format!("{label} on held-out texts"));
            for note in [unlearnt, unmeasured].iter().flatten() {
                progress.note(&format!("{name}: {note}"));
            }
        }
        let pairs = train.iter().any(|example| example.second.is_some());
        Ok((
            Self { name, labels, unit, kind, pairs, loss_weight, passes, train: learnt, validation: measured },
            validation,
        ))
    }
}
