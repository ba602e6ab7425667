//! Each fused operation against its composed twin, on more rows than one thread takes at a time.

use candle_core::{DType, Device, Var};

use super::*;
use crate::kernels::bf16::round;
use crate::random::{Key, Purpose};

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

fn mask(site: u64) -> Mask {
    Mask::new(0.3, Key::new(1, Purpose::Dropout).with(site))
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
    for (index, (fused, composed)) in run(ops).iter().zip(run(Ops::Composed(ProductPrecision::F32))).enumerate() {
        let distance = norm(&(fused - &composed).unwrap()) / norm(&composed);
        assert!(distance < tolerance, "{ops:?}: result {index} is off by {distance:e}");
    }
}

#[test]
fn linear_layers_are_the_composed_ones() {
    for (inputs, outputs) in [(24, 40), (40, 200), (7, 1)] {
        let (x, weight, bias) = (random(1, ROWS, inputs), random(2, outputs, inputs), vector(3, outputs));
        for ops in [Ops::Fused(ProductPrecision::F32), Ops::Fused(ProductPrecision::Bf16)] {
            check(ops, 2e-6, &[&x, &weight, &bias], |ops| ops.linear(&x, &weight, &bias));
        }
    }
}

fn parts<const N: usize>(variables: &[Var; N]) -> [Tensor; N] {
    variables.each_ref().map(|variable| variable.as_tensor().clone())
}

#[test]
fn attention_is_the_composed_one() {
    let hidden = 24;
    let x = random(1, ROWS, hidden);
    let variables: [Var; 10] = std::array::from_fn(|i| match i {
        0..4 => random(i as u64, hidden, hidden),
        _ => vector(i as u64, hidden),
    });
    let weights = FusedWeights::attention(parts(&variables)).unwrap();
    let offsets = SequenceOffsets::from_lengths([150, 1, 49, 100]);
    // The gradient of the keys' bias is zero but for rounding: it shifts all scores of a row alike.
    let inputs: Vec<&Var> = [&x].into_iter().chain(&variables[..5]).chain(&variables[6..]).collect();
    for (probability_dropout, dropout) in [(None, None), (Some(mask(5)), Some(mask(6)))] {
        let settings =
            AttentionSettings { offsets: offsets.clone(), heads: 3, epsilon: 1e-12, probability_dropout, dropout };
        for (ops, tolerance) in [(Ops::Fused(ProductPrecision::F32), 5e-6), (Ops::Fused(ProductPrecision::Bf16), 1e-2)]
        {
            check(ops, tolerance, &inputs, |ops| ops.attention(&x, &weights, settings.clone()));
        }
    }
}

#[test]
fn the_feed_forward_sublayer_is_the_composed_one() {
    // The vectors fill one row of the packed matrix, or more.
    for (hidden, inner) in [(24, 96), (24, 40), (7, 30)] {
        let (x, first) = (random(1, ROWS, hidden), random(2, inner, hidden));
        // candle's slope of ReLU at 0 is 1, PyTorch's and ours 0: so that no value is 0, the bias is of no multiple of the others.
        let bias = Var::from_tensor(&vector(4, inner).affine(1.0, 3e-5).unwrap()).unwrap();
        let variables = [random(3, hidden, inner), bias, vector(5, hidden), vector(6, hidden), vector(7, hidden)];
        let weights = FusedWeights::feed_forward(parts(&variables)).unwrap();
        let inputs: Vec<&Var> = [&x, &first].into_iter().chain(&variables).collect();
        let activations = [Activation::Gelu, Activation::GeluTanh, Activation::Relu];
        for (activation, dropout) in activations.into_iter().flat_map(|f| [(f, None), (f, Some(mask(5)))]) {
            let settings = FeedForwardSettings { activation, epsilon: 1e-12, dropout };
            for (ops, tolerance) in
                [(Ops::Fused(ProductPrecision::F32), 5e-6), (Ops::Fused(ProductPrecision::Bf16), 1e-2)]
            {
                check(ops, tolerance, &inputs, |ops| ops.feed_forward(&x, &first, &weights, settings));
            }
        }
    }
}

#[test]
fn layer_norm_is_the_composed_one() {
    let (x, weight, bias) = (random(1, ROWS, 33), vector(3, 33), vector(4, 33));
    check(Ops::Fused(ProductPrecision::F32), 3e-6, &[&x, &weight, &bias], |ops| {
        ops.layer_norm(&x, &weight, &bias, 1e-12)
    });
}

#[test]
fn pooling_is_the_composed_one() {
    let x = random(1, ROWS, 24);
    let offsets = SequenceOffsets::from_lengths([150, 1, 49, 100]);
    let ops = Ops::Fused(ProductPrecision::F32);
    check(ops, 2e-6, &[&x], |ops| ops.mean_pool(&x, &offsets));
    check(ops, 0.0_f64.next_up(), &[&x], |ops| ops.first_rows(&x, &offsets));
    check(ops, 2e-6, &[&x], |ops| ops.tanh(&x));
}

#[cfg(feature = "train")]
#[test]
fn the_loss_of_exclusive_classes_is_pytorchs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cross_entropy.json");
    let reference: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let of = |name: &str| -> Vec<Vec<f32>> { serde_json::from_value(reference[name].clone()).unwrap() };
    let classes: Vec<usize> = serde_json::from_value(reference["classes"].clone()).unwrap();
    let losses: Vec<f32> = serde_json::from_value(reference["loss"].clone()).unwrap();
    let one_hot: Vec<Vec<f32>> =
        classes.iter().map(|&class| (0..4).map(|other| f32::from(u8::from(other == class))).collect()).collect();
    let logits = candle_core::Var::new(of("logits"), &Device::Cpu).unwrap();
    let targets = Tensor::new(one_hot, &Device::Cpu).unwrap();
    let loss = cross_entropy(&logits, &targets).unwrap();
    let gradient = loss.sum_all().unwrap().backward().unwrap().remove(&logits).unwrap();
    let gradient: Vec<Vec<f32>> = gradient.to_vec2().unwrap();
    let rows: Vec<f32> = loss.sum(1).unwrap().to_vec1().unwrap();
    for (row, expected) in rows.iter().zip(&losses) {
        assert!((row - expected).abs() <= 2e-6 * expected.abs().max(1.0), "{row}, not {expected}");
    }
    for (value, expected) in gradient.iter().flatten().zip(of("gradient").iter().flatten()) {
        assert!((value - expected).abs() <= 2e-6, "{value}, not {expected}");
    }
}
