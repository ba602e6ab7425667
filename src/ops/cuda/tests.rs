//! The operations on a GPU against candle's own on the processor, values and gradients.

use candle_core::{Device, Result, Tensor, Var};

use super::sum_of_squares;
use crate::ops::{
    Activation, AttentionSettings, FeedForwardSettings, FusedWeights, Lookup, Mask, Ops, ProductPrecision,
    SequenceOffsets,
};
use crate::random::{Key, Purpose};

const LENGTHS: [usize; 5] = [150, 1, 49, 100, 3];
const ROWS: usize = 303;
const OPS: Ops = Ops::Composed(ProductPrecision::F32);

fn random(seed: u64, shape: &[usize]) -> Tensor {
    let mut random = fastrand::Rng::with_seed(seed);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.f32() - 0.5).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn mask(site: u64) -> Mask {
    Mask::new(0.3, Key::new(1, Purpose::Dropout).with(site))
}

/// What `operation` gives on `device`, and the gradient of each input.
fn results(device: &Device, inputs: &[Tensor], operation: &dyn Fn(&[Tensor]) -> Result<Tensor>) -> Vec<Tensor> {
    let variables: Vec<Var> =
        inputs.iter().map(|input| Var::from_tensor(&input.to_device(device).unwrap()).unwrap()).collect();
    let tensors: Vec<Tensor> = variables.iter().map(|variable| variable.as_tensor().clone()).collect();
    let value = operation(&tensors).unwrap();
    let weights = random(99, value.dims()).to_device(device).unwrap();
    let gradients = (&value * weights).unwrap().sum_all().unwrap().backward().unwrap();
    let of = |variable: &Var| gradients.get(variable).unwrap().clone();
    [value].into_iter().chain(variables.iter().map(of)).map(|tensor| tensor.to_device(&Device::Cpu).unwrap()).collect()
}

fn norm(tensor: &Tensor) -> f64 {
    f64::from(tensor.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap()).sqrt()
}

fn assert_alike(what: &str, inputs: &[Tensor], operation: impl Fn(&[Tensor]) -> Result<Tensor>) {
    let on = |device: &Device| results(device, inputs, &operation);
    for (index, (gpu, cpu)) in on(&Device::new_cuda(0).unwrap()).iter().zip(on(&Device::Cpu)).enumerate() {
        let distance = norm(&(gpu - &cpu).unwrap()) / norm(&cpu);
        assert!(distance < 1e-5, "{what}: result {index} is off by {distance:e}");
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn operations_on_a_gpu_are_candles_on_the_processor() {
    let offsets = SequenceOffsets::from_lengths(LENGTHS);

    for (inputs, outputs) in [(24, 40), (40, 200), (7, 1)] {
        let layer = [random(1, &[ROWS, inputs]), random(2, &[outputs, inputs]), random(3, &[outputs])];
        assert_alike("linear", &layer, |x| OPS.linear(&x[0], &x[1], &x[2]));
    }

    // Heads of 8 and 32 columns have kernels, those of 6 none.
    for (hidden, heads) in [(24, 3), (128, 4), (24, 4)] {
        for (probability_dropout, dropout) in [(None, None), (Some(mask(5)), Some(mask(6)))] {
            let epsilon = 1e-6;
            let settings = AttentionSettings { offsets: offsets.clone(), heads, epsilon, probability_dropout, dropout };
            let shapes = [vec![ROWS, hidden], vec![hidden, hidden], vec![hidden, hidden], vec![hidden, hidden]]
                .into_iter()
                .chain([vec![hidden, hidden]])
                .chain([0, 1, 2, 3, 4].map(|_| vec![hidden]));
            let inputs: Vec<Tensor> = shapes.zip(1..).map(|(shape, seed)| random(seed, &shape)).collect();
            assert_alike("attention", &inputs, |x| {
                // The gradient of the keys' bias is zero but for rounding, so it is none of the inputs.
                let key_bias = Tensor::zeros(hidden, x[0].dtype(), x[0].device())?;
                let [a, b, c, d, e, f, g, h, i] = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(|index| x[index].clone());
                let weights = FusedWeights::attention([a, b, c, d, e, key_bias, f, g, h, i])?;
                OPS.attention(&x[0], &weights, settings.clone())
            });
        }
    }

    let (hidden, inner) = (24, 96);
    let shapes: [&[usize]; 7] =
        [&[ROWS, hidden], &[inner, hidden], &[hidden, inner], &[inner], &[hidden], &[hidden], &[hidden]];
    let inputs: Vec<Tensor> = shapes.iter().zip(1..).map(|(shape, seed)| random(seed, shape)).collect();
    for dropout in [None, Some(mask(5))] {
        let settings = FeedForwardSettings { activation: Activation::Gelu, epsilon: 1e-6, dropout };
        assert_alike("feed-forward", &inputs, |x| {
            let weights = FusedWeights::feed_forward([2, 3, 4, 5, 6].map(|index| x[index].clone()))?;
            OPS.feed_forward(&x[0], &x[1], &weights, settings)
        });
    }

    let norm = [random(1, &[ROWS, 33]), random(2, &[33]), random(3, &[33])];
    assert_alike("layer norm", &norm, |x| OPS.layer_norm(&x[0], &x[1], &x[2], 1e-6));
    assert_alike("mean pool", &norm[..1], |x| OPS.mean_pool(&x[0], &offsets));
    assert_alike("first rows", &norm[..1], |x| OPS.first_rows(&x[0], &offsets));
    assert_alike("dropout", &norm[..1], |x| OPS.dropout(&x[0], mask(1)));

    let numbers = |below: u32| (0..ROWS as u32).map(move |row| row * row % below).collect();
    let lookup = Lookup { words: numbers(70), positions: numbers(50), token_types: numbers(1) };
    let tables = [random(1, &[90, 24]), random(2, &[50, 24]), random(3, &[2, 24])];
    assert_alike("embedding", &tables, |x| OPS.embedding([&x[0], &x[1], &x[2]], &lookup));
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn the_sum_of_squares_on_a_gpu_is_the_processors() {
    let tensors = [random(1, &[1]), random(2, &[300, 401]), random(3, &[257])];
    let expected: f64 = tensors.iter().map(|tensor| norm(tensor).powi(2)).sum();
    let on_gpu = tensors.map(|tensor| tensor.to_device(&Device::new_cuda(0).unwrap()).unwrap().flatten_all().unwrap());
    let sum = sum_of_squares(&on_gpu.iter().collect::<Vec<_>>()).unwrap();
    assert!((sum / expected - 1.0).abs() < 1e-5, "{sum} is not {expected}");
}
