//! The sizes by which the integers of weights and of activations meet.

/// Rows of x that one tile of sums takes. Four rows of eight sums are all that sixteen registers of 128 bits can hold beside
/// the factors; where there are more registers, a tile takes more panels of outputs.
pub const ROWS: usize = 4;
/// How many quads' products are summed in `i16` before the sum is widened.
pub const QUADS: usize = 4;
/// The inputs of a panel are filled up with zeros to a multiple of these.
pub const STEP: usize = 4 * QUADS;
/// Inputs that share a scale where [`super::narrow`] rounds activations.
pub const ACTIVATION_GROUP: usize = 128;
