//! From a run folder to a bundle.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};

use super::data::Example;
use super::recipe::Recipe;
use super::run::{Record, RunFolder, TrainedTask};
use super::tokenized::TokenizedDataset;
use super::{Progress, files, rounding};
use crate::bert::names::WORD_EMBEDDINGS;
use crate::bert::{Unit, Weights};
use crate::bundle::weights::Storage;
use crate::bundle::{
    Display, FileEntry, Files, Format, MANIFEST, ManifestFields, Precision, Scale, TOKENIZER, Task, TaskMetrics,
    WEIGHTS, weights,
};
use crate::classify::Classifier;
use crate::text::Tokenizer;
use crate::{Error, Result, bundle::Bundle};

/// What the bundle is to be.
#[derive(Debug)]
pub struct Options {
    /// Its name, as shown to people.
    pub name: String,
    /// The weights' licence.
    pub licence: String,
    /// How the weights are stored.
    pub storage: Storage,
    /// The longest input in tokens; what the model has positions for where none is given.
    pub max_tokens: Option<usize>,
    /// Runs whose weights are averaged with the run's own (Wortsman et al. 2022).
    pub averaged: Vec<RunFolder>,
    /// Texts that the layers' rounding is fitted to ([`rounding::fit`]); where there are none, each weight goes to the nearest
    /// integer.
    pub rounding: Vec<Example>,
}

impl Default for Options {
    /// int8 weights, each the nearest integer, of the run alone.
    fn default() -> Self {
        Self {
            name: "undertone".into(),
            licence: "unspecified".into(),
            storage: Storage { precision: Precision::Int8, embeddings: None },
            max_tokens: None,
            averaged: Vec::new(),
            rounding: Vec::new(),
        }
    }
}

/// Writes the model that `run` has kept to `folder` as a bundle, and gives it back as it was written.
///
/// # Errors
/// As [`assemble`], or the model cannot be built from the run's files, or `folder` cannot be written.
pub fn export(run: &RunFolder, folder: &Path, options: &Options, progress: &mut dyn Progress) -> Result<Bundle> {
    check_free(folder)?;
    let bundle = assemble(run, options, progress)?;
    check_answers(&bundle)?;
    files::make_folder(folder)?;
    let [weights, tokenizer, manifest] = [WEIGHTS, TOKENIZER, MANIFEST].map(|name| folder.join(name));
    let json = bundle.manifest.to_json()?;
    files::replace(&[(&weights, &bundle.weights), (&tokenizer, &bundle.tokenizer), (&manifest, &json)])?;
    Ok(bundle)
}

/// Checks that a bundle can be written to `folder` without taking another model's place.
fn check_free(folder: &Path) -> Result<()> {
    let has = |name: &str| folder.join(name).exists();
    if RunFolder::is_one(folder) || (has(WEIGHTS) && !has(MANIFEST)) {
        return Err(Error::invalid(format!(
            "{} holds a model that is no bundle, and would be overwritten: name another folder",
            folder.display()
        )));
    }
    Ok(())
}

/// Builds the model of `bundle` and has it read a text: weights can be finite, and overflow on the way.
///
/// # Errors
/// The model cannot be built, or its answer is not a number.
pub fn check_answers(bundle: &Bundle) -> Result<()> {
    let answer = Classifier::new(bundle)?.classify("Whether this is read at all.");
    answer.map(drop).map_err(|error| Error::invalid(format!("this model would be of no use as a bundle: {error}")))
}

/// Makes the bundle of the model that `run` has kept, in memory.
///
/// # Errors
/// The run's files are missing or malformed, a run to average with has another model, or `options` ask for more tokens than
/// the model reads, or for the rounding of layers that are not rounded to integers.
pub fn assemble(run: &RunFolder, options: &Options, progress: &mut dyn Progress) -> Result<Bundle> {
    let record = run.record();
    for task in &record.tasks {
        task.validation.notes().iter().for_each(|note| progress.note(&format!("{}: {note}", task.name)));
    }
    if run.is_unfinished() {
        progress.note(&format!(
            "{}: the run has not ended, and this is its best model so far, of step {}",
            run.path().display(),
            record.best_step
        ));
    }
    let architecture = record.architecture.clone();
    let max_tokens = options.max_tokens.unwrap_or(architecture.max_position_embeddings);
    if max_tokens > architecture.max_position_embeddings {
        return Err(Error::invalid(format!(
            "max-tokens {max_tokens} is more than the model's {} positions",
            architecture.max_position_embeddings
        )));
    }
    let weights = mean(run, &options.averaged, &record.recipe)?;
    let weights = match &options.rounding[..] {
        [] => weights,
        _ if options.storage.precision != Precision::Int8 => {
            return Err(Error::invalid("texts to fit the rounding to are for int8 weights alone"));
        }
        examples => {
            let tokenizer = Tokenizer::from_json(&run.tokenizer()?, max_tokens.min(rounding::TOKENS))?;
            let tokenizer = tokenizer.normalising(record.recipe.normalisation).counting(run.word_counts()?);
            let texts = TokenizedDataset::new(examples, 1, Unit::Text, &tokenizer)?;
            rounding::fit(weights, options.storage, &architecture, &texts, progress)?
        }
    };
    let weights = weights::encode(weights, options.storage)?;
    let tokenizer = Tokenizer::from_json(&run.tokenizer()?, max_tokens)?.to_json()?;
    let manifest = ManifestFields {
        format: Format,
        name: options.name.clone(),
        description: String::new(),
        licence: options.licence.clone(),
        architecture,
        pooling: record.recipe.pooling,
        normalisation: record.recipe.normalisation,
        word_counts: run.word_counts()?,
        precision: options.storage.precision,
        embeddings: options.storage.embeddings,
        max_tokens,
        tasks: record.tasks.iter().map(|task| manifest_task(task, options.averaged.is_empty())).collect(),
        examples: Vec::new(),
        files: Files { weights: FileEntry::of(&weights), tokenizer: FileEntry::of(&tokenizer) },
        documents: BTreeMap::new(),
        runs: [run].into_iter().chain(&options.averaged).filter_map(|run| run.weights_sha256().cloned()).collect(),
    };
    Ok(Bundle { manifest: manifest.try_into()?, weights, tokenizer })
}

/// Checks that the weights of `other` are those of the same model: numbers of one place have to mean the same in both.
fn check_alike(run: &RunFolder, other: &RunFolder) -> Result<()> {
    let (ours, theirs) = (run.record(), other.record());
    let heads = |record: &Record| -> Vec<_> {
        record.tasks.iter().map(|task| (task.name.clone(), task.unit, task.kind, task.labels.clone())).collect()
    };
    // But for the run's own limit to texts.
    let tokenizer =
        |run: &RunFolder| Tokenizer::from_json(&run.tokenizer()?, ours.architecture.max_position_embeddings)?.to_json();
    let mut what = Vec::new();
    what.extend((heads(ours) != heads(theirs)).then_some("tasks or labels, or has them in another order"));
    what.extend((ours.architecture != theirs.architecture).then_some("sizes"));
    what.extend((ours.recipe.pooling != theirs.recipe.pooling).then_some("pooling"));
    what.extend((ours.recipe.normalisation != theirs.recipe.normalisation).then_some("normalisation"));
    what.extend((tokenizer(run)? != tokenizer(other)?).then_some("tokens"));
    match &what[..] {
        [] => Ok(()),
        _ => Err(Error::invalid(format!(
            "a run to average with, {}, has other {}: average runs of which one goes on from the other, or both from a third",
            other.path().display(),
            what.join(", other ")
        ))),
    }
}

/// The mean of the weights of `run` and of `others`. Word vectors that were rounded for `run` to be trained around stay its
/// own.
pub(super) fn mean(run: &RunFolder, others: &[RunFolder], recipe: &Recipe) -> Result<Weights> {
    others.iter().try_for_each(|other| check_alike(run, other))?;
    let model = Weights::from_safetensors(&run.weights()?, &Device::Cpu)?;
    let read = |run: &RunFolder| Weights::from_safetensors(&run.weights()?, &Device::Cpu);
    let mut others: Vec<Weights> = others.iter().map(read).collect::<Result<_>>()?;
    let differs = |error: Error| Error::invalid(format!("a run to average with has another model: {error}"));
    let of_all = |(name, tensor): (String, Tensor)| {
        let mut sum = tensor.clone();
        for other in &mut others {
            sum = (sum + other.take(&name, tensor.dims()).map_err(differs)?)?;
        }
        let is_fixed = recipe.embeddings.is_some() && name == WORD_EMBEDDINGS;
        let mean = if is_fixed { tensor } else { (sum / (others.len() + 1) as f64)? };
        Ok((name, mean))
    };
    let mean = model.into_iter().map(of_all).collect::<Result<_>>()?;
    others.into_iter().try_for_each(Weights::finish).map_err(differs)?;
    Ok(mean)
}

/// The task as the manifest has it, with the run's own measurements where the model is the run's own.
fn manifest_task(task: &TrainedTask, is_own: bool) -> Task {
    let metrics = &task.validation;
    // Of a task whose targets are all on neither side there is nothing to say.
    let metrics = metrics.accuracy.filter(|_| is_own).map(|accuracy| TaskMetrics {
        data: "texts held out from training, at its length limit, before weights were rounded".into(),
        samples: metrics.samples,
        loss: metrics.loss,
        accuracy,
        auc_macro: metrics.auc_macro,
    });
    let (unit, kind) = (task.unit, task.kind);
    Task { unit, kind, pairs: task.pairs, display: display(task), metrics, ..Task::new(&task.name, &task.labels) }
}

/// Between positive and negative there are degrees; other labels apply or not.
fn display(task: &TrainedTask) -> Display {
    match &task.labels[..] {
        [label] if task.name == "sentiment" && label == "positive" && task.unit.is_text() => {
            Display::Scale(Scale { low: "negative".into(), middle: "neutral".into(), high: label.clone() })
        }
        _ => Display::Bars,
    }
}
