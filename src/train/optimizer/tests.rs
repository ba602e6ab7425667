//! Held to PyTorch's optimisers: the same gradients, step by step.

use candle_core::{DType, Device, safetensors};

use super::*;

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Follows the run `run` of the fixture `file` for 30 steps, with what `factor` says of step number 0, 1, …
fn assert_follows(
    file: &str,
    run: &str,
    method: Method,
    decays: [f64; 3],
    clip: Option<f64>,
    factor: fn(usize) -> f64,
) {
    let path = format!("{}/tests/fixtures/{file}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let reference = safetensors::load(path, &Device::Cpu).unwrap();
    let row = |series: &str, step: usize| {
        reference[series].get(step).unwrap().to_dtype(DType::F32).unwrap().contiguous().unwrap()
    };
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
                let expected = row(&format!("{run}.{name}"), step + 1);
                let difference = (variable.as_tensor() - &expected).unwrap().abs().unwrap();
                let error = difference.flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
                assert!(
                    error < 1e-6,
                    "{run}, fused {fused}: parameter {name} is off by {error:e} after step {}",
                    step + 1
                );
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
