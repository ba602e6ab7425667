//! What a step's parts take, each measured alone with the step's sizes, times how often the step has it.
//!
//! The sub-layers' operations hold products, norms and GELU, so these are measured as kernels, on all cores, and attention
//! is what remains of its sub-layer. Alone a part finds its input in the cache more often than in the step, and a machine
//! that others use is not always equally fast: the shares are rough.

use std::time::Instant;

use candle_core::{Device, Tensor, Var};
use undertone::bert::{Activation, Architecture};
use undertone::kernels::layer_norm;
use undertone::kernels::parts::{build, product_rows};
use undertone::kernels::precision::{PackedRhs, ProductPrecision};
use undertone::kernels::product::{Matrix, Parallelism};
use undertone::ops::{AttentionSettings, FusedWeights, Lookup, Ops, SequenceOffsets};
use undertone::train::optimizer::{Method, Optimizer};

use crate::TOKENS;
use crate::ours::{Result, group, texts};

/// The seconds of each part of one step.
pub fn measure(sizes: &Architecture, precision: ProductPrecision, count: usize) -> Result<Vec<(&'static str, f64)>> {
    let ops = Ops::Fused(precision);
    let rows = count * TOKENS;
    let (hidden, inner) = (sizes.hidden_size, sizes.intermediate_size);
    let layers = sizes.num_hidden_layers as f64;
    let random = |shape: &[usize]| Var::randn(0f32, 0.1, shape, &Device::Cpu);

    let linear = |outputs, inputs| products(precision, rows, outputs, inputs);
    let attention_linears = linear(3 * hidden, hidden)? + linear(hidden, hidden)?;
    let linears = attention_linears + linear(inner, hidden)? + linear(hidden, inner)?;
    let norm = norm(rows, hidden)?;
    let gelu = activation(rows * inner)?;

    let x = random(&[rows, hidden])?;
    let weights = (0..10).map(|part| if part < 4 { random(&[hidden, hidden]) } else { random(&[hidden]) });
    let weights: Vec<Tensor> = weights.map(|weight| Ok(weight?.as_tensor().clone())).collect::<Result<_>>()?;
    let weights = FusedWeights::attention(weights.try_into().map_err(|_| "there are ten")?)?;
    let settings = AttentionSettings {
        offsets: SequenceOffsets::from_lengths(vec![TOKENS; count]),
        heads: sizes.num_attention_heads,
        epsilon: 1e-12,
        probability_dropout: None,
        dropout: None,
    };
    let sublayer = both_ways(|| Ok(ops.attention(&x, &weights, settings.clone())?))?;

    let tables = [sizes.vocab_size, sizes.max_position_embeddings, sizes.type_vocab_size];
    let [words, positions, types] = tables.map(|entries| random(&[entries, hidden]));
    let (words, positions, types) = (words?, positions?, types?);
    let lookup = Lookup {
        words: texts(count).into_iter().flat_map(|text| text.input_ids).collect(),
        positions: (0..rows).map(|row| (row % TOKENS) as u32).collect(),
        token_types: vec![0; rows].into(),
    };
    let embedding = both_ways(|| Ok(ops.embedding([&words, &positions, &types], &lookup)?))?;

    let per_layer = 4 * hidden * hidden + 2 * hidden * inner;
    let parameter = random(&[sizes.num_hidden_layers * per_layer + sizes.vocab_size * hidden])?;
    let gradients = parameter.sum_all()?.backward()?;
    let mut optimizer = Optimizer::new(Method::RAdam, [group(&parameter)], true)?;
    let radam = best(|| Ok(optimizer.step(&gradients, 1.0, None).map(drop)?))?;

    Ok(vec![
        ("linears", layers * linears),
        ("attention", layers * (sublayer - attention_linears - norm)),
        ("layer norm", 2.0 * layers * norm),
        ("GELU", layers * gelu),
        ("embedding", embedding),
        ("optimiser", radam),
    ])
}

/// A linear layer's three products, two by parts of the rows and one by parts of the outputs.
fn products(precision: ProductPrecision, rows: usize, outputs: usize, inputs: usize) -> Result<f64> {
    let [x, weight, gradient] = [rows * inputs, outputs * inputs, rows * outputs].map(|length| vec![0.5f32; length]);
    let by_rows = |left: &[f32], right: Matrix<&[f32]>, inner: usize, width: usize| {
        let (factor, part) = (PackedRhs::new(precision, right), product_rows(rows));
        build(rows * width, part * width, |index, output: &mut [f32]| {
            let count = output.len() / width;
            let left = Matrix::new(&left[index * part * inner..][..count * inner], count, inner);
            factor.multiply(Matrix::new(output, count, width), false, left, Parallelism::None);
        });
    };
    best(|| {
        by_rows(&x, Matrix::new(&weight[..], outputs, inputs).transposed(), inputs, outputs);
        by_rows(&gradient, Matrix::new(&weight[..], outputs, inputs), outputs, inputs);
        let (factor, part) = (PackedRhs::new(precision, Matrix::new(&x[..], rows, inputs)), outputs.min(192));
        build(outputs * inputs, part * inputs, |index, output: &mut [f32]| {
            let count = output.len() / inputs;
            let left = Matrix::strided(&gradient[index * part..], rows, count, outputs).transposed();
            factor.multiply(Matrix::new(output, count, inputs), false, left, Parallelism::None);
        });
        Ok(())
    })
}

fn norm(rows: usize, width: usize) -> Result<f64> {
    let (x, gradient, weight, part) =
        (vec![0.5f32; rows * width], vec![0.5f32; rows * width], vec![1.0f32; width], 64 * width);
    best(|| {
        build(rows * width, part, |index, output: &mut [f32]| {
            layer_norm::forward(&x[index * part..][..output.len()], &weight, &weight, 1e-12, output);
        });
        build(rows * width, part, |index, output: &mut [f32]| {
            let range = index * part..index * part + output.len();
            let mut sums = [vec![0.0; width], vec![0.0; width]];
            let [first, second] = &mut sums;
            layer_norm::backward(&x[range.clone()], &weight, &gradient[range], 1e-12, output, first, second);
        });
        Ok(())
    })
}

fn activation(length: usize) -> Result<f64> {
    const PART: usize = 64 * 1024;
    let x = vec![0.5f32; length];
    best(|| {
        build(length, PART, |index, output: &mut [f32]| {
            Activation::Gelu.forward(&x[index * PART..][..output.len()], output)
        });
        build(length, PART, |index, output: &mut [f32]| {
            let mut gradient = vec![1.0; output.len()];
            Activation::Gelu.value_and_gradient(&x[index * PART..][..output.len()], output, &mut gradient);
        });
        Ok(())
    })
}

/// The seconds of an operation with its gradients.
fn both_ways(mut operation: impl FnMut() -> Result<Tensor>) -> Result<f64> {
    best(|| {
        operation()?.backward()?;
        Ok(())
    })
}

fn best(mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best)
}
