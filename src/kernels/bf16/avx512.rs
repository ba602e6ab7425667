//! The tile by AVX-512-BF16's `VDPBF16PS`: 32 products of pairs' halves in one instruction, each pair added to an f32.
//!
//! The instruction treats denormal numbers as zero, and adds a pair's two products one after the other. Intel's processors
//! have it since Cooper Lake and Sapphire Rapids, AMD's since Zen 4.
//!
//! The machine that this was written on has not: there the tests cover everything but this file, which was only compiled
//! and read as machine code (24 such instructions for each pair, all sums in registers). Where the processor has it, the test
//! `the_processors_instruction_is_right` compares it with sums in f64.

use std::arch::x86_64::{__m512bh, __m512i};
use std::arch::x86_64::{
    _mm512_dpbf16_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::{COLUMNS, Pairs, ROWS, Tile, TileKernel};

/// The kernel, where this processor can run it. Nobody else can hand it out.
pub fn kernel() -> Option<TileKernel> {
    let available = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16");
    // SAFETY: the closure is given to nobody where the processor lacks one of the features.
    available.then_some(|strip, panel, tile| unsafe { tile_avx512(strip, panel, tile) })
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn tile_avx512(strip: &Pairs<ROWS>, panel: &Pairs<COLUMNS>, tile: &mut Tile) {
    let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
    for (sums, row) in sums.iter_mut().zip(&*tile) {
        // SAFETY: a row of a tile is 32 f32, of which each load takes 16.
        *sums = unsafe { [_mm512_loadu_ps(row.as_ptr()), _mm512_loadu_ps(row[16..].as_ptr())] };
    }
    for (left, right) in strip.iter().zip(panel) {
        // SAFETY: a row of a panel is 32 u32, of which each load takes 16.
        let [first, second] =
            unsafe { [_mm512_loadu_si512(right.as_ptr().cast()), _mm512_loadu_si512(right[16..].as_ptr().cast())] };
        let (first, second) = (pairs(first), pairs(second));
        for (sums, &left) in sums.iter_mut().zip(left) {
            let left = pairs(_mm512_set1_epi32(left as i32));
            sums[0] = _mm512_dpbf16_ps(sums[0], left, first);
            sums[1] = _mm512_dpbf16_ps(sums[1], left, second);
        }
    }
    for (row, sums) in tile.iter_mut().zip(&sums) {
        // SAFETY: as for the loads.
        unsafe {
            _mm512_storeu_ps(row.as_mut_ptr(), sums[0]);
            _mm512_storeu_ps(row[16..].as_mut_ptr(), sums[1]);
        }
    }
}

/// The same 512 bits as pairs of bf16.
#[inline]
#[target_feature(enable = "avx512f,avx512bf16")]
fn pairs(bits: __m512i) -> __m512bh {
    // SAFETY: both are 64 bytes of plain data.
    unsafe { std::mem::transmute(bits) }
}
