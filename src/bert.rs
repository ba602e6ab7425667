//! BERT (Devlin et al. 2019) with classification heads: one definition for training and for inference, on candle tensors.
//!
//! candle-transformers' `BertModel` cannot be it: its layer normalisation cuts the graph, so that `backward` succeeds while
//! nearly every variable gets no gradient; its dropout does nothing; and a tensor under another name is silently random.
//! Here every operation of `crate::ops` has its gradient, dropout is applied, and [`Weights`] names each tensor that is
//! missing, left over or misshapen.
//!
//! A [`Batch`] is packed, texts end to end without padding; the attention mask decides which tokens get in.

mod architecture;
mod batch;
#[cfg(not(target_arch = "wasm32"))]
mod checkpoint;
#[cfg(not(target_arch = "wasm32"))]
mod config;
mod dropout;
mod layer;
mod model;
mod modules;
pub mod names;
mod tensors;
mod weights;

pub use architecture::{Architecture, PARAMETER_LIMIT, Pooling, Sizes};
pub use batch::{Batch, TokenIds};
#[cfg(not(target_arch = "wasm32"))]
pub use checkpoint::Checkpoint;
pub use dropout::Dropout;
#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
pub(crate) use layer::{Layer, Stage};
pub use model::{HeadShape, Model, Unit};
pub use tensors::{Content, StoredTensor, Tensors};
pub use weights::Weights;

pub use crate::ops::{Activation, Ops, ProductPrecision, Rounding};
