//! The attention sub-layer as one operation: norm(x + dropout(attention(x) · Wₒᵀ + bₒ)).
//!
//! Some texts go through all of it on one thread, in that core's cache; within a text one head comes after the other, so
//! that a head's scores stay in the cache between its two products. The backward pass computes the probabilities again:
//! they are the largest intermediate of all, and reading them back from memory would cost about what the product does.
//! Why it is one operation says [`super::feed_forward`].

use std::ops::Range;
use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::heads::TextHeads;
use super::layer_norm::ResidualNorm;
use super::linear::{apply, grad_input, parallelism, weight_gradient};
use super::view::{Values, slice, tensor};
use super::{AttentionSettings, SequenceOffsets, saved};
use crate::kernels::add_rows;
use crate::kernels::parts::{build_rows, product_rows, total, with_scratch};
use crate::kernels::precision::{PackedRhs, ProductPrecision};
use crate::kernels::product::Matrix;

/// Of (x, packed), where [`pack`] has made the latter.
pub struct AttentionOp {
    pub precision: ProductPrecision,
    pub settings: AttentionSettings,
    pub saved: OnceLock<SavedAttention>,
}

/// What the backward pass needs of the forward pass.
pub struct SavedAttention {
    /// Queries, keys and values, side by side.
    projections: Vec<f32>,
    /// What the heads give.
    context: Vec<f32>,
    /// What is added to x, before dropout.
    branch: Vec<f32>,
}

/// The matrices of queries, keys, values and output (hidden, hidden), one under the other, and under them their biases and
/// weight and bias of the norm.
pub fn pack(parts: &[Tensor]) -> Result<Tensor> {
    let (matrices, vectors) = parts.split_at(4);
    Tensor::cat(&[matrices, &[Tensor::stack(vectors, 0)?]].concat(), 0)
}

/// What was packed again.
#[cfg(not(target_arch = "wasm32"))]
pub fn unpack(packed: &Tensor) -> Result<[Tensor; 10]> {
    let (_, hidden) = packed.dims2()?;
    let [query, key, value, output] = [0, 1, 2, 3].map(|index| packed.narrow(0, index * hidden, hidden));
    let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(|index| packed.get(4 * hidden + index));
    Ok([query?, key?, value?, output?, a?, b?, c?, d?, e?, f?])
}

/// The parts of a packed slice.
struct AttentionWeights<'a> {
    projections: &'a [f32],
    output: &'a [f32],
    projection_biases: &'a [f32],
    output_bias: &'a [f32],
    norm: ResidualNorm<'a>,
}

/// The texts that one thread takes at a time.
pub(super) struct Groups {
    pub texts: Vec<Range<usize>>,
    pub rows: Vec<Range<usize>>,
}

impl Groups {
    /// Whole texts, as many as have `enough` rows together.
    pub fn new(offsets: &SequenceOffsets, enough: usize) -> Self {
        let (mut texts, mut rows) = (Vec::new(), Vec::new());
        let (mut first_text, mut first_row) = (0, 0);
        for (text, range) in offsets.ranges().enumerate() {
            if range.end - first_row >= enough || text + 1 == offsets.texts() {
                texts.push(first_text..text + 1);
                rows.push(first_row..range.end);
                (first_text, first_row) = (text + 1, range.end);
            }
        }
        Self { texts, rows }
    }

    /// How many rows each group has.
    pub fn lengths(&self) -> Vec<usize> {
        self.rows.iter().map(|rows| rows.len()).collect()
    }
}

impl AttentionOp {
    fn weights<'a>(&self, packed: &'a [f32], hidden: usize) -> AttentionWeights<'a> {
        let (projections, rest) = packed.split_at(3 * hidden * hidden);
        let (output, rest) = rest.split_at(hidden * hidden);
        let (projection_biases, rest) = rest.split_at(3 * hidden);
        let (output_bias, rest) = rest.split_at(hidden);
        let (weight, bias) = rest.split_at(hidden);
        let norm = ResidualNorm { weight, bias, epsilon: self.settings.epsilon, dropout: self.settings.dropout };
        AttentionWeights { projections, output, projection_biases, output_bias, norm }
    }

    /// The heads of each text of `texts`, with the text's rows counted from the group's first.
    fn heads(&self, texts: Range<usize>, hidden: usize) -> impl Iterator<Item = (TextHeads, Range<usize>)> + '_ {
        let mut ranges = self.settings.offsets.ranges().skip(texts.start).peekable();
        let first_row = ranges.peek().map_or(0, |range| range.start);
        texts.zip(ranges).map(move |(text, range)| {
            let heads = TextHeads {
                count: self.settings.heads,
                length: range.len(),
                hidden,
                dropout: self.settings.probability_dropout,
                first_part: (text * self.settings.heads) as u32,
            };
            (heads, range.start - first_row..range.end - first_row)
        })
    }
}

impl CustomOp2 for AttentionOp {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        packed: &CpuStorage,
        packed_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, hidden) = x_layout.shape().dims2()?;
        let (x, packed) = (slice(x, x_layout)?, slice(packed, packed_layout)?);
        let weights = self.weights(packed, hidden);
        let projection =
            PackedRhs::new(self.precision, Matrix::new(weights.projections, 3 * hidden, hidden).transposed());
        let output = PackedRhs::new(self.precision, Matrix::new(weights.output, hidden, hidden).transposed());
        let groups = Groups::new(&self.settings.offsets, product_rows(rows));
        let parallelism = parallelism(groups.rows.len());
        let widths = [hidden, 3 * hidden, hidden, hidden];
        let (matrices, _) = build_rows(&groups.lengths(), widths, |group, [y, projections, context, branch]| {
            let rows = groups.rows[group].clone();
            let x = &x[rows.start * hidden..rows.end * hidden];
            apply(projections, x, &projection, weights.projection_biases, parallelism);
            for (heads, rows) in self.heads(groups.texts[group].clone(), hidden) {
                let context = &mut context[rows.start * hidden..rows.end * hidden];
                heads.forward(&projections[rows.start * 3 * hidden..rows.end * 3 * hidden], context);
            }
            apply(branch, context, &output, weights.output_bias, parallelism);
            weights.norm.forward(x, branch, rows.start, y);
        });
        let [y, projections, context, branch] = matrices;
        // candle calls this once for each operation, so there is nothing yet.
        let _ = self.saved.set(SavedAttention { projections, context, branch });
        Ok((CpuStorage::F32(y), (rows, hidden).into()))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn bwd(
        &self,
        x: &Tensor,
        packed: &Tensor,
        _y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let ((rows, hidden), packed_shape) = (x.dims2()?, packed.dims2()?);
        let gradient = gradient.contiguous()?;
        let (x, packed, gradient) = (Values::of(x)?, Values::of(packed)?, Values::of(&gradient)?);
        let saved = saved(&self.saved)?;
        let weights = self.weights(&packed, hidden);
        let (projection_shape, output_shape) = ([3 * hidden, hidden], [hidden, hidden]);
        let projection = PackedRhs::new(self.precision, Matrix::new(weights.projections, 3 * hidden, hidden));
        let output = PackedRhs::new(self.precision, Matrix::new(weights.output, hidden, hidden));
        let groups = Groups::new(&self.settings.offsets, product_rows(rows));
        let parallelism = parallelism(groups.rows.len());
        let widths = [hidden, hidden, 3 * hidden];
        let (matrices, sums) = build_rows(&groups.lengths(), widths, |group, [dx, d_branch, d_projections]| {
            let first_row = groups.rows[group].start;
            let texts = || self.heads(groups.texts[group].clone(), hidden);
            // For each text the sums of the three projections' biases, the output's, and the norm's two.
            let mut sums = vec![0.0; texts().count() * 6 * hidden];
            for ((_, rows), sums) in texts().zip(sums.chunks_exact_mut(6 * hidden)) {
                let own = rows.start * hidden..rows.end * hidden;
                let all = (first_row + rows.start) * hidden..(first_row + rows.end) * hidden;
                weights.norm.backward(
                    [&x[all.clone()], &saved.branch[all.clone()], &gradient[all]],
                    first_row + rows.start,
                    [&mut dx[own.clone()], &mut d_branch[own.clone()]],
                    &mut sums[4 * hidden..],
                );
                add_rows(&mut sums[3 * hidden..4 * hidden], &d_branch[own]);
            }
            with_scratch(d_branch.len(), |d_context| {
                grad_input(d_context, false, d_branch, (&output, output_shape), parallelism);
                for ((heads, rows), sums) in texts().zip(sums.chunks_exact_mut(6 * hidden)) {
                    let all = (first_row + rows.start) * 3 * hidden..(first_row + rows.end) * 3 * hidden;
                    let d_projections = &mut d_projections[rows.start * 3 * hidden..rows.end * 3 * hidden];
                    let d_context = &d_context[rows.start * hidden..rows.end * hidden];
                    heads.backward(&saved.projections[all], d_context, d_projections);
                    add_rows(&mut sums[..3 * hidden], d_projections);
                }
            });
            // What went past the branch is in dx already.
            grad_input(dx, true, d_projections, (&projection, projection_shape), parallelism);
            sums
        });
        let [dx, d_branch, d_projections] = matrices;
        let mut d_packed = weight_gradient(&d_projections, &x, projection_shape, self.precision);
        d_packed.extend(weight_gradient(&d_branch, &saved.context, output_shape, self.precision));
        d_packed.extend(total(&sums, 6 * hidden));
        Ok((Some(tensor(dx, (rows, hidden))?), Some(tensor(d_packed, packed_shape)?)))
    }
}
