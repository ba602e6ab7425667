//! What a run was made from: enough to repeat it, and to resume it only as what it was.
//!
//! The recipe, the base model, its tokenizer and the texts decide what comes of a run, so that a run which is resumed with others is
//! refused ([`Provenance::check_same`]). Where and by what it was computed changes last digits only: that is written down
//! ([`Environment`]) and a change is told.

use candle_core::{Device, DeviceLocation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::data::Example;
use super::device::TrainingPrecision;
use super::task::TaskData;
use crate::bert::{Unit, Weights};
use crate::bundle::{HeadKind, hexadecimal};
use crate::text::Tokenizer;
use crate::{Error, Result};

/// What decides, beside the recipe, what comes of a run. Hashes are SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The hash of the base model's tensors: of each, in the order of their names, the name, the sizes and the values as f32.
    pub base: String,
    /// The hash of its `tokenizer.json`, as the run folder has it, followed by its counts of words, where there are some.
    pub tokenizer: String,
    /// What was learnt.
    pub tasks: Vec<Learnt>,
}

/// What decides of one task what comes of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learnt {
    /// The task's name.
    pub name: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// What has the labels.
    pub unit: Unit,
    /// How the labels go together.
    #[serde(default, skip_serializing_if = "HeadKind::is_labels")]
    pub kind: HeadKind,
    /// The share of the training texts in which words are disguised.
    pub disguise: f64,
    /// What the loss is multiplied by.
    pub loss_weight: f64,
    /// How often the texts are gone through in an epoch of proportionally mixed tasks.
    pub passes: usize,
    /// How many texts there are, before some are held out.
    pub texts: usize,
    /// The hash of the texts with their labels and weights, of those that the best model is chosen by, too.
    pub data: String,
}

/// By what a run is computed, from one of its steps on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// How many steps were done before.
    pub after_step: usize,
    /// The program's version.
    pub version: String,
    /// `cpu`, `cuda:0` or `metal:0`.
    pub device: String,
    /// What the factors of products are rounded to.
    pub precision: TrainingPrecision,
    /// How many threads compute.
    pub threads: usize,
}

impl Provenance {
    /// What a run of `tasks` that starts from `base` is made from.
    ///
    /// # Errors
    /// The tensors cannot be read from their device, or the tokenizer cannot be written.
    pub fn new(base: &Weights, tokenizer: &Tokenizer, tasks: &[TaskData]) -> Result<Self> {
        let mut digest = Sha256::new();
        for (name, tensor) in base.clone() {
            let values: Vec<f32> = tensor.flatten_all()?.to_vec1()?;
            digest.update(format!("{name}\0{:?}\0", tensor.dims()));
            digest.update(bytemuck::cast_slice(&values));
        }
        let words = Sha256::new().chain_update(tokenizer.to_json()?);
        let words = words.chain_update(String::from(tokenizer.word_counts().clone()));
        Ok(Self {
            base: hexadecimal(&digest.finalize()),
            tokenizer: hexadecimal(&words.finalize()),
            tasks: tasks.iter().map(Learnt::new).collect(),
        })
    }

    /// Checks that a run may be resumed with this.
    ///
    /// # Errors
    /// It was started with something else; the sentence says with what.
    pub fn check_same(&self, started: &Self) -> Result<()> {
        let names =
            |provenance: &Self| -> Vec<String> { provenance.tasks.iter().map(|task| task.name.clone()).collect() };
        let mut differences = Vec::new();
        if self.base != started.base {
            differences.push("another base model".to_owned());
        }
        if self.tokenizer != started.tokenizer {
            differences.push("another tokenizer".to_owned());
        }
        if names(self) == names(started) {
            for (now, then) in self.tasks.iter().zip(&started.tasks) {
                if now.data != then.data {
                    differences.push(format!("other texts of {}", now.name));
                }
                if (Learnt { data: then.data.clone(), texts: then.texts, ..now.clone() }) != *then {
                    differences.push(format!("other labels or settings of {}", now.name));
                }
            }
        } else {
            differences.push(format!("the tasks {} instead of {}", names(started).join(", "), names(self).join(", ")));
        }
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the run was started with {}: give it the same to resume it, or start anew in another folder",
            differences.join(" and ")
        )))
    }
}

impl Learnt {
    fn new(task: &TaskData) -> Self {
        let mut digest = Sha256::new();
        let no_validation = Vec::new();
        for examples in [&task.train, task.validation.as_ref().unwrap_or(&no_validation)] {
            digest.update(format!("{}\0", examples.len()));
            examples.iter().for_each(|example| update(&mut digest, example));
        }
        Self {
            name: task.name.clone(),
            labels: task.labels.clone(),
            unit: task.unit,
            kind: task.kind,
            disguise: task.disguise,
            loss_weight: task.loss_weight,
            passes: task.passes,
            texts: task.train.len(),
            data: hexadecimal(&digest.finalize()),
        }
    }
}

fn update(digest: &mut Sha256, example: &Example) {
    for text in [Some(&example.text), example.second.as_ref()].into_iter().flatten() {
        digest.update(format!("{}\0{text}\0", text.len()));
    }
    digest.update(format!("{:?}", example.spans));
    example.targets.iter().chain([&example.weight]).for_each(|value| digest.update(value.to_le_bytes()));
}

impl Environment {
    /// This process, on `device`.
    pub fn new(after_step: usize, device: &Device, precision: TrainingPrecision) -> Self {
        let device = match device.location() {
            DeviceLocation::Cpu => "cpu".to_owned(),
            DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
            DeviceLocation::Metal { gpu_id } => format!("metal:{gpu_id}"),
        };
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { after_step, version, device, precision, threads: rayon::current_num_threads() }
    }

    /// What this has otherwise than `before`, as a sentence says it; none where nothing is.
    pub fn change_from(&self, before: &Self) -> Option<String> {
        let told = |environment: &Self| {
            [
                format!("version {}", environment.version),
                format!("device {}", environment.device),
                format!("precision {}", environment.precision.name()),
                format!("{} threads", environment.threads),
            ]
        };
        let changes = told(before).into_iter().zip(told(self)).filter(|(before, now)| before != now);
        let changes: Vec<String> = changes.map(|(before, now)| format!("{now} instead of {before}")).collect();
        (!changes.is_empty()).then(|| changes.join(", "))
    }
}

#[cfg(test)]
mod tests;
