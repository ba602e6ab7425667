//! The companion as its users run it.
#![cfg(not(target_arch = "wasm32"))]

mod calibrate;
mod errors;
mod pipeline;
mod report;
mod resume;
mod support;
