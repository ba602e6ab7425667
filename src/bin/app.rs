//! The page's binary: Trunk builds it for the browser.

#[cfg(target_arch = "wasm32")]
fn main() {
    undertone::app::run();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("This program is the page and runs in a browser only: build it with `trunk build --release`.");
    std::process::ExitCode::FAILURE
}
