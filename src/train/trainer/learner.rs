//! What learns: the model and its optimiser, the texts, and which of them each step has.

use candle_core::Tensor;
use candle_core::backprop::GradStore;

use super::RunOptions;
use super::task::Task;
use crate::Result;
use crate::bert::names::WORD_EMBEDDINGS;
use crate::bert::{Architecture, Batch, Dropout, HeadShape, Model, Weights};
use crate::bundle::HeadKind;
use crate::bundle::weights::with_rounded_embeddings;
use crate::logistic::one_against_rest;
use crate::ops::{binary_cross_entropy, cross_entropy};
use crate::random::{Key, Purpose};
use crate::train::checkpoint;
use crate::train::optimizer::{Group, Optimizer};
use crate::train::parameters::Parameters;
use crate::train::recipe::Recipe;
use crate::train::sampler::{BatchSampler, Mix, TaskSampler};
use crate::train::tokenized::LabelledBatch;

/// A model that is trained, and what with.
pub struct Learner {
    pub recipe: Recipe,
    pub tasks: Vec<Task>,
    pub parameters: Parameters,
    pub optimizer: Optimizer,
    model: Model,
    batch_samplers: Vec<BatchSampler>,
    task_sampler: TaskSampler,
}

/// What a step came to.
pub struct Done {
    /// The number of the task that it was of.
    pub task: usize,
    /// How many texts it had.
    pub texts: usize,
    /// The recipe's learning rate as the schedule has it here.
    pub learning_rate: f64,
    pub loss: f32,
    /// NaN where the loss is not finite.
    pub gradient_norm: f64,
}

impl Learner {
    /// A model of `weights`, with fresh heads for the tasks that have none among them.
    pub fn new(
        tasks: Vec<Task>,
        weights: Weights,
        architecture: &Architecture,
        recipe: &Recipe,
        options: &RunOptions,
    ) -> Result<Self> {
        let head = |task: &Task| HeadShape { task: task.name.clone(), labels: task.labels.len(), unit: task.unit };
        let heads: Vec<HeadShape> = tasks.iter().map(head).collect();
        let new =
            |weights| Parameters::new(architecture, recipe.pooling, &heads, weights, recipe.seed, &options.device);
        let parameters = match recipe.embeddings {
            None => new(weights)?,
            Some(precision) => {
                let shape = [architecture.vocab_size, architecture.hidden_size];
                new(with_rounded_embeddings(weights, shape, precision)?)?.fixing(WORD_EMBEDDINGS)
            }
        };
        let model = Model::new(architecture, recipe.pooling, &heads, parameters.weights(), options.ops)?;
        let groups = parameters.variables().map(|(name, variable)| {
            let (learning_rate, weight_decay) = recipe.rates(name, architecture.num_hidden_layers);
            Group { variable: variable.clone(), learning_rate, weight_decay }
        });
        let optimizer = Optimizer::new(recipe.optimizer, groups, options.ops.are_fused())?;
        let sampler = |(number, task): (usize, &Task)| {
            let key = Key::new(recipe.seed, Purpose::Order).with(number as u64);
            BatchSampler { key, length: task.train.len() }
        };
        let batch_samplers: Vec<BatchSampler> = tasks.iter().enumerate().map(sampler).collect();
        let size = recipe.batch_size * recipe.accumulate;
        let batches = batch_samplers.iter().zip(&tasks).map(|(sampler, task)| match recipe.mix {
            Mix::InTurn => sampler.batches(size),
            Mix::Proportional => sampler.batches(size) * task.passes,
        });
        let task_sampler = TaskSampler::new(recipe.mix, &batches.collect::<Vec<_>>());
        Ok(Self { recipe: recipe.clone(), tasks, parameters, optimizer, model, batch_samplers, task_sampler })
    }

    /// Goes back to the state of a checkpoint.
    pub fn restore(&mut self, checkpoint: &[u8]) -> Result<()> {
        checkpoint::restore(checkpoint, &self.parameters, &mut self.optimizer)
    }

    /// How many steps an epoch has.
    pub fn steps_per_epoch(&self) -> usize {
        self.task_sampler.steps()
    }

    /// How many steps the run has.
    pub fn steps(&self) -> usize {
        self.steps_per_epoch() * self.recipe.epochs
    }

    /// How often an epoch goes through the texts of task number `task`.
    pub fn passes(&self, task: usize) -> f64 {
        let batches = self.batch_samplers[task].batches(self.recipe.batch_size * self.recipe.accumulate);
        self.task_sampler.count(task) as f64 / batches as f64
    }

    /// The number of the task of the step after `done` steps, and its first part of at most `size` texts.
    pub fn batch(&self, done: usize, size: usize) -> (usize, Vec<usize>) {
        let (task, number) = self.task_sampler.at(done);
        (task, self.batch_samplers[task].batch(number, size))
    }

    /// A batch forward and back, and a step of the optimiser: the one after `done` steps.
    pub fn step(&mut self, done: usize) -> Result<Done> {
        let recipe = &self.recipe;
        let (task, indices) = self.batch(done, recipe.batch_size * recipe.accumulate);
        let steps = self.steps();
        let factor = recipe.schedule.factor(done, steps, (recipe.warm_up * steps as f64).round() as usize);
        let (loss, gradients) = self.gradients(done, task, &indices)?;
        let gradient_norm = match gradients {
            Some(gradients) if loss.is_finite() => self.optimizer.step(&gradients, factor, recipe.clip_norm)?,
            _ => f64::NAN,
        };
        Ok(Done { task, texts: indices.len(), learning_rate: recipe.learning_rate * factor, loss, gradient_norm })
    }

    /// The loss of a batch of task number `task` and its gradients, part by part, after `done` steps.
    pub fn gradients(&self, done: usize, task: usize, indices: &[usize]) -> Result<(f32, Option<GradStore>)> {
        let recipe = &self.recipe;
        let (hidden, attention) = recipe.dropout;
        let parts = indices.chunks(recipe.batch_size).map(|part| self.tasks[task].train.batch(part));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let weight: f32 = parts.iter().flat_map(|part| &part.weights).sum();
        let mut sum: Option<GradStore> = None;
        let mut loss = 0.0;
        for (number, part) in parts.iter().enumerate() {
            let key = Key::new(recipe.seed, Purpose::Dropout).with((done * recipe.accumulate + number) as u64);
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

    /// What the model says of a batch of task number `task`, row by row; of exclusive classes each against the rest.
    pub fn logits(&self, batch: &Batch, task: usize) -> Result<Vec<f32>> {
        let mut logits: Vec<f32> = self.model.logits(batch, task, None)?.flatten_all()?.to_vec1()?;
        let Task { kind, labels, .. } = &self.tasks[task];
        if *kind == HeadKind::Classes {
            logits.chunks_exact_mut(labels.len()).for_each(one_against_rest);
        }
        Ok(logits)
    }
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
