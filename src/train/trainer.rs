//! Fine-tuning: one encoder, one head for each task, a batch of either task in turn.
//!
//! The recipe is the article's (RAdam at a constant rate, binary cross-entropy, the best epoch by validation ROC AUC). With
//! several tasks an epoch is over when the one with the most batches has been gone through; the others begin anew, in a
//! new order, as often as that takes. The best epoch is that of the highest mean over the tasks of their macro AUC, and of
//! equal ones that of the lowest loss.

use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::{Device, Tensor};
use fastrand::Rng;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Progress;
use super::checkpoint::{self, Position, Score};
use super::data::{Example, hold_out};
use super::evaluate::evaluate;
use super::metrics::Metrics;
use super::optimizer::RAdam;
use super::parameters::Parameters;
use super::prepared::{LabelledBatch, Prepared};
use super::recipe::Recipe;
use super::run::{OpenRun, Record, TrainedTask};
use crate::bert::{Checkpoint, Dropout, HeadShape, Model};
use crate::ops::{Ops, binary_cross_entropy};
use crate::text::Tokenizer;
use crate::{Error, Result};

/// A task with the texts that it is to be learnt from.
#[derive(Debug, Clone)]
pub struct TaskData {
    /// The task's name.
    pub name: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its texts, of which a share is held out for validation.
    pub examples: Vec<Example>,
}

/// How a run is carried out, which does not change what comes of it.
pub struct Conduct<'a> {
    /// The run folder.
    pub out: &'a Path,
    /// Whether to go on with the run that is there.
    pub resume: bool,
    /// How often to write a checkpoint, beside those after each validation.
    pub checkpoint_every: Duration,
    /// Asked after each batch: whether to stop, at a checkpoint.
    pub stop: &'a dyn Fn() -> bool,
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// All batches are done.
    Finished(Box<Record>),
    /// It was stopped, and can be resumed.
    Stopped {
        /// How many batches are done.
        step: usize,
        /// How many there are.
        steps: usize,
    },
}

/// A task, ready to train.
struct Task {
    name: String,
    labels: Vec<String>,
    train: Prepared,
    validation: Prepared,
    order: Order,
}

/// Fine-tunes `checkpoint` on `tasks` and keeps the best model in the run folder, which is made once everything is ready.
///
/// # Errors
/// The recipe cannot be followed with these data or this checkpoint; the folder holds a run, or none that this one could
/// resume; it cannot be written; the loss is no longer finite.
pub fn train(
    tasks: Vec<TaskData>,
    checkpoint: Checkpoint,
    tokenizer: &Tokenizer,
    recipe: &Recipe,
    conduct: &Conduct,
    progress: &mut dyn Progress,
) -> Result<Outcome> {
    recipe.check(&checkpoint.architecture)?;
    let heads: Vec<HeadShape> =
        tasks.iter().map(|task| HeadShape { task: task.name.clone(), labels: task.labels.len() }).collect();
    let data = digest(&tasks);
    let tasks =
        tasks.into_iter().map(|task| Task::prepare(task, tokenizer, recipe, progress)).collect::<Result<Vec<_>>>()?;
    let Checkpoint { architecture, weights, .. } = checkpoint;
    let parameters = Parameters::new(&architecture, recipe.pooling, &heads, weights, recipe.seed)?;
    let model = Model::new(&architecture, recipe.pooling, &heads, parameters.weights(), Ops::Fused)?;
    let rate = |name: &str| if name.starts_with("heads.") { recipe.head_learning_rate } else { recipe.learning_rate };
    let optimizer = RAdam::new(parameters.variables().map(|(name, variable)| (variable.clone(), rate(name))));
    let record = Record { recipe: recipe.clone(), architecture, tasks: Vec::new(), best_epoch: 0, best_step: 0 };
    let position = Position { step: 0, record, best: None, data };
    let tokenizer = tokenizer.to_json()?;
    let trainer = if conduct.resume {
        let (run, saved) = OpenRun::resume(conduct.out)?;
        let mut trainer = Trainer { tasks, model, parameters, optimizer, tokenizer, run, position };
        trainer.resume(&saved)?;
        progress.note(&format!("Going on after batch {}", trainer.position.step));
        trainer
    } else {
        let run = OpenRun::create(conduct.out)?;
        Trainer { tasks, model, parameters, optimizer, tokenizer, run, position }
    };
    trainer.run(conduct, progress)
}

struct Trainer {
    tasks: Vec<Task>,
    model: Model,
    parameters: Parameters,
    optimizer: RAdam,
    tokenizer: Vec<u8>,
    run: OpenRun,
    position: Position,
}

impl Trainer {
    fn run(mut self, conduct: &Conduct, progress: &mut dyn Progress) -> Result<Outcome> {
        let recipe = self.position.record.recipe.clone();
        let batches = self.tasks.iter().map(|task| task.order.batches(recipe.batch_size)).max().unwrap_or(0);
        let steps_per_epoch = batches * self.tasks.len();
        let steps = steps_per_epoch * recipe.epochs;
        let started = Instant::now();
        let mut saved = Instant::now();
        let mut recent = RecentLoss::default();
        progress.begin("Training", steps);
        progress.advance(self.position.step, "");
        while self.position.step < steps {
            if (conduct.stop)() {
                self.save()?;
                progress.end();
                return Ok(Outcome::Stopped { step: self.position.step, steps });
            }
            let (round, index) = (self.position.step / self.tasks.len(), self.position.step % self.tasks.len());
            let step = self.position.step + 1;
            let batch = self.tasks[index].batch(round, recipe.batch_size)?;
            let loss = self.step(index, &batch, step)?;
            self.position.step = step;
            self.run.log(&json!({
                "step": step, "task": self.tasks[index].name, "loss": loss, "seconds": started.elapsed().as_secs_f64(),
            }))?;
            progress.advance(1, &format!("loss {:.3}", recent.after(loss)));
            let between = recipe.validate_every.is_some_and(|every| step.is_multiple_of(every));
            if step.is_multiple_of(steps_per_epoch) || between {
                self.validate((step - 1) / steps_per_epoch + 1, progress)?;
                self.save()?;
                saved = Instant::now();
            } else if saved.elapsed() >= conduct.checkpoint_every {
                self.save()?;
                saved = Instant::now();
            }
        }
        progress.end();
        self.run.finish()?;
        Ok(Outcome::Finished(Box::new(self.position.record)))
    }

    fn save(&self) -> Result<()> {
        self.run.save_checkpoint(&checkpoint::encode(&self.position, &self.parameters, &self.optimizer)?)
    }

    /// Takes over the state of `saved`, which must be of a run with the same recipe and data.
    fn resume(&mut self, saved: &[u8]) -> Result<()> {
        let position = checkpoint::position(saved)?;
        self.position.record.recipe.check_same(&position.record.recipe)?;
        if position.data != self.position.data {
            return Err(Error::invalid(
                "the run was started with other tasks or data: give the same --task arguments to resume it",
            ));
        }
        checkpoint::restore(saved, position.step, &self.parameters, &mut self.optimizer)?;
        self.run.rewind_log(position.step)?;
        self.position = position;
        Ok(())
    }

    /// One batch forward, back, and a step of the optimiser. Gives the batch's loss.
    fn step(&mut self, task: usize, batch: &LabelledBatch, step: usize) -> Result<f32> {
        let recipe = &self.position.record.recipe;
        let (hidden, attention) = recipe.dropout;
        let dropout = Dropout { hidden, attention, key: recipe.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ step as u64 };
        let logits = self.model.logits(&batch.inputs, task, Some(dropout))?;
        let loss = weighted_loss(&logits, batch)?;
        let value: f32 = loss.to_scalar()?;
        if !value.is_finite() {
            return Err(Error::invalid(format!(
                "the loss of batch {step} is {value}: training has diverged; try a lower --learning-rate. \
                 The run folder has the best model and the last checkpoint before it"
            )));
        }
        self.optimizer.step(&loss.backward()?)?;
        Ok(value)
    }

    /// Measures every task on its held-out texts and keeps the model if it is the best so far.
    fn validate(&mut self, epoch: usize, progress: &mut dyn Progress) -> Result<()> {
        let step = self.position.step;
        let mut measured = Vec::new();
        for (index, task) in self.tasks.iter().enumerate() {
            let what = format!("Validating {}", task.name);
            let metrics = evaluate(&task.validation, &task.labels, &what, progress, |batch| {
                Ok(self.model.logits(batch, index, None)?.flatten_all()?.to_vec1()?)
            })?;
            progress.note(&format!("epoch {epoch}, batch {step}, {}: {}", task.name, summary(&metrics)));
            self.run.log(&json!({ "step": step, "epoch": epoch, "task": task.name, "validation": metrics }))?;
            let (name, labels) = (task.name.clone(), task.labels.clone());
            measured.push(TrainedTask { name, labels, train_samples: task.train.len(), validation: metrics });
        }
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let aucs: Vec<f64> = measured.iter().filter_map(|task| task.validation.auc_macro).collect();
        let losses = measured.iter().map(|task| task.validation.loss).collect();
        let score = Score { auc: (!aucs.is_empty()).then(|| mean(aucs)), loss: mean(losses) };
        let Position { record, best, .. } = &mut self.position;
        if best.is_none_or(|best| score.beats(&best)) {
            *best = Some(score);
            record.tasks = measured;
            (record.best_epoch, record.best_step) = (epoch, step);
            self.run.keep(record, self.parameters.weights(), &self.tokenizer)?;
        }
        Ok(())
    }
}

impl Task {
    fn prepare(data: TaskData, tokenizer: &Tokenizer, recipe: &Recipe, progress: &mut dyn Progress) -> Result<Self> {
        let TaskData { name, labels, examples } = data;
        let total = examples.len();
        let (mut train, mut validation) = hold_out(examples, recipe.validation, recipe.seed);
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
        let count = labels.len();
        let [train, validation] = [&train, &validation].map(|examples| Prepared::new(examples, count, tokenizer));
        let (train, validation) = (train?, validation?);
        progress.note(&format!("{name}: {} texts to train on, {} held out", train.len(), validation.len()));
        let order = Order { seed: recipe.seed, length: train.len() };
        Ok(Self { name, labels, train, validation, order })
    }

    /// Batch number `number`, from 0.
    fn batch(&self, number: usize, size: usize) -> Result<LabelledBatch> {
        self.train.batch(&self.order.batch(number, size))
    }
}

/// An endless walk through all examples, in a new order each time round; a function of the seed and the batch's number alone.
struct Order {
    seed: u64,
    length: usize,
}

impl Order {
    /// How many batches a time round takes.
    fn batches(&self, size: usize) -> usize {
        self.length.div_ceil(size)
    }

    /// The indices of batch `number`; the last of each time round may be smaller.
    fn batch(&self, number: usize, size: usize) -> Vec<usize> {
        let (round, place) = (number / self.batches(size), number % self.batches(size));
        let mut indices: Vec<usize> = (0..self.length).collect();
        Rng::with_seed(self.seed.wrapping_add(round as u64)).shuffle(&mut indices);
        indices[place * size..].iter().take(size).copied().collect()
    }
}

/// The SHA-256 of all that is learnt from.
fn digest(tasks: &[TaskData]) -> String {
    let mut digest = Sha256::new();
    for task in tasks {
        digest.update(format!("{}\0{}\0{}\0", task.name, task.labels.join("\0"), task.examples.len()));
        for example in &task.examples {
            digest.update(format!("{}\0{}\0", example.text.len(), example.text));
            example.targets.iter().chain([&example.weight]).for_each(|value| digest.update(value.to_le_bytes()));
        }
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The mean of the batch's binary cross-entropies, each text by its weight.
fn weighted_loss(logits: &Tensor, batch: &LabelledBatch) -> Result<Tensor> {
    let (texts, labels) = logits.dims2()?;
    let targets = Tensor::from_slice(&batch.targets, (texts, labels), logits.device())?;
    let total: f32 = batch.weights.iter().sum::<f32>() * labels as f32;
    let shares: Vec<f32> = batch.weights.iter().map(|weight| weight / total).collect();
    let shares = Tensor::from_vec(shares, (texts, 1), &Device::Cpu)?.to_device(logits.device())?;
    Ok(binary_cross_entropy(logits, &targets)?.broadcast_mul(&shares)?.sum_all()?)
}

/// The loss as people like to watch it: a mean in which older batches fade.
#[derive(Default)]
struct RecentLoss(Option<f32>);

impl RecentLoss {
    fn after(&mut self, loss: f32) -> f32 {
        *self.0.insert(self.0.map_or(loss, |mean| 0.97 * mean + 0.03 * loss))
    }
}

/// One line on what was measured.
pub fn summary(metrics: &Metrics) -> String {
    let auc = |auc: Option<f64>| auc.map_or("undefined".to_owned(), |auc| format!("{auc:.4}"));
    let mut line =
        format!("loss {:.4}, accuracy {:.4}, ROC AUC {}", metrics.loss, metrics.accuracy, auc(metrics.auc_macro));
    if metrics.labels.len() > 1 {
        line += &format!(" macro, {} micro", auc(metrics.auc_micro));
    }
    line
}
