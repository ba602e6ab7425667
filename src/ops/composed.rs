//! The same operations in candle's own, for devices that have no fused ones and as the reference of tests.
//!
//! Attention is the only one that pads: it gathers the texts into a block, masks the padding and gathers the rows back.
//! Where candle's operations keep a GPU waiting, [`super::cuda`] has a kernel in their place.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::ops::{layer_norm_slow, softmax};

#[cfg(feature = "cuda")]
use super::cuda;
use super::{
    Activation, AttentionSettings, FeedForwardSettings, FusedWeights, Lookup, Mask, ProductPrecision, SequenceOffsets,
};

pub fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor, precision: ProductPrecision) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if x.device().is_cuda() {
        return cuda::linear(x, weight, bias, precision);
    }
    let product = match precision {
        ProductPrecision::F32 => x.matmul(&weight.t()?)?,
        ProductPrecision::Bf16 => {
            let (x, weight) = (x.to_dtype(DType::BF16)?, weight.to_dtype(DType::BF16)?);
            if x.device().is_cpu() {
                // Where nothing multiplies in bf16, the rounded factors are multiplied in f32.
                x.to_dtype(DType::F32)?.matmul(&weight.to_dtype(DType::F32)?.t()?)?
            } else {
                x.matmul(&weight.t()?)?.to_dtype(DType::F32)?
            }
        }
    };
    product.broadcast_add(bias)
}

pub fn embedding(tables: [&Tensor; 3], lookup: &Lookup) -> Result<Tensor> {
    let ids = [&lookup.words, &lookup.positions, &lookup.token_types];
    let [words, positions, token_types] = [0, 1, 2].map(|i| select_rows(tables[i], &ids[i][..]));
    (words? + positions?)? + token_types?
}

/// The rows of x that `index` names; a row of zeros where it says `u32::MAX`.
fn select_rows(x: &Tensor, index: &[u32]) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if x.device().is_cuda() {
        return cuda::select_rows(x, index.into());
    }
    x.index_select(&Tensor::new(index, x.device())?, 0)
}

pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f32) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if x.device().is_cuda() {
        return cuda::layer_norm(x, weight, bias, epsilon);
    }
    layer_norm_slow(x, weight, bias, epsilon)
}

pub fn dropout(x: &Tensor, mask: Mask) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if x.device().is_cuda() {
        return cuda::dropout(x, mask);
    }
    let mut factors = vec![1.0f32; x.elem_count()];
    mask.apply(&mut factors, 0);
    x * Tensor::from_vec(factors, x.shape(), x.device())?
}

pub fn mean_pool(x: &Tensor, offsets: &SequenceOffsets) -> Result<Tensor> {
    let mut averaging = vec![0.0f32; offsets.texts() * offsets.rows()];
    for (row, range) in averaging.chunks_exact_mut(offsets.rows()).zip(offsets.ranges()) {
        let share = 1.0 / range.len() as f32;
        row[range].fill(share);
    }
    Tensor::from_vec(averaging, (offsets.texts(), offsets.rows()), x.device())?.matmul(x)
}

pub fn first_rows(x: &Tensor, offsets: &SequenceOffsets) -> Result<Tensor> {
    let first: Vec<u32> = offsets.ranges().map(|range| range.start as u32).collect();
    select_rows(x, &first)
}

pub fn attention_sublayer(
    x: &Tensor,
    weights: &FusedWeights,
    settings: &AttentionSettings,
    precision: ProductPrecision,
) -> Result<Tensor> {
    let [_, _, _, output, _, _, _, output_bias, norm, norm_bias] = weights.attention_parts()?;
    let branch = linear(&context(x, weights, settings, precision)?, &output, &output_bias, precision)?;
    residual_norm(x, branch, settings.dropout, [&norm, &norm_bias], settings.epsilon)
}

/// What the last product of [`attention_sublayer`] is of.
pub fn context(
    x: &Tensor,
    weights: &FusedWeights,
    settings: &AttentionSettings,
    precision: ProductPrecision,
) -> Result<Tensor> {
    let [query, key, value, _, query_bias, key_bias, value_bias, ..] = weights.attention_parts()?;
    let project = |weight, bias| linear(x, weight, bias, precision);
    let (queries, keys, values) =
        (project(&query, &query_bias)?, project(&key, &key_bias)?, project(&value, &value_bias)?);
    attention([&queries, &keys, &values], settings)
}

pub fn feed_forward(
    x: &Tensor,
    first: &Tensor,
    weights: &FusedWeights,
    FeedForwardSettings { activation, epsilon, dropout }: FeedForwardSettings,
    precision: ProductPrecision,
) -> Result<Tensor> {
    let [second, _, second_bias, norm, norm_bias] = weights.feed_forward_parts(x.dim(1)?)?;
    let inner = inner(x, first, weights, activation, precision)?;
    residual_norm(x, linear(&inner, &second, &second_bias, precision)?, dropout, [&norm, &norm_bias], epsilon)
}

/// What the last product of [`feed_forward`] is of.
pub fn inner(
    x: &Tensor,
    first: &Tensor,
    weights: &FusedWeights,
    activation: Activation,
    precision: ProductPrecision,
) -> Result<Tensor> {
    let [_, first_bias, ..] = weights.feed_forward_parts(x.dim(1)?)?;
    let x = linear(x, first, &first_bias, precision)?;
    match activation {
        #[cfg(feature = "cuda")]
        Activation::Gelu if x.device().is_cuda() => cuda::gelu(&x),
        Activation::Gelu => x.gelu_erf(),
        Activation::GeluTanh => x.gelu(),
        Activation::Relu => x.relu(),
    }
}

fn residual_norm(
    x: &Tensor,
    branch: Tensor,
    mask: Option<Mask>,
    [weight, bias]: [&Tensor; 2],
    epsilon: f32,
) -> Result<Tensor> {
    let branch = mask.map_or_else(|| Ok(branch.clone()), |mask| dropout(&branch, mask))?;
    layer_norm(&(x + branch)?, weight, bias, epsilon)
}

fn attention(inputs: [&Tensor; 3], settings: &AttentionSettings) -> Result<Tensor> {
    let &AttentionSettings { ref offsets, heads, probability_dropout, .. } = settings;
    let (_, hidden) = inputs[0].dims2()?;
    let (texts, longest, width) = (offsets.texts(), offsets.longest(), hidden / heads);
    #[cfg(feature = "cuda")]
    if inputs[0].device().is_cuda() && cuda::has_attention(width) {
        return cuda::attention(inputs, settings);
    }
    let padding = Padding::new(offsets);
    let [queries, keys, values] = inputs.map(|packed| {
        let padded = select_rows(packed, &padding.row_of_slot)?;
        padded.reshape((texts, longest, heads, width))?.transpose(1, 2)?.contiguous()
    });
    let scores = queries?.matmul(&keys?.t()?)?;
    let mut probabilities = attention_softmax(&scores, 1.0 / (width as f32).sqrt(), offsets)?;
    if let Some(mask) = probability_dropout {
        probabilities = (&probabilities * dropout_factors(mask, offsets, heads, probabilities.device())?)?;
    }
    let context = probabilities.matmul(&values?)?.transpose(1, 2)?.reshape((texts * longest, hidden))?;
    select_rows(&context, &padding.slot_of_row)
}

/// How packed rows map to the slots of a (texts, longest) block and back.
struct Padding {
    /// For each slot the row that fills it; `u32::MAX` where it is padding.
    row_of_slot: Vec<u32>,
    /// For each row its slot.
    slot_of_row: Vec<u32>,
}

impl Padding {
    fn new(offsets: &SequenceOffsets) -> Self {
        let (texts, longest) = (offsets.texts(), offsets.longest());
        let mut row_of_slot = vec![u32::MAX; texts * longest];
        let mut slot_of_row = Vec::with_capacity(offsets.rows());
        for (text, range) in offsets.ranges().enumerate() {
            for (slot, row) in (text * longest..).zip(range) {
                row_of_slot[slot] = row as u32;
                slot_of_row.push(slot as u32);
            }
        }
        Self { row_of_slot, slot_of_row }
    }
}

/// The softmax of `scale` · scores (texts, heads, longest, longest) over the columns that each text has.
fn attention_softmax(scores: &Tensor, scale: f32, offsets: &SequenceOffsets) -> Result<Tensor> {
    let (texts, longest) = (offsets.texts(), offsets.longest());
    // 0 for tokens, so low a number for padding that its probability is 0.
    let mut penalty = vec![f32::MIN; texts * longest];
    for (row, range) in penalty.chunks_exact_mut(longest).zip(offsets.ranges()) {
        row[..range.len()].fill(0.0);
    }
    let penalty = Tensor::from_vec(penalty, (texts, 1, 1, longest), scores.device())?;
    softmax(&(scores * f64::from(scale))?.broadcast_add(&penalty)?, D::Minus1)
}

/// The masks that the fused attention applies, in the padded block's layout (texts, heads, longest, longest).
fn dropout_factors(mask: Mask, offsets: &SequenceOffsets, heads: usize, device: &Device) -> Result<Tensor> {
    let (texts, longest) = (offsets.texts(), offsets.longest());
    let mut factors = vec![1.0f32; texts * heads * longest * longest];
    let lengths = offsets.ranges().flat_map(|range| std::iter::repeat_n(range.len(), heads));
    for ((part, length), block) in lengths.enumerate().zip(factors.chunks_exact_mut(longest * longest)) {
        let mask = mask.part(part as u32);
        for (row, values) in block.chunks_exact_mut(longest).take(length).enumerate() {
            mask.apply(&mut values[..length], (row * length) as u32);
        }
    }
    Tensor::from_vec(factors, (texts, heads, longest, longest), device)
}
