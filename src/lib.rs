//! Undertone tells the tone of a text while it is being typed.
//!
//! One crate trains BERT classifiers natively and runs them in the browser. Data goes one way, and the modules follow it:
//! nothing lower in this list imports from anything higher up.
//!
//! | module | what | where |
//! |---|---|---|
//! | `app` | the page | wasm |
//! | `worker` | the engine's home in the browser | wasm |
//! | `train` | recipes, data sets, trainer, optimisers, metrics, export, calibration, report | native |
//! | [`classify`] | text in, probabilities out | both |
//! | [`bundle`] | what training exports and the page fetches | both |
//! | [`text`] | text to model inputs | both |
//! | [`bert`] | the model, for training and for inference | both |
//! | [`ops`] | differentiable operations that candle lacks | both |
//! | [`kernels`] | CPU kernels on plain slices | both |
//! | [`error`] | what can go wrong, in sentences | both |

#[cfg(target_arch = "wasm32")]
pub mod app;
pub mod bert;
pub mod bundle;
pub mod classify;
pub mod error;
pub mod kernels;
pub mod ops;
pub mod text;
#[cfg(not(target_arch = "wasm32"))]
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use error::{Error, Result};
