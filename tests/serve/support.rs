//! A server of the test's own, and a client of a few lines.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;
use undertone::bert::Rounding;
use undertone::serve::{Options, Server};

/// The bundle that ships.
pub const BUNDLE: &str = "public/models/undertone";

/// A server that runs.
pub struct Running {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// A server at a free port, with the bundle that ships.
pub fn options() -> Options {
    Options {
        bundle: PathBuf::from(BUNDLE),
        pin: None,
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: None,
        site: None,
        suggestions: None,
        permits: 256,
        connections: 512,
        rounding: Rounding::DEFAULT,
        timeout: Duration::from_secs(60),
    }
}

pub fn start(options: Options) -> Running {
    let server = Server::new(options).unwrap();
    let address = server.address().unwrap();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        server.run(async {
            let _ = stopped.await;
        })
    });
    Running { address, stop, thread }
}

impl Running {
    /// Asks it to end, and waits until it has.
    pub fn stop(self) {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

/// The server that tests share which do not change it.
pub fn shared() -> SocketAddr {
    static SHARED: OnceLock<SocketAddr> = OnceLock::new();
    *SHARED.get_or_init(|| {
        let running = start(options());
        let address = running.address;
        // It ends with the process.
        std::mem::forget(running);
        address
    })
}

pub fn send(address: SocketAddr, head: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let head = format!("{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    read(stream)
}

/// Reads an answer to its end.
pub fn read(mut stream: TcpStream) -> Answer {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

pub fn get(address: SocketAddr, path: &str) -> Answer {
    send(address, &format!("GET {path} HTTP/1.1"), b"")
}

/// Posts to `analyze`, as Google's client for Python does.
pub fn analyze(address: SocketAddr, body: &[u8]) -> Answer {
    send(
        address,
        "POST /v1alpha1/comments:analyze?key=anything&alt=json HTTP/1.1\r\nContent-Type: application/json",
        body,
    )
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}
