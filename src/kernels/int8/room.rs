//! The rule that keeps sums of products in `i16`.
//!
//! [`super::narrow`] sums the products of four quads of weights with activations in 0..=127 before it widens the sum: the first two
//! of each quad in one sum, the last two in another. The worst that activations can do is to be 127 where weights have one
//! sign, and 0 elsewhere. So of each sum's eight weights those of one sign must not come to more than 32767 / 127 = 258.

use super::layout::STEP;

/// What the magnitudes of weights of one sign may come to.
const DEEP: i32 = i16::MAX as i32 / 127;

/// What the integers of one row may still be.
#[derive(Debug, Clone)]
pub struct Room {
    /// For each [`STEP`] inputs, and of them the first and the last two of each quad: for integers above zero and below.
    left: Vec<[[i32; 2]; 2]>,
}

impl Room {
    /// Of a row of `width` integers, none of which is chosen yet.
    pub fn new(width: usize) -> Self {
        Self { left: vec![[[DEEP; 2]; 2]; width.div_ceil(STEP)] }
    }

    /// What the `width` integers of `row` have left of it.
    pub(super) fn beside(row: impl IntoIterator<Item = i8>, width: usize) -> Self {
        let mut room = Self::new(width);
        row.into_iter().enumerate().for_each(|(column, integer)| room.take(column, integer));
        room
    }

    /// How much of what a sum may come to the largest one does; above 1 it could leave `i16`.
    pub(super) fn taken(&self) -> f32 {
        let least = self.left.as_flattened().as_flattened().iter().min();
        least.map_or(0.0, |least| (DEEP - least) as f32 / DEEP as f32)
    }

    /// Chooses the integer of `column`, which has none yet: the nearest to `value` for which there is room.
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
