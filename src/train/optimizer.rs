//! RAdam (Liu et al. 2020), Adam whose first steps are rectified for the variance that its second moment still has.

use std::cell::RefCell;

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp2, Layout, Var, bail};
use rayon::prelude::*;

use crate::Result;
use crate::kernels::radam::{self, Step};

/// The optimiser with the moments of its variables.
#[derive(Debug)]
pub struct RAdam {
    steps: i32,
    states: Vec<State>,
}

#[derive(Debug)]
struct State {
    variable: Var,
    learning_rate: f64,
    first_moment: Vec<f32>,
    second_moment: Vec<f32>,
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f32 = 1e-8;

impl RAdam {
    /// An optimiser of variables, each with its learning rate, all moments zero.
    pub fn new(variables: impl IntoIterator<Item = (Var, f64)>) -> Self {
        let state = |(variable, learning_rate): (Var, f64)| {
            let zeros = vec![0.0; variable.elem_count()];
            State { variable, learning_rate, first_moment: zeros.clone(), second_moment: zeros }
        };
        Self { steps: 0, states: variables.into_iter().map(state).collect() }
    }

    /// The first and second moment of each variable, in the variables' order.
    pub fn moments(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        self.states.iter().map(|state| (&state.first_moment[..], &state.second_moment[..]))
    }

    /// Goes on from what [`Self::moments`] gave after `steps` steps.
    ///
    /// # Panics
    /// The moments are not those of these variables.
    pub fn restore(&mut self, steps: usize, moments: Vec<(Vec<f32>, Vec<f32>)>) {
        assert_eq!(moments.len(), self.states.len(), "moments for each variable");
        self.steps = steps as i32;
        for (state, (first, second)) in self.states.iter_mut().zip(moments) {
            assert_eq!([first.len(), second.len()], [state.variable.elem_count(); 2], "moments of the variable's size");
            (state.first_moment, state.second_moment) = (first, second);
        }
    }

    /// Moves every variable that has a gradient.
    ///
    /// # Errors
    /// A variable or its gradient is not contiguous f32 on the CPU.
    pub fn step(&mut self, gradients: &GradStore) -> Result<()> {
        self.steps += 1;
        for state in &mut self.states {
            if let Some(gradient) = gradients.get(&state.variable) {
                let State { variable, learning_rate, first_moment, second_moment } = state;
                let step = rectified_step(self.steps, *learning_rate);
                let update = Update { step, moments: RefCell::new((first_moment, second_moment)) };
                variable.inplace_op2(&gradient.contiguous()?, &update)?;
            }
        }
        Ok(())
    }
}

/// Step number `t` (from 1): algorithm 2 of the paper. As PyTorch does, the step is adaptive from ρₜ > 5 on.
fn rectified_step(t: i32, learning_rate: f64) -> Step {
    let (decay1, decay2) = (BETA1.powi(t), BETA2.powi(t));
    let longest = 2.0 / (1.0 - BETA2) - 1.0;
    let length = longest - 2.0 * f64::from(t) * decay2 / (1.0 - decay2);
    let rectification = || {
        let numerator = (length - 4.0) * (length - 2.0) * longest;
        (numerator / ((longest - 4.0) * (longest - 2.0) * length)).sqrt()
    };
    Step {
        beta1: BETA1 as f32,
        beta2: BETA2 as f32,
        rate: (learning_rate / (1.0 - decay1)) as f32,
        adaptive: (length > 5.0).then(|| (rectification() * (1.0 - decay2).sqrt()) as f32),
        epsilon: EPSILON,
    }
}

struct Update<'a> {
    step: Step,
    moments: RefCell<(&'a mut [f32], &'a mut [f32])>,
}

impl InplaceOp2 for Update<'_> {
    fn name(&self) -> &'static str {
        "radam"
    }

    fn cpu_fwd(
        &self,
        parameters: &mut CpuStorage,
        layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> candle_core::Result<()> {
        /// Elements that one thread takes at a time: with the moments they fit its L2 cache.
        const PART: usize = 16 * 1024;
        let (Some((start, end)), Some((gradient_start, gradient_end))) =
            (layout.contiguous_offsets(), gradient_layout.contiguous_offsets())
        else {
            bail!("RAdam needs contiguous variables and gradients");
        };
        let (CpuStorage::F32(parameters), CpuStorage::F32(gradient)) = (parameters, gradient) else {
            bail!("RAdam needs f32 variables and gradients");
        };
        let step = self.step;
        let (first, second) = &mut *self.moments.borrow_mut();
        parameters[start..end]
            .par_chunks_mut(PART)
            .zip(gradient[gradient_start..gradient_end].par_chunks(PART))
            .zip(first.par_chunks_mut(PART))
            .zip(second.par_chunks_mut(PART))
            .for_each(|(((parameters, gradient), first), second)| {
                radam::step(step, parameters, gradient, first, second);
            });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Tensor, safetensors};

    #[test]
    fn every_step_is_pytorchs() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/radam.safetensors");
        let reference = safetensors::load(path, &Device::Cpu).unwrap();
        let names = ["a", "b", "c"];
        let row = |series: &str, step: usize| reference[series].get(step).unwrap().contiguous().unwrap();
        let variables = names.map(|name| Var::from_tensor(&row(&format!("plain.{name}"), 0)).unwrap());
        let mut optimizer = RAdam::new(variables.clone().map(|variable| (variable, 3e-3)));
        for step in 0..30 {
            // The gradients of Σ x∘g are g.
            let products = names.iter().zip(&variables).map(|(name, variable)| {
                let gradient = row(&format!("gradients.{name}"), step);
                (variable.as_tensor() * gradient).unwrap().sum_all().unwrap()
            });
            let loss = products.reduce(|a, b| (a + b).unwrap()).unwrap();
            optimizer.step(&loss.backward().unwrap()).unwrap();
            for (name, variable) in names.iter().zip(&variables) {
                let expected = row(&format!("plain64.{name}"), step + 1).to_dtype(candle_core::DType::F32).unwrap();
                let difference = |a: &Tensor, b: &Tensor| {
                    (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap()
                };
                let error = difference(variable.as_tensor(), &expected);
                assert!(error < 1e-6, "parameter {name} is off by {error:e} after step {}", step + 1);
            }
        }
    }
}
