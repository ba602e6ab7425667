//! What the page promises to those who wait for it: `make bench-page` runs it.
//!
//! The built site is served here, as a host would serve it, and visited in Chromium by real keys and real files. Times are taken in the page, by its own
//! clock; what is compared takes turns in one run, so that a machine that is slow for a while is slow for both. Each part can be had alone, and one that
//! could not be measured makes the run fail, when the others have had their turn.
//!
//! Settings are environment variables, since cargo passes options of its own:
//!
//! | variable | default | what |
//! |---|---|---|
//! | `UNDERTONE_DIST` | | the built site |
//! | `PEER_MODEL` | | folder that `benches/peers/model.py` wrote, for `visits` |
//! | `NPM` | | a `node_modules` with transformers.js, for `visits` |
//! | `PARTS` | `typing,visits,rows,large` | what is measured |
//! | `DATA` | | a file of texts as `predict` reads them, or a folder with such files, to make rows from; made-up ones otherwise |
//! | `TEXTS` | 8 | texts that are typed, with and without a file |
//! | `VISITS` | 9 | visits of each page, the first not counted |
//! | `ROWS`, `LARGE_ROWS` | 20,000 and 200,000 | rows of the files |
//! | `PIECES`, `SECONDS` | 8 and 10 | how often each number of engines has its turn, and for how long |

#[path = "../../tests/page/browser.rs"]
#[allow(dead_code)] // As of the following: a bench needs less of it than tests do.
mod browser;
#[path = "../../tests/page/driver.rs"]
#[allow(dead_code)]
mod driver;
#[path = "../../tests/page/http.rs"]
#[allow(dead_code)]
mod http;
mod large;
#[path = "../../tests/page/memory.rs"]
#[allow(dead_code)]
mod memory;
mod report;
#[path = "../rounds.rs"]
#[allow(dead_code)]
mod rounds;
mod rows;
mod run;
mod settings;
#[path = "../../tests/page/site.rs"]
#[allow(dead_code)]
mod site;
#[path = "../../tests/page/support.rs"]
#[allow(dead_code)]
mod support;
mod texts;
mod typing;
mod view;
mod visits;
#[path = "../native/words.rs"]
mod words;

// What words.rs, which is of several benches, fails with.
use settings::Result;

fn main() -> std::process::ExitCode {
    match run::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
