//! How activations are rounded, as the command line has it.

use undertone::bert::Rounding;

/// The roundings of the int8 kernels.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Activations {
    /// To 12 to 15 bits, as the page's engine does without relaxed SIMD: nearest to what was trained.
    Wide,
    /// To 7 bits, as it does with relaxed SIMD: half as fast again.
    Narrow,
}

impl From<Activations> for Rounding {
    fn from(activations: Activations) -> Self {
        match activations {
            Activations::Wide => Self::Wide,
            Activations::Narrow => Self::Narrow,
        }
    }
}
