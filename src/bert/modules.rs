//! The parts that embeddings, layers, pooler and heads are made of.

use candle_core::Tensor;

use super::{Weights, names};
use crate::Result;
use crate::ops::Ops;

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
    pub fn smoothed(self, factors: Option<&Tensor>) -> Result<Self> {
        Ok(match factors {
            Some(factors) => Self { weight: self.weight.broadcast_mul(factors)?, ..self },
            None => self,
        })
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
