//! Fine-tuning: one encoder, one head for each task.
//!
//! A step takes a batch of one task ([`BatchSampler`], [`TaskSampler`]) or, with accumulated gradients, several; its loss is the
//! cross-entropy, weighted by text, of what is known: binary of each label, or over classes where they exclude each other. The best model is that of the highest mean over the tasks
//! of their macro ROC AUC on held-out texts, and of equal ones that of the lowest loss.
//!
//! Nothing that a run has done is lost: checkpoints are written beside and renamed, and what fails says from where the
//! run can go on. A run that diverges is stopped while the checkpoint before it is still there.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor};
use serde_json::json;

use super::Progress;
use super::base::Base;
use super::checkpoint::{self, Position};
use super::device::TrainingPrecision;
use super::evaluate::evaluate;
use super::figures::precise;
use super::memory::{peak_megabytes, resident_megabytes};
use super::metrics::Metrics;
use super::optimizer::{Group, Optimizer};
use super::parameters::Parameters;
use super::provenance::{Environment, Provenance};
use super::recipe::Recipe;
use super::run::{OpenRun, Record, TrainedTask};
use super::sampler::{BatchSampler, Mix, TaskSampler};
use super::task::TaskData;
use super::tokenized::LabelledBatch;
use crate::bert::names::WORD_EMBEDDINGS;
use crate::bert::{Architecture, Dropout, HeadShape, Model};
use crate::bundle::HeadKind;
use crate::bundle::weights::with_rounded_embeddings;
use crate::logistic::one_against_rest;
use crate::ops::{Ops, ProductPrecision, binary_cross_entropy, cross_entropy};
use crate::random::{Key, Purpose};
use crate::text::Tokenizer;
use crate::{Error, Result};

mod divergence;
mod estimate;
mod score;
mod task;

use divergence::RecentLoss;
use estimate::{Trial, Work};
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
    tokenizer.check_fits(architecture.vocab_size)?;
    let provenance = Provenance::new(&base.checkpoint.weights, tokenizer, &tasks)?;
    let begun = if options.resume { Some(Begun::open(options.out, recipe, &provenance)?) } else { None };
    base.checkpoint.notes().iter().for_each(|note| progress.note(note));
    let head = |task: &TaskData| HeadShape { task: task.name.clone(), labels: task.labels.len(), unit: task.unit };
    let heads: Vec<HeadShape> = tasks.iter().map(head).collect();
    let (weights, notes) = base.weights(&tasks, recipe.seed)?;
    drop(base);
    notes.iter().for_each(|note| progress.note(note));
    let mut prepared = Vec::new();
    let mut held_out = Vec::new();
    for (number, task) in tasks.into_iter().enumerate() {
        let (task, examples) = Task::prepare(task, number, tokenizer, recipe, progress)?;
        prepared.push(task);
        held_out.push(examples);
    }
    let new = |weights| Parameters::new(&architecture, recipe.pooling, &heads, weights, recipe.seed, &options.device);
    let parameters = match recipe.embeddings {
        None => new(weights)?,
        Some(precision) => {
            let shape = [architecture.vocab_size, architecture.hidden_size];
            new(with_rounded_embeddings(weights, shape, precision)?)?.fixing(WORD_EMBEDDINGS)
        }
    };
    let model = Model::new(&architecture, recipe.pooling, &heads, parameters.weights(), options.ops)?;
    let groups = parameters.variables().map(|(name, variable)| {
        let (learning_rate, weight_decay) = recipe.rates(name, architecture.num_hidden_layers);
        Group { variable: variable.clone(), learning_rate, weight_decay }
    });
    let optimizer = Optimizer::new(recipe.optimizer, groups, options.ops.are_fused())?;
    let size = recipe.batch_size * recipe.accumulate;
    let sampler = |(number, task): (usize, &Task)| {
        let key = Key::new(recipe.seed, Purpose::Order).with(number as u64);
        BatchSampler { key, length: task.train.len() }
    };
    let batch_samplers: Vec<BatchSampler> = prepared.iter().enumerate().map(sampler).collect();
    let batches = batch_samplers.iter().zip(&prepared).map(|(sampler, task)| match recipe.mix {
        Mix::InTurn => sampler.batches(size),
        Mix::Proportional => sampler.batches(size) * task.passes,
    });
    let task_sampler = TaskSampler::new(recipe.mix, &batches.collect::<Vec<_>>());
    let tokenizer = tokenizer.to_json()?;
    let Begun { run, position, checkpoint, kept } = match begun {
        Some(begun) => begun,
        None => Begun::new(options.out, recipe, &provenance)?,
    };
    let saved = checkpoint.as_ref().map(|_| position.step);
    let mut trainer = Trainer {
        tasks: prepared,
        batch_samplers,
        task_sampler,
        model,
        architecture,
        parameters,
        optimizer,
        tokenizer,
        run,
        position,
        kept,
        saved,
    };
    match checkpoint {
        Some(checkpoint) => {
            checkpoint::restore(&checkpoint, &trainer.parameters, &mut trainer.optimizer)?;
            progress.note(&format!("Going on after step {}", trainer.position.step));
        }
        None => {
            for (task, examples) in trainer.tasks.iter().zip(&held_out) {
                trainer.run.keep_held_out(&task.name, &task.labels, (task.unit, task.kind), examples)?;
            }
        }
    }
    trainer.run.rewind_log(trainer.position.step)?;
    trainer.note_environment(options, progress);
    trainer.run(options, progress)
}

/// A run's folder, and what it holds of the run.
struct Begun {
    run: OpenRun,
    position: Position,
    /// The content of the checkpoint, if there is one.
    checkpoint: Option<Vec<u8>>,
    /// What the best model so far is, if there is one.
    kept: Option<Record>,
}

impl Begun {
    /// Makes the folder of a new run.
    fn new(out: &Path, recipe: &Recipe, provenance: &Provenance) -> Result<Self> {
        let run = OpenRun::create(out)?;
        Ok(Self { run, position: Self::start(recipe, provenance), checkpoint: None, kept: None })
    }

    /// Opens the folder of a run that was interrupted, which must have been of this recipe and made from the same. Without a
    /// checkpoint it starts again.
    fn open(out: &Path, recipe: &Recipe, provenance: &Provenance) -> Result<Self> {
        let (run, checkpoint) = OpenRun::resume(out)?;
        let kept = run.kept()?;
        let position = checkpoint.as_deref().map(checkpoint::position).transpose()?;
        let of_checkpoint = position.as_ref().map(|position| (&position.recipe, &position.provenance));
        let of_model = kept.as_ref().map(|record| (&record.recipe, &record.provenance));
        for (started_recipe, started) in of_checkpoint.into_iter().chain(of_model) {
            recipe.check_same(started_recipe)?;
            provenance.check_same(started)?;
        }
        let position = position.unwrap_or_else(|| Self::start(recipe, provenance));
        Ok(Self { run, position, checkpoint, kept })
    }

    fn start(recipe: &Recipe, provenance: &Provenance) -> Position {
        let (recipe, provenance) = (recipe.clone(), provenance.clone());
        Position { step: 0, seconds: 0.0, recipe, provenance, environments: Vec::new() }
    }
}

struct Trainer {
    tasks: Vec<Task>,
    batch_samplers: Vec<BatchSampler>,
    task_sampler: TaskSampler,
    model: Model,
    architecture: Architecture,
    parameters: Parameters,
    optimizer: Optimizer,
    tokenizer: Vec<u8>,
    run: OpenRun,
    position: Position,
    /// What the best model so far is.
    kept: Option<Record>,
    /// The step of the checkpoint on disk.
    saved: Option<usize>,
}

impl Trainer {
    fn run(mut self, options: &RunOptions, progress: &mut dyn Progress) -> Result<Outcome> {
        let recipe = self.position.recipe.clone();
        let steps_per_epoch = self.task_sampler.steps();
        let steps = steps_per_epoch * recipe.epochs;
        let (started, before) = (Instant::now(), self.position.seconds);
        let mut checkpointed = Instant::now();
        let mut recent = RecentLoss::default();
        // The mean is over the steps of all tasks.
        let uninformed = self.tasks.iter().map(|task| divergence::uninformed_loss(task.kind, task.labels.len()));
        let uninformed = uninformed.fold(0.0, f32::max);
        let mut texts = 0;
        if self.position.step < steps && !(options.stop)() {
            progress.note(&self.estimate(steps)?);
        }
        progress.begin("Training", steps);
        progress.advance(self.position.step, "");
        while self.position.step < steps {
            if (options.stop)() {
                self.save()?;
                progress.end();
                return Ok(Outcome::Stopped { step: self.position.step, steps });
            }
            let (task, number) = self.task_sampler.at(self.position.step);
            let indices = self.batch_samplers[task].batch(number, recipe.batch_size * recipe.accumulate);
            let warm_up = (recipe.warm_up * steps as f64).round() as usize;
            let factor = recipe.schedule.factor(self.position.step, steps, warm_up);
            let done = self.step(task, &indices, factor)?;
            let recently = recent.after(done.loss);
            if let Some(what) =
                divergence::symptom(self.position.step + 1, done.loss, done.gradient_norm, recently, uninformed)
            {
                return Err(self.diverged(&what));
            }
            texts += indices.len();
            self.position.step += 1;
            self.position.seconds = before + started.elapsed().as_secs_f64();
            let step = self.position.step;
            self.or_resume(self.run.log(&json!({
                "step": step, "task": self.tasks[task].name, "loss": done.loss, "gradient_norm": done.gradient_norm,
                "learning_rate": recipe.learning_rate * factor, "seconds": self.position.seconds,
            })))?;
            progress.advance(1, &format!("loss {:.3}", recent.mean()));
            let between = recipe.validate_every.is_some_and(|every| step.is_multiple_of(every));
            if step.is_multiple_of(steps_per_epoch) || between {
                self.validate((step - 1) / steps_per_epoch + 1, progress)?;
                self.save()?;
                checkpointed = Instant::now();
            } else if checkpointed.elapsed() >= options.checkpoint_every {
                self.save()?;
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
        let kept = self.kept.ok_or_else(|| Error::invalid("the run has ended without a model"))?;
        self.run.finish()?;
        Ok(Outcome::Finished(Box::new(kept)))
    }

    /// Writes down by what the run is computed from here on, and says so where that has changed.
    fn note_environment(&mut self, options: &RunOptions, progress: &mut dyn Progress) {
        let environments = &mut self.position.environments;
        let now = Environment::new(self.position.step, &options.device, options.precision);
        match environments.last().map(|before| now.change_from(before)) {
            Some(None) => {}
            Some(Some(change)) => {
                progress.note(&format!(
                    "From here on {change}: the bytes will not be those of a run that was never interrupted"
                ));
                environments.push(now);
            }
            None => environments.push(now),
        }
    }

    fn save(&mut self) -> Result<()> {
        let checkpoint = checkpoint::encode(&self.position, &self.parameters, &self.optimizer)?;
        self.or_resume(self.run.save_checkpoint(&checkpoint))?;
        self.saved = Some(self.position.step);
        Ok(())
    }

    /// A batch forward and back, and a step of the optimiser.
    fn step(&mut self, task: usize, indices: &[usize], factor: f64) -> Result<Done> {
        let (loss, gradients) = self.gradients(task, indices)?;
        let gradient_norm = match gradients {
            Some(gradients) if loss.is_finite() => {
                self.optimizer.step(&gradients, factor, self.position.recipe.clip_norm)?
            }
            _ => f64::NAN,
        };
        Ok(Done { loss, gradient_norm })
    }

    /// The loss of a batch and its gradients, part by part.
    fn gradients(&self, task: usize, indices: &[usize]) -> Result<(f32, Option<GradStore>)> {
        let recipe = &self.position.recipe;
        let (hidden, attention) = recipe.dropout;
        let parts = indices.chunks(recipe.batch_size).map(|part| self.tasks[task].train.batch(part));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let weight: f32 = parts.iter().flat_map(|part| &part.weights).sum();
        let mut sum: Option<GradStore> = None;
        let mut loss = 0.0;
        for (number, part) in parts.iter().enumerate() {
            let key = Key::new(recipe.seed, Purpose::Dropout);
            let key = key.with((self.position.step * recipe.accumulate + number) as u64);
            let dropout = Dropout { hidden, attention, key };
            let logits = self.model.logits(&part.inputs, task, Some(dropout))?;
            let part_loss = weighted_loss(self.tasks[task].kind, &logits, part, weight)?;
            loss += part_loss.to_scalar::<f32>()?;
            let gradients = (part_loss * self.tasks[task].loss_weight)?.backward()?;
            match &mut sum {
                None => sum = Some(gradients),
                Some(sum) => self.parameters.add_gradients(sum, &gradients)?,
            }
        }
        Ok((loss, sum))
    }

    /// One line on what is still to be done, and what it will take.
    fn estimate(&self, steps: usize) -> Result<String> {
        let recipe = &self.position.recipe;
        let (task, number) = self.task_sampler.at(self.position.step);
        let batch = self.batch_samplers[task].batch(number, recipe.batch_size);
        let (started, before) = (Instant::now(), resident_megabytes());
        let gradients = self.gradients(task, &batch)?;
        let megabytes = before.zip(resident_megabytes()).map(|(before, after)| [before, after]);
        let trial = Trial {
            seconds: started.elapsed().as_secs_f64(),
            tokens: self.tasks[task].train.tokens(&batch),
            megabytes,
        };
        drop(gradients);
        let left = steps - self.position.step;
        let epochs = left as f64 / self.task_sampler.steps() as f64;
        let validations = epochs + recipe.validate_every.map_or(0.0, |every| (left / every) as f64);
        let mut work = Work {
            steps: left,
            parameters: self.parameters.variables().map(|(_, variable)| variable.elem_count()).sum(),
            ..Work::default()
        };
        for (index, task) in self.tasks.iter().enumerate() {
            let all: Vec<usize> = task.train.by_length();
            let rounds = self.task_sampler.count(index) as f64
                / self.batch_samplers[index].batches(recipe.batch_size * recipe.accumulate) as f64;
            work.tokens += epochs * rounds * task.train.tokens(&all) as f64;
            work.validation_tokens += validations * task.validation.tokens(&task.validation.by_length()) as f64;
            let longest = &all[..recipe.batch_size.min(all.len())];
            work.largest_batch = work.largest_batch.max(task.train.tokens(longest));
        }
        Ok(work.estimate(trial))
    }

    /// Measures every task on its held-out texts and keeps the model if it is the best so far.
    fn validate(&mut self, epoch: usize, progress: &mut dyn Progress) -> Result<()> {
        let step = self.position.step;
        let mut measured = Vec::new();
        for (index, task) in self.tasks.iter().enumerate() {
            let what = format!("Validating {}", task.name);
            let metrics = evaluate(&task.validation, &task.labels, &what, progress, |batch| {
                let mut logits: Vec<f32> = self.model.logits(batch, index, None)?.flatten_all()?.to_vec1()?;
                if task.kind == HeadKind::Classes {
                    logits.chunks_exact_mut(task.labels.len()).for_each(one_against_rest);
                }
                if logits.iter().any(|logit| !logit.is_finite()) {
                    return Err(self.diverged(&format!("the model's answers after step {step} are not finite")));
                }
                Ok(logits)
            })?;
            progress.note(&format!("epoch {epoch}, step {step}, {}: {}", task.name, summary(&metrics)));
            self.or_resume(
                self.run.log(&json!({ "step": step, "epoch": epoch, "task": task.name, "validation": metrics })),
            )?;
            let (name, labels) = (task.name.clone(), task.labels.clone());
            let (unit, kind, train_samples) = (task.unit, task.kind, task.train.len());
            measured.push(TrainedTask { name, unit, kind, labels, train_samples, validation: metrics });
        }
        let score = Score::new(&measured);
        if self.kept.as_ref().is_none_or(|kept| score.beats(&Score::new(&kept.tasks))) {
            let mut record = Record {
                recipe: self.position.recipe.clone(),
                provenance: self.position.provenance.clone(),
                environments: self.position.environments.clone(),
                architecture: self.architecture.clone(),
                tasks: measured,
                best_epoch: epoch,
                best_step: step,
                files: BTreeMap::new(),
            };
            self.or_resume(self.run.keep(&mut record, self.parameters.weights(), &self.tokenizer))?;
            self.kept = Some(record);
        }
        Ok(())
    }

    /// The error for a run that has diverged, as `what` shows: what is left of it, and what to try.
    fn diverged(&self, what: &str) -> Error {
        let checkpoint = match self.saved {
            Some(step) => format!("The last checkpoint is of step {step}"),
            None => "There was no checkpoint yet".to_owned(),
        };
        let best = match &self.kept {
            Some(kept) => format!(", and the best model, of step {}, is in the run folder", kept.best_step),
            None => String::new(),
        };
        Error::Diverged(format!(
            "{what}: training has diverged. {checkpoint}{best}. Start anew with a lower learning-rate, or with clip-norm 1"
        ))
    }

    /// Says of a failure from where the run can go on once its cause is mended.
    fn or_resume<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| {
            let way_on = match self.saved {
                Some(step) => format!("the run can be resumed after step {step}"),
                None => "start it again in a new folder, as there was no checkpoint yet".to_owned(),
            };
            Error::invalid(format!(
                "{error}. The run stopped at step {}; once that is mended, {way_on}",
                self.position.step
            ))
        })
    }
}

/// What a step came to.
struct Done {
    loss: f32,
    gradient_norm: f64,
}

/// The part's share of the mean loss over all that weigh `total` together: the binary cross-entropy of each label, or the
/// cross-entropy of each text where labels exclude each other.
fn weighted_loss(kind: HeadKind, logits: &Tensor, part: &LabelledBatch, total: f32) -> Result<Tensor> {
    let shape = logits.dims2()?;
    let (loss, total): (fn(&Tensor, &Tensor) -> _, f32) = match kind {
        HeadKind::Labels => (binary_cross_entropy, total),
        // The weight of a text stands at each of its classes, and counts once.
        HeadKind::Classes => (cross_entropy, total / shape.1 as f32),
    };
    let targets = Tensor::from_slice(&part.targets, shape, logits.device())?;
    // Where nothing weighs anything the loss is 0, not 0 / 0.
    let shares: Vec<f32> = part.weights.iter().map(|weight| weight / total.max(f32::MIN_POSITIVE)).collect();
    let shares = Tensor::from_vec(shares, shape, logits.device())?;
    Ok((loss(logits, &targets)? * shares)?.sum_all()?)
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
