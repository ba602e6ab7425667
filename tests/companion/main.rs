//! The companion as its users run it.
#![cfg(not(target_arch = "wasm32"))]

mod base;
mod calibrate;
mod classes;
mod describe;
mod errors;
mod failures;
mod huggingface;
mod killed;
mod many_texts;
mod measurements;
mod pipeline;
mod prune;
mod quiet;
mod recipes;
mod report;
mod resume;
mod rounding;
mod scarce;
mod support;
mod words;
