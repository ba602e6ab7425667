//! `undertone serve`, asked over loopback with the weights that ship.
#![cfg(not(target_arch = "wasm32"))]

mod connections;
mod killed;
mod operation;
mod perspective;
mod support;
