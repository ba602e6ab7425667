//! The step in candle's operations, for devices that the kernel cannot reach, and for tests to compare with.

use candle_core::{DType, Result, Tensor, Var};

use crate::kernels::adam::Step;

pub fn step(step: Step, variable: &Var, gradient: &Tensor, first: &mut Tensor, second: &mut Tensor) -> Result<()> {
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

/// Σ x².
pub fn sum_of_squares(gradient: &Tensor) -> crate::Result<f64> {
    Ok(f64::from(gradient.to_dtype(DType::F32)?.sqr()?.sum_all()?.to_scalar::<f32>()?))
}
