//! The page's binary: Trunk builds it for the browser, and `web/start.js` opens it.

#[cfg(target_arch = "wasm32")]
use undertone::app::{client::Session, run, tools::Tools};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen::prelude::*;

/// Shows the page for `session`, with `tools` for what else it does.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen]
pub fn open(session: Session, tools: Tools) {
    run(session, tools);
}

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("This program is the page and runs in a browser only: build it with `trunk build --release`.");
    std::process::ExitCode::FAILURE
}
