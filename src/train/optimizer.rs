//! The optimisers: RAdam (Liu et al. 2020), Adam whose first steps are rectified for the variance that its second moment
//! still has, and AdamW (Loshchilov & Hutter 2019).
//!
//! Both keep two moments of every variable, and count the steps in which it had a gradient, as PyTorch does. They differ in a few factors of the step, so that one kernel does either, in
//! place. On other devices than the CPU the same step is composed of candle's operations ([`composed`]). Either way the
//! whole gradient's norm is measured first: it is what clipping needs, and a norm that is not finite is the first sign that
//! training diverges.

use std::borrow::Cow;
use std::cell::RefCell;

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp2, Layout, Tensor, Var, bail};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::kernels::adam::{self, Step};

mod composed;

/// Which optimiser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Rectified Adam.
    RAdam,
    /// Adam with decoupled weight decay.
    AdamW,
}

/// One variable and how it is to learn.
#[derive(Debug, Clone)]
pub struct Group {
    /// What is changed.
    pub variable: Var,
    /// Its learning rate, before the schedule's factor.
    pub learning_rate: f64,
    /// Its decoupled weight decay.
    pub weight_decay: f64,
}

/// An optimiser with the moments of its variables.
#[derive(Debug)]
pub struct Optimizer {
    method: Method,
    states: Vec<State>,
}

#[derive(Debug)]
struct State {
    group: Group,
    /// How many steps had a gradient of this variable: a head has none in the steps of other tasks, and moments that did not
    /// change are not corrected as if they had.
    steps: u32,
    moments: Moments,
}

/// What the optimiser knows of one variable.
#[derive(Debug, Clone, PartialEq)]
pub struct History<'a> {
    /// In how many steps it had a gradient.
    pub steps: u32,
    /// The first and second moment.
    pub moments: [Cow<'a, [f32]>; 2],
}

/// The moments of one variable.
#[derive(Debug)]
enum Moments {
    /// On the CPU, for the kernel.
    Slices(Vec<f32>, Vec<f32>),
    /// On the variable's device.
    Tensors(Tensor, Tensor),
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Elements that one thread takes at a time: with the moments they fit its L2 cache.
const PART: usize = 16 * 1024;

impl Optimizer {
    /// An optimiser of these variables, all moments zero. `fused` wants the kernel, which only variables on the CPU can have.
    ///
    /// # Errors
    /// The moments cannot be allocated on the variables' device.
    pub fn new(method: Method, groups: impl IntoIterator<Item = Group>, fused: bool) -> Result<Self> {
        let state = |group: Group| {
            let moments = if fused {
                let zeros = vec![0.0; group.variable.elem_count()];
                Moments::Slices(zeros.clone(), zeros)
            } else {
                Moments::Tensors(group.variable.zeros_like()?, group.variable.zeros_like()?)
            };
            Ok(State { group, steps: 0, moments })
        };
        Ok(Self { method, states: groups.into_iter().map(state).collect::<Result<_>>()? })
    }

    /// What has been counted and measured of each variable, in the variables' order.
    ///
    /// # Errors
    /// The moments cannot be read from their device.
    pub fn histories(&self) -> impl Iterator<Item = Result<History<'_>>> {
        self.states.iter().map(|State { steps, moments, .. }| {
            let moments = match moments {
                Moments::Slices(first, second) => [first.into(), second.into()],
                Moments::Tensors(first, second) => {
                    let values = |moment: &Tensor| Ok::<_, crate::Error>(moment.flatten_all()?.to_vec1()?.into());
                    [values(first)?, values(second)?]
                }
            };
            Ok(History { steps: *steps, moments })
        })
    }

    /// Goes on from what [`Self::histories`] gave.
    ///
    /// # Errors
    /// The moments are not of the variables' sizes.
    pub fn restore<'a>(&mut self, histories: impl IntoIterator<Item = History<'a>>) -> Result<()> {
        for (state, History { steps, moments }) in self.states.iter_mut().zip(histories) {
            let [first, second] = moments.map(Cow::into_owned);
            let length = state.group.variable.elem_count();
            if first.len() != length || second.len() != length {
                return Err(crate::Error::invalid("the moments are of another model than the variables"));
            }
            state.steps = steps;
            match &mut state.moments {
                Moments::Slices(a, b) => (*a, *b) = (first, second),
                Moments::Tensors(a, b) => {
                    let tensor = |values| Tensor::from_vec(values, a.shape(), a.device());
                    (*a, *b) = (tensor(first)?, tensor(second)?);
                }
            }
        }
        Ok(())
    }

    /// Moves every variable that has a gradient. `factor` is the schedule's, and `clip_norm` the most that the norm of all
    /// gradients together may be: a longer gradient is shortened to it (Pascanu et al. 2013, algorithm 1).
    ///
    /// Gives the norm before clipping. Where it is not finite nothing is moved.
    ///
    /// # Errors
    /// A tensor operation fails, as where the kernel finds something else than contiguous f32 on the CPU.
    pub fn step(&mut self, gradients: &GradStore, factor: f64, clip_norm: Option<f64>) -> Result<f64> {
        let norm = self.norm(gradients)?;
        if !norm.is_finite() {
            return Ok(norm);
        }
        // PyTorch's clip_grad_norm_ adds the same to the norm.
        let scale = clip_norm.map_or(1.0, |limit| (limit / (norm + 1e-6)).min(1.0));
        for State { group, steps, moments } in &mut self.states {
            let Some(gradient) = gradients.get(&group.variable) else { continue };
            *steps += 1;
            let step = step(self.method, *steps as i32, group.learning_rate * factor, group.weight_decay, scale);
            match moments {
                Moments::Slices(first, second) => {
                    let update = Update { step, moments: RefCell::new((first, second)) };
                    group.variable.inplace_op2(&gradient.contiguous()?, &update)?;
                }
                Moments::Tensors(first, second) => composed::step(step, &group.variable, gradient, first, second)?,
            }
        }
        Ok(norm)
    }

    fn norm(&self, gradients: &GradStore) -> Result<f64> {
        let mut squares = 0.0;
        let mut elsewhere = Vec::new();
        for State { group, moments, .. } in &self.states {
            let Some(gradient) = gradients.get(&group.variable) else { continue };
            match moments {
                Moments::Slices(..) => squares += sum_of_squares(gradient)?,
                Moments::Tensors(..) => elsewhere.push(gradient),
            }
        }
        Ok((squares + composed::sum_of_squares(&elsewhere)?).sqrt())
    }
}

/// What a variable's step number `t` (from 1) does to it.
fn step(method: Method, t: i32, learning_rate: f64, weight_decay: f64, gradient_scale: f64) -> Step {
    let (decay1, decay2) = (BETA1.powi(t), BETA2.powi(t));
    // The root of the second moment's bias correction. AdamW divides the moment by it before ε is added, RAdam after.
    let correction = (1.0 - decay2).sqrt();
    let (adaptive, epsilon) = match method {
        Method::RAdam => (rectification(t).map(|rectification| rectification * correction), EPSILON),
        Method::AdamW => (Some(correction), EPSILON * correction),
    };
    Step {
        beta1: BETA1 as f32,
        beta2: BETA2 as f32,
        rate: (learning_rate / (1.0 - decay1)) as f32,
        adaptive: adaptive.map(|adaptive| adaptive as f32),
        epsilon: epsilon as f32,
        decay: (1.0 - learning_rate * weight_decay) as f32,
        gradient_scale: gradient_scale as f32,
    }
}

/// rₜ of RAdam's algorithm 2; none while the variance is not tractable. As PyTorch does, the step is adaptive from ρₜ > 5 on.
fn rectification(t: i32) -> Option<f64> {
    let decay2 = BETA2.powi(t);
    let longest = 2.0 / (1.0 - BETA2) - 1.0;
    let length = longest - 2.0 * f64::from(t) * decay2 / (1.0 - decay2);
    let numerator = (length - 4.0) * (length - 2.0) * longest;
    (length > 5.0).then(|| (numerator / ((longest - 4.0) * (longest - 2.0) * length)).sqrt())
}

/// Σ x² of a tensor on the CPU, by parts of a fixed size, so that the sum does not depend on the number of threads.
fn sum_of_squares(gradient: &Tensor) -> Result<f64> {
    let gradient = gradient.contiguous()?;
    let (storage, layout) = gradient.storage_and_layout();
    let (candle_core::Storage::Cpu(CpuStorage::F32(values)), Some((start, end))) =
        (&*storage, layout.contiguous_offsets())
    else {
        return composed::sum_of_squares(&[&gradient]);
    };
    let parts: Vec<f64> =
        values[start..end].par_chunks(PART).map(|part| f64::from(adam::sum_of_squares(part))).collect();
    Ok(parts.iter().sum())
}

struct Update<'a> {
    step: Step,
    moments: RefCell<(&'a mut [f32], &'a mut [f32])>,
}

impl InplaceOp2 for Update<'_> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn cpu_fwd(
        &self,
        parameters: &mut CpuStorage,
        layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> candle_core::Result<()> {
        let (Some((start, end)), Some((gradient_start, gradient_end))) =
            (layout.contiguous_offsets(), gradient_layout.contiguous_offsets())
        else {
            bail!("the optimiser needs contiguous variables and gradients");
        };
        let (CpuStorage::F32(parameters), CpuStorage::F32(gradient)) = (parameters, gradient) else {
            bail!("the optimiser needs f32 variables and gradients");
        };
        let step = self.step;
        let (first, second) = &mut *self.moments.borrow_mut();
        parameters[start..end]
            .par_chunks_mut(PART)
            .zip(gradient[gradient_start..gradient_end].par_chunks(PART))
            .zip(first.par_chunks_mut(PART))
            .zip(second.par_chunks_mut(PART))
            .for_each(|(((parameters, gradient), first), second)| {
                adam::step(step, parameters, gradient, first, second);
            });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
