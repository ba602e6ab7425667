//! Matrices as a bundle stores them: in few bits, and widened only where a row is needed.
//!
//! A text needs one word vector for each of its tokens: to widen the others would take eight times the memory for nothing.

use half::f16;

use super::int8::{Panels, scale_of};

mod groups;

pub use groups::{WEIGHT_GROUP, quantise as quantise_groups};

/// Rounds each row of `values` to integers in −127..=127 and the scale that gives the row back, for a table: a linear layer's
/// weights are rounded with their sums in mind ([`super::int8::quantise_rows`]).
///
/// # Panics
/// `width` is zero.
pub fn quantise_table(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let rows = values.chunks_exact(width);
    let scales: Vec<f32> = rows.clone().map(scale_of).collect();
    let integers = rows.zip(&scales).flat_map(|(row, &scale)| {
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        row.iter().map(move |value| (value * inverse).round().clamp(-127.0, 127.0) as i8)
    });
    (integers.collect(), scales)
}

/// A matrix of integers and scales.
#[derive(Debug, Clone)]
pub struct QuantisedMatrix {
    integers: Integers,
    /// One for each row, but for groups, which have their own.
    scales: Vec<f32>,
    rows: usize,
    width: usize,
}

#[derive(Debug, Clone)]
enum Integers {
    /// With one scale for each row.
    Bytes(Vec<i8>),
    /// The same, as products read them.
    Panels(Panels),
    /// Integers of `bits` bits, end to end in `bytes`, with one scale for each [`WEIGHT_GROUP`] neighbours.
    Packed { bytes: Vec<u8>, scales: Vec<f16>, bits: u32 },
}

impl QuantisedMatrix {
    /// A row for each of `scales`: its values are its `width` integers times that scale. None where there are more or fewer
    /// integers.
    pub fn from_rows(integers: Vec<i8>, scales: Vec<f32>, width: usize) -> Option<Self> {
        let rows = scales.len();
        (rows.checked_mul(width) == Some(integers.len())).then_some(Self {
            integers: Integers::Bytes(integers),
            scales,
            rows,
            width,
        })
    }

    /// One row for each of `scales`, as [`Self::from_rows`]. None where there are not as many rows.
    pub fn from_panels(panels: Panels, scales: Vec<f32>) -> Option<Self> {
        let (rows, width) = (panels.outputs(), panels.inputs());
        (rows == scales.len()).then_some(Self { integers: Integers::Panels(panels), scales, rows, width })
    }

    /// What [`quantise_groups`] made of `rows` rows. None where the sizes do not fit each other.
    pub fn from_groups(bytes: Vec<u8>, scales: Vec<f16>, bits: u32, rows: usize) -> Option<Self> {
        let groups = scales.len().checked_div(rows)?;
        let fits = groups * rows == scales.len() && scales.len() * WEIGHT_GROUP * bits as usize == 8 * bytes.len();
        let integers = Integers::Packed { bytes, scales, bits };
        fits.then_some(Self { integers, scales: Vec::new(), rows, width: groups * WEIGHT_GROUP })
    }

    /// How many rows there are, and how long each is.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.width]
    }

    /// Whether each row has one scale.
    pub fn has_rows(&self) -> bool {
        !matches!(self.integers, Integers::Packed { .. })
    }

    /// The integers, row after row, and the scales of the rows, where each has one scale.
    pub fn into_rows(self) -> Option<(Vec<i8>, Vec<f32>)> {
        match self.integers {
            Integers::Bytes(integers) => Some((integers, self.scales)),
            Integers::Panels(panels) => Some((panels.integers(), self.scales)),
            Integers::Packed { .. } => None,
        }
    }

    /// The integers as products read them and the scales of the rows, where each has one scale. None, too, where the
    /// products' sums could overflow.
    pub fn panels(self) -> Option<(Panels, Vec<f32>)> {
        let panels = match self.integers {
            Integers::Bytes(integers) => Panels::pack(&integers, self.width)?,
            Integers::Panels(panels) => panels,
            Integers::Packed { .. } => return None,
        };
        Some((panels, self.scales))
    }

    /// Writes the values of row `index`.
    ///
    /// # Panics
    /// There is no such row, or `output` is not as long as it.
    pub fn widen_row(&self, index: usize, output: &mut [f32]) {
        assert_eq!(output.len(), self.width, "a row's length");
        match &self.integers {
            Integers::Bytes(integers) => {
                let scale = self.scales[index];
                let row = &integers[index * self.width..][..self.width];
                output.iter_mut().zip(row).for_each(|(value, &integer)| *value = f32::from(integer) * scale);
            }
            Integers::Panels(panels) => {
                let scale = self.scales[index];
                output
                    .iter_mut()
                    .zip(panels.row(index))
                    .for_each(|(value, integer)| *value = f32::from(integer) * scale);
            }
            Integers::Packed { bytes, scales, bits } => {
                let (length, groups) = (bytes.len() / self.rows, self.width / WEIGHT_GROUP);
                let scales = &scales[index * groups..][..groups];
                groups::widen(&bytes[index * length..][..length], scales, *bits, output);
            }
        }
    }

    /// All values, row after row.
    pub fn values(&self) -> Vec<f32> {
        let mut values = vec![0.0; self.rows * self.width];
        if self.width > 0 {
            values.chunks_exact_mut(self.width).enumerate().for_each(|(index, row)| self.widen_row(index, row));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn rows_are_integers_times_their_scale() {
        let table = QuantisedMatrix::from_rows(vec![1, -2, 127, -127], vec![0.5, 2.0], 2).unwrap();
        assert_eq!((table.shape(), table.values()), ([2, 2], vec![0.5, -1.0, 254.0, -254.0]));
        assert!(table.has_rows());
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn a_row_of_groups_is_its_part_of_all() {
        let mut random = fastrand::Rng::with_seed(3);
        let plain: Vec<f32> = (0..6 * WEIGHT_GROUP).map(|_| random.f32() - 0.5).collect();
        for bits in [4, 6] {
            let (packed, scales) = quantise_groups(&plain, bits);
            let table = QuantisedMatrix::from_groups(packed, scales, bits, 3).unwrap();
            assert_eq!(table.shape(), [3, 2 * WEIGHT_GROUP]);
            let mut row = vec![0.0; 2 * WEIGHT_GROUP];
            table.widen_row(2, &mut row);
            assert_eq!(row, table.values()[4 * WEIGHT_GROUP..]);
            assert!(row.iter().zip(&plain[4 * WEIGHT_GROUP..]).all(|(read, value)| (read - value).abs() < 0.1));
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn sizes_that_do_not_fit_are_refused() {
        assert!(QuantisedMatrix::from_rows(vec![1, 2, 3], vec![1.0, 1.0], 2).is_none());
        assert!(QuantisedMatrix::from_groups(vec![0; 16], vec![f16::ONE], 6, 1).is_none());
        assert!(QuantisedMatrix::from_groups(vec![0; 16], vec![f16::ONE], 4, 0).is_none());
        assert!(QuantisedMatrix::from_groups(vec![0; 48], vec![f16::ONE; 3], 4, 2).is_none());
    }
}
