//! The companion as a server that speaks the Perspective API, for those whose comment system asked Google's.
//!
//! Google ends that service on 31 December 2026. Whoever used it changes one address: requests, answers and errors are those of
//! `commentanalyzer.googleapis.com/v1alpha1` ([`perspective`](crate::perspective)), discovery document included ([`discovery`]), by which Google's own clients find the
//! methods. What differs is said in docs/PERSPECTIVE.md; that every answer names the model and its hash is the reason for some to come.
//!
//! One thread speaks HTTP ([`connections`], [`routes`]), one takes what has come in meanwhile and classifies it on all cores ([`batcher`]). No more waits than
//! there are permits, so that a flood is refused at once instead of answered too late. No text is stored, and none is in the log ([`log`]).

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::bert::Rounding;
use crate::bundle::{Bundle, Pin};
use crate::{Error, Result};

mod batcher;
mod connections;
mod discovery;
mod log;
mod metrics;
mod open_api;
mod responses;
mod routes;
mod suggestions;

pub use log::panics_by_their_place;

/// How the server is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// The bundle's folder.
    pub bundle: PathBuf,
    /// The one bundle that will do, if not any does.
    pub pin: Option<Pin>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// By which address others reach the server, as the discovery document says it; as each request has it where not given.
    pub public_url: Option<String>,
    /// A folder with the built page, to be served, too.
    pub site: Option<PathBuf>,
    /// The file of rows to which suggested scores are added; they are refused where not given.
    pub suggestions: Option<PathBuf>,
    /// How many texts may wait or be answered at a time; a request for scores of sentences is of as many.
    pub permits: u32,
    /// How many connections there may be at a time. Whoever comes beyond waits until one ends.
    pub connections: usize,
    /// How activations are rounded.
    pub rounding: Rounding,
    /// How long a request's head may take to come, since the connection or the answer before, then its body, then its answer, and how long nothing of
    /// that may be taken.
    pub timeout: Duration,
}

/// A server that listens, but answers nothing yet.
pub struct Server {
    listener: TcpListener,
    state: Arc<routes::State>,
    site: Option<PathBuf>,
    connections: usize,
    timeout: Duration,
    runtime: tokio::runtime::Runtime,
}

impl Server {
    /// Reads the bundle and listens.
    ///
    /// # Errors
    /// The bundle cannot be read, has none of the labels that the API asks for, or the address is taken or not this machine's.
    pub fn new(options: Options) -> Result<Self> {
        if let Some(site) = options.site.as_ref().filter(|site| !site.join("index.html").is_file()) {
            return Err(Error::invalid(format!(
                "{} has no index.html: give the folder of the built page, which `make site` writes to dist",
                site.display()
            )));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::invalid(format!("no thread can serve: {error}")))?;
        let listener = runtime
            .block_on(TcpListener::bind(options.listen))
            .map_err(|error| Error::invalid(format!("{} cannot be listened at: {error}", options.listen)))?;
        let address = listener.local_addr().map_err(no_address)?;
        let bundle = Bundle::read_pinned(&options.bundle, options.pin.as_ref())?;
        bundle.manifest.check_single_texts()?;
        let state = Arc::new(routes::State::new(&bundle, &options, address)?);
        let Options { site, connections, timeout, .. } = options;
        Ok(Self { listener, state, site, connections, timeout, runtime })
    }

    /// Where the server listens.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().map_err(no_address)
    }

    /// Answers until `shutdown` is there, and then what was asked before, as long as that takes no longer than any request may.
    pub fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, state, site, connections, timeout, runtime } = self;
        let router = routes::router(state, site);
        let (asked, is_asked) = oneshot::channel();
        let shutdown = async {
            shutdown.await;
            // Nobody waits for it only where the server has ended.
            let _ = asked.send(());
        };
        let too_late = async {
            let _ = is_asked.await;
            tokio::time::sleep(timeout).await;
        };
        runtime.block_on(async {
            tokio::select! {
                () = connections::serve(listener, router, connections, timeout, shutdown) => {}
                () = too_late => {}
            }
        });
    }
}

fn no_address(error: std::io::Error) -> Error {
    Error::invalid(format!("the server's address is unknown: {error}"))
}

/// Is there once the system or somebody at the keyboard asks the program to end.
#[cfg(unix)]
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = at_the_keyboard();
    // Without it there still is the keyboard.
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return interrupt.await };
    tokio::pin!(interrupt);
    std::future::poll_fn(|context| {
        let is_asked = interrupt.as_mut().poll(context).is_ready() || terminate.poll_recv(context).is_ready();
        if is_asked { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Is there once somebody at the keyboard asks the program to end.
#[cfg(not(unix))]
pub async fn asked_to_end() {
    at_the_keyboard().await
}

async fn at_the_keyboard() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
