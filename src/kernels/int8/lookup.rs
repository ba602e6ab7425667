//! Embedding tables of int8 rows.

use crate::kernels::{multiply_add, vectorized};

/// A table of rows of integers with one scale each.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    integers: &'a [i8],
    scales: &'a [f32],
    width: usize,
}

impl<'a> Table<'a> {
    /// A view of rows of `width` integers.
    ///
    /// # Panics
    /// There is not one row for each scale.
    pub fn new(integers: &'a [i8], scales: &'a [f32], width: usize) -> Self {
        assert_eq!(integers.len(), scales.len() * width, "one row for each scale");
        Self { integers, scales, width }
    }

    /// Adds to each row of `output` the row that `indices` names for it.
    ///
    /// # Panics
    /// The table has no such row, or `output` is not one row for each index.
    pub fn add_rows(self, indices: &[u32], output: &mut [f32]) {
        assert_eq!(output.len(), indices.len() * self.width, "one row for each index");
        vectorized(
            #[inline(always)]
            || {
                for (&index, output) in indices.iter().zip(output.chunks_exact_mut(self.width)) {
                    let scale = self.scales[index as usize];
                    let row = &self.integers[index as usize * self.width..][..self.width];
                    for (value, &integer) in output.iter_mut().zip(row) {
                        *value = multiply_add(f32::from(integer), scale, *value);
                    }
                }
            },
        );
    }
}
