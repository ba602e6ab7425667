//! The whole page in a real browser: real key presses in, numbers read off the page, and the native engine to compare with.
//!
//! `make e2e` builds the site and runs this; it needs `UNDERTONE_DIST`, the folder with the built site, chromedriver and more. Without
//! them these tests are ignored, which `cargo test` says of each.
//! The site is served as a static host would serve it, from a folder rather than the root. No test asserts a speed.
#![cfg(not(target_arch = "wasm32"))]

mod accessibility;
mod answers;
mod bench;
mod browser;
mod builds;
mod columns;
mod deciding;
mod embed;
mod failures;
mod files;
mod hosts;
mod http;
mod input;
mod keeping;
mod lists;
mod marks;
mod offline;
mod own;
mod perspective;
mod pictures;
mod privacy;
mod site;
mod support;
mod visits;
