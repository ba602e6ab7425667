//! The native companion: fine-tunes classifiers, measures them, exports bundles for the page and runs them.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    companion::main()
}

#[cfg(not(target_arch = "wasm32"))]
mod companion;
