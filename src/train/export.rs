//! From a run folder to a bundle.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::Device;

use super::files;
use super::run::{RunFolder, TrainedTask};
use crate::bert::Weights;
use crate::bundle::manifest::{FORMAT, TaskMetrics};
use crate::bundle::weights::Storage;
use crate::bundle::{FileEntry, Label, MANIFEST, Manifest, TOKENIZER, Task, WEIGHTS, weights};
use crate::classify::Classifier;
use crate::text::Tokenizer;
use crate::{Error, Result, bundle::Bundle};

/// What the bundle is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its name, as shown to people.
    pub name: String,
    /// The weights' licence.
    pub licence: String,
    /// How the weights are stored.
    pub storage: Storage,
    /// The longest input in tokens; what the model has positions for where none is given.
    pub max_tokens: Option<usize>,
}

/// Writes the model that `run` has kept to `folder` as a bundle, and gives it back as it was written.
///
/// # Errors
/// As [`assemble`], or the model cannot be built from the run's files, or `folder` cannot be written.
pub fn export(run: &RunFolder, folder: &Path, options: &Options) -> Result<Bundle> {
    let bundle = assemble(run, options)?;
    Classifier::new(&bundle)?;
    files::make_folder(folder)?;
    files::write(&folder.join(WEIGHTS), &bundle.weights)?;
    files::write(&folder.join(TOKENIZER), &bundle.tokenizer)?;
    files::write(&folder.join(MANIFEST), &bundle.manifest.to_json()?)?;
    Ok(bundle)
}

/// Makes the bundle of the model that `run` has kept, in memory.
///
/// # Errors
/// The run's files are missing or malformed, or `options` ask for more tokens than the model reads.
pub fn assemble(run: &RunFolder, options: &Options) -> Result<Bundle> {
    let record = run.record()?;
    let architecture = record.architecture;
    let max_tokens = options.max_tokens.unwrap_or(architecture.max_position_embeddings);
    if max_tokens > architecture.max_position_embeddings {
        return Err(Error::invalid(format!(
            "--max-tokens {max_tokens} is more than the model's {} positions",
            architecture.max_position_embeddings
        )));
    }
    let model = Weights::from_safetensors(&run.weights()?, &Device::Cpu)?;
    let weights = weights::encode(model, options.storage)?;
    let tokenizer = Tokenizer::from_json(&run.tokenizer()?, max_tokens)?.to_json()?;
    let files = [(WEIGHTS, &weights), (TOKENIZER, &tokenizer)];
    let manifest = Manifest {
        format: FORMAT,
        name: options.name.clone(),
        licence: options.licence.clone(),
        architecture,
        pooling: record.recipe.pooling,
        normalisation: record.recipe.normalisation,
        precision: options.storage.precision,
        embeddings: options.storage.embeddings,
        max_tokens,
        tasks: record.tasks.iter().map(manifest_task).collect(),
        files: files
            .iter()
            .map(|(name, content)| ((*name).to_owned(), FileEntry::of(content)))
            .collect::<BTreeMap<_, _>>(),
    };
    Ok(Bundle { manifest, weights, tokenizer })
}

fn manifest_task(task: &TrainedTask) -> Task {
    let metrics = &task.validation;
    Task {
        name: task.name.clone(),
        unit: task.unit,
        labels: task.labels.iter().map(|name| Label::new(name)).collect(),
        metrics: Some(TaskMetrics {
            data: "texts held out from training, at its length limit, before weights were rounded".into(),
            samples: metrics.samples,
            loss: metrics.loss,
            accuracy: metrics.accuracy,
            auc_macro: metrics.auc_macro,
        }),
        calibration: None,
    }
}
