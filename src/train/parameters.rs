//! What training changes: the model's tensors as candle variables, by name.

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use fastrand::Rng;

use crate::Result;
use crate::bert::{Architecture, HeadShape, Pooling, Weights};
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
            encoder = encoder.without("pooler.");
        }
        let key = Key::new(seed, Purpose::Heads);
        let hidden = architecture.hidden_size;
        for (number, HeadShape { task, labels, .. }) in heads.iter().enumerate() {
            let [weight_name, bias_name] = ["weight", "bias"].map(|part| format!("heads.{task}.{part}"));
            if encoder.contains(&weight_name) {
                continue;
            }
            let deviation = architecture.initializer_range;
            let mut random = key.with(number as u64).generator();
            let weight: Vec<f32> = (0..labels * hidden).map(|_| (normal(&mut random) * deviation) as f32).collect();
            let weight = Tensor::from_vec(weight, (*labels, hidden), device)?;
            encoder.insert(weight_name, weight)?;
            encoder.insert(bias_name, Tensor::new(vec![0f32; *labels], device)?)?;
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

/// A normally distributed number (Box & Muller 1958).
fn normal(random: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.f64()).cos()
}
