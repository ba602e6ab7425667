//! Products of factors rounded to bf16, for processors that multiply pairs of them.
//!
//! The instruction takes two neighbours of the inner dimension at once, so the factors are packed as pairs: the second one
//! once, into panels of [`COLUMNS`] columns, each part of the first into strips of [`ROWS`] rows. A kernel then makes a
//! tile of [`ROWS`] × [`COLUMNS`] sums from one strip and one panel, both of at most [`DEPTH`] values: a panel stays in
//! the level 1 cache while the strips of a part go by, and the tile in registers. Only that kernel knows the instruction;
//! packing and tiling are the same for the plain kernel that tests have, so that they are tested on every processor.

#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(not(target_arch = "x86_64"))]
mod avx512 {
    /// No other processor has the kernel.
    pub fn kernel() -> Option<super::TileKernel> {
        None
    }
}

use super::parts::build;
use super::product::Matrix;
use super::vectorized;

/// Rows of a tile: with two registers each and the panel's own two, 26 of AVX-512's 32.
const ROWS: usize = 12;
/// Columns of a tile: two AVX-512 registers of f32.
const COLUMNS: usize = 32;
/// The inner dimension is gone through in blocks of this: a panel's block takes 24 KiB.
const DEPTH: usize = 384;

/// For each pair of the inner dimension the values of a strip or panel: the earlier in the low half.
type Pairs<const N: usize> = [[u32; N]];
type Tile = [[f32; COLUMNS]; ROWS];
/// Adds the product of a strip and a panel to a tile.
type TileKernel = fn(strip: &Pairs<ROWS>, panel: &Pairs<COLUMNS>, tile: &mut Tile);

/// The nearest bf16, of two equally near ones the even one.
#[inline(always)]
pub fn round(value: f32) -> f32 {
    f32::from_bits(half_bits(value) << 16)
}

/// The bits of the nearest bf16. A NaN whose payload is in the lower half stays one.
#[inline(always)]
fn half_bits(value: f32) -> u32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
    if value.is_nan() { (bits >> 16) | 0x40 } else { rounded }
}

/// The second factor of products, packed.
pub struct Bf16Panels {
    kernel: TileKernel,
    rows: usize,
    columns: usize,
    /// Block after block of the inner dimension, panel after panel.
    pairs: Vec<[u32; COLUMNS]>,
}

impl Bf16Panels {
    /// Packs `matrix`; none if this processor has no instruction for it.
    pub fn new(matrix: Matrix<&[f32]>) -> Option<Self> {
        avx512::kernel().map(|kernel| Self::with_kernel(kernel, matrix))
    }

    fn with_kernel(kernel: TileKernel, matrix: Matrix<&[f32]>) -> Self {
        let (rows, columns) = (matrix.rows, matrix.columns);
        let panels = columns.div_ceil(COLUMNS);
        let mut pairs = Vec::with_capacity(rows.div_ceil(2) * panels);
        for first in (0..rows).step_by(DEPTH) {
            let depth = DEPTH.min(rows - first);
            let length = depth.div_ceil(2);
            let (block, _) = build(panels * length, length, |panel, out: &mut [[u32; COLUMNS]]| {
                pack(matrix.transposed(), panel * COLUMNS, first..first + depth, out);
            });
            pairs.extend(block);
        }
        Self { kernel, rows, columns, pairs }
    }

    /// `output = left · self`, or `output += left · self` where `accumulate` is set.
    pub fn multiply(&self, mut output: Matrix<&mut [f32]>, accumulate: bool, left: Matrix<&[f32]>) {
        assert_eq!(left.columns, self.rows, "inner sizes");
        assert_eq!((output.rows, output.columns), (left.rows, self.columns), "outer sizes");
        assert_eq!(output.column_stride, 1, "the output's rows are contiguous");
        let panels = self.columns.div_ceil(COLUMNS);
        let mut strips = vec![[0; ROWS]; left.rows.div_ceil(ROWS) * DEPTH.min(self.rows).div_ceil(2)];
        for first in (0..self.rows).step_by(DEPTH) {
            let depth = DEPTH.min(self.rows - first);
            let length = depth.div_ceil(2);
            let strips = &mut strips[..left.rows.div_ceil(ROWS) * length];
            for (index, strip) in strips.chunks_exact_mut(length).enumerate() {
                pack(left, index * ROWS, first..first + depth, strip);
            }
            let block = &self.pairs[first / 2 * panels..][..panels * length];
            let add = accumulate || first > 0;
            vectorized(
                #[inline(always)]
                || self.tiles(&mut output, add, strips, block, length),
            );
        }
        if self.rows == 0 && !accumulate {
            let lines = output.values.chunks_mut(output.row_stride.max(1)).take(output.rows);
            lines.for_each(|line| line[..output.columns].fill(0.0));
        }
    }
}

impl Bf16Panels {
    /// One block of the inner dimension: every strip by every panel, both of `length` pairs.
    #[inline(always)]
    fn tiles(
        &self,
        output: &mut Matrix<&mut [f32]>,
        add: bool,
        strips: &Pairs<ROWS>,
        panels: &Pairs<COLUMNS>,
        length: usize,
    ) {
        for (panel_index, panel) in panels.chunks_exact(length).enumerate() {
            for (strip_index, strip) in strips.chunks_exact(length).enumerate() {
                let mut tile = [[0.0; COLUMNS]; ROWS];
                (self.kernel)(strip, panel, &mut tile);
                let (row, column) = (strip_index * ROWS, panel_index * COLUMNS);
                let width = COLUMNS.min(output.columns - column);
                for (tile, row) in tile.iter().zip(row..output.rows) {
                    let out = &mut output.values[row * output.row_stride + column..][..width];
                    if add {
                        out.iter_mut().zip(tile).for_each(|(out, value)| *out += value);
                    } else {
                        out.copy_from_slice(&tile[..width]);
                    }
                }
            }
        }
    }
}

/// Packs the columns `depth` of `N` rows of `matrix`, from `first_row` on. Rows beyond its last one are packed as zeros.
fn pack<const N: usize>(matrix: Matrix<&[f32]>, first_row: usize, depth: std::ops::Range<usize>, pairs: &mut Pairs<N>) {
    let rows = N.min(matrix.rows - first_row);
    vectorized(
        #[inline(always)]
        || {
            if matrix.row_stride == 1 {
                pack_columns(matrix, first_row, rows, depth, pairs);
            } else {
                pack_rows(matrix, first_row, rows, depth, pairs);
            }
        },
    );
}

/// Where neighbouring rows are neighbours in memory: a pair is two lines, one above the other.
#[inline(always)]
fn pack_columns<const N: usize>(
    matrix: Matrix<&[f32]>,
    first_row: usize,
    rows: usize,
    depth: std::ops::Range<usize>,
    pairs: &mut Pairs<N>,
) {
    let line = |column: usize| &matrix.values[column * matrix.column_stride + first_row..][..rows];
    for (pair, column) in pairs.iter_mut().zip(depth.clone().step_by(2)) {
        pair[rows..].fill(0);
        for (pair, &value) in pair.iter_mut().zip(line(column)) {
            *pair = half_bits(value);
        }
        if column + 1 < depth.end {
            for (pair, &value) in pair.iter_mut().zip(line(column + 1)) {
                *pair |= half_bits(value) << 16;
            }
        }
    }
}

/// Where the columns of a row are neighbours: some pairs of each row, then across the rows, so that rounding vectorises.
#[inline(always)]
fn pack_rows<const N: usize>(
    matrix: Matrix<&[f32]>,
    first_row: usize,
    rows: usize,
    depth: std::ops::Range<usize>,
    pairs: &mut Pairs<N>,
) {
    const AT_ONCE: usize = 16;
    for (index, pairs) in pairs.chunks_mut(AT_ONCE).enumerate() {
        let column = depth.start + 2 * AT_ONCE * index;
        let length = (2 * AT_ONCE).min(depth.end - column);
        let mut rounded = [[0; AT_ONCE]; N];
        for (row, rounded) in rounded.iter_mut().enumerate().take(rows) {
            let values = &matrix.values[(first_row + row) * matrix.row_stride + column..][..length];
            let whole = values.chunks_exact(2);
            if let [last] = whole.remainder() {
                rounded[length / 2] = half_bits(*last);
            }
            for (pair, values) in rounded.iter_mut().zip(whole) {
                *pair = half_bits(values[0]) | half_bits(values[1]) << 16;
            }
        }
        for (i, pair) in pairs.iter_mut().enumerate() {
            for (row, rounded) in rounded.iter().enumerate() {
                pair[row] = rounded[i];
            }
        }
    }
}

#[cfg(test)]
mod tests;
