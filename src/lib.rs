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
pub mod kernels;
pub mod ops;
pub mod text;
#[cfg(not(target_arch = "wasm32"))]
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use error::{Error, Result};
