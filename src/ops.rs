//! The differentiable operations of a transformer on packed batches, each with its own backward pass.
//!
//! candle's own fused layer normalisation and softmax have no gradient, and composed from smaller operations a training
//! step takes about five times as long: every intermediate is a pass over memory. Here each is one operation over the
//! [`crate::kernels`], under candle's autograd. A batch is packed: texts lie end to end as rows of one matrix, so that no
//! operation spends time on padding and only [`Ops::attention`] and [`Ops::mean_pool`] know where a text ends ([`Packing`]).
//!
//! The fused operations run on the CPU. [`Ops::Composed`] is the same mathematics in candle's differentiable operations,
//! for every other device, and the reference that tests hold the fused ones to.

mod attention;
mod composed;
mod dropout;
mod embedding;
mod gelu;
mod layer_norm;
mod linear;
mod mean_pool;
mod view;

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};

pub use crate::kernels::dropout::Mask;
pub use crate::kernels::precision::Precision;

/// Which implementation computes an operation, and to what the factors of linear layers' products are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ops {
    /// One operation each, on the CPU.
    Fused(Precision),
    /// candle's operations, on any device.
    Composed(Precision),
}

/// Where each text of a packed batch lies: text `i` is the rows `offsets[i]..offsets[i + 1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    offsets: Arc<[usize]>,
}

impl Packing {
    /// Texts of these lengths, end to end.
    pub fn of_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
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

impl Ops {
    /// What suits `device`.
    pub fn for_device(device: &Device, precision: Precision) -> Self {
        if device.is_cpu() { Self::Fused(precision) } else { Self::Composed(precision) }
    }

    /// Whether these are the fused operations.
    pub fn are_fused(self) -> bool {
        matches!(self, Self::Fused(_))
    }

    /// `x · weightᵀ + bias`: x (rows, inputs), weight (outputs, inputs), bias (outputs) → (rows, outputs).
    pub fn linear(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        match self {
            Self::Fused(precision) => x.contiguous()?.apply_op3(weight, bias, linear::Linear { precision }),
            Self::Composed(precision) => composed::linear(x, weight, bias, precision),
        }
    }

    /// `gelu(x) · weightᵀ + bias`, with the shapes of [`Self::linear`].
    pub fn gelu_linear(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        match self {
            Self::Fused(precision) => x.contiguous()?.apply_op3(weight, bias, linear::GeluLinear { precision }),
            Self::Composed(precision) => composed::linear(&x.gelu_erf()?, weight, bias, precision),
        }
    }

    /// x·Φ(x) for each element.
    pub fn gelu(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Fused(_) => x.contiguous()?.apply_op1(gelu::Gelu),
            Self::Composed(_) => x.gelu_erf(),
        }
    }

    /// Normalises each row of x (rows, width) and applies weight and bias (width).
    pub fn layer_norm(self, x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f32) -> Result<Tensor> {
        match self {
            Self::Fused(_) => x.contiguous()?.apply_op3(weight, bias, layer_norm::LayerNorm { epsilon }),
            Self::Composed(_) => candle_nn::ops::layer_norm_slow(x, weight, bias, epsilon),
        }
    }

    /// What ends a sub-layer: layer normalisation of x + branch, of which dropout may take a share of the branch.
    pub fn residual_norm(
        self,
        x: &Tensor,
        branch: &Tensor,
        dropout: Option<Mask>,
        (weight, bias): (&Tensor, &Tensor),
        epsilon: f32,
    ) -> Result<Tensor> {
        match self {
            Self::Fused(_) => {
                let affine = Tensor::stack(&[weight, bias], 0)?;
                let norm = layer_norm::ResidualNorm { epsilon, dropout };
                x.contiguous()?.apply_op3(&branch.contiguous()?, &affine, norm)
            }
            Self::Composed(_) => {
                let branch = dropout.map_or_else(|| Ok(branch.clone()), |mask| composed::dropout(branch, mask))?;
                candle_nn::ops::layer_norm_slow(&(x + branch)?, weight, bias, epsilon)
            }
        }
    }

    /// Multi-head attention within each text (Vaswani et al. 2017, eq. 1): queries, keys and values side by side
    /// (rows, 3·hidden) → (rows, hidden).
    ///
    /// Head h has columns `h·hidden/heads` onwards, of each of the three. `dropout` applies to the attention probabilities.
    pub fn attention(
        self,
        projections: &Tensor,
        packing: &Packing,
        heads: usize,
        dropout: Option<Mask>,
    ) -> Result<Tensor> {
        match self {
            Self::Fused(_) => {
                let attention = attention::Attention { packing: packing.clone(), heads, dropout };
                projections.contiguous()?.apply_op1(attention)
            }
            Self::Composed(_) => composed::attention(projections, packing, heads, dropout),
        }
    }

    /// Σ of the three tables' rows that `lookup` names: tables (entries, width) → (rows, width).
    pub fn embedding(self, [words, positions, token_types]: [&Tensor; 3], lookup: &Lookup) -> Result<Tensor> {
        match self {
            Self::Fused(_) => words.apply_op3(positions, token_types, embedding::Embedding { lookup: lookup.clone() }),
            Self::Composed(_) => composed::embedding([words, positions, token_types], lookup),
        }
    }

    /// The mean of each text's rows: (rows, width) → (texts, width).
    pub fn mean_pool(self, x: &Tensor, packing: &Packing) -> Result<Tensor> {
        match self {
            Self::Fused(_) => x.contiguous()?.apply_op1(mean_pool::MeanPool { packing: packing.clone() }),
            Self::Composed(_) => composed::mean_pool(x, packing),
        }
    }

    /// Drops the elements of `x` that `mask` names and scales the others up.
    pub fn dropout(self, x: &Tensor, mask: Mask) -> Result<Tensor> {
        match self {
            Self::Fused(_) => x.contiguous()?.apply_op1(dropout::Dropout { mask }),
            Self::Composed(_) => composed::dropout(x, mask),
        }
    }
}

/// The binary cross-entropy of each element, from logits: −z·ln σ(x) − (1 − z)·ln(1 − σ(x)) for targets z in [0, 1].
///
/// Computed as max(x, 0) − x·z + ln(1 + e^−|x|), which is finite for every finite logit; candle-nn's goes through σ(x) and
/// is NaN from a logit of about 17 on.
pub fn binary_cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let softplus = (logits.relu()? + (logits.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
    softplus - (logits * targets)?
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
