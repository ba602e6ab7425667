//! The rule that keeps sums of products in `i16`.
//!
//! [`super::narrow`] sums the products of four quads of weights with activations in 0..=127 before it widens the sum: the first two
//! of each quad in one sum, the last two in another. The worst that activations can do is to be 127 where weights have one
//! sign, and 0 elsewhere. So of each sum's eight weights those of one sign must not come to more than 32767 / 127 = 258.

use super::layout::STEP;

/// What the magnitudes of weights of one sign may come to.
const LIMIT: i32 = i16::MAX as i32 / 127;

/// What the integers of one row may still be.
#[derive(Debug, Clone)]
pub struct Headroom {
    /// For each [`STEP`] inputs, and of them the first and the last two of each quad: for integers above zero and below.
    left: Vec<[[i32; 2]; 2]>,
}

impl Headroom {
    /// That of a row of `width` integers of which none is chosen yet.
    pub fn new(width: usize) -> Self {
        Self { left: vec![[[LIMIT; 2]; 2]; width.div_ceil(STEP)] }
    }

    /// The headroom beside the `width` integers of `row`.
    pub(super) fn from_row(row: impl IntoIterator<Item = i8>, width: usize) -> Self {
        let mut headroom = Self::new(width);
        row.into_iter().enumerate().for_each(|(column, integer)| headroom.take(column, integer));
        headroom
    }

    /// The largest sum as a share of what a sum may come to; above 1 it could leave `i16`.
    pub(super) fn used(&self) -> f32 {
        let least = self.left.as_flattened().as_flattened().iter().min();
        least.map_or(0.0, |least| (LIMIT - least) as f32 / LIMIT as f32)
    }

    /// Chooses the integer of `column`, which has none yet: the nearest to `value` for which there is headroom.
    pub fn nearest(&mut self, column: usize, value: f64) -> i8 {
        let [above, below] = *self.of(column);
        // Both are in −127..=127, and a NaN becomes 0.
        let integer = value.round().clamp(-f64::from(127.min(below)), f64::from(127.min(above))) as i8;
        self.take(column, integer);
        integer
    }

    fn take(&mut self, column: usize, integer: i8) {
        let [above, below] = self.of(column);
        *above -= i32::from(integer.max(0));
        *below += i32::from(integer.min(0));
    }

    fn of(&mut self, column: usize) -> &mut [i32; 2] {
        &mut self.left[column / STEP][column % 4 / 2]
    }
}
