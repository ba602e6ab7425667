//! `undertone serve`, asked over loopback with the weights that ship.
#![cfg(not(target_arch = "wasm32"))]

mod killed;
mod operation;
mod perspective;
mod support;
