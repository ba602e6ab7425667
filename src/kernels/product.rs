//! Matrix products, by the `gemm` crate, behind a safe face: views that know their strides and check their bounds.

#[cfg(not(target_arch = "wasm32"))]
use crate::threads;

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

/// What holds a matrix's elements: the same slice whenever it is asked for, which whoever reads it unchecked relies on.
pub trait Values: sealed::Sealed {
    /// The slice.
    fn slice(&self) -> &[f32];
}

impl Values for &[f32] {
    fn slice(&self) -> &[f32] {
        self
    }
}

impl Values for &mut [f32] {
    fn slice(&self) -> &[f32] {
        self
    }
}

impl Values for Vec<f32> {
    fn slice(&self) -> &[f32] {
        self
    }
}

mod sealed {
    /// Nobody else can implement it.
    pub trait Sealed {}

    impl Sealed for &[f32] {}
    impl Sealed for &mut [f32] {}
    impl Sealed for Vec<f32> {}
}

impl<V: Values> Matrix<V> {
    /// `rows` × `columns` elements, each row starting `row_stride` elements after the one before.
    ///
    /// # Panics
    /// The last element lies outside `values`, or rows overlap.
    pub fn strided(values: V, rows: usize, columns: usize, row_stride: usize) -> Self {
        // A stride that is never taken could be anything, and would be more than pointers can be moved by.
        let row_stride = if rows <= 1 || columns == 0 { columns.max(1) } else { row_stride };
        let end = match rows.checked_sub(1) {
            Some(before) if columns > 0 => before.checked_mul(row_stride).and_then(|start| start.checked_add(columns)),
            _ => Some(0),
        };
        let is_within = end.is_some_and(|end| end <= values.slice().len());
        assert!(is_within && columns <= row_stride, "the matrix exceeds its slice");
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
        Matrix { values: self.values.slice(), rows, columns, row_stride, column_stride }
    }
}

impl<'a> Matrix<&'a [f32]> {
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
pub fn multiply(
    output: Matrix<&mut [f32]>,
    accumulate: bool,
    left: Matrix<&[f32]>,
    right: Matrix<&[f32]>,
    parallelism: Parallelism,
) {
    assert_eq!(left.columns, right.rows, "inner sizes");
    assert_eq!((output.rows, output.columns), (left.rows, right.columns), "outer sizes");
    if output.rows == 0 || output.columns == 0 {
        return;
    }
    let parallelism = match parallelism {
        #[cfg(not(target_arch = "wasm32"))]
        Parallelism::AllCores if threads::count() > 1 => gemm::Parallelism::Rayon(0),
        _ => gemm::Parallelism::None,
    };
    // SAFETY: each view was checked at its construction to lie within its slice, which the output's borrows alone; a stride is at most
    // 1, or a row's length, or as far as a second row starts within the slice, and so fits isize; the output's elements do not
    // overlap, since its rows are no longer than its row stride; sizes agree, by the assertions above.
    unsafe {
        gemm::gemm(
            output.rows,
            output.columns,
            left.columns,
            output.values.as_mut_ptr(),
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
    fn views_beyond_their_slices_are_refused_whatever_their_sizes() {
        let values = [0.0; 8];
        let is_refused = |rows, columns, stride| {
            std::panic::catch_unwind(|| Matrix::strided(&values[..], rows, columns, stride)).is_err()
        };
        let half = 1 << (usize::BITS - 1);
        for (rows, columns, stride) in [(3, 2, 3), (2, 4, 4), (1, 8, half), (8, 1, 1), (0, 5, 0), (5, 0, half)] {
            assert!(!is_refused(rows, columns, stride), "{rows} × {columns}, {stride} apart");
        }
        for (rows, columns, stride) in [
            (3, 2, 4),
            (1, 9, 9),
            (2, 2, 1),
            (3, 1, half),
            (5, 2, half / 2),
            (half + 1, 2, 2),
            (usize::MAX, usize::MAX, usize::MAX),
            (2, 1, usize::MAX),
            (2, usize::MAX, usize::MAX),
        ] {
            assert!(is_refused(rows, columns, stride), "{rows} × {columns}, {stride} apart");
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn a_product_without_elements_is_none() {
        let none = Matrix::new(&[][..], 0, 3);
        multiply(Matrix::new(&mut [], 0, 2), false, none, Matrix::new(&[0.0; 6][..], 3, 2), Parallelism::None);
    }
}
