//! `undertone serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use undertone::Result;
use undertone::bundle::Pin;
use undertone::serve::{Options, Server, asked_to_end, panics_by_their_place};

use super::activations::Activations;

/// Answers as Google's Perspective API did: for programs that asked that, with one address changed.
///
/// POST /v1alpha1/comments:analyze and :suggestscore, and GET /$discovery/rest for Google's own clients; docs/PERSPECTIVE.md says what differs.
/// Besides, /healthz, /metrics (Prometheus) and /openapi.json.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// Serve that bundle only if its manifest.json has this SHA-256, as sha256sum prints it and every answer has it.
    #[arg(long, value_name = "DIGEST")]
    sha256: Option<Pin>,
    /// Where to listen. The default is for programs on this machine alone; 0.0.0.0:8080 is for all that can reach it, best by way of a
    /// server that speaks HTTPS and knows who may ask.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// By which address others reach this server, where it is not the one that they name in their requests, as in
    /// https://comments.example.com/perspective.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Serve the built page in this folder, too, which `make site` writes to dist.
    #[arg(long, value_name = "FOLDER")]
    site: Option<PathBuf>,
    /// Keep the scores that moderators suggest in this file, a row of JSON each, from which `undertone train` learns. Texts are in it.
    #[arg(long, value_name = "FILE")]
    suggestions: Option<PathBuf>,
    /// How many texts may wait for their answers; what comes beyond is told to try again.
    #[arg(long, value_name = "COUNT", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    waiting: u32,
    /// How many connections there may be at a time; whoever comes beyond waits until one ends. Each is a file handle, of which a program often
    /// may have 1,024.
    #[arg(long, value_name = "COUNT", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// How an int8 bundle's activations are rounded.
    #[arg(long, value_enum, default_value_t = Activations::Wide)]
    activations: Activations,
    /// How many seconds a request's head may take to come, then its body, and then its answer. A connection on which nothing was asked, or nothing
    /// of the answer taken, for as long is closed.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        bundle,
        sha256: pin,
        listen,
        public_url,
        site,
        suggestions,
        waiting,
        connections,
        activations,
        timeout,
    } = arguments;
    let server = Server::new(Options {
        bundle,
        pin,
        listen,
        public_url,
        site,
        suggestions,
        permits: waiting,
        connections: connections as usize,
        rounding: activations.into(),
        timeout: Duration::from_secs(timeout),
    })?;
    panics_by_their_place();
    say!("Undertone answers at http://{} until Ctrl-C", server.address()?);
    server.run(asked_to_end());
    Ok(())
}
