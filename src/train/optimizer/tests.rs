//! Held to PyTorch's optimisers: the same gradients, step by step.

use std::collections::HashMap;

use candle_core::{DType, Device, safetensors};

use super::*;

const NAMES: [&str; 3] = ["a", "b", "c"];

/// A fixture: gradients, and the values that runs come to with them.
struct Reference(HashMap<String, Tensor>);

impl Reference {
    fn read(file: &str) -> Self {
        let path = format!("{}/tests/fixtures/{file}.safetensors", env!("CARGO_MANIFEST_DIR"));
        Self(safetensors::load(path, &Device::Cpu).unwrap())
    }

    fn row(&self, series: &str, step: usize) -> Tensor {
        self.0[series].get(step).unwrap().to_dtype(DType::F32).unwrap().contiguous().unwrap()
    }

    /// Both sides are rounded to f32 at every step, ours in the last bit of values of up to 4.
    fn assert_is(&self, variable: &Var, series: &str, step: usize) {
        let difference = (variable.as_tensor() - &self.row(series, step)).unwrap().abs().unwrap();
        let error = difference.flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
        assert!(error < 1e-6f32.max(step as f32 * 1.2e-7), "{series} is off by {error:e} after step {step}");
    }
}

/// Follows the run `run` of the fixture `file` for 30 steps, with what `factor` says of step number 0, 1, …
fn assert_follows(
    file: &str,
    run: &str,
    method: Method,
    decays: [f64; 3],
    clip: Option<f64>,
    factor: fn(usize) -> f64,
) {
    let reference = Reference::read(file);
    let row = |series: &str, step: usize| reference.row(series, step);
    for fused in [true, false] {
        let variables = NAMES.map(|name| Var::from_tensor(&row(&format!("{run}.{name}"), 0)).unwrap());
        let group = |(variable, weight_decay): (Var, f64)| Group { variable, learning_rate: 3e-3, weight_decay };
        let groups = variables.clone().into_iter().zip(decays).map(group);
        let mut optimizer = Optimizer::new(method, groups, fused).unwrap();
        for step in 0..30 {
            // The gradients of Σ x∘g are g.
            let products = NAMES.iter().zip(&variables).map(|(name, variable)| {
                (variable.as_tensor() * row(&format!("gradients.{name}"), step)).unwrap().sum_all().unwrap()
            });
            let loss = products.reduce(|a, b| (a + b).unwrap()).unwrap();
            optimizer.step(&loss.backward().unwrap(), factor(step), clip).unwrap();
            for (name, variable) in NAMES.iter().zip(&variables) {
                reference.assert_is(variable, &format!("{run}.{name}"), step + 1);
            }
        }
    }
}

#[test]
fn radam_is_pytorchs() {
    assert_follows("radam", "plain64", Method::RAdam, [0.0; 3], None, |_| 1.0);
}

#[test]
fn radam_with_decay_is_pytorchs() {
    assert_follows("radam", "decay", Method::RAdam, [0.01; 3], None, |_| 1.0);
}

#[test]
fn adamw_is_pytorchs() {
    assert_follows("adamw", "plain64", Method::AdamW, [0.0; 3], None, |_| 1.0);
}

#[test]
fn adamw_with_decay_clipping_and_schedule_is_pytorchs() {
    // As in the fixture: only a decays, the norm is clipped at 1, the rate rises over 6 of 30 steps and falls to 0.
    let factor = |step| crate::train::schedule::Schedule::Linear.factor(step, 30, 6);
    assert_follows("adamw", "whole64", Method::AdamW, [0.01, 0.0, 0.0], Some(1.0), factor);
}

/// b has a gradient in every second step, c in every tenth, and after some steps another optimiser goes on.
#[test]
fn steps_are_counted_for_each_variable_as_pytorch_does() {
    for (file, method) in [("radam", Method::RAdam), ("adamw", Method::AdamW)] {
        let reference = Reference::read(file);
        for fused in [true, false] {
            let variables = NAMES.map(|name| Var::from_tensor(&reference.row(&format!("sparse64.{name}"), 0)).unwrap());
            let new = || {
                let group = |variable| Group { variable, learning_rate: 3e-3, weight_decay: 0.01 };
                Optimizer::new(method, variables.clone().into_iter().map(group), fused).unwrap()
            };
            let mut optimizer = new();
            for step in 0..60 {
                let with_gradient = NAMES.iter().zip(&variables).zip([1, 2, 10]);
                let products =
                    with_gradient.filter(|(_, every)| (step + 1) % every == 0).map(|((name, variable), _)| {
                        let gradient = reference.row(&format!("gradients.{name}"), step % 30);
                        (variable.as_tensor() * gradient).unwrap().sum_all().unwrap()
                    });
                let loss = products.reduce(|a, b| (a + b).unwrap()).unwrap();
                optimizer.step(&loss.backward().unwrap(), 1.0, None).unwrap();
                for (name, variable) in NAMES.iter().zip(&variables) {
                    reference.assert_is(variable, &format!("sparse64.{name}"), step + 1);
                }
                if step == 24 {
                    let mut other = new();
                    other.restore(optimizer.histories().map(Result::unwrap)).unwrap();
                    optimizer = other;
                }
            }
            let steps: Vec<u32> = optimizer.histories().map(|history| history.unwrap().steps).collect();
            assert_eq!(steps, [60, 30, 6]);
        }
    }
}

#[test]
fn moments_of_another_size_are_refused() {
    let variable = Var::new(&[1.0f32, 2.0], &Device::Cpu).unwrap();
    let group = Group { variable, learning_rate: 0.1, weight_decay: 0.0 };
    let mut optimizer = Optimizer::new(Method::AdamW, [group], true).unwrap();
    let history = History { steps: 1, moments: [vec![0.0; 2].into(), vec![0.0; 3].into()] };
    assert!(optimizer.restore([history]).unwrap_err().to_string().contains("another model"));
}

#[test]
fn a_gradient_that_is_not_finite_moves_nothing() {
    for fused in [true, false] {
        let variable = Var::new(&[1.0f32, 2.0], &Device::Cpu).unwrap();
        let group = Group { variable: variable.clone(), learning_rate: 0.1, weight_decay: 0.1 };
        let mut optimizer = Optimizer::new(Method::AdamW, [group], fused).unwrap();
        let loss = (variable.as_tensor() * &Tensor::new(&[f32::NAN, 1.0], &Device::Cpu).unwrap()).unwrap();
        let norm = optimizer.step(&loss.sum_all().unwrap().backward().unwrap(), 1.0, Some(1.0)).unwrap();
        assert!(norm.is_nan());
        assert_eq!(variable.to_vec1::<f32>().unwrap(), [1.0, 2.0]);
    }
}
