//! The servers: processes that listen on loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Result, Settings};

/// The companion.
pub const UNDERTONE: &str = env!("CARGO_BIN_EXE_undertone");

/// How long a server may take to be there.
const PATIENCE: Duration = Duration::from_secs(120);

/// Who there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Activations of 12 to 15 bits.
    Wide,
    /// Activations of 7 bits.
    Narrow,
    /// onnxruntime's int8, in Python.
    Python,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Wide, Self::Narrow, Self::Python];

    pub fn name(self) -> &'static str {
        match self {
            Self::Wide => "Undertone int8",
            Self::Narrow => "Undertone 7-bit",
            Self::Python => "Python, onnxruntime int8",
        }
    }

    /// What the companion calls these activations.
    pub fn activations(self) -> &'static str {
        if self == Self::Narrow { "narrow" } else { "wide" }
    }
}

/// A server that answers.
pub struct Server {
    pub kind: Kind,
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    pub fn start(kind: Kind, settings: &Settings) -> Result<Self> {
        // Somebody else may take it between the two, and then there is an error that says so.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = match kind {
            Kind::Wide | Kind::Narrow => undertone(settings, kind, address),
            Kind::Python => python(settings.peer.as_deref().ok_or("there is no peer's model")?, address)?,
        };
        // What is logged of each request is for whoever runs a server.
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(match kind {
            Kind::Python => Stdio::inherit(),
            _ => Stdio::null(),
        });
        let child = child.spawn().map_err(|error| {
            let program = command.get_program().display();
            format!("{} could not be started with {program}: {error}", kind.name())
        })?;
        let mut server = Self { kind, address, child };
        server.wait()?;
        Ok(server)
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The probability of TOXICITY that it answers.
    pub fn ask(&self, body: &str) -> Result<f64> {
        let mut stream = TcpStream::connect(self.address)?;
        write!(
            stream,
            "POST /v1alpha1/comments:analyze HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("an answer that is none of HTTP")?;
        let body: serde_json::Value = serde_json::from_str(body)?;
        let value = &body["attributeScores"]["TOXICITY"]["summaryScore"]["value"];
        value.as_f64().ok_or_else(|| format!("{} answers {body}", self.kind.name()).into())
    }

    fn wait(&mut self) -> Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if self.child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                let hint = "for the reason above, or see whether make bench-serve has been used";
                return Err(format!("{} does not listen, {hint}.", self.kind.name()).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn undertone(settings: &Settings, kind: Kind, address: SocketAddr) -> Command {
    let mut command = Command::new(UNDERTONE);
    command.arg("serve").arg("--bundle").arg(&settings.bundle);
    command.args(["--listen", &address.to_string(), "--activations", kind.activations()]);
    command
}

fn python(model: &Path, address: SocketAddr) -> Result<Command> {
    let mut command = Command::new(std::env::var("BENCH_PYTHON").unwrap_or_else(|_| "python3".into()));
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/serve.py")).arg(model);
    command.args([address.port().to_string(), std::thread::available_parallelism()?.to_string()]);
    Ok(command)
}
