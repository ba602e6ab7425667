//! The step in candle's operations, for devices that the kernel cannot reach, and for tests to compare with.

use candle_core::{DType, Result, Tensor, Var};

use crate::kernels::adam::Step;

pub fn step(step: Step, variable: &Var, gradient: &Tensor, first: &mut Tensor, second: &mut Tensor) -> Result<()> {
    #[cfg(feature = "cuda")]
    if variable.device().is_cuda() {
        return crate::ops::cuda::adam_step(step, variable, gradient, [first, second]);
    }
    let [beta1, beta2, rate, epsilon] = [step.beta1, step.beta2, step.rate, step.epsilon].map(f64::from);
    let gradient = (gradient.detach() * f64::from(step.gradient_scale))?;
    *first = ((&*first * beta1)? + (&gradient * (1.0 - beta1))?)?;
    *second = ((&*second * beta2)? + (gradient.sqr()? * (1.0 - beta2))?)?;
    let direction = match step.adaptive {
        Some(adaptive) => ((&*first * f64::from(adaptive))? / (second.sqrt()? + epsilon)?)?,
        None => first.clone(),
    };
    let kept = (variable.as_tensor().detach() * f64::from(step.decay))?;
    variable.set(&(kept - (direction * rate)?)?)
}

/// Σ x² of all tensors together, for which the processor waits once.
pub fn sum_of_squares(gradients: &[&Tensor]) -> crate::Result<f64> {
    #[cfg(feature = "cuda")]
    if gradients.first().is_some_and(|gradient| gradient.device().is_cuda()) {
        return Ok(crate::ops::cuda::sum_of_squares(gradients)?);
    }
    let sum = |gradient: &&Tensor| gradient.to_dtype(DType::F32)?.sqr()?.sum_all();
    let sums = gradients.iter().map(sum).collect::<Result<Vec<_>>>()?;
    let sums: Vec<f32> = if sums.is_empty() { Vec::new() } else { Tensor::stack(&sums, 0)?.to_vec1()? };
    Ok(sums.into_iter().map(f64::from).sum())
}
