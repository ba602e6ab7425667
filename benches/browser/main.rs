//! How fast a text is classified in browsers, beside other engines: `make bench-browser` runs it.
//!
//! One page (`page.js`) has every engine in a worker of its own and lets them take turns. It is served here, next to the
//! built site, the peers and their models, and tells what it measured by asking for addresses under `report`, which the
//! host notes. So any browser that can be given an address on its command line can be measured.
//!
//! Settings are environment variables, since cargo passes options of its own:
//!
//! | variable | what |
//! |---|---|
//! | `SITE` | the built site |
//! | `PEER_MODEL` | folder that `benches/peers/model.py` wrote |
//! | `PEERS` | `peers.rs` as wasm-bindgen's `web` target leaves it |
//! | `NPM` | a `node_modules` with onnxruntime-web and transformers.js |
//! | `BROWSERS` | programs, by commas; those that are missing are left out |
//! | `ROUNDS`, `COLD_STARTS` | 12 and 5, unless they say otherwise |

#[cfg(not(target_arch = "wasm32"))]
#[path = "../../tests/page/http.rs"]
#[allow(dead_code)]
mod http;
#[cfg(not(target_arch = "wasm32"))]
mod report;
#[cfg(not(target_arch = "wasm32"))]
#[path = "../rounds.rs"]
mod rounds;
#[cfg(not(target_arch = "wasm32"))]
mod run;
#[cfg(not(target_arch = "wasm32"))]
#[path = "../../tests/page/site.rs"]
// It can do worse than to hand out files, which only tests want.
#[allow(dead_code)]
mod site;
#[cfg(not(target_arch = "wasm32"))]
mod told;

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    match run::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
