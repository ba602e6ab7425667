//! Fine-tuning: one encoder, one head for each task, a batch of either task in turn.
//!
//! The recipe is the article's (RAdam at a constant rate, binary cross-entropy, the best epoch by validation ROC AUC). With
//! several tasks an epoch is over when the one with the most batches has been gone through; the others begin anew, in a
//! new order, as often as that takes. The best epoch is that of the highest mean over the tasks of their macro AUC.

use std::path::Path;
use std::time::Instant;

use candle_core::{Device, Tensor};
use fastrand::Rng;
use serde_json::json;

use super::Progress;
use super::data::{Example, hold_out};
use super::evaluate::evaluate;
use super::metrics::Metrics;
use super::optimizer::RAdam;
use super::parameters::Parameters;
use super::prepared::{LabelledBatch, Prepared};
use super::run::{Recipe, Record, RunFolder, TrainedTask};
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

/// A task, ready to train.
struct Task {
    name: String,
    labels: Vec<String>,
    train: Prepared,
    validation: Prepared,
    order: Order,
}

/// Fine-tunes `checkpoint` on `tasks` and keeps the best model in the run folder `out`, which is made once everything is
/// ready to begin.
///
/// # Errors
/// The recipe cannot be followed with these data or this checkpoint, `out` holds a run or cannot be written, or the loss is
/// no longer finite.
pub fn train(
    tasks: Vec<TaskData>,
    checkpoint: Checkpoint,
    tokenizer: &Tokenizer,
    recipe: &Recipe,
    out: &Path,
    progress: &mut dyn Progress,
) -> Result<Record> {
    recipe.check(&checkpoint.architecture)?;
    let heads: Vec<HeadShape> =
        tasks.iter().map(|task| HeadShape { task: task.name.clone(), labels: task.labels.len() }).collect();
    let tasks = tasks.into_iter().map(|task| Task::prepare(task, tokenizer, recipe, progress)).collect::<Result<Vec<_>>>()?;
    let Checkpoint { architecture, weights, .. } = checkpoint;
    let parameters = Parameters::new(&architecture, recipe.pooling, &heads, weights, recipe.seed)?;
    let model = Model::new(&architecture, recipe.pooling, &heads, parameters.weights(), Ops::Fused)?;
    let optimizer = RAdam::new(parameters.variables().map(|(_, variable)| variable.clone()), recipe.learning_rate);
    let record = Record {
        recipe: recipe.clone(),
        architecture,
        tasks: Vec::new(),
        best_epoch: 0,
        best_step: 0,
    };
    let tokenizer = tokenizer.to_json()?;
    let run = RunFolder::create(out)?;
    Trainer { tasks, model, parameters, optimizer, tokenizer, run, record, best_auc: None }.run(progress)
}

struct Trainer {
    tasks: Vec<Task>,
    model: Model,
    parameters: Parameters,
    optimizer: RAdam,
    tokenizer: Vec<u8>,
    run: RunFolder,
    record: Record,
    best_auc: Option<f64>,
}

impl Trainer {
    fn run(mut self, progress: &mut dyn Progress) -> Result<Record> {
        let recipe = self.record.recipe.clone();
        let batches = self.tasks.iter().map(|task| task.train.len().div_ceil(recipe.batch_size)).max().unwrap_or(0);
        let steps_per_epoch = batches * self.tasks.len();
        let steps = steps_per_epoch * recipe.epochs;
        let started = Instant::now();
        let mut recent = RecentLoss::default();
        progress.begin("Training", steps);
        for step in 1..=steps {
            let index = (step - 1) % self.tasks.len();
            let batch = self.tasks[index].next_batch(recipe.batch_size)?;
            let loss = self.step(index, &batch, step)?;
            self.run.log(&json!({
                "step": step, "task": self.tasks[index].name, "loss": loss, "seconds": started.elapsed().as_secs_f64(),
            }))?;
            progress.advance(1, &format!("loss {:.3}", recent.after(loss)));
            let epoch = (step - 1) / steps_per_epoch + 1;
            let between = recipe.validate_every.is_some_and(|every| step.is_multiple_of(every));
            if step.is_multiple_of(steps_per_epoch) || between {
                self.validate(epoch, step, progress)?;
            }
        }
        progress.end();
        Ok(self.record)
    }

    /// One batch forward, back, and a step of the optimiser. Gives the batch's loss.
    fn step(&mut self, task: usize, batch: &LabelledBatch, step: usize) -> Result<f32> {
        let recipe = &self.record.recipe;
        let (hidden, attention) = recipe.dropout;
        let dropout = Dropout { hidden, attention, key: recipe.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ step as u64 };
        let logits = self.model.logits(&batch.inputs, task, Some(dropout))?;
        let loss = weighted_loss(&logits, batch)?;
        let value: f32 = loss.to_scalar()?;
        if !value.is_finite() {
            return Err(Error::invalid(format!(
                "the loss of batch {step} is {value}: training has diverged; try a lower --learning-rate. \
                 The best model so far, if a validation came before, is in the run folder"
            )));
        }
        self.optimizer.step(&loss.backward()?)?;
        Ok(value)
    }

    /// Measures every task on its held-out texts and keeps the model if it is the best so far.
    fn validate(&mut self, epoch: usize, step: usize, progress: &mut dyn Progress) -> Result<()> {
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
        let aucs: Vec<f64> = measured.iter().filter_map(|task| task.validation.auc_macro).collect();
        let auc = (!aucs.is_empty()).then(|| aucs.iter().sum::<f64>() / aucs.len() as f64);
        if self.record.tasks.is_empty() || auc > self.best_auc {
            self.best_auc = auc;
            self.record.tasks = measured;
            (self.record.best_epoch, self.record.best_step) = (epoch, step);
            self.run.keep(&self.record, self.parameters.weights(), &self.tokenizer)?;
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
        let order = Order::new(train.len(), recipe.seed);
        Ok(Self { name, labels, train, validation, order })
    }

    fn next_batch(&mut self, size: usize) -> Result<LabelledBatch> {
        self.train.batch(&self.order.next(size))
    }
}

/// An endless walk through all examples, in a new order each time round.
struct Order {
    random: Rng,
    indices: Vec<usize>,
    position: usize,
}

impl Order {
    fn new(length: usize, seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), indices: (0..length).collect(), position: length }
    }

    /// The next `count` indices, fewer at the end of a round.
    fn next(&mut self, count: usize) -> Vec<usize> {
        if self.position == self.indices.len() {
            self.random.shuffle(&mut self.indices);
            self.position = 0;
        }
        let end = (self.position + count).min(self.indices.len());
        let next = self.indices[self.position..end].to_vec();
        self.position = end;
        next
    }
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
    let mut line = format!("loss {:.4}, accuracy {:.4}, ROC AUC {}", metrics.loss, metrics.accuracy, auc(metrics.auc_macro));
    if metrics.labels.len() > 1 {
        line += &format!(" macro, {} micro", auc(metrics.auc_micro));
    }
    line
}
