//! Multi-head attention (Vaswani et al. 2017, eq. 1) within one text, for inference.
//!
//! Eight queries, one in each lane, go through all keys, their softmax, and all values, before the next eight: their
//! scores never leave the level 1 cache. The maximum and the sum of each softmax are then vertical, and nothing is
//! transposed but the queries, which are scaled on the way; keys and values are copied, once for each head. All of it is
//! f32: scores are differences of large numbers that an exponential blows up again, and rounding them to integers is a
//! pass of its own.

use super::exponential::exp2;
use super::simd::{Kernel, LANES, Simd, dispatch};

/// Keys whose scores, or queries whose results, are summed at the same time: as many as eight registers of eight lanes hold
/// beside the factors. Where there are sixteen, each meets twice as much: sums enough then to keep the processor busy.
const ROWS: usize = 4;

/// How many heads there are, and how long a query is.
#[derive(Debug, Clone, Copy)]
pub struct AttentionHeads {
    /// How many there are.
    pub count: usize,
    /// The length of one head's query, key or value.
    pub size: usize,
}

/// What one head needs: a buffer to be used again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Each in as many vectors as it takes, the last one filled up with zeros.
    keys: Vec<[f32; LANES]>,
    values: Vec<[f32; LANES]>,
    /// For each component of a head eight queries.
    queries: Vec<[f32; LANES]>,
    /// For each key the scores of those queries, and later their exponentials.
    scores: Vec<[f32; LANES]>,
}

/// Attention over the rows of `projections`, each the queries of all heads, their keys and their values; a row of `output`
/// gets what all heads give.
///
/// # Panics
/// The sizes do not fit each other.
pub fn attend(projections: &[f32], heads: AttentionHeads, output: &mut [f32], scratch: &mut Scratch) {
    let hidden = heads.count * heads.size;
    assert!(hidden > 0 && output.len().is_multiple_of(hidden), "whole rows");
    assert_eq!(projections.len(), 3 * output.len(), "a query, a key and a value for each row");
    dispatch(Attend { projections, heads, output, scratch });
}

struct Attend<'a> {
    projections: &'a [f32],
    heads: AttentionHeads,
    output: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Kernel for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { projections, heads: AttentionHeads { count, size }, output, scratch } = self;
        let hidden = count * size;
        for first in (0..hidden).step_by(size) {
            let head = Head { hidden, first, size };
            scratch.scores.resize(output.len() / hidden, [0.0; LANES]);
            head.take(simd, projections, hidden + first, &mut scratch.keys);
            head.take(simd, projections, 2 * hidden + first, &mut scratch.values);
            for (rows, output) in projections.chunks(LANES * 3 * hidden).zip(output.chunks_mut(LANES * hidden)) {
                head.take_queries(rows, scratch);
                let highest = scores(simd, scratch);
                let sums = exponentials(simd, highest, &mut scratch.scores);
                for (index, output) in output.chunks_mut(ROWS * hidden).enumerate() {
                    head.weigh(simd, scratch, sums, index * ROWS, output);
                }
            }
        }
    }
}

/// One head.
#[derive(Clone, Copy)]
struct Head {
    hidden: usize,
    /// Where its part of each query, key and value begins.
    first: usize,
    size: usize,
}

impl Head {
    /// Copies what begins at `first` in each row, its keys or its values, to where they lie side by side. Rows are often 4 KiB
    /// and a little apart, and then but a few of them fit the level 1 cache: with 512 tokens attention took 1.4 times as long.
    #[inline(always)]
    fn take<S: Simd>(self, simd: S, projections: &[f32], first: usize, parts: &mut Vec<[f32; LANES]>) {
        let (stride, vectors) = (3 * self.hidden, self.size.div_ceil(LANES));
        parts.resize(projections.len() / stride * vectors, [0.0; LANES]);
        for (row, part) in projections.chunks_exact(stride).zip(parts.chunks_exact_mut(vectors)) {
            for (values, lanes) in row[first..][..self.size].chunks(LANES).zip(part) {
                match values.first_chunk() {
                    // By registers: a call of memcpy for so few bytes takes longer.
                    Some(values) => simd.store(simd.load(values), lanes),
                    None => {
                        *lanes = [0.0; LANES];
                        lanes[..values.len()].copy_from_slice(values);
                    }
                }
            }
        }
    }

    /// Transposes the queries of `rows` into lanes. They are scaled so that the exponentials become powers of two.
    #[inline(always)]
    fn take_queries(self, rows: &[f32], scratch: &mut Scratch) {
        let scale = std::f32::consts::LOG2_E / (self.size as f32).sqrt();
        scratch.queries.resize(self.size, [0.0; LANES]);
        for (lane, row) in rows.chunks_exact(3 * self.hidden).enumerate() {
            for (lanes, component) in scratch.queries.iter_mut().zip(&row[self.first..]) {
                lanes[lane] = component * scale;
            }
        }
    }

    /// Writes Σ p·v for the queries in the lanes from `lane` on, as many as `output` has rows, and at most [`ROWS`].
    #[inline(always)]
    fn weigh<S: Simd>(self, simd: S, scratch: &Scratch, sums: [f32; LANES], lane: usize, output: &mut [f32]) {
        let mut done = 0;
        if S::REGISTERS >= 16 {
            done = self.weigh_vectors::<S, 2>(simd, scratch, sums, lane, output, done);
        }
        self.weigh_vectors::<S, 1>(simd, scratch, sums, lane, output, done);
    }

    /// `V` vectors of each value at a time, from vector `start` on. Gives the first one that is left.
    #[inline(always)]
    fn weigh_vectors<S: Simd, const V: usize>(
        self,
        simd: S,
        Scratch { values, scores, .. }: &Scratch,
        sums: [f32; LANES],
        lane: usize,
        output: &mut [f32],
        start: usize,
    ) -> usize {
        let vectors = self.size.div_ceil(LANES);
        let end = vectors - (vectors - start) % V;
        for vector in (start..end).step_by(V) {
            let mut weighted = [[simd.splat(0.0); V]; ROWS];
            for (value, exponentials) in values.chunks_exact(vectors).zip(scores) {
                let exponentials = &exponentials[lane..][..ROWS];
                for (index, value) in value[vector..][..V].iter().enumerate() {
                    let value = simd.load(value);
                    for (weighted, exponential) in weighted.iter_mut().zip(exponentials) {
                        weighted[index] = simd.multiply_add(simd.splat(*exponential), value, weighted[index]);
                    }
                }
            }
            let weighted = simd.summed(weighted);
            let rows = output.chunks_exact_mut(self.hidden).zip(weighted).zip(&sums[lane..]);
            for ((output, weighted), sum) in rows {
                let inverse = simd.splat(1.0 / sum);
                let output = output[self.first..][..self.size].chunks_mut(LANES).skip(vector);
                for (output, weighted) in output.zip(weighted) {
                    simd.store_some(simd.multiply(weighted, inverse), output);
                }
            }
        }
        end
    }
}

/// Writes the scores of all keys, and gives the highest.
#[inline(always)]
fn scores<S: Simd>(simd: S, scratch: &mut Scratch) -> S::Floats {
    let mut highest = simd.splat(f32::NEG_INFINITY);
    let mut done = 0;
    if S::REGISTERS >= 16 {
        done = scores_of_keys::<S, { 2 * ROWS }>(simd, scratch, &mut highest, done);
    }
    done = scores_of_keys::<S, ROWS>(simd, scratch, &mut highest, done);
    scores_of_keys::<S, 1>(simd, scratch, &mut highest, done);
    highest
}

/// The scores of `K` keys at a time, from key `start` on. Gives the first one that is left.
#[inline(always)]
fn scores_of_keys<S: Simd, const K: usize>(
    simd: S,
    Scratch { keys, queries, scores, .. }: &mut Scratch,
    highest: &mut S::Floats,
    start: usize,
) -> usize {
    let (size, vectors) = (queries.len(), queries.len().div_ceil(LANES));
    let end = scores.len() - (scores.len() - start) % K;
    let tiles = scores[start..end].as_chunks_mut::<K>().0;
    for (scores, keys) in tiles.iter_mut().zip(keys[start * vectors..].chunks_exact(K * vectors)) {
        let keys: [_; K] = std::array::from_fn(|key| &keys[key * vectors..][..vectors].as_flattened()[..size]);
        let mut sums = [simd.splat(0.0); K];
        for (component, queries) in queries.iter().enumerate() {
            let queries = simd.load(queries);
            for (sum, key) in sums.iter_mut().zip(keys) {
                *sum = simd.multiply_add(simd.splat(key[component]), queries, *sum);
            }
        }
        for (sum, score) in sums.into_iter().zip(scores) {
            *highest = simd.maximum(sum, *highest);
            simd.store(sum, score);
        }
    }
    end
}

/// Replaces each score by the power of two of what it is below the highest of its lane, and gives their sums.
#[inline(always)]
fn exponentials<S: Simd>(simd: S, highest: S::Floats, scores: &mut [[f32; LANES]]) -> [f32; LANES] {
    let mut sum = simd.splat(0.0);
    for score in scores {
        let exponential = exp2(simd, simd.subtract(simd.load(score), highest));
        sum = simd.add(sum, exponential);
        simd.store(exponential, score);
    }
    let mut sums = [0.0; LANES];
    simd.store(sum, &mut sums);
    sums
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::super::simd::with_each;
    use super::*;

    #[derive(Clone, Copy)]
    struct Case<'a>(&'a [f32], AttentionHeads);

    impl Kernel for Case<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Vec<f32> {
            let Self(projections, heads) = self;
            let mut output = vec![f32::NAN; projections.len() / 3];
            // What an earlier, longer text has left behind.
            let mut scratch = Scratch {
                keys: vec![[5.0; LANES]; 600],
                values: vec![[6.0; LANES]; 600],
                queries: vec![[7.0; LANES]; 100],
                scores: vec![[9.0; LANES]; 600],
            };
            Attend { projections, heads, output: &mut output, scratch: &mut scratch }.run(simd);
            output
        }
    }

    fn in_f64(projections: &[f32], AttentionHeads { count, size }: AttentionHeads) -> Vec<f64> {
        let hidden = count * size;
        let rows: Vec<&[f32]> = projections.chunks(3 * hidden).collect();
        let part = |row: usize, start: usize| rows[row][start..][..size].iter().map(|&value| f64::from(value));
        let mut output = vec![0.0; rows.len() * hidden];
        for (query, output) in output.chunks_mut(hidden).enumerate() {
            for (head, output) in output.chunks_mut(size).enumerate() {
                let score = |key| -> f64 {
                    let products = part(query, head * size).zip(part(key, hidden + head * size)).map(|(q, k)| q * k);
                    products.sum::<f64>() / (size as f64).sqrt()
                };
                let scores: Vec<f64> = (0..rows.len()).map(score).collect();
                let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = scores.iter().map(|score| (score - highest).exp()).sum();
                for (key, score) in scores.iter().enumerate() {
                    let probability = (score - highest).exp() / sum;
                    for (output, value) in output.iter_mut().zip(part(key, 2 * hidden + head * size)) {
                        *output += probability * value;
                    }
                }
            }
        }
        output
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn agrees_with_f64_for_any_length() {
        let mut random = fastrand::Rng::with_seed(1);
        for (length, count, size) in
            [(1, 1, 1), (3, 2, 8), (4, 1, 32), (8, 2, 16), (13, 3, 26), (33, 2, 32), (130, 1, 64)]
        {
            for magnitude in [0.1, 3.0, 40.0] {
                let heads = AttentionHeads { count, size };
                let values = (0..3 * length * count * size).map(|_| (random.f32() - 0.5) * magnitude);
                let projections: Vec<f32> = values.collect();
                let expected = in_f64(&projections, heads);
                with_each(Case(&projections, heads), |name, output| {
                    for (value, expected) in output.iter().zip(&expected) {
                        // Scores of some hundreds are off by as many f32 roundings.
                        let bound = 1e-6 * f64::from(magnitude) * (1.0 + f64::from(magnitude * magnitude));
                        let error = (f64::from(*value) - expected).abs();
                        assert!(error < bound, "{name}, {length} rows of {heads:?}, ±{magnitude}: off by {error:e}");
                    }
                });
            }
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn extreme_scores_choose_one_value_or_the_mean() {
        let heads = AttentionHeads { count: 1, size: 2 };
        // Both queries point at the second key, far more than f32's exponential could bear.
        let projections = [300.0, 0.0, -300.0, 0.0, 1.0, 2.0, 400.0, 0.0, 300.0, 0.0, 5.0, 6.0];
        with_each(Case(&projections, heads), |name, output| assert_eq!(output, [5.0, 6.0, 5.0, 6.0], "{name}"));
        let projections = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 5.0, 6.0];
        with_each(Case(&projections, heads), |name, output| assert_eq!(output, [3.0, 4.0, 3.0, 4.0], "{name}"));
    }
}
