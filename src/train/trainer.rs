//! Fine-tuning: one encoder, one head for each task.
//!
//! A step takes a batch of one task ([`TaskSampler`](super::sampler::TaskSampler),
//! [`BatchSampler`](super::sampler::BatchSampler)) or, with accumulated gradients, several; its loss is the cross-entropy, weighted
//! by text, of what is known: binary of each label, or over classes where they exclude each other. The best model is that of the
//! highest mean over the tasks of their macro ROC AUC on held-out texts, and of equal ones that of the lowest loss.
//!
//! Nothing that a run has done is lost: checkpoints are written beside and renamed, and what fails says from where the
//! run can go on. A run that diverges is stopped while the checkpoint before it is still there.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::Device;
use serde_json::json;

use super::Progress;
use super::base::Base;
use super::device::TrainingPrecision;
use super::evaluate::evaluate;
use super::figures::precise;
use super::memory::peak_megabytes;
use super::metrics::Metrics;
use super::provenance::Provenance;
use super::recipe::Recipe;
use super::run::{Record, TrainedTask};
use super::sampler::Mix;
use super::task::TaskData;
use crate::bert::Architecture;
use crate::ops::{Ops, ProductPrecision};
use crate::text::{Tokenizer, WordCounts};
use crate::{Error, Result};

mod divergence;
mod estimate;
mod learner;
mod run_state;
mod score;
mod task;

use divergence::RecentLoss;
use estimate::estimate;
use learner::Learner;
use run_state::RunState;
use score::Score;
use task::Task;

/// How a run is carried out, which does not change what comes of it, but for the last digits.
pub struct RunOptions<'a> {
    /// The run folder.
    pub out: &'a Path,
    /// Whether to go on with the run that is there.
    pub resume: bool,
    /// How often to write a checkpoint, beside those after each validation.
    pub checkpoint_every: Duration,
    /// Asked after each step: whether to stop, at a checkpoint.
    pub stop: &'a dyn Fn() -> bool,
    /// Where the model is.
    pub device: Device,
    /// Which operations it is made of.
    pub ops: Ops,
    /// What the factors of products are rounded to, to be written down.
    pub precision: TrainingPrecision,
}

impl<'a> RunOptions<'a> {
    /// A new run in the folder `out`, on the processor and to its end.
    pub fn new(out: &'a Path) -> Self {
        Self {
            out,
            resume: false,
            checkpoint_every: Duration::from_secs(600),
            stop: &|| false,
            device: Device::Cpu,
            ops: Ops::for_device(&Device::Cpu, ProductPrecision::F32),
            precision: TrainingPrecision::F32,
        }
    }
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// All steps are done.
    Finished(Box<Record>),
    /// It was stopped, and can be resumed.
    Stopped {
        /// How many steps are done.
        step: usize,
        /// How many there are.
        steps: usize,
    },
}

/// Fine-tunes `base` on `tasks` and keeps the best model in the run folder, which is made once everything is ready.
///
/// # Errors
/// The recipe cannot be followed with these data or this model, or its tokenizer is another model's; the folder holds a run, or
/// none that this one could resume; it cannot be written; training diverges.
pub fn train(
    tasks: Vec<TaskData>,
    base: Base,
    tokenizer: &Tokenizer,
    recipe: &Recipe,
    options: &RunOptions,
    progress: &mut dyn Progress,
) -> Result<Outcome> {
    let architecture = base.checkpoint.architecture.clone();
    recipe.check(&architecture)?;
    if let Some((_, task)) =
        tasks.iter().enumerate().find(|(number, task)| tasks[..*number].iter().any(|other| other.name == task.name))
    {
        return Err(Error::invalid(format!(
            "there are two tasks of the name {}: name each of them otherwise",
            task.name
        )));
    }
    if let Some(task) = tasks.iter().find(|task| task.passes > 1 && recipe.mix == Mix::InTurn) {
        return Err(Error::invalid(format!(
            "passes of {} are for tasks that are mixed proportionally: set mix to proportional, or leave them out",
            task.name
        )));
    }
    tokenizer.check_fits(architecture.vocab_size)?;
    let provenance = Provenance::new(&base.checkpoint.weights, tokenizer, &tasks)?;
    let resumed = if options.resume { Some(RunState::resume(options.out, recipe, &provenance)?) } else { None };
    base.checkpoint.notes().iter().for_each(|note| progress.note(note));
    let (weights, notes) = base.weights(&tasks, recipe.seed)?;
    drop(base);
    notes.iter().for_each(|note| progress.note(note));
    let mut ready = Vec::new();
    let mut held_out = Vec::new();
    for (number, task) in tasks.into_iter().enumerate() {
        let (task, examples) = Task::new(task, number, tokenizer, recipe, progress)?;
        ready.push(task);
        held_out.push(examples);
    }
    let mut learner = Learner::new(ready, weights, &architecture, recipe, options)?;
    let word_counts = tokenizer.word_counts().clone();
    let tokenizer = tokenizer.to_json()?;
    let (mut run, checkpoint) = match resumed {
        Some(resumed) => resumed,
        None => (RunState::create(options.out, recipe, &provenance)?, None),
    };
    match checkpoint {
        Some(checkpoint) => {
            learner.restore(&checkpoint)?;
            progress.note(&format!("Going on after step {}", run.step()));
        }
        None => run.keep_held_out(&learner.tasks, &held_out)?,
    }
    run.begin(options, progress)?;
    Trainer { learner, architecture, tokenizer, word_counts, run }.train(options, progress)
}

/// A run with all that it needs.
struct Trainer {
    learner: Learner,
    architecture: Architecture,
    /// The content of the tokenizer's file.
    tokenizer: Vec<u8>,
    word_counts: WordCounts,
    run: RunState,
}

impl Trainer {
    /// Takes the steps that are left.
    fn train(mut self, options: &RunOptions, progress: &mut dyn Progress) -> Result<Outcome> {
        let (started, before) = (Instant::now(), self.run.seconds());
        let mut checkpointed = Instant::now();
        let mut recent = RecentLoss::default();
        let uninformed = divergence::uninformed_loss(&self.learner.tasks);
        let validate_every = self.learner.recipe.validate_every;
        let steps = self.learner.steps();
        let mut texts = 0;
        if self.run.step() < steps && !(options.stop)() {
            progress.note(&estimate(&self.learner, self.run.step(), &options.device)?);
        }
        progress.begin("Training", steps);
        progress.advance(self.run.step(), "");
        while self.run.step() < steps {
            if (options.stop)() {
                self.run.save(&self.learner)?;
                progress.end();
                return Ok(Outcome::Stopped { step: self.run.step(), steps });
            }
            let step = self.run.step() + 1;
            let done = self.learner.step(self.run.step())?;
            let recently = recent.after(done.loss);
            if let Some(symptom) = divergence::symptom(step, done.loss, done.gradient_norm, recently, uninformed) {
                return Err(self.run.diverged(&symptom));
            }
            texts += done.texts;
            self.run.advance(before + started.elapsed().as_secs_f64());
            self.run.log(&json!({
                "step": step, "task": self.learner.tasks[done.task].name, "loss": done.loss, "gradient_norm": done.gradient_norm,
                "learning_rate": done.learning_rate, "seconds": self.run.seconds(),
            }))?;
            progress.advance(1, &format!("loss {:.3}", recent.mean()));
            let is_measured = step.is_multiple_of(self.learner.steps_per_epoch())
                || validate_every.is_some_and(|every| step.is_multiple_of(every));
            if is_measured {
                self.validate(progress)?;
            }
            if is_measured || checkpointed.elapsed() >= options.checkpoint_every {
                self.run.save(&self.learner)?;
                checkpointed = Instant::now();
            }
        }
        progress.end();
        let seconds = started.elapsed().as_secs_f64();
        progress.note(&format!(
            "{texts} texts in {:.1} minutes, {:.1} a second, validation included{}",
            seconds / 60.0,
            texts as f64 / seconds,
            peak_megabytes().map_or(String::new(), |peak| format!("; at most {peak} MB of memory")),
        ));
        Ok(Outcome::Finished(Box::new(self.run.finish()?)))
    }

    /// Measures every task on its held-out texts and keeps the model if it is the best so far.
    fn validate(&mut self, progress: &mut dyn Progress) -> Result<()> {
        let step = self.run.step();
        let epoch = (step - 1) / self.learner.steps_per_epoch() + 1;
        let mut measured = Vec::new();
        for (number, task) in self.learner.tasks.iter().enumerate() {
            let what = format!("Validating {}", task.name);
            let metrics = evaluate(&task.validation, &task.labels, &what, progress, |batch| {
                let logits = self.learner.logits(batch, number)?;
                if logits.iter().any(|logit| !logit.is_finite()) {
                    return Err(self.run.diverged(&format!("the model's answers after step {step} are not finite")));
                }
                Ok(logits)
            })?;
            progress.note(&format!("epoch {epoch}, step {step}, {}: {}", task.name, summary(&metrics)));
            self.run.log(&json!({ "step": step, "epoch": epoch, "task": task.name, "validation": metrics }))?;
            let (name, labels) = (task.name.clone(), task.labels.clone());
            let (unit, kind, pairs, train_samples) = (task.unit, task.kind, task.pairs, task.train.len());
            measured.push(TrainedTask { name, unit, kind, pairs, labels, train_samples, validation: metrics });
        }
        let score = Score::new(&measured);
        if self.run.kept().is_some_and(|kept| !score.beats(&Score::new(&kept.tasks))) {
            return Ok(());
        }
        let position = self.run.position();
        let record = Record {
            recipe: position.recipe.clone(),
            provenance: position.provenance.clone(),
            environments: position.environments.clone(),
            architecture: self.architecture.clone(),
            tasks: measured,
            best_epoch: epoch,
            best_step: step,
            files: BTreeMap::new(),
        };
        self.run.keep(record, &self.learner, &self.tokenizer, &self.word_counts)
    }
}

/// One line on what was measured.
pub fn summary(metrics: &Metrics) -> String {
    let mut line = format!(
        "loss {:.4}, accuracy {}, ROC AUC {}",
        metrics.loss,
        precise(metrics.accuracy),
        precise(metrics.auc_macro)
    );
    if metrics.f1_macro.is_some() {
        line.push_str(&format!(" one against the rest, F1 {}", precise(metrics.f1_macro)));
    } else if metrics.labels.len() > 1 {
        line.push_str(&format!(" macro, {} micro", precise(metrics.auc_micro)));
    }
    line
}
