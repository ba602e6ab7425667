use std::path::Path;

use serde::Deserialize;

use super::*;
use crate::bert::{Checkpoint, Unit};
use crate::bundle::{EmbeddingPrecision, Precision as Stored};
use crate::kernels::int8::Headroom;
use crate::text::Tokenizer;
use crate::train::Silent;

/// What NumPy made of a layer by another way to the same integers: tests/fixtures/make_fixtures.py.
#[derive(Deserialize)]
struct Reference {
    inputs: usize,
    float: Vec<f32>,
    x: Vec<f32>,
    weights: Vec<f32>,
    targets: Vec<f64>,
    scales: Vec<f32>,
    integers: Vec<i8>,
    mean_errors: Vec<f64>,
}

#[test]
fn integers_are_those_of_gptq_with_the_inverse() {
    let json = include_str!("../../../tests/fixtures/rounding.json");
    let reference: Reference = serde_json::from_str(json).unwrap();
    let inputs = reference.inputs;
    let mut moments = Moments::new(inputs);
    // In two parts, as batches come.
    let (first, second) = (reference.x.split_at(20 * inputs), reference.float.split_at(20 * inputs));
    moments.add(second.0, first.0);
    moments.add(second.1, first.1);
    let columns = Columns::new(&moments);
    for (index, row) in reference.weights.chunks_exact(inputs).enumerate() {
        let of_row = index * inputs..(index + 1) * inputs;
        let target = columns.target(row);
        for (value, expected) in target.iter().zip(&reference.targets[of_row.clone()]) {
            assert!((value - expected).abs() < 1e-4, "row {index}: {value} for {expected}");
        }
        let integers = columns.round(&target, reference.scales[index]);
        assert_eq!(integers, reference.integers[of_row], "row {index}");
        let error = moments.mean_error(row, &integers, reference.scales[index]);
        assert!((error - reference.mean_errors[index]).abs() < 1e-5, "{error} for {}", reference.mean_errors[index]);
    }
}

/// Tokens whose inputs are mixtures of a few causes, and a little of their own.
fn correlated(tokens: usize, inputs: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(5);
    let mut normal = move || (0..12).map(|_| random.f32()).sum::<f32>() - 6.0;
    let mixture: Vec<f32> = (0..8 * inputs).map(|_| normal()).collect();
    let token = |_| {
        let causes: Vec<f32> = (0..8).map(|_| normal()).collect();
        let mixed =
            |input: usize| causes.iter().enumerate().map(|(i, cause)| cause * mixture[i * inputs + input]).sum();
        (0..inputs).map(mixed).map(|mixed: f32| mixed + 0.2 * normal()).collect::<Vec<_>>()
    };
    (0..tokens).flat_map(token).collect()
}

fn weights(count: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(6);
    (0..count).map(|_| random.f32() - 0.5).collect()
}

#[test]
fn errors_make_up_for_each_other() {
    let (tokens, inputs) = (400, 48);
    let x = correlated(2 * tokens, inputs);
    let (seen, unseen) = x.split_at(tokens * inputs);
    let mut moments = Moments::new(inputs);
    moments.add(seen, seen);
    let columns = Columns::new(&moments);
    let (mut fitted, mut nearest) = (0.0, 0.0);
    for row in weights(20 * inputs).chunks_exact(inputs) {
        let (integers, scales) = quantise_rows(row, inputs);
        let target = columns.target(row);
        assert!(target.iter().zip(row).all(|(target, &weight)| (target - f64::from(weight)).abs() < 1e-9), "none lost");
        let error = |integers: &[i8]| -> f64 {
            let of_token = |x: &[f32]| {
                let inputs = x.iter().zip(row.iter().zip(integers));
                let error = inputs.map(|(x, (weight, &integer))| x * (weight - f32::from(integer) * scales[0]));
                f64::from(error.sum::<f32>()).powi(2)
            };
            unseen.chunks_exact(inputs).map(of_token).sum()
        };
        fitted += error(&columns.round(&target, scales[0]));
        nearest += error(&integers);
    }
    assert!(fitted < 0.3 * nearest, "{fitted} of {nearest}, which nearest integers have");
}

/// The largest sum of integers of one sign that meet in a lane of four quads.
fn largest_sum(integers: &[i8]) -> i32 {
    let sum = |block: &[i8], half: usize, sign: i32| -> i32 {
        let lane = block.iter().enumerate().filter(|(column, _)| column % 4 / 2 == half);
        lane.map(|(_, &integer)| (sign * i32::from(integer)).max(0)).sum()
    };
    let lanes = [(0, 1), (0, -1), (1, 1), (1, -1)];
    integers.chunks(16).flat_map(|block| lanes.map(|(half, sign)| sum(block, half, sign))).max().unwrap()
}

#[test]
fn sums_fit_whatever_the_weights_are() {
    let inputs = 40;
    let x = correlated(200, inputs);
    let mut moments = Moments::new(inputs);
    moments.add(&x, &x);
    let columns = Columns::new(&moments);
    for value in [1.0, -1.0, 1e30, -1e30] {
        // With this scale every integer would be 127, and a lane's sum four times what it may be.
        let integers = columns.round(&vec![value; inputs], (value.abs() / 127.0) as f32);
        assert!(integers.iter().all(|&integer| integer >= -127));
        assert_eq!(largest_sum(&integers), 258, "{value}: {integers:?}");
    }
    let mut room = Headroom::new(16);
    assert_eq!([room.nearest(0, 1e9), room.nearest(1, -1e9), room.nearest(5, 100.4)], [127, -127, 100]);
    assert_eq!([room.nearest(4, 90.0), room.nearest(9, 5.0), room.nearest(8, -5.0)], [31, 0, -5]);
    assert_eq!([room.nearest(2, 90.0), room.nearest(3, f64::NAN)], [90, 0]);
}

#[test]
fn inputs_that_never_vary_do_no_harm() {
    let inputs = 32;
    let row = weights(inputs);
    let (nearest, scales) = quantise_rows(&row, inputs);
    let integers = |x: &[f32]| {
        let mut moments = Moments::new(inputs);
        moments.add(x, x);
        let columns = Columns::new(&moments);
        let target = columns.target(&row);
        assert!(target.iter().all(|value| value.is_finite()));
        columns.round(&target, scales[0])
    };
    assert_eq!(integers(&vec![0.0; 10 * inputs]), nearest, "no input ever was there");
    assert_eq!(integers(&[]), nearest, "no token was there");
    let mut x = correlated(50, inputs);
    // Of the pairs 0 and 1, 2 and 3, … the first is always 3, and there are two inputs of which one is twice the other.
    x.chunks_exact_mut(inputs).for_each(|token| {
        token.iter_mut().step_by(2).for_each(|value| *value = 3.0);
        token[7] = 2.0 * token[5];
    });
    let integers = integers(&x);
    let free = |integers: &[i8]| integers.iter().step_by(2).copied().collect::<Vec<_>>();
    assert_eq!(free(&integers), free(&nearest), "what never varies makes up for nothing");
    assert_ne!(integers, nearest);
}

#[test]
fn what_is_often_large_is_made_smaller() {
    let factors = smoothing::factors(&[1.0, 16.0, 0.0, 1.0]);
    assert!((factors[0] / factors[1] - 8.0).abs() < 1e-4, "16 to the power of 3/4: {factors:?}");
    assert!(
        (factors[2] / factors[0] - (1.0f32 / 0.45).powf(0.75)).abs() < 1e-4,
        "a tenth of the mean at least: {factors:?}"
    );
    assert_eq!(smoothing::factors(&[0.0, 0.0]), [1.0, 1.0]);
}

#[test]
fn moments_of_multiples_are_multiples_of_moments() {
    let (float, x) = (correlated(30, 8), weights(30 * 8));
    let factors = [0.5, 2.0, 1.0, 3.0, 0.25, 1.0, 8.0, 1.5];
    let times = |values: &[f32]| -> Vec<f32> {
        values.iter().zip(factors.iter().cycle()).map(|(value, factor)| value * factor).collect()
    };
    let [mut moments, mut expected] = [Moments::new(8), Moments::new(8)];
    moments.add(&float, &x);
    moments.multiply(&factors);
    expected.add(&times(&float), &times(&x));
    let row = weights(8);
    let figures = |moments: &Moments| {
        let error = moments.mean_error(&row, &[1, -2, 3, -4, 5, -6, 7, -8], 0.5);
        [&moments.covariances().concat()[..], &moments.peaks(), &[error]].concat()
    };
    for (value, expected) in figures(&moments).iter().zip(figures(&expected)) {
        assert!((value - expected).abs() < 1e-3 * expected.abs().max(1.0), "{value} for {expected}");
    }
}

const STORAGE: Storage = Storage { precision: Stored::Int8, embeddings: Some(EmbeddingPrecision::Int4) };

fn tiny_bert() -> (Checkpoint, TokenizedDataset) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert");
    let tokenizer = Tokenizer::from_checkpoint(&folder, 64).unwrap();
    let words = ["the movie was good", "bad, bad film!", "i hate it", "a great cafe and a terrible movie", "love"];
    let example = |number: usize| Example {
        text: (0..1 + number % 4).map(|i| words[(number * 7 + i * 3) % 5]).collect::<Vec<_>>().join(" and "),
        second: None,
        targets: vec![0.0],
        spans: Vec::new(),
        weight: 1.0,
    };
    let examples: Vec<Example> = (0..60).map(example).collect();
    let checkpoint = Checkpoint::read(&folder, &Device::Cpu).unwrap();
    (checkpoint, TokenizedDataset::new(&examples, 1, Unit::Text, &tokenizer).unwrap())
}

/// How far the last layer's values are from those of the float model, on average over squares.
fn distance(architecture: &Architecture, float: &Weights, stored: &[u8], texts: &TokenizedDataset) -> f32 {
    let states = |weights: Weights| {
        let model = Model::new(architecture, Pooling::Mean, &[], weights, OPS).unwrap();
        let batch = texts.batch(&(0..texts.len()).collect::<Vec<_>>()).unwrap().inputs;
        model.hidden_states(&batch, None).unwrap()
    };
    let difference = (states(float.clone()) - states(decode(&stored).unwrap())).unwrap();
    difference.sqr().unwrap().mean_all().unwrap().to_scalar().unwrap()
}

#[test]
fn a_model_comes_nearer_to_itself() {
    let (Checkpoint { architecture, weights, .. }, texts) = tiny_bert();
    let nearest = encode(weights.clone(), STORAGE).unwrap();
    let fitted = || {
        let fitted = fit(weights.clone(), STORAGE, &architecture, &texts, &mut Silent).unwrap();
        encode(fitted, STORAGE).unwrap()
    };
    let fitted_once = fitted();
    assert_eq!(fitted_once, fitted(), "the same bytes each time");
    let [fitted, nearest] = [fitted_once, nearest].map(|stored| distance(&architecture, &weights, &stored, &texts));
    assert!(fitted < 0.7 * nearest, "{fitted} where nearest integers have {nearest}");
}

#[test]
fn what_is_not_finite_is_refused() {
    let (Checkpoint { architecture, mut weights, .. }, texts) = tiny_bert();
    let name = "encoder.layer.1.output.dense.bias";
    weights.take(name, &[32]).unwrap();
    weights.insert(name, Tensor::full(f32::INFINITY, 32, &Device::Cpu).unwrap()).unwrap();
    let error = fit(weights, STORAGE, &architecture, &texts, &mut Silent).unwrap_err().to_string();
    assert!(error.contains("encoder.layer.1.output.dense.bias has values that are not finite"), "{error}");

    let (Checkpoint { architecture, mut weights, .. }, texts) = tiny_bert();
    let name = "encoder.layer.0.attention.output.LayerNorm.bias";
    weights.take(name, &[32]).unwrap();
    weights.insert(name, Tensor::full(f32::MAX, 32, &Device::Cpu).unwrap()).unwrap();
    let error = fit(weights, STORAGE, &architecture, &texts, &mut Silent).unwrap_err().to_string();
    assert!(error.contains("the model's values for the texts are not finite"), "{error}");
}
