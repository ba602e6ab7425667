//! The rows of x on their way into products.

#[cfg(target_arch = "x86_64")]
use super::halves;
use super::{narrow, wide};
use crate::kernels::simd::{Kernel, Simd, dispatch};

/// How the rows of x are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To at least 14 bits and a sign: [`wide`].
    Wide,
    /// To 7 bits: [`narrow`].
    Narrow,
}

impl Rounding {
    /// What this build is for: speed where the engine has relaxed SIMD, else digits.
    pub const DEFAULT: Self = match cfg!(all(target_arch = "wasm32", target_feature = "relaxed-simd")) {
        true => Self::Narrow,
        false => Self::Wide,
    };
}

/// Rows of x, rounded to integers: a buffer to be used again and again.
#[derive(Debug)]
pub struct Activations {
    pub(super) rows: usize,
    pub(super) inputs: usize,
    pub(super) rounded: Rounded,
}

#[derive(Debug)]
pub(super) enum Rounded {
    Wide(wide::Rounded),
    /// The same integers, as they are multiplied at the full width of AVX-512.
    #[cfg(target_arch = "x86_64")]
    Halves(halves::Rounded),
    Narrow(narrow::Rounded),
}

impl Rounded {
    /// For vectors of eight lanes.
    pub fn new(rounding: Rounding) -> Self {
        match rounding {
            Rounding::Wide => Self::Wide(wide::Rounded::default()),
            Rounding::Narrow => Self::Narrow(narrow::Rounded::default()),
        }
    }
}

impl Activations {
    /// No rows yet.
    pub fn new(rounding: Rounding) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let (Rounding::Wide, Some(halves)) = (rounding, halves::Rounded::new()) {
            return Self { rows: 0, inputs: 1, rounded: Rounded::Halves(halves) };
        }
        Self { rows: 0, inputs: 1, rounded: Rounded::new(rounding) }
    }

    /// Takes the rows of `x`, which are `inputs` long, instead of those that it had.
    ///
    /// # Panics
    /// `x` has no whole number of rows.
    pub fn round(&mut self, x: &[f32], inputs: usize) {
        assert!(inputs > 0 && x.len().is_multiple_of(inputs), "whole rows");
        (self.rows, self.inputs) = (x.len() / inputs, inputs);
        match &mut self.rounded {
            #[cfg(target_arch = "x86_64")]
            Rounded::Halves(rounded) => rounded.round(x, inputs),
            rounded => dispatch(Round { x, inputs, rounded }),
        }
    }
}

pub(super) struct Round<'a> {
    pub x: &'a [f32],
    pub inputs: usize,
    pub rounded: &'a mut Rounded,
}

impl Kernel for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match self.rounded {
            Rounded::Wide(rounded) => rounded.round(simd, self.x, self.inputs),
            Rounded::Narrow(rounded) => rounded.round(simd, self.x, self.inputs),
            #[cfg(target_arch = "x86_64")]
            Rounded::Halves(_) => unreachable!("these are rounded by what multiplies them"),
        }
    }
}
