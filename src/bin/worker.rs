//! The worker's binary: Trunk builds it for the browser.

#[cfg(target_arch = "wasm32")]
fn main() {
    undertone::worker::run();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!(
        "This program is the page's engine and runs in a browser only: build the page with `trunk build --release`."
    );
    std::process::ExitCode::FAILURE
}
