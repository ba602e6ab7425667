//! What the two ways of rounding share: where the integers of a row belong, and how large its values are.

use super::layout::{ROWS, STEP};
use crate::kernels::simd::{Arithmetic, LANES, Simd};

/// Weights in panels of as many outputs as a vector has lanes.
pub(super) trait Weights<S: Arithmetic> {
    /// The integers of one.
    type Panel<'a>: Copy
    where
        Self: 'a;
    /// How long a row of the output is.
    fn outputs(&self) -> usize;
    /// The panel number `index`.
    fn panel(&self, index: usize) -> Self::Panel<'_>;
    /// The scales of its outputs, and their biases.
    fn scales_and_bias(&self, index: usize) -> [&S::Lanes; 2];
}

/// Rounded rows, as they meet such weights.
pub(super) trait QuantisedLhs<S: Arithmetic, W: Weights<S>> {
    /// Of x · Wᵀ the rows `first..first + R` and the outputs of `panels`, but for their scales.
    fn tile<const R: usize, const P: usize>(
        &self,
        simd: S,
        panels: &[W::Panel<'_>; P],
        first: usize,
    ) -> [[S::Floats; P]; R];
}

/// Calls `round` for each row, with the place of its quads in `quads`.
///
/// Quads lie as tiles read them: for each [`ROWS`] rows, or the fewer that remain, the first quad of each row, then the
/// second of each, and so on, as many as a panel has. What the padding is multiplied with is zero, so it can be anything.
#[inline(always)]
pub(super) fn for_each_row<Q: Copy + Default>(
    quads: &mut Vec<Q>,
    x: &[f32],
    inputs: usize,
    mut round: impl FnMut(&[f32], Slots<Q>),
) {
    let length = inputs.next_multiple_of(STEP) / 4;
    quads.resize(x.len() / inputs * length, Q::default());
    for (rows, tile) in x.chunks(ROWS * inputs).zip(quads.chunks_mut(ROWS * length)) {
        let count = rows.len() / inputs;
        for (row, values) in rows.chunks_exact(inputs).enumerate() {
            round(values, Slots { tile, rows: count, row });
        }
    }
}

/// Where the quads of one row belong.
pub(super) struct Slots<'a, Q> {
    tile: &'a mut [Q],
    rows: usize,
    row: usize,
}

impl<Q> Slots<'_, Q> {
    /// Puts `values`, rounded two quads at a time, from quad `first` on; the last ones are filled up with `padding`.
    #[inline(always)]
    pub fn fill(&mut self, first: usize, values: &[f32], padding: f32, round: impl Fn(&[f32; LANES]) -> [Q; 2]) {
        let mut pairs = self.tile[first * self.rows..].chunks_exact_mut(2 * self.rows);
        let (whole, rest) = values.as_chunks();
        for (values, pair) in whole.iter().zip(&mut pairs) {
            put(round(values), pair, self.rows, self.row);
        }
        if let (false, Some(pair)) = (rest.is_empty(), pairs.next()) {
            let mut padded = [padding; LANES];
            padded[..rest.len()].copy_from_slice(rest);
            put(round(&padded), pair, self.rows, self.row);
        }
    }
}

/// Writes two neighbouring quads of one row.
#[inline(always)]
fn put<Q>([low, high]: [Q; 2], pair: &mut [Q], rows: usize, row: usize) {
    (pair[row], pair[rows + row]) = (low, high);
}

/// The largest magnitude.
#[inline(always)]
pub(super) fn magnitude<S: Simd>(simd: S, values: &[f32]) -> f32 {
    let (lowest, highest) = extremes(simd, values);
    if -lowest > highest { -lowest } else { highest }
}

/// The least and the greatest of `values`, of which there is at least one.
#[inline(always)]
pub(super) fn extremes<S: Simd>(simd: S, values: &[f32]) -> (f32, f32) {
    let (whole, rest) = values.as_chunks();
    let first = simd.splat(values[0]);
    let (mut lowest, mut highest) = (first, first);
    for values in whole {
        let values = simd.load(values);
        (lowest, highest) = (simd.minimum(lowest, values), simd.maximum(highest, values));
    }
    let (mut lowest_lanes, mut highest_lanes) = ([0.0; LANES], [0.0; LANES]);
    simd.store(lowest, &mut lowest_lanes);
    simd.store(highest, &mut highest_lanes);
    let lowest = rest.iter().chain(&lowest_lanes).fold(values[0], |a, &b| if b < a { b } else { a });
    let highest = rest.iter().chain(&highest_lanes).fold(values[0], |a, &b| if b > a { b } else { a });
    (lowest, highest)
}
