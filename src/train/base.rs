//! What a run starts from: a pretrained model, and the heads that an earlier run has left with it.

use std::path::Path;

use candle_core::{Device, Tensor};

use super::parameters::fresh_head;
use super::run::RunFolder;
use super::task::TaskData;
use crate::bert::{Checkpoint, Pooling, Unit, Weights, names};
use crate::bundle::{HeadKind, MANIFEST};
use crate::text::Normalisation;
use crate::{Error, Result};

/// A pretrained model.
#[derive(Debug, Clone)]
pub struct Base {
    /// The encoder, and its heads where a run has left it.
    pub checkpoint: Checkpoint,
    /// What is known of these heads.
    pub heads: Vec<Head>,
    /// How the run that has left it pooled and normalised; none where it is no run's.
    pub reading: Option<(Pooling, Normalisation)>,
}

/// A head as the run that trained it tells of it.
#[derive(Debug, Clone)]
pub struct Head {
    /// The task's name.
    pub task: String,
    /// What it scores.
    pub unit: Unit,
    /// How its labels go together.
    pub kind: HeadKind,
    /// What its rows stand for, in their order.
    pub labels: Vec<String>,
}

impl Base {
    /// Reads the model in `folder`, which may be a run's.
    ///
    /// # Errors
    /// As [`Checkpoint::read`]; or the folder is a run's, and a file in it is not what that run kept.
    pub fn read(folder: &Path, device: &Device) -> Result<Self> {
        let (mut heads, mut reading) = (Vec::new(), None);
        if folder.join(MANIFEST).exists() && !folder.join("config.json").exists() {
            return Err(Error::invalid(format!(
                "{} is a bundle, whose weights are rounded: name the run that it was exported from as the base",
                folder.display()
            )));
        }
        if RunFolder::is_one(folder) {
            let run = RunFolder::open(folder)?;
            run.verify()?;
            let recipe = &run.record().recipe;
            reading = Some((recipe.pooling, recipe.normalisation));
            let tasks = run.record().tasks.iter();
            heads.extend(tasks.map(|task| Head {
                task: task.name.clone(),
                unit: task.unit,
                kind: task.kind,
                labels: task.labels.clone(),
            }));
        }
        Ok(Self { checkpoint: Checkpoint::read(folder, device)?, heads, reading })
    }

    /// The encoder's weights, and those of the heads for `tasks` that the earlier run has left: a task of the same name that
    /// scores the same, texts or tokens, by labels of the same kind. Its labels are found by their names; one that is new starts as in a fresh head. The
    /// sentences say what is left out and what is new.
    ///
    /// # Errors
    /// A head is not of the shape that its labels give it.
    pub fn weights(&self, tasks: &[TaskData], seed: u64) -> Result<(Weights, Vec<String>)> {
        let mut stored = self.checkpoint.weights.clone();
        let mut weights = self.checkpoint.weights.clone().without(names::HEADS);
        let mut notes = Vec::new();
        for (number, task) in tasks.iter().enumerate() {
            let Some(earlier) = self.heads.iter().find(|earlier| earlier.task == task.name) else { continue };
            if earlier.unit != task.unit {
                let [before, now] = [earlier.unit, task.unit].map(|unit| unit.plural());
                notes.push(format!("{}: the base model's head scores {before}, not {now}, and is left out", task.name));
                continue;
            }
            if earlier.kind != task.kind {
                let [before, now] = [earlier.kind, task.kind].map(kind_in_words);
                notes.push(format!(
                    "{}: the base model's head is one of {before}, not of {now}, and is left out",
                    task.name
                ));
                continue;
            }
            let architecture = &self.checkpoint.architecture;
            let (hidden, labels) = (architecture.hidden_size, earlier.labels.len());
            let [weight_name, bias_name] = names::head_tensors(&task.name);
            let (old_weight, old_bias) =
                (stored.take(&weight_name, &[labels, hidden])?, stored.take(&bias_name, &[labels])?);
            let device = old_weight.device().clone();
            let (old_weight, old_bias) = (old_weight.to_vec2::<f32>()?, old_bias.to_vec1::<f32>()?);
            let (mut weight, mut bias) = fresh_head(architecture, task.labels.len(), number, seed);
            for (label, (weight, bias)) in task.labels.iter().zip(weight.iter_mut().zip(&mut bias)) {
                match earlier.labels.iter().position(|name| name == label) {
                    Some(index) => (*weight, *bias) = (old_weight[index].clone(), old_bias[index]),
                    None => notes.push(format!("{}: the label {label} is new to the base model", task.name)),
                }
            }
            weights.insert(weight_name, Tensor::new(weight, &device)?)?;
            weights.insert(bias_name, Tensor::new(bias, &device)?)?;
            for label in earlier.labels.iter().filter(|label| !task.labels.contains(label)) {
                notes.push(format!("{}: the base model's label {label} is left out", task.name));
            }
        }
        for name in stored.names().filter_map(|name| name.strip_prefix(names::HEADS)?.strip_suffix(".weight")) {
            if !tasks.iter().any(|task| task.name == name) {
                notes.push(format!("the base model's head {name} is left out, since no task here has that name"));
            } else if !self.heads.iter().any(|head| head.task == name) {
                notes.push(format!("the base model's head {name} is left out: no run.json beside it tells its labels"));
            }
        }
        Ok((weights, notes))
    }
}

/// What a head's rows are.
fn kind_in_words(kind: HeadKind) -> &'static str {
    match kind {
        HeadKind::Labels => "independent labels",
        HeadKind::Classes => "exclusive classes",
    }
}

#[cfg(test)]
mod tests;
