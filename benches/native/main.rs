//! How fast a text is classified, beside candle and onnxruntime: `make bench-native` runs it.
//!
//! All contenders run the same network, which `benches/peers/model.py` makes from the bundle, and get the same token ids. Each
//! is a process of its own that works only when it is asked, since candle reads once how many threads it has. They take turns,
//! round by round: a machine that is slow for a while is slow for all. Each turn begins with a run that does not count, so
//! that nobody pays for what the one before has left in the caches. Before anything is measured, all have to give the same
//! probabilities.
//!
//! Settings are environment variables, since cargo passes options of its own:
//!
//! | variable | default | what |
//! |---|---|---|
//! | `PEER_MODEL` | | folder that `benches/peers/model.py` wrote |
//! | `BUNDLE` | `public/models/undertone` | the bundle that it was made from |
//! | `BENCH_PYTHON` | `python3` | a Python with onnxruntime |
//! | `ROUNDS` | 20 | rounds of single texts; of many texts there is one for each four of these |

mod contender;
mod measure;
mod report;
#[path = "../rounds.rs"]
mod rounds;
mod serve;
mod texts;
mod words;

use std::path::PathBuf;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

/// Where the contenders' models are.
struct Models {
    bundle: PathBuf,
    peer: PathBuf,
}

fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(peer) = variable("PEER_MODEL") else {
        println!("The native bench needs PEER_MODEL, the peers' models: make bench-native provides them.");
        return Ok(());
    };
    let bundle = variable("BUNDLE").unwrap_or_else(|| "public/models/undertone".into());
    let models = Models { bundle: bundle.into(), peer: peer.into() };
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, command, name] = &arguments[..]
        && command == contender::SERVE
    {
        return serve::serve(name, &models);
    }
    let rounds = variable("ROUNDS").map_or(Ok(20), |text| text.parse());
    let rounds = rounds.map_err(|_| "ROUNDS must be a number.")?;
    let texts = texts::Texts::new(&models.bundle)?;
    let mut results = Vec::new();
    for threads in [1, 2] {
        results.append(&mut measure::measure(&models, &texts, threads, rounds)?);
    }
    report::print(&results, &texts);
    report::write(&results, &texts)
}
