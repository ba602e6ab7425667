//! Integers that are chosen one after the other, and still fit the kernels' sums.

use super::panels::{DEEP, STEP};

/// What the integers of one row may still be, so that [`super::narrow`] can sum their products in `i16` whatever the
/// activations are: what [`super::quantise_rows`] brings about by the scale alone.
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

    /// Chooses the integer of `column`, which has none yet: the nearest to `value` for which there is room.
    pub fn nearest(&mut self, column: usize, value: f64) -> i8 {
        let [above, below] = &mut self.left[column / STEP][column % 4 / 2];
        // Both are in −127..=127, and a NaN becomes 0.
        let integer = value.round().clamp(-f64::from(127.min(*below)), f64::from(127.min(*above))) as i8;
        *above -= i32::from(integer.max(0));
        *below += i32::from(integer.min(0));
        integer
    }
}
