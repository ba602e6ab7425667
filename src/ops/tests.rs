//! Each fused operation against its composed twin, on more rows than one thread takes at a time.

use candle_core::{DType, Var};

use super::*;
use crate::kernels::bf16::round;

const ROWS: usize = 300;

fn random(seed: u64, rows: usize, columns: usize) -> Var {
    let mut random = fastrand::Rng::with_seed(seed);
    // Values that bf16 has, so that it multiplies them as f32 does.
    let values: Vec<f32> = (0..rows * columns).map(|_| round(random.f32() - 0.5)).collect();
    Var::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
}

fn vector(seed: u64, length: usize) -> Var {
    Var::from_tensor(&random(seed, 1, length).flatten_all().unwrap()).unwrap()
}

/// Compares the value of `operation` and the gradients of `inputs`, relative to their norms.
fn check(ops: Ops, tolerance: f64, inputs: &[&Var], operation: impl Fn(Ops) -> Result<Tensor>) {
    let run = |ops| {
        let value = operation(ops).unwrap();
        let (rows, columns) = value.dims2().unwrap();
        let objective = (&value * random(99, rows, columns).as_tensor()).unwrap().sum_all().unwrap();
        let gradients = objective.backward().unwrap();
        let of = |input: &&Var| gradients.get(input.as_tensor()).unwrap().clone();
        [value].into_iter().chain(inputs.iter().map(of)).collect::<Vec<_>>()
    };
    let norm = |tensor: &Tensor| {
        let squares = tensor.to_dtype(DType::F64).unwrap().sqr().unwrap();
        squares.sum_all().unwrap().to_scalar::<f64>().unwrap().sqrt()
    };
    for (index, (fused, composed)) in run(ops).iter().zip(run(Ops::Composed(Precision::F32))).enumerate() {
        let distance = norm(&(fused - &composed).unwrap()) / norm(&composed);
        assert!(distance < tolerance, "{ops:?}: result {index} is off by {distance:e}");
    }
}

#[test]
fn linear_layers_are_the_composed_ones() {
    for (inputs, outputs) in [(24, 40), (40, 200), (7, 1)] {
        let (x, weight, bias) = (random(1, ROWS, inputs), random(2, outputs, inputs), vector(3, outputs));
        for ops in [Ops::Fused(Precision::F32), Ops::Fused(Precision::Bf16)] {
            check(ops, 2e-6, &[&x, &weight, &bias], |ops| ops.linear(&x, &weight, &bias));
        }
    }
}

#[test]
fn gelu_and_linear_are_the_composed_ones() {
    let (x, weight, bias) = (random(1, ROWS, 24), random(2, 40, 24), vector(3, 40));
    // GELU's values are rounded, which takes up to 2⁻⁹ of each.
    for (ops, tolerance) in [(Ops::Fused(Precision::F32), 2e-6), (Ops::Fused(Precision::Bf16), 4e-3)] {
        check(ops, tolerance, &[&x, &weight, &bias], |ops| ops.gelu_linear(&x, &weight, &bias));
    }
}

#[test]
fn residuals_and_norms_are_the_composed_ones() {
    let (x, branch) = (random(1, ROWS, 33), random(2, ROWS, 33));
    let (weight, bias) = (vector(3, 33), vector(4, 33));
    for dropout in [None, Some(Mask::new(0.3, 5))] {
        check(Ops::Fused(Precision::F32), 3e-6, &[&x, &branch, &weight, &bias], |ops| {
            ops.residual_norm(&x, &branch, dropout, (&weight, &bias), 1e-12)
        });
    }
    check(Ops::Fused(Precision::F32), 3e-6, &[&x, &weight, &bias], |ops| ops.layer_norm(&x, &weight, &bias, 1e-12));
}

#[test]
fn attention_is_the_composed_one() {
    let projections = random(1, ROWS, 3 * 24);
    let packing = Packing::of_lengths([200, 1, 99]);
    for dropout in [None, Some(Mask::new(0.3, 5))] {
        check(Ops::Fused(Precision::F32), 3e-6, &[&projections], |ops| {
            ops.attention(&projections, &packing, 3, dropout)
        });
    }
}
