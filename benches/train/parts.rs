//! What a step's parts take, each measured alone: an operation of the step's sizes, forward and backward, times how often
//! the step has it. Alone it finds its input in the cache more often than in the step, so the shares are rough.

use std::time::Instant;

use candle_core::{Device, Tensor, Var};
use undertone::bert::Architecture;
use undertone::ops::{Lookup, Ops, Packing};
use undertone::train::optimizer::{Method, Optimizer};

use crate::TOKENS;
use crate::ours::{Result, group, texts};

/// The seconds of each part of one step.
pub fn measure(sizes: &Architecture, ops: Ops, count: usize) -> Result<Vec<(&'static str, f64)>> {
    let rows = count * TOKENS;
    let (hidden, inner) = (sizes.hidden_size, sizes.intermediate_size);
    let layers = sizes.num_hidden_layers as f64;
    let random = |shape: &[usize]| Var::randn(0f32, 0.1, shape, &Device::Cpu);

    let linear = |outputs, inputs, gelu: bool| -> Result<f64> {
        let (x, weight, bias) = (random(&[rows, inputs])?, random(&[outputs, inputs])?, random(&[outputs])?);
        both_ways(|| Ok(if gelu { ops.gelu_linear(&x, &weight, &bias)? } else { ops.linear(&x, &weight, &bias)? }))
    };
    let narrow = linear(hidden, inner, false)?;
    let linears = layers
        * (linear(3 * hidden, hidden, false)?
            + linear(hidden, hidden, false)?
            + linear(inner, hidden, false)?
            + narrow);
    let gelu = layers * (linear(hidden, inner, true)? - narrow);

    let projections = random(&[rows, 3 * hidden])?;
    let packing = Packing::of_lengths(vec![TOKENS; count]);
    let attention =
        layers * both_ways(|| Ok(ops.attention(&projections, &packing, sizes.num_attention_heads, None)?))?;

    let (x, branch) = (random(&[rows, hidden])?, random(&[rows, hidden])?);
    let (weight, bias) = (random(&[hidden])?, random(&[hidden])?);
    let norms = 2.0 * layers * both_ways(|| Ok(ops.residual_norm(&x, &branch, None, (&weight, &bias), 1e-12)?))?;

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
        ("linears", linears),
        ("attention", attention),
        ("residuals and layer norm", norms),
        ("GELU", gelu),
        ("embedding", embedding),
        ("optimiser", radam),
    ])
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
