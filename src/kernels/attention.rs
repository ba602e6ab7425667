//! Multi-head attention (Vaswani et al. 2017, eq. 1) within one text, for inference.
//!
//! Eight queries, one in each lane, go through all keys, their softmax, and all values, before the next eight: their
//! scores never leave the level 1 cache. Where vectors have sixteen lanes so many queries do; no lane knows of another. The maximum and the sum of each softmax are then vertical, and nothing is
//! transposed but the queries, which are scaled on the way; keys and values are copied, once for each head. All of it is
//! f32: scores are differences of large numbers that an exponential blows up again, and rounding them to integers is a
//! pass of its own.

use std::ops::Range;

use super::exponential::exp2;
#[cfg(target_arch = "x86_64")]
use super::simd::FullWidth;
use super::simd::{Arithmetic, Kernel, Lanes, Simd, dispatch};

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
    keys: Vec<f32>,
    values: Vec<f32>,
    /// For each component of a head a vector of queries.
    queries: Vec<f32>,
    /// For each key the scores of those queries, and later their exponentials.
    scores: Vec<f32>,
}

/// Attention over the rows of `projections`, each the queries of all heads, their keys and their values; for each of the rows
/// `queries` a row of `output` gets what all heads give.
///
/// # Panics
/// The sizes do not fit each other.
pub fn attend(
    projections: &[f32],
    queries: Range<usize>,
    heads: AttentionHeads,
    output: &mut [f32],
    scratch: &mut Scratch,
) {
    let hidden = heads.count * heads.size;
    assert!(hidden > 0 && projections.len().is_multiple_of(3 * hidden), "a query, a key and a value for each row");
    assert!(queries.end <= projections.len() / (3 * hidden), "queries of these rows");
    assert_eq!(output.len(), queries.len() * hidden, "a row for each query");
    let attend = Attend { projections, queries, heads, output, scratch };
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = FullWidth::new() {
        return simd.run(
            #[inline(always)]
            |simd| attend.run_with(simd),
        );
    }
    dispatch(attend);
}

struct Attend<'a> {
    projections: &'a [f32],
    queries: Range<usize>,
    heads: AttentionHeads,
    output: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Kernel for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.run_with(simd);
    }
}

impl Attend<'_> {
    #[inline(always)]
    fn run_with<S: Arithmetic>(self, simd: S) {
        let Self { projections, queries, heads: AttentionHeads { count, size }, output, scratch } = self;
        let hidden = count * size;
        let queries = &projections[queries.start * 3 * hidden..queries.end * 3 * hidden];
        for first in (0..hidden).step_by(size) {
            let head = Head { hidden, first, size };
            scratch.scores.resize(projections.len() / (3 * hidden) * S::Lanes::COUNT, 0.0);
            head.take(simd, projections, hidden + first, &mut scratch.keys);
            head.take(simd, projections, 2 * hidden + first, &mut scratch.values);
            let tiles = queries.chunks(S::Lanes::COUNT * 3 * hidden).zip(output.chunks_mut(S::Lanes::COUNT * hidden));
            for (rows, output) in tiles {
                head.take_queries::<S>(rows, scratch);
                let highest = scores(simd, head.size, scratch);
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
    fn take<S: Arithmetic>(self, simd: S, projections: &[f32], first: usize, parts: &mut Vec<f32>) {
        let (stride, vectors) = (3 * self.hidden, self.size.div_ceil(S::Lanes::COUNT));
        parts.resize(projections.len() / stride * vectors * S::Lanes::COUNT, 0.0);
        let parts = S::Lanes::all_of_mut(parts);
        for (row, part) in projections.chunks_exact(stride).zip(parts.chunks_exact_mut(vectors)) {
            for (values, lanes) in row[first..][..self.size].chunks(S::Lanes::COUNT).zip(part) {
                match S::Lanes::first_of(values) {
                    // By registers: a call of memcpy for so few bytes takes longer.
                    Some(values) => simd.store(simd.load(values), lanes),
                    None => {
                        *lanes = S::Lanes::ZERO;
                        lanes.values_mut()[..values.len()].copy_from_slice(values);
                    }
                }
            }
        }
    }

    /// Transposes the queries of `rows` into lanes. They are scaled so that the exponentials become powers of two.
    #[inline(always)]
    fn take_queries<S: Arithmetic>(self, rows: &[f32], scratch: &mut Scratch) {
        let scale = std::f32::consts::LOG2_E / (self.size as f32).sqrt();
        scratch.queries.resize(self.size * S::Lanes::COUNT, 0.0);
        let queries = S::Lanes::all_of_mut(&mut scratch.queries);
        for (lane, row) in rows.chunks_exact(3 * self.hidden).enumerate() {
            for (lanes, component) in queries.iter_mut().zip(&row[self.first..]) {
                lanes.values_mut()[lane] = component * scale;
            }
        }
    }

    /// Writes Σ p·v for the queries in the lanes from `lane` on, as many as `output` has rows, and at most [`ROWS`].
    #[inline(always)]
    fn weigh<S: Arithmetic>(self, simd: S, scratch: &Scratch, sums: S::Lanes, lane: usize, output: &mut [f32]) {
        let mut done = 0;
        if S::REGISTERS >= 16 {
            done = self.weigh_vectors::<S, 2>(simd, scratch, sums, lane, output, done);
        }
        self.weigh_vectors::<S, 1>(simd, scratch, sums, lane, output, done);
    }

    /// `V` vectors of each value at a time, from vector `start` on. Gives the first one that is left.
    #[inline(always)]
    fn weigh_vectors<S: Arithmetic, const V: usize>(
        self,
        simd: S,
        Scratch { values, scores, .. }: &Scratch,
        sums: S::Lanes,
        lane: usize,
        output: &mut [f32],
        start: usize,
    ) -> usize {
        let vectors = self.size.div_ceil(S::Lanes::COUNT);
        let (values, scores) = (S::Lanes::all_of(values), S::Lanes::all_of(scores));
        let end = vectors - (vectors - start) % V;
        for vector in (start..end).step_by(V) {
            let mut weighted = [[simd.splat(0.0); V]; ROWS];
            for (value, exponentials) in values.chunks_exact(vectors).zip(scores) {
                let exponentials = &exponentials.values()[lane..][..ROWS];
                for (index, value) in value[vector..][..V].iter().enumerate() {
                    let value = simd.load(value);
                    for (weighted, exponential) in weighted.iter_mut().zip(exponentials) {
                        weighted[index] = simd.multiply_add(simd.splat(*exponential), value, weighted[index]);
                    }
                }
            }
            let weighted = simd.summed(weighted);
            let rows = output.chunks_exact_mut(self.hidden).zip(weighted).zip(&sums.values()[lane..]);
            for ((output, weighted), sum) in rows {
                let inverse = simd.splat(1.0 / sum);
                let output = output[self.first..][..self.size].chunks_mut(S::Lanes::COUNT).skip(vector);
                for (output, weighted) in output.zip(weighted) {
                    simd.store_some(simd.multiply(weighted, inverse), output);
                }
            }
        }
        end
    }
}

/// Writes the scores of all keys, whose size is that of a head, and gives the highest.
#[inline(always)]
fn scores<S: Arithmetic>(simd: S, size: usize, scratch: &mut Scratch) -> S::Floats {
    let mut highest = simd.splat(f32::NEG_INFINITY);
    let mut done = 0;
    if S::REGISTERS >= 16 {
        done = scores_of_keys::<S, { 2 * ROWS }>(simd, size, scratch, &mut highest, done);
    }
    done = scores_of_keys::<S, ROWS>(simd, size, scratch, &mut highest, done);
    scores_of_keys::<S, 1>(simd, size, scratch, &mut highest, done);
    highest
}

/// The scores of `K` keys at a time, from key `start` on. Gives the first one that is left.
#[inline(always)]
fn scores_of_keys<S: Arithmetic, const K: usize>(
    simd: S,
    size: usize,
    Scratch { keys, queries, scores, .. }: &mut Scratch,
    highest: &mut S::Floats,
    start: usize,
) -> usize {
    let width = size.next_multiple_of(S::Lanes::COUNT);
    let (queries, scores) = (S::Lanes::all_of(queries), S::Lanes::all_of_mut(scores));
    let end = scores.len() - (scores.len() - start) % K;
    let tiles = scores[start..end].as_chunks_mut::<K>().0;
    for (scores, keys) in tiles.iter_mut().zip(keys[start * width..].chunks_exact(K * width)) {
        let keys: [_; K] = std::array::from_fn(|key| &keys[key * width..][..size]);
        let mut sums = [simd.splat(0.0); K];
        for (component, queries) in queries[..size].iter().enumerate() {
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
fn exponentials<S: Arithmetic>(simd: S, highest: S::Floats, scores: &mut [f32]) -> S::Lanes {
    let mut sum = simd.splat(0.0);
    for score in S::Lanes::all_of_mut(scores) {
        let exponential = exp2(simd, simd.subtract(simd.load(score), highest));
        sum = simd.add(sum, exponential);
        simd.store(exponential, score);
    }
    let mut sums = S::Lanes::ZERO;
    simd.store(sum, &mut sums);
    sums
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::super::simd;
    use super::*;

    #[derive(Clone, Copy)]
    struct Case<'a>(&'a [f32], AttentionHeads, [usize; 2]);

    impl Kernel for Case<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Vec<f32> {
            self.run_with(simd)
        }
    }

    impl Case<'_> {
        #[inline(always)]
        fn run_with<S: Arithmetic>(self, simd: S) -> Vec<f32> {
            let Self(projections, heads, [start, end]) = self;
            let mut output = vec![f32::NAN; (end - start) * heads.count * heads.size];
            // What an earlier, longer text has left behind.
            let mut scratch = Scratch {
                keys: vec![5.0; 9000],
                values: vec![6.0; 9000],
                queries: vec![7.0; 2000],
                scores: vec![9.0; 9000],
            };
            let queries = start..end;
            Attend { projections, queries, heads, output: &mut output, scratch: &mut scratch }.run_with(simd);
            output
        }
    }

    /// Runs `case` with every implementation that this processor has.
    fn with_each(case: Case, mut check: impl FnMut(&str, Vec<f32>)) {
        simd::with_each(case, &mut check);
        #[cfg(target_arch = "x86_64")]
        match FullWidth::new() {
            Some(simd) => check("full width", simd.run(|simd| case.run_with(simd))),
            None => simd::not_tested("attention at the full width of AVX-512: this processor has none"),
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
                let mut of_part = Vec::new();
                let part = [length / 3, length - length / 4];
                with_each(Case(&projections, heads, part), |_, output| of_part.push(output));
                let mut of_part = of_part.into_iter();
                with_each(Case(&projections, heads, [0, length]), |name, output| {
                    let [start, end] = part.map(|row| row * count * size);
                    assert_eq!(
                        of_part.next().as_deref(),
                        Some(&output[start..end]),
                        "{name}, rows {part:?} of {length}"
                    );
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
        with_each(Case(&projections, heads, [0, 2]), |name, output| assert_eq!(output, [5.0, 6.0, 5.0, 6.0], "{name}"));
        let projections = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 5.0, 6.0];
        with_each(Case(&projections, heads, [0, 2]), |name, output| assert_eq!(output, [3.0, 4.0, 3.0, 4.0], "{name}"));
    }
}
