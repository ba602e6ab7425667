//! `undertone serve` under load, beside a server in Python that batches waiting requests as well: `make bench-serve` runs it, and `make soak` its other half.
//!
//! All servers run the same network and have the same comments to judge, of 64 tokens each; the one in Python is `benches/peers/serve.py`. wrk asks over
//! loopback by 64 connections, each of which asks again once it is answered, and takes its share of the same cores, which is stated. The servers and `predict`,
//! which has the same comments in a file, take turns, round by round: a machine that is slow for a while is slow for all, and ratios are those of a
//! round. Those whose turn it is not wait for requests, and cost nothing.
//!
//! Settings are environment variables, since cargo passes options of its own:
//!
//! | variable | default | what |
//! |---|---|---|
//! | `PEER_MODEL` | | folder that `benches/peers/model.py` wrote |
//! | `BENCH_PYTHON` | `python3` | a Python with what the server in Python imports |
//! | `BUNDLE` | `public/models/undertone` | the bundle that the peer's model was made from |
//! | `ROUNDS` | 5 | rounds |
//! | `SECONDS` | 10 | how long each server is asked in a round |
//! | `CLIENTS` | 64 | connections |
//! | `SOAK_SERVE_MINUTES` | | instead of all that, how long one server is watched for memory and latency |

mod load;
mod measure;
mod process;
#[path = "../rounds.rs"]
mod rounds;
mod server;
mod soak;
#[path = "../native/words.rs"]
mod words;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

/// What is asked, by whom, and for how long.
struct Settings {
    bundle: PathBuf,
    peer: Option<PathBuf>,
    rounds: usize,
    seconds: u64,
    clients: usize,
    soak: Option<f64>,
}

impl Settings {
    fn read() -> Result<Self> {
        fn number<T: FromStr>(name: &str) -> Result<Option<T>> {
            let value = std::env::var(name).ok().filter(|value| !value.is_empty());
            value.map(|value| value.parse().map_err(|_| format!("{name} must be a number.").into())).transpose()
        }
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
        Ok(Self {
            bundle: folder("BUNDLE").unwrap_or_else(|| "public/models/undertone".into()),
            peer: folder("PEER_MODEL"),
            rounds: number("ROUNDS")?.unwrap_or(5).max(1),
            seconds: number("SECONDS")?.unwrap_or(10).max(1),
            clients: number("CLIENTS")?.unwrap_or(64).max(1),
            soak: number("SOAK_SERVE_MINUTES")?,
        })
    }

    fn turn(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
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
    let settings = Settings::read()?;
    match (settings.soak, &settings.peer) {
        (Some(minutes), _) => soak::watch(&settings, minutes),
        (None, Some(peer)) => measure::measure(&settings, peer),
        (None, None) => {
            println!("The server's bench needs PEER_MODEL, the peer's model: make bench-serve provides it.");
            Ok(())
        }
    }
}
