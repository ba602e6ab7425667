//! Our side: the step that the trainer makes, without dropout.

use std::path::Path;
use std::time::Instant;

use candle_core::{Device, Tensor, Var};
use undertone::bert::{Batch, Checkpoint, HeadShape, Model, Pooling, TokenIds, Unit};
use undertone::ops::{Ops, binary_cross_entropy};
use undertone::train::optimizer::{Group, Method, Optimizer};
use undertone::train::parameters::Parameters;

use crate::TOKENS;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub const LEARNING_RATE: f64 = 3e-5;

/// What a step took.
pub struct Step {
    pub seconds: f64,
    /// The processor's seconds, of all threads; NaN where the system does not tell. Other work on the machine makes a step
    /// longer, but takes no more of these.
    pub processor: f64,
    pub loss: f64,
}

/// A model with its optimiser and the one batch that it learns.
pub struct Ours {
    model: Model,
    optimizer: Optimizer,
    batch: Batch,
    targets: Tensor,
}

impl Ours {
    pub fn new(base: &Path, ops: Ops, count: usize) -> Result<Self> {
        let Checkpoint { architecture, mut weights, .. } = Checkpoint::read(base, &Device::Cpu)?;
        // The peer makes the same head.
        let head: Vec<f32> = (0..architecture.hidden_size).map(|i| 0.02 * (i as f32).sin()).collect();
        weights.insert("heads.task.weight", Tensor::from_vec(head, (1, architecture.hidden_size), &Device::Cpu)?)?;
        weights.insert("heads.task.bias", Tensor::new(&[0.0f32], &Device::Cpu)?)?;
        let heads = [HeadShape { task: "task".into(), labels: 1, unit: Unit::Text }];
        let parameters = Parameters::new(&architecture, Pooling::Mean, &heads, weights, 0, &Device::Cpu)?;
        let model = Model::new(&architecture, Pooling::Mean, &heads, parameters.weights(), ops)?;
        let groups = parameters.variables().map(|(_, variable)| group(variable));
        let optimizer = Optimizer::new(Method::RAdam, groups, true)?;
        let targets = Tensor::from_iter((0..count).map(|text| (text % 2) as f32), &Device::Cpu)?;
        Ok(Self { model, optimizer, batch: Batch::pack(&texts(count))?, targets: targets.reshape((count, 1))? })
    }

    /// One step.
    pub fn step(&mut self) -> Result<Step> {
        // On a thread of the pool, where work for all cores starts at once: from another, each piece would wait for one to wake up.
        rayon::scope(|_| self.step_here())
    }

    fn step_here(&mut self) -> Result<Step> {
        let (start, processor) = (Instant::now(), processor_seconds());
        let logits = self.model.logits(&self.batch, 0, None)?;
        let loss = binary_cross_entropy(&logits, &self.targets)?.mean_all()?;
        let value: f32 = loss.to_scalar()?;
        self.optimizer.step(&loss.backward()?, 1.0, None)?;
        Ok(Step {
            seconds: start.elapsed().as_secs_f64(),
            processor: processor_seconds() - processor,
            loss: f64::from(value),
        })
    }
}

/// A variable as the optimiser of either side takes it.
pub fn group(variable: &Var) -> Group {
    Group { variable: variable.clone(), learning_rate: LEARNING_RATE, weight_decay: 0.0 }
}

/// Texts of full length, each token another: the peer makes the same ones.
pub fn texts(count: usize) -> Vec<TokenIds> {
    let word = |text: usize, token: usize| match token {
        0 => 101,
        last if last == TOKENS - 1 => 102,
        _ => (1000 + (text * 131 + token * 7919) % 28_000) as u32,
    };
    let text = |text| TokenIds {
        input_ids: (0..TOKENS).map(|token| word(text, token)).collect(),
        token_type_ids: vec![0; TOKENS],
    };
    (0..count).map(text).collect()
}

/// The seconds that this process's threads have run for; Linux counts them in hundredths.
fn processor_seconds() -> f64 {
    let seconds = || {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        Some(fields.next()?.parse::<f64>().ok()? / 100.0 + fields.next()?.parse::<f64>().ok()? / 100.0)
    };
    seconds().unwrap_or(f64::NAN)
}
