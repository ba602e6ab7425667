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

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn factors_are_in_the_weights_unless_those_are_to_be_trained() {
        let factors = Tensor::new(&[2.0f32, 0.5], &Device::Cpu).unwrap();
        let variable = Var::new(&[[1.0f32, 4.0], [3.0, -8.0], [0.0, 1.0]], &Device::Cpu).unwrap();
        let linear = |weight: Tensor| Linear { weight, bias: Tensor::new(&[0.0f32; 3], &Device::Cpu).unwrap() };
        let smoothed = linear(variable.as_detached_tensor()).smoothed(Some(&factors)).unwrap();
        let values: Vec<Vec<f32>> = smoothed.weight.to_vec2().unwrap();
        assert_eq!(values, [[2.0, 2.0], [6.0, -4.0], [0.0, 0.5]]);
        let refused = linear(variable.as_tensor().clone()).smoothed(Some(&factors));
        assert!(refused.unwrap_err().to_string().contains("cannot be trained"));
        assert!(linear(variable.as_tensor().clone()).smoothed(None).is_ok());
    }
}
