//! Undertone tells the tone of a text while it is being typed.
//!
//! One crate trains BERT classifiers natively and runs them in the browser. Data goes one way, and the modules follow it:
//! ARCHITECTURE.md lists them from the top down, and nothing lower in that list imports from anything higher up, which
//! `tests/architecture.rs` sees to.

#[cfg(target_arch = "wasm32")]
pub mod app;
pub mod bert;
pub mod bundle;
pub mod classify;
pub mod error;
#[cfg(not(feature = "bench"))]
mod kernels;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod kernels;
#[cfg(not(feature = "bench"))]
mod ops;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod ops;
pub mod text;
#[cfg(not(target_arch = "wasm32"))]
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use error::{Error, Result};
