//! Matrix products in f32 or in bf16: the second factor is prepared once, and the parts of the first go by it one by one.

use serde::{Deserialize, Serialize};

use super::bf16::{Bf16Panels, round};
use super::parts::{build, with_scratch};
use super::product::{Matrix, Parallelism, multiply};
use super::vectorized;

/// What the factors of a product are rounded to. Sums are f32 in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProductPrecision {
    /// f32, as it is.
    #[default]
    F32,
    /// bfloat16: f32's range with 8 significant bits. With AVX-512-BF16 the products are about twice as fast; without it they
    /// are f32 products of rounded factors, so that a run gives the same model but for the order of sums.
    Bf16,
}

/// The second factor of a product, prepared for any number of first factors.
pub struct PackedRhs<'a> {
    prepared: Prepared<'a>,
}

enum Prepared<'a> {
    Single(Matrix<&'a [f32]>),
    Rounded(Matrix<Vec<f32>>),
    Panels(Bf16Panels),
}

impl<'a> PackedRhs<'a> {
    /// Prepares `matrix` on all cores.
    pub fn new(precision: ProductPrecision, matrix: Matrix<&'a [f32]>) -> Self {
        let prepared = match precision {
            ProductPrecision::F32 => Prepared::Single(matrix),
            ProductPrecision::Bf16 => match Bf16Panels::new(matrix) {
                Some(panels) => Prepared::Panels(panels),
                None => Prepared::Rounded(rounded(matrix)),
            },
        };
        Self { prepared }
    }

    /// `output = left · self`, or `output += left · self` where `accumulate` is set. `parallelism` is for f32; in bf16 the
    /// calling thread does it all.
    ///
    /// # Panics
    /// The sizes do not fit each other.
    pub fn multiply(
        &self,
        output: Matrix<&mut [f32]>,
        accumulate: bool,
        left: Matrix<&[f32]>,
        parallelism: Parallelism,
    ) {
        match &self.prepared {
            Prepared::Single(right) => multiply(output, accumulate, left, *right, parallelism),
            Prepared::Rounded(right) => with_scratch(left.rows * left.columns, |scratch| {
                let lines = left.lines();
                for (out, line) in scratch.chunks_exact_mut(lines.columns).zip(lines.each_row()) {
                    round_into(line, out);
                }
                let left = Matrix::new(&*scratch, lines.rows, lines.columns).turned_as(&left);
                multiply(output, accumulate, left, right.by_ref(), Parallelism::None);
            }),
            Prepared::Panels(right) => right.multiply(output, accumulate, left),
        }
    }
}

/// A copy of `matrix`, rounded to bf16.
fn rounded(matrix: Matrix<&[f32]>) -> Matrix<Vec<f32>> {
    const LINES: usize = 64;
    let lines = matrix.lines();
    let part = LINES * lines.columns.max(1);
    let (values, _) = build(lines.rows * lines.columns, part, |index, out: &mut [f32]| {
        for (out, line) in out.chunks_exact_mut(lines.columns).zip(lines.each_row().skip(index * LINES)) {
            round_into(line, out);
        }
    });
    Matrix::new(values, lines.rows, lines.columns).turned_as(&matrix)
}

fn round_into(values: &[f32], output: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || output.iter_mut().zip(values).for_each(|(out, &value)| *out = round(value)),
    );
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn bf16_is_the_product_of_rounded_factors() {
        let mut random = fastrand::Rng::with_seed(8);
        for (m, n, k) in [(1, 1, 1), (5, 7, 3), (130, 40, 65)] {
            let [left, right] =
                [m * k, k * n].map(|length| (0..length).map(|_| random.f32() - 0.5).collect::<Vec<_>>());
            for (left, right) in [
                (Matrix::new(&left[..], m, k), Matrix::new(&right[..], k, n)),
                (Matrix::new(&left[..], k, m).transposed(), Matrix::new(&right[..], n, k).transposed()),
            ] {
                let mut output = vec![1.0; m * n];
                PackedRhs::new(ProductPrecision::Bf16, right).multiply(
                    Matrix::new(&mut output[..], m, n),
                    true,
                    left,
                    Parallelism::None,
                );
                for (i, row) in output.chunks(n).enumerate() {
                    for (j, value) in row.iter().enumerate() {
                        let terms = (0..k).map(|p| f64::from(round(left.at(i, p))) * f64::from(round(right.at(p, j))));
                        let expected = 1.0 + terms.sum::<f64>();
                        assert!((f64::from(*value) - expected).abs() < 1e-5, "{i}, {j}: {value} for {expected}");
                    }
                }
            }
        }
    }
}
