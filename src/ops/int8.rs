//! A whole transformer layer of int8 weights as one operation, for inference.
//!
//! Each product's input is rounded as it is needed, and everything between two products is f32. Whole texts of at least
//! [`ROWS`] rows together go through all of the layer on one thread, so that the weights are read for many rows at once. The
//! feed-forward sub-layer takes just so many rows at a time: its inner values, four times as wide as a row, then fit the
//! level 2 cache.
//!
//! Where there are fewer such groups than threads, as with a single text, rows are divided instead, and threads wait for each
//! other once: queries, keys and values of all rows come first, and then each part of the rows goes on by itself. A row's
//! values do not depend on the rows beside it, so they are the same to the bit either way.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use super::SequenceOffsets;
use super::attention::Groups;
use super::view::slice;
use crate::kernels::are_finite;
use crate::kernels::attention::{self, AttentionHeads, attend};
use crate::kernels::int8::{Activations, Epilogue, PackedLinear, Panels, Rounding};
use crate::kernels::layer_norm::add_and_normalise;
use crate::kernels::parts::{self, build_rows, split};
use crate::kernels::quantised::QuantisedMatrix;
use crate::kernels::simd::LANES;
use crate::threads;

/// Rows that are worth reading the weights for.
const ROWS: usize = 128;
/// Fewer rows are not worth waking a thread for.
const LEAST_ROWS: usize = 16;

/// A linear layer: its weight, which must be of rows of integers, and its bias.
pub type Int8Linear = (QuantisedMatrix, Tensor);

/// The weights of a layer with GELU, as the kernels read them.
#[derive(Debug, Clone)]
pub struct Int8Layer(Arc<LayerWeights>);

#[derive(Debug)]
struct LayerWeights {
    heads: usize,
    epsilon: f32,
    /// What the inputs of `projections` and `inner` are multiplied by, where anything.
    smoothing: [Option<Vec<f32>>; 2],
    projections: PackedLinear,
    attended: PackedLinear,
    attention_norm: [Vec<f32>; 2],
    inner: PackedLinear,
    outer: PackedLinear,
    output_norm: [Vec<f32>; 2],
}

impl Int8Layer {
    /// Of the linear layers of queries, keys, values and attention's output, the two of the feed-forward sub-layer, and weight
    /// and bias of the two norms. `smoothing` is what the inputs of the projections and of the feed-forward sub-layer are
    /// multiplied by before they are rounded, where their weights are for that. `heads` divides the hidden size.
    ///
    /// # Errors
    /// A weight is not of rows of integers, or the shapes do not fit each other.
    pub fn new(
        [query, key, value, attended, inner, outer]: [Int8Linear; 6],
        [attention_norm, output_norm]: [[Tensor; 2]; 2],
        smoothing: [Option<Tensor>; 2],
        heads: usize,
        epsilon: f32,
    ) -> Result<Self> {
        let vectors = |[weight, bias]: [Tensor; 2]| Ok::<_, candle_core::Error>([weight.to_vec1()?, bias.to_vec1()?]);
        let [before_attention, before_inner] =
            smoothing.map(|smoothing| smoothing.map(|smoothing| smoothing.to_vec1()).transpose());
        let layer = LayerWeights {
            heads,
            epsilon,
            smoothing: [before_attention?, before_inner?],
            projections: stacked([query, key, value])?,
            attended: stacked([attended])?,
            attention_norm: vectors(attention_norm)?,
            inner: stacked([inner])?,
            outer: stacked([outer])?,
            output_norm: vectors(output_norm)?,
        };
        let hidden = layer.hidden();
        let sizes = [&layer.attended, &layer.inner, &layer.outer].map(|weights| [weights.inputs(), weights.outputs()]);
        let inner = layer.inner.outputs();
        let norms = [&layer.attention_norm, &layer.output_norm];
        if layer.projections.outputs() != 3 * hidden
            || sizes != [[hidden, hidden], [hidden, inner], [inner, hidden]]
            || norms
                .iter()
                .copied()
                .flatten()
                .chain(layer.smoothing.iter().flatten())
                .any(|vector| vector.len() != hidden)
            || !hidden.is_multiple_of(heads.max(1))
        {
            bail!("the weights of a layer do not fit each other");
        }
        Ok(Self(Arc::new(layer)))
    }

    /// x (rows, hidden) one layer further, the inputs of its products rounded as `rounding` says.
    ///
    /// # Errors
    /// The shapes do not fit each other, or a value on the way is not finite: rounding would hide that.
    pub fn forward(&self, x: &Tensor, offsets: &SequenceOffsets, rounding: Rounding) -> Result<Tensor> {
        x.contiguous()?.apply_op1(Forward { layer: self.clone(), offsets: offsets.clone(), rounding })
    }
}

/// Linear layers of the same input, one under the other.
fn stacked<const N: usize>(layers: [Int8Linear; N]) -> Result<PackedLinear> {
    let (mut panels, mut scales, mut biases) = (Vec::new(), Vec::new(), Vec::<f32>::new());
    for (weight, bias) in layers {
        let Some((of_layer, of_rows)) = weight.panels() else {
            bail!("the weight is not of rows of integers, or of such that their products' sums could overflow")
        };
        panels.push(of_layer);
        scales.extend(of_rows);
        biases.extend(bias.to_vec1::<f32>()?);
    }
    let panels = match &panels[..] {
        [_] => panels.pop(),
        several => Panels::stack(&several.iter().collect::<Vec<_>>()),
    };
    match panels.and_then(|panels| PackedLinear::new(panels, &scales, &biases)) {
        Some(weights) => Ok(weights),
        None => bail!("the weights of a layer do not fit each other"),
    }
}

struct Forward {
    layer: Int8Layer,
    offsets: SequenceOffsets,
    rounding: Rounding,
}

impl CustomOp1 for Forward {
    fn name(&self) -> &'static str {
        "int8 layer"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, hidden) = layout.shape().dims2()?;
        let layer = &*self.layer.0;
        if hidden != layer.hidden() || rows != self.offsets.rows() {
            bail!("{rows} rows of {hidden} values do not fit the layer or the texts");
        }
        let x = slice(x, layout)?;
        let under_way = UnderWay::begin();
        let groups = Groups::new(&self.offsets, ROWS);
        // In a browser there is but one thread.
        let is_divided = cfg!(not(target_arch = "wasm32")) && groups.rows.len() < under_way.threads;
        let (y, is_finite) = match is_divided {
            true => self.by_rows(x, under_way.threads),
            false => self.by_texts(x, &groups),
        };
        if !is_finite {
            bail!("what a layer gives is not a number, so its weights cannot be right");
        }
        Ok((CpuStorage::F32(y), (rows, hidden).into()))
    }
}

impl Forward {
    /// Each of `groups` on one thread.
    fn by_texts(&self, x: &[f32], groups: &Groups) -> (Vec<f32>, bool) {
        let layer = &*self.layer.0;
        let hidden = layer.hidden();
        let ([y], finite) = build_rows(&groups.lengths(), [hidden], |group, [y]| {
            let rows = groups.rows[group].clone();
            y.copy_from_slice(&x[rows.start * hidden..rows.end * hidden]);
            let texts = &groups.texts[group];
            let texts = self.offsets.ranges().skip(texts.start).take(texts.len());
            let texts = texts.map(|text| text.start - rows.start..text.end - rows.start);
            with_scratch(self.rounding, |Scratch { rounded, wide, narrow, scores, .. }| {
                let projections = sized(wide, 3 * y.len());
                let mut is_finite = layer.project(y, projections, rounded, narrow);
                let context = sized(narrow, y.len());
                layer.attend(texts.map(|text| (text.clone(), text)), projections, context, scores);
                // The projections are no longer needed.
                is_finite &= layer.attended(y, context, &mut projections[..y.len()], rounded);
                for x in y.chunks_mut(ROWS * hidden) {
                    is_finite &= layer.feed_forward(x, rounded, wide, narrow);
                }
                is_finite
            })
        });
        (y, !finite.contains(&false))
    }

    /// Parts of the rows on `threads` threads.
    fn by_rows(&self, x: &[f32], threads: usize) -> (Vec<f32>, bool) {
        let layer = &*self.layer.0;
        let (hidden, rows) = (layer.hidden(), self.offsets.rows());
        let parts = threads * rows.div_ceil(threads * ROWS);
        let part = rows.div_ceil(parts).next_multiple_of(LANES).max(LEAST_ROWS);
        parts::with_scratch(3 * x.len(), |projections| {
            let parts = x.chunks(part * hidden).zip(projections.chunks_mut(3 * part * hidden)).collect();
            let projected = threads::map(parts, |_, (x, projections): (&[f32], &mut [f32])| {
                with_scratch(self.rounding, |Scratch { rounded, narrow, .. }| {
                    layer.project(x, projections, rounded, narrow)
                })
            });
            let is_finite = !projected.contains(&false);
            let projections = &*projections;
            let ([y], finite) = build_rows(&split(rows, part), [hidden], |index, [y]| {
                let first = index * part;
                let rows = first..first + y.len() / hidden;
                y.copy_from_slice(&x[rows.start * hidden..rows.end * hidden]);
                let texts = self.offsets.ranges().skip_while(|text| text.end <= rows.start);
                let texts = texts.take_while(|text| text.start < rows.end);
                let texts = texts.map(|text| (text.clone(), text.start.max(rows.start)..text.end.min(rows.end)));
                with_scratch(self.rounding, |Scratch { rounded, wide, narrow, scores, .. }| {
                    let context = sized(narrow, y.len());
                    layer.attend(texts, projections, context, scores);
                    let is_finite = layer.attended(y, context, sized(wide, y.len()), rounded);
                    layer.feed_forward(y, rounded, wide, narrow) && is_finite
                })
            });
            (y, is_finite && !finite.contains(&false))
        })
    }
}

/// A layer that is being computed.
struct UnderWay {
    /// How many threads there are for it: where several texts are classified at the same time, each has its share of them, and
    /// dividing it would only make threads wait.
    threads: usize,
}

/// How many layers are being computed, on all threads.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

impl UnderWay {
    fn begin() -> Self {
        let before = UNDER_WAY.fetch_add(1, Ordering::Relaxed);
        Self { threads: threads::count() / (before + 1) }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    }
}

impl LayerWeights {
    fn hidden(&self) -> usize {
        self.projections.inputs()
    }

    /// Writes queries, keys and values of the rows of `x`, and tells whether all of them are finite: the exponential of what
    /// is not a number is one.
    fn project(&self, x: &[f32], projections: &mut [f32], rounded: &mut Activations, buffer: &mut Vec<f32>) -> bool {
        round_smoothed(rounded, x, self.hidden(), self.smoothing[0].as_deref(), buffer);
        self.projections.multiply(rounded, Epilogue::Bias, projections);
        are_finite(projections)
    }

    /// Writes what attention gives for the queries of some rows, which lie end to end; before each, the rows of its text.
    fn attend(
        &self,
        texts: impl Iterator<Item = (Range<usize>, Range<usize>)>,
        projections: &[f32],
        mut context: &mut [f32],
        scratch: &mut attention::Scratch,
    ) {
        let hidden = self.hidden();
        let heads = AttentionHeads { count: self.heads, size: hidden / self.heads };
        for (text, queries) in texts {
            let output = context.split_off_mut(..queries.len() * hidden).expect("a row for each query");
            let queries = queries.start - text.start..queries.end - text.start;
            attend(&projections[3 * text.start * hidden..3 * text.end * hidden], queries, heads, output, scratch);
        }
    }

    /// Replaces rows, of which attention has given `context`, by what the attention sub-layer makes of them, and tells whether
    /// all values are finite.
    fn attended(&self, x: &mut [f32], context: &[f32], branch: &mut [f32], rounded: &mut Activations) -> bool {
        rounded.round(context, self.hidden());
        self.attended.multiply(rounded, Epilogue::Bias, branch);
        let [weight, bias] = &self.attention_norm;
        add_and_normalise(x, branch, weight, bias, self.epsilon);
        are_finite(x)
    }

    /// Replaces rows by what the feed-forward sub-layer makes of them, and tells whether all values were finite.
    fn feed_forward(
        &self,
        x: &mut [f32],
        rounded: &mut Activations,
        wide: &mut Vec<f32>,
        narrow: &mut Vec<f32>,
    ) -> bool {
        let inner_width = self.inner.outputs();
        round_smoothed(rounded, x, self.hidden(), self.smoothing[1].as_deref(), narrow);
        let (inner, branch) = (sized(wide, x.len() / self.hidden() * inner_width), sized(narrow, x.len()));
        self.inner.multiply(rounded, Epilogue::BiasGelu, inner);
        let finite = are_finite(inner);
        rounded.round(inner, inner_width);
        self.outer.multiply(rounded, Epilogue::Bias, branch);
        let [weight, bias] = &self.output_norm;
        add_and_normalise(x, branch, weight, bias, self.epsilon);
        finite && are_finite(x)
    }
}

/// Rounds the rows of `x`, each value times its input's smoothing where there is some.
fn round_smoothed(
    rounded: &mut Activations,
    x: &[f32],
    inputs: usize,
    smoothing: Option<&[f32]>,
    buffer: &mut Vec<f32>,
) {
    let Some(smoothing) = smoothing else { return rounded.round(x, inputs) };
    let smooth = sized(buffer, x.len());
    for (smooth, x) in smooth.chunks_exact_mut(inputs).zip(x.chunks_exact(inputs)) {
        smooth.iter_mut().zip(x).zip(smoothing).for_each(|((smooth, x), factor)| *smooth = x * factor);
    }
    rounded.round(smooth, inputs);
}

/// What a thread keeps from one layer to the next.
struct Scratch {
    rounding: Rounding,
    rounded: Activations,
    wide: Vec<f32>,
    narrow: Vec<f32>,
    scores: attention::Scratch,
}

thread_local! {
    static SCRATCH: RefCell<Option<Scratch>> = const { RefCell::new(None) };
}

fn with_scratch<R>(rounding: Rounding, work: impl FnOnce(&mut Scratch) -> R) -> R {
    let kept = SCRATCH.with_borrow_mut(Option::take).filter(|scratch| scratch.rounding == rounding);
    let mut scratch = kept.unwrap_or_else(|| Scratch {
        rounding,
        rounded: Activations::new(rounding),
        wide: Vec::new(),
        narrow: Vec::new(),
        scores: attention::Scratch::default(),
    });
    let result = work(&mut scratch);
    SCRATCH.set(Some(scratch));
    result
}

/// The first `length` values, whatever they are.
fn sized(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    &mut buffer[..length]
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
