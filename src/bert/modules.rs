//! The parts that embeddings, layers, pooler and heads are made of.

use candle_core::Tensor;

use super::{Weights, names};
use crate::ops::Ops;
use crate::{Error, Result};

/// `x · weightᵀ + bias`.
#[derive(Debug, Clone)]
pub struct Linear {
    pub weight: Tensor,
    pub bias: Tensor,
}

/// Layer normalisation (Ba et al. 2016) over the last dimension.
#[derive(Debug, Clone)]
pub struct LayerNorm {
    pub weight: Tensor,
    pub bias: Tensor,
    epsilon: f32,
}

impl Linear {
    pub fn take(weights: &mut Weights, name: &str, outputs: usize, inputs: usize) -> Result<Self> {
        Ok(Self {
            weight: weights.take(&names::weight(name), &[outputs, inputs])?,
            bias: weights.take(&names::bias(name), &[outputs])?,
        })
    }

    /// The same layer for inputs that are not multiplied by `factors`, where its weights are for inputs that are.
    ///
    /// # Errors
    /// The weights are to be trained, and would not be: only what was rounded has factors, and that is trained no more.
    pub fn smoothed(self, factors: Option<&Tensor>) -> Result<Self> {
        let Some(factors) = factors else { return Ok(self) };
        if self.weight.is_variable() {
            return Err(Error::invalid("a model whose inputs are smoothed cannot be trained"));
        }
        let factors: Vec<f32> = factors.to_vec1()?;
        let mut weight: Vec<f32> = self.weight.flatten_all()?.to_vec1()?;
        for row in weight.chunks_exact_mut(factors.len()) {
            row.iter_mut().zip(&factors).for_each(|(weight, factor)| *weight *= factor);
        }
        let weight = Tensor::from_vec(weight, self.weight.shape(), self.weight.device())?;
        Ok(Self { weight, ..self })
    }

    pub fn forward(&self, ops: Ops, x: &Tensor) -> Result<Tensor> {
        Ok(ops.linear(x, &self.weight, &self.bias)?)
    }
}

impl LayerNorm {
    pub fn take(weights: &mut Weights, name: &str, width: usize, epsilon: f32) -> Result<Self> {
        Ok(Self {
            weight: weights.take(&names::weight(name), &[width])?,
            bias: weights.take(&names::bias(name), &[width])?,
            epsilon,
        })
    }

    pub fn forward(&self, ops: Ops, x: &Tensor) -> Result<Tensor> {
        Ok(ops.layer_norm(x, &self.weight, &self.bias, self.epsilon)?)
    }
}
