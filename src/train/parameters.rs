//! What training changes: the model's tensors as candle variables, by name.

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use fastrand::Rng;

use crate::Result;
use crate::bert::{Architecture, HeadShape, Pooling, Weights, names};
use crate::random::{Key, Purpose};

/// The variables of a model, under the names of its tensors.
#[derive(Debug, Clone)]
pub struct Parameters {
    variables: BTreeMap<String, Var>,
    /// What stays as it is.
    fixed: BTreeMap<String, Tensor>,
}

impl Parameters {
    /// An encoder's pretrained weights and a head for each task: the one that the weights have from an earlier run, else a
    /// fresh one with normally distributed weights, as BERT's own were initialised, and no bias.
    ///
    /// # Errors
    /// The weights have half a head.
    pub fn new(
        architecture: &Architecture,
        pooling: Pooling,
        heads: &[HeadShape],
        mut encoder: Weights,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        if pooling != Pooling::Pooler {
            encoder = encoder.without(names::POOLER);
        }
        for (number, HeadShape { task, labels, .. }) in heads.iter().enumerate() {
            let [weight_name, bias_name] = names::head_tensors(task);
            if encoder.contains(&weight_name) {
                continue;
            }
            let (weight, bias) = fresh_head(architecture, *labels, number, seed);
            encoder.insert(weight_name, Tensor::new(weight, device)?)?;
            encoder.insert(bias_name, Tensor::new(bias, device)?)?;
        }
        let variables = encoder.into_iter().map(|(name, tensor)| Ok((name, Var::from_tensor(&tensor)?)));
        Ok(Self { variables: variables.collect::<Result<_>>()?, fixed: BTreeMap::new() })
    }

    /// With the tensor `name` left as it is.
    pub fn fixing(mut self, name: &str) -> Self {
        if let Some((name, variable)) = self.variables.remove_entry(name) {
            self.fixed.insert(name, variable.as_detached_tensor());
        }
        self
    }

    /// The tensors, for a model that is to be trained: they share the variables' values.
    pub fn weights(&self) -> Weights {
        let variables = self.variables.iter().map(|(name, variable)| (name, variable.as_tensor()));
        variables.chain(&self.fixed).map(|(name, tensor)| (name.clone(), tensor.clone())).collect()
    }

    /// Adds the gradients of `more` to those of `sum`.
    ///
    /// # Errors
    /// Only if a tensor operation fails.
    pub fn add_gradients(&self, sum: &mut GradStore, more: &GradStore) -> Result<()> {
        for variable in self.variables.values() {
            if let Some(gradient) = more.get(variable) {
                let total = match sum.get(variable) {
                    Some(before) => (before + gradient)?,
                    None => gradient.clone(),
                };
                sum.insert(variable, total);
            }
        }
        Ok(())
    }

    /// The variables, in the order of their names.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.variables.iter().map(|(name, variable)| (name.as_str(), variable))
    }
}

/// The weights (labels, hidden) and biases of a head that has learnt nothing. What a label starts from depends on the seed, the
/// head's number and its own place alone.
pub fn fresh_head(architecture: &Architecture, labels: usize, number: usize, seed: u64) -> (Vec<Vec<f32>>, Vec<f32>) {
    let key = Key::new(seed, Purpose::Heads).with(number as u64);
    let row = |label: usize| {
        let mut random = key.with(label as u64).generator();
        (0..architecture.hidden_size).map(|_| (normal(&mut random) * architecture.initializer_range) as f32).collect()
    };
    ((0..labels).map(row).collect(), vec![0.0; labels])
}

/// A normally distributed number (Box & Muller 1958).
fn normal(random: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.f64()).cos()
}
