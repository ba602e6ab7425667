//! Linear layers of int8 weights, for inference: f32 in, f32 out, integers between.
//!
//! A weight matrix W (outputs, inputs) is stored as integers with one scale for each row ([`quantise_rows`]), and
//! [`Panels`] have them in the order in which a processor wants them. The rows of x are rounded to integers as they come
//! ([`Activations`]), in one of two ways ([`Rounding`]):
//!
//! | | activations | their scales | the work is done by |
//! |---|---|---|---|
//! | [`wide`] | 12 to 15 bits | one for each row | products of `i16`, on every processor since SSE2 |
//! | [`narrow`] | 7 bits | one, and a minimum, for each row and 128 inputs | products of bytes, where a processor has them |
//!
//! Where there is AVX-512-VNNI, products are of sixteen outputs at once (`pairs`), and activations of 12 to 15 bits are
//! multiplied as two bytes (`halves`).
//!
//! The integers, their sums and what [`PackedLinear::multiply`] makes of them are the same to the bit on every processor, natively
//! and in a browser, with and without relaxed SIMD: integers do not care about the order of their sums, no sum overflows
//! (each module says why), and the few floating-point operations come in one order and are not fused. Only GELU may
//! differ, in the last digits, with how [`super::simd::Arithmetic::multiply_add`] rounds.

mod activations;
#[cfg(target_arch = "x86_64")]
mod halves;
mod headroom;
mod layout;
mod lhs;
mod linear;
mod narrow;
#[cfg(target_arch = "x86_64")]
mod pairs;
mod panels;
mod product;
mod wide;

pub use activations::{Activations, Rounding};
pub use headroom::Headroom;
pub use layout::ACTIVATION_GROUP;
pub(super) use linear::scale_of;
pub use linear::{PackedLinear, quantise_rows};
pub use panels::Panels;
pub use product::Epilogue;

#[cfg(test)]
mod tests;
