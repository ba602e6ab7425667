//! Work on large buffers in parts, one core taking a part when it is free.
//!
//! A large buffer that is zeroed first and written afterwards goes through memory twice, and zeroing is one thread's work.
//! Here each part is handed out as its core starts on it: zeroed, but still in that core's cache when it is written.

use std::cell::RefCell;
use std::mem::MaybeUninit;

use crate::threads;

/// A buffer of `length` values, made in parts of `part` values. `fill` gets the part's number and the part, zeroed; what it
/// gives is collected in the parts' order.
///
/// # Panics
/// `part` is zero.
pub fn build<T, R, F>(length: usize, part: usize, fill: F) -> (Vec<T>, Vec<R>)
where
    T: Copy + Default + Send,
    R: Send,
    F: Fn(usize, &mut [T]) -> R + Sync,
{
    let mut values = Vec::with_capacity(length);
    let parts = values.spare_capacity_mut()[..length].chunks_mut(part).collect();
    let results = threads::map(parts, |index, part| fill(index, zeroed(part)));
    // SAFETY: the chunks cover the first `length` values, and `zeroed` has initialised every chunk.
    unsafe { values.set_len(length) };
    (values, results)
}

/// Matrices of these widths and of equally many rows, made together in parts of `rows` rows each, else as [`build`].
pub fn build_rows<const N: usize, R, F>(rows: &[usize], widths: [usize; N], fill: F) -> ([Vec<f32>; N], Vec<R>)
where
    R: Send,
    F: Fn(usize, [&mut [f32]; N]) -> R + Sync,
{
    let total: usize = rows.iter().sum();
    let mut matrices = widths.map(|width| Vec::with_capacity(total * width));
    let mut rest = matrices.each_mut().map(|matrix| matrix.spare_capacity_mut());
    let mut parts = Vec::with_capacity(rows.len());
    for rows in rows {
        let mut index = 0;
        parts.push(rest.each_mut().map(|rest| {
            let (part, after) = std::mem::take(rest).split_at_mut(rows * widths[index]);
            (index, *rest) = (index + 1, after);
            part
        }));
    }
    let results = threads::map(parts, |index, parts| fill(index, parts.map(zeroed)));
    for (matrix, width) in matrices.iter_mut().zip(widths) {
        // SAFETY: the parts are the matrix's first `total` rows, and `zeroed` has initialised every part.
        unsafe { matrix.set_len(total * width) };
    }
    (matrices, results)
}

fn zeroed<T: Copy + Default>(part: &mut [MaybeUninit<T>]) -> &mut [T] {
    part.fill(MaybeUninit::new(T::default()));
    // SAFETY: every value was just initialised, and MaybeUninit<T> has T's layout.
    unsafe { &mut *(std::ptr::from_mut(part) as *mut [T]) }
}

thread_local! {
    static SCRATCH: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Runs `work` with `length` values of whatever was left in them: scratch of this thread, kept from one part to the next so
/// that it is neither mapped nor zeroed again.
pub fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut scratch = SCRATCH.with_borrow_mut(Vec::pop).unwrap_or_default();
    if scratch.len() < length {
        scratch.resize(length, 0.0);
    }
    let result = work(&mut scratch[..length]);
    SCRATCH.with_borrow_mut(|kept| kept.push(scratch));
    result
}

/// `rows` rows in parts of at most `part`.
pub fn split(rows: usize, part: usize) -> Vec<usize> {
    (0..rows).step_by(part).map(|first| part.min(rows - first)).collect()
}

/// How many of `rows` rows a part of a matrix product should have: enough that packing the other factor again for each
/// part costs little (at 128 rows products were a fifth slower than at 256), few enough that no core waits long for the
/// last part. A multiple of [`SUM_ROWS`].
pub fn product_rows(rows: usize) -> usize {
    match threads::count() {
        1 => rows.max(1).next_multiple_of(SUM_ROWS),
        threads => rows.div_ceil(4 * threads).next_multiple_of(SUM_ROWS).clamp(SUM_ROWS, 4 * SUM_ROWS),
    }
}

/// Rows that are summed before their sum is added to the others': fixed, so that sums do not depend on the number of threads.
pub const SUM_ROWS: usize = 128;

/// The sums of the columns of `rows`, a matrix of `width` columns: one for each [`SUM_ROWS`] rows, end to end.
pub fn partial_sums(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; rows.len().div_ceil(SUM_ROWS * width) * width];
    for (sums, rows) in sums.chunks_exact_mut(width).zip(rows.chunks(SUM_ROWS * width)) {
        super::add_rows(sums, rows);
    }
    sums
}

/// Adds up what [`partial_sums`] gave for each part.
pub fn total(partial: &[Vec<f32>], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    partial.iter().for_each(|partial| super::add_rows(&mut sums, partial));
    sums
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn parts_are_zeroed_and_in_order() {
        for (length, part) in [(0, 3), (1, 3), (9, 3), (10, 3)] {
            let (values, numbers) = build(length, part, |number, part: &mut [u32]| {
                assert!(part.iter().all(|&value| value == 0));
                part.fill(number as u32 + 1);
                number
            });
            assert!(values.iter().enumerate().all(|(i, &value)| value as usize == i / part + 1));
            assert_eq!((values.len(), numbers), (length, (0..length.div_ceil(part)).collect()));
            let ([narrow, wide], _) = build_rows(&split(length, part), [1, 2], |number, [narrow, wide]| {
                assert_eq!(2 * narrow.len(), wide.len());
                assert!(narrow.iter().chain(&*wide).all(|&value| value == 0.0));
                narrow.fill(number as f32);
                wide.fill(-(number as f32));
            });
            assert_eq!((narrow.len(), wide.len()), (length, 2 * length));
            assert!(narrow.iter().enumerate().all(|(i, &value)| value == (i / part) as f32));
            assert!(wide.iter().enumerate().all(|(i, &value)| value == -((i / 2 / part) as f32)));
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn sums_do_not_depend_on_the_parts() {
        let mut random = fastrand::Rng::with_seed(6);
        let (rows, width) = (3 * SUM_ROWS + 7, 5);
        let values: Vec<f32> = (0..rows * width).map(|_| random.f32()).collect();
        let whole = total(&[partial_sums(&values, width)], width);
        let parts: Vec<_> = values.chunks(2 * SUM_ROWS * width).map(|rows| partial_sums(rows, width)).collect();
        assert_eq!(total(&parts, width), whole);
        let first: f64 = values.iter().step_by(width).map(|&value| f64::from(value)).sum();
        assert!((f64::from(whole[0]) - first).abs() < 1e-4 * first);
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn scratch_can_be_taken_within_scratch() {
        with_scratch(4, |outer| {
            outer.fill(1.0);
            with_scratch(4, |inner| inner.fill(2.0));
            assert_eq!(outer, [1.0; 4]);
        });
        with_scratch(9, |larger| assert_eq!(larger.len(), 9));
    }
}
