//! The differentiable operations of a transformer on packed batches, each with its own backward pass.
//!
//! candle's own fused layer normalisation and softmax have no gradient, and composed from smaller operations a training
//! step takes about five times as long: every intermediate is a pass over memory. Here a sub-layer is one operation over the
//! [`crate::kernels`], under candle's autograd. A batch is packed: texts lie end to end as rows of one matrix, so that no
//! operation spends time on padding and only [`Ops::attention`] and [`Ops::mean_pool`] know where a text ends ([`SequenceOffsets`]).
//!
//! The fused operations run on the CPU. [`Ops::Composed`] is the same mathematics in candle's differentiable operations,
//! for every other device, and the reference that tests hold the fused ones to.

mod attention;
#[cfg(not(target_arch = "wasm32"))]
mod composed;
#[cfg(feature = "cuda")]
pub mod cuda;
mod dropout;
mod embedding;
mod feed_forward;
mod fused_weights;
mod heads;
mod int8;
mod layer_norm;
mod linear;
mod mean_pool;
mod tanh;
mod view;

use std::sync::{Arc, OnceLock};

use candle_core::{Result, Tensor, bail};

use crate::kernels::quantised::QuantisedMatrix;

pub use crate::kernels::activation::Activation;
pub use crate::kernels::dropout::Mask;
pub use crate::kernels::int8::Rounding;
pub use crate::kernels::precision::ProductPrecision;
pub use fused_weights::FusedWeights;
pub use int8::{Int8Layer, Int8Linear};

/// Which implementation computes an operation, with the precision of the factors of linear layers' products.
///
/// The fused operations run on the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ops {
    /// One operation for each sub-layer.
    Fused(ProductPrecision),
    /// candle's operations, on any device. A browser has none but the CPU, and without them the engine is a seventh smaller.
    #[cfg(not(target_arch = "wasm32"))]
    Composed(ProductPrecision),
}

/// Where each text of a packed batch lies: text `i` is the rows `offsets[i]..offsets[i + 1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceOffsets {
    offsets: Arc<[usize]>,
}

impl SequenceOffsets {
    /// Texts of these lengths, end to end.
    pub fn from_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut offsets = vec![0];
        let mut end = 0;
        offsets.extend(lengths.into_iter().map(|length| {
            end += length;
            end
        }));
        Self { offsets: offsets.into() }
    }

    /// How many texts there are.
    pub fn texts(&self) -> usize {
        self.offsets.len() - 1
    }

    /// How many rows all texts have together.
    pub fn rows(&self) -> usize {
        self.offsets[self.texts()]
    }

    /// The length of the longest text.
    pub fn longest(&self) -> usize {
        self.ranges().map(|range| range.len()).max().unwrap_or(0)
    }

    /// The rows of each text.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = std::ops::Range<usize>> + '_ {
        self.offsets.windows(2).map(|pair| pair[0]..pair[1])
    }
}

/// What each row of a packed batch looks up in the embedding tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The row of the word table.
    pub words: Arc<[u32]>,
    /// The row of the position table.
    pub positions: Arc<[u32]>,
    /// The row of the token type table.
    pub token_types: Arc<[u32]>,
}

/// What the attention sub-layer goes by beside its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionSettings {
    /// Where each text lies, within which attention stays.
    pub offsets: SequenceOffsets,
    /// How many heads there are; divides the hidden size.
    pub heads: usize,
    /// What layer normalisation adds to the variance.
    pub epsilon: f32,
    /// Of the attention probabilities.
    pub probability_dropout: Option<Mask>,
    /// Of what is added to x.
    pub dropout: Option<Mask>,
}

/// What the feed-forward sub-layer goes by beside its weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeedForwardSettings {
    /// Its non-linearity.
    pub activation: Activation,
    /// What layer normalisation adds to the variance.
    pub epsilon: f32,
    /// Of what is added to x.
    pub dropout: Option<Mask>,
}

/// What a forward pass has left for the backward pass.
fn saved<T>(saved: &OnceLock<T>) -> Result<&T> {
    match saved.get() {
        Some(saved) => Ok(saved),
        None => bail!("a backward pass needs a forward pass before it"),
    }
}

impl Ops {
    /// What suits `device`.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn for_device(device: &candle_core::Device, precision: ProductPrecision) -> Self {
        if device.is_cpu() { Self::Fused(precision) } else { Self::Composed(precision) }
    }

    /// Whether these are the fused operations.
    pub fn are_fused(self) -> bool {
        matches!(self, Self::Fused(_))
    }

    /// `x · weightᵀ + bias`: x (rows, inputs), weight (outputs, inputs), bias (outputs) → (rows, outputs).
    pub fn linear(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        match self {
            Self::Fused(precision) => x.contiguous()?.apply_op3(weight, bias, linear::LinearOp { precision }),
            #[cfg(not(target_arch = "wasm32"))]
            Self::Composed(precision) => composed::linear(x, weight, bias, precision),
        }
    }

    /// Normalises each row of x (rows, width) and applies weight and bias (width).
    pub fn layer_norm(self, x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f32) -> Result<Tensor> {
        match self {
            Self::Fused(_) => x.contiguous()?.apply_op3(weight, bias, layer_norm::LayerNormOp { epsilon }),
            #[cfg(not(target_arch = "wasm32"))]
            Self::Composed(_) => composed::layer_norm(x, weight, bias, epsilon),
        }
    }

    /// The attention sub-layer: norm(x + dropout(attention(x) · Wₒᵀ + bₒ)) for x (rows, hidden), with multi-head attention
    /// within each text (Vaswani et al. 2017, eq. 1).
    ///
    /// Head h has columns `h·hidden/heads` onwards of queries, keys, values and what it gives.
    pub fn attention(self, x: &Tensor, weights: &FusedWeights, settings: AttentionSettings) -> Result<Tensor> {
        match self {
            Self::Fused(precision) => {
                let attention = attention::AttentionOp { precision, settings, saved: OnceLock::new() };
                x.contiguous()?.apply_op2(&weights.tensor()?, attention)
            }
            #[cfg(not(target_arch = "wasm32"))]
            Self::Composed(precision) => composed::attention_sublayer(x, weights, &settings, precision),
        }
    }

    /// The feed-forward sub-layer: norm(x + dropout(f(x · W₁ᵀ + b₁) · W₂ᵀ + b₂)) for x (rows, hidden); `first` is W₁
    /// (inner, hidden), `weights` has the rest, and f is [`FeedForwardSettings::activation`].
    pub fn feed_forward(
        self,
        x: &Tensor,
        first: &Tensor,
        weights: &FusedWeights,
        settings: FeedForwardSettings,
    ) -> Result<Tensor> {
        match self {
            Self::Fused(precision) => {
                let feed_forward = feed_forward::FeedForwardOp { precision, settings, saved: OnceLock::new() };
                x.contiguous()?.apply_op3(first, &weights.tensor()?, feed_forward)
            }
            #[cfg(not(target_arch = "wasm32"))]
            Self::Composed(precision) => composed::feed_forward(x, first, weights, settings, precision),
        }
    }

    /// Σ of the three tables' rows that `lookup` names: tables (entries, width) → (rows, width).
    pub fn embedding(self, [words, positions, token_types]: [&Tensor; 3], lookup: &Lookup) -> Result<Tensor> {
        match self {
            Self::Fused(_) => {
                words.apply_op3(positions, token_types, embedding::EmbeddingOp { lookup: lookup.clone() })
            }
            #[cfg(not(target_arch = "wasm32"))]
            Self::Composed(_) => composed::embedding([words, positions, token_types], lookup),
        }
    }

    /// As [`Self::embedding`], with the words' table in few bits.
    pub fn quantised_embedding(
        self,
        words: &QuantisedMatrix,
        [positions, token_types]: [&Tensor; 2],
        lookup: &Lookup,
    ) -> Result<Tensor> {
        let [entries, width] = words.shape();
        let count = lookup.words.len();
        let mut rows = vec![0.0; count * width];
        for (&id, row) in lookup.words.iter().zip(rows.chunks_exact_mut(width)) {
            if id as usize >= entries {
                bail!("there is no word embedding {id}: the table has {entries} rows");
            }
            words.widen_row(id as usize, row);
        }
        let rows = Tensor::from_vec(rows, (count, width), positions.device())?;
        let lookup = Lookup { words: (0..count as u32).collect(), ..lookup.clone() };
        self.embedding([&rows, positions, token_types], &lookup)
    }

    /// The mean of each text's rows: (rows, width) → (texts, width).
    pub fn mean_pool(self, x: &Tensor, offsets: &SequenceOffsets) -> Result<Tensor> {
        match self {
            Self::Fused(_) => x.contiguous()?.apply_op1(mean_pool::MeanPoolOp::all(offsets)),
            #[cfg(not(target_arch = "wasm32"))]
            Self::Composed(_) => composed::mean_pool(x, offsets),
        }
    }

    /// Each text's first row: (rows, width) → (texts, width).
    pub fn first_rows(self, x: &Tensor, offsets: &SequenceOffsets) -> Result<Tensor> {
        match self {
            Self::Fused(_) => x.contiguous()?.apply_op1(mean_pool::MeanPoolOp::first(offsets)),
            #[cfg(not(target_arch = "wasm32"))]
            Self::Composed(_) => composed::first_rows(x, offsets),
        }
    }

    /// The hyperbolic tangent of each element.
    pub fn tanh(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Fused(_) => x.contiguous()?.apply_op1(tanh::TanhOp),
            #[cfg(not(target_arch = "wasm32"))]
            Self::Composed(_) => x.tanh(),
        }
    }

    /// Drops the elements of `x` that `mask` names and scales the others up.
    pub fn dropout(self, x: &Tensor, mask: Mask) -> Result<Tensor> {
        match self {
            Self::Fused(_) => x.contiguous()?.apply_op1(dropout::DropoutOp { mask }),
            #[cfg(not(target_arch = "wasm32"))]
            Self::Composed(_) => composed::dropout(x, mask),
        }
    }
}

/// What the last linear layer of [`Ops::attention`] is given: what each head makes of the values, side by side.
#[cfg(not(target_arch = "wasm32"))]
pub fn context(x: &Tensor, weights: &FusedWeights, settings: &AttentionSettings) -> Result<Tensor> {
    composed::context(x, weights, settings, ProductPrecision::F32)
}

/// What the last linear layer of [`Ops::feed_forward`] is given: the inner values.
#[cfg(not(target_arch = "wasm32"))]
pub fn inner(x: &Tensor, first: &Tensor, weights: &FusedWeights, activation: Activation) -> Result<Tensor> {
    composed::inner(x, first, weights, activation, ProductPrecision::F32)
}

/// The binary cross-entropy of each element, from logits: −z·ln σ(x) − (1 − z)·ln(1 − σ(x)) for targets z in [0, 1].
///
/// Computed as max(x, 0) − x·z + ln(1 + e^−|x|), which is finite for every finite logit; candle-nn's goes through σ(x) and
/// is NaN from a logit of about 17 on.
pub fn binary_cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let softplus = (logits.relu()? + (logits.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
    softplus - (logits * targets)?
}

/// The cross-entropy of each row (rows, classes), from the logits of exclusive classes: −zᵢ·ln softmax(x)ᵢ for each class and target z, of
/// which a row's sum is its loss.
#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
pub fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    use candle_core::D;
    // The highest logit only keeps the powers finite, and what is subtracted and added again has no gradient.
    let highest = logits.max_keepdim(D::Minus1)?.detach();
    let shifted = logits.broadcast_sub(&highest)?;
    let log_softmax = shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(D::Minus1)?.log()?)?;
    (log_softmax * targets)?.neg()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
