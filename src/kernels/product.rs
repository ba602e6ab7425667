//! Matrix products, by the `gemm` crate, behind a safe face: views that know their strides and check their bounds.

/// A matrix within a slice: element (i, j) is `values[i · row_stride + j · column_stride]`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<V> {
    pub(super) values: V,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
}

/// How a product is spread over the processor's cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parallelism {
    /// On the calling thread alone.
    None,
    /// Over the threads of rayon's pool.
    AllCores,
}

impl<V: AsRef<[f32]>> Matrix<V> {
    /// `rows` × `columns` elements, each row starting `row_stride` elements after the one before.
    ///
    /// # Panics
    /// The last element lies outside `values`.
    pub fn strided(values: V, rows: usize, columns: usize, row_stride: usize) -> Self {
        let end = if rows == 0 || columns == 0 { 0 } else { (rows - 1) * row_stride + columns };
        assert!(end <= values.as_ref().len() && (columns <= row_stride || rows <= 1), "the matrix exceeds its slice");
        Self { values, rows, columns, row_stride, column_stride: 1 }
    }

    /// `rows` × `columns` elements one after the other.
    pub fn new(values: V, rows: usize, columns: usize) -> Self {
        Self::strided(values, rows, columns, columns)
    }

    /// The same elements with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// This matrix, transposed if that makes its rows contiguous.
    pub(super) fn lines(self) -> Self {
        if self.column_stride == 1 { self } else { self.transposed() }
    }

    /// This matrix, transposed if `other` is not its own [`Self::lines`].
    pub(super) fn turned_as<W>(self, other: &Matrix<W>) -> Self {
        if other.column_stride == 1 { self } else { self.transposed() }
    }

    /// A view of this matrix.
    pub(super) fn by_ref(&self) -> Matrix<&[f32]> {
        let Self { rows, columns, row_stride, column_stride, .. } = *self;
        Matrix { values: self.values.as_ref(), rows, columns, row_stride, column_stride }
    }
}

impl<'a> Matrix<&'a [f32]> {
    /// How many rows there are.
    pub fn rows(self) -> usize {
        self.rows
    }

    /// The slice that the matrix is a view of.
    pub fn values(self) -> &'a [f32] {
        self.values
    }

    /// Each row of a matrix whose rows are contiguous.
    pub(super) fn each_row(self) -> impl Iterator<Item = &'a [f32]> {
        debug_assert!(self.column_stride == 1, "rows are contiguous");
        (0..self.rows).map(move |row| &self.values[row * self.row_stride..][..self.columns])
    }

    /// The element in row `row` and column `column`.
    #[cfg(test)]
    pub(super) fn at(self, row: usize, column: usize) -> f32 {
        self.values[row * self.row_stride + column * self.column_stride]
    }
}

/// `output = left · right`, or `output += left · right` where `accumulate` is set.
///
/// # Panics
/// The sizes do not fit each other.
pub fn multiply<O: AsMut<[f32]>>(
    mut output: Matrix<O>,
    accumulate: bool,
    left: Matrix<&[f32]>,
    right: Matrix<&[f32]>,
    parallelism: Parallelism,
) {
    assert_eq!(left.columns, right.rows, "inner sizes");
    assert_eq!((output.rows, output.columns), (left.rows, right.columns), "outer sizes");
    let parallelism = match parallelism {
        Parallelism::AllCores if rayon::current_num_threads() > 1 => gemm::Parallelism::Rayon(0),
        _ => gemm::Parallelism::None,
    };
    // SAFETY: each view was checked at its construction to lie within its slice, which for the output is borrowed mutably;
    // strides are below the slices' lengths and so fit isize; the output's elements do not overlap (its rows are no longer
    // than its row stride); sizes agree, by the assertions above.
    unsafe {
        gemm::gemm(
            output.rows,
            output.columns,
            left.columns,
            output.values.as_mut().as_mut_ptr(),
            output.column_stride as isize,
            output.row_stride as isize,
            accumulate,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn transposes_accumulates_and_strides() {
        // left is the first two columns of a 3 × 3 slice; right is stored transposed.
        let left = [1.0, 2.0, 9.0, 3.0, 4.0, 9.0, 5.0, 6.0, 9.0];
        let right = [1.0, 10.0, 2.0, 20.0];
        let mut output = [100.0; 6];
        let views = (Matrix::strided(&left[..], 3, 2, 3), Matrix::new(&right[..], 2, 2).transposed());
        multiply(Matrix::new(&mut output[..], 3, 2), true, views.0, views.1, Parallelism::None);
        assert_eq!(output, [121.0, 142.0, 143.0, 186.0, 165.0, 230.0]);
        multiply(Matrix::new(&mut output[..], 3, 2), false, views.0, views.1, Parallelism::AllCores);
        assert_eq!(output, [21.0, 42.0, 43.0, 86.0, 65.0, 130.0]);
    }

    #[test]
    #[should_panic(expected = "exceeds its slice")]
    fn refuses_a_view_beyond_its_slice() {
        Matrix::strided(&[0.0; 8][..], 3, 2, 4);
    }
}
