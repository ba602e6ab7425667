//! The load: comments, and wrk, which asks for all of them again and again.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use fastrand::Rng;
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use crate::server::Server;
use crate::words::Words;
use crate::{Result, Settings, process};

/// How many comments there are.
const COMMENTS: usize = 2048;
/// How many tokens each has.
const TOKENS: usize = 64;

/// Comments, as bodies of requests and as a file of lines.
pub struct Comments {
    folder: TempDir,
    pub bodies: Vec<String>,
}

impl Comments {
    pub fn new(settings: &Settings) -> Result<Self> {
        let (words, mut random) = (Words::new(&settings.bundle)?, Rng::with_seed(1));
        let texts = (0..COMMENTS).map(|_| Ok(words.text(&mut random, TOKENS)?.0)).collect::<Result<Vec<_>>>()?;
        // Words by chance are no English to whom it is not said.
        let body = |text: &String| json!({ "comment": { "text": text }, "languages": ["en"], "requestedAttributes": { "TOXICITY": {} } });
        let comments =
            Self { folder: tempfile::tempdir()?, bodies: texts.iter().map(|text| body(text).to_string()).collect() };
        for (file, lines) in [(comments.requests(), &comments.bodies), (comments.lines(), &texts)] {
            let mut file = std::fs::File::create(file)?;
            file.write_all(lines.join("\n").as_bytes())?;
        }
        Ok(comments)
    }

    /// A body of a request in each line.
    fn requests(&self) -> PathBuf {
        self.folder.path().join("requests.jsonl")
    }

    /// A comment in each line.
    pub fn lines(&self) -> PathBuf {
        self.folder.path().join("comments.txt")
    }
}

/// What came of asking for a while.
pub struct Answered {
    pub requests_per_second: f64,
    /// Milliseconds that half of the requests took at most, and 99 of 100.
    pub p50: f64,
    pub p99: f64,
    /// Requests that were refused, broke off or were not answered.
    pub errors: u64,
    /// Of all cores, the shares that wrk and the server had.
    pub generator: f64,
    pub server: f64,
    /// How many requests the server answered in a second of a core that it had: what a machine that does other things besides does not change much.
    pub for_a_core: f64,
}

/// What load.lua says at its end.
#[derive(Deserialize)]
struct Said {
    requests: u64,
    seconds: f64,
    errors: u64,
    p50: f64,
    p99: f64,
}

/// Has all clients ask `server` for a while.
pub fn ask(server: &Server, comments: &Comments, settings: &Settings, time: Duration) -> Result<Answered> {
    let before = (process::seconds_of_ended()?, process::seconds(server.process())?);
    let output = Command::new("wrk")
        .args(["--threads", "1", "--timeout", "30", "--connections", &settings.clients.to_string()])
        .args(["--duration", &format!("{}s", time.as_secs())])
        .args(["--script", concat!(env!("CARGO_MANIFEST_DIR"), "/benches/serve/load.lua")])
        .arg(format!("http://{}/v1alpha1/comments:analyze", server.address))
        .arg("--")
        .arg(comments.requests())
        .output()
        .map_err(|error| format!("wrk asks, and could not be started: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let said: Said = said.lines().rev().find_map(|line| serde_json::from_str(line).ok()).ok_or_else(|| {
        format!(
            "wrk does not say what came of asking {}:\n{said}{}",
            server.kind.name(),
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    let cores = std::thread::available_parallelism()?.get() as f64;
    let generator = process::seconds_of_ended()? - before.0;
    let used = process::seconds(server.process())? - before.1;
    Ok(Answered {
        requests_per_second: said.requests as f64 / said.seconds,
        p50: said.p50,
        p99: said.p99,
        errors: said.errors,
        generator: generator / said.seconds / cores,
        server: used / said.seconds / cores,
        for_a_core: said.requests as f64 / used,
    })
}
