//! PyTorch's side: a child process that steps when it is told to.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::ours::{LEARNING_RATE, Result, Step};
use crate::{Load, TOKENS};

pub struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The name and version that it gives itself.
    pub name: String,
}

impl Peer {
    pub fn start(base: &Path, precision: &str, load: Load) -> Result<Self> {
        let python = std::env::var("PEER_PYTHON").unwrap_or_else(|_| "python3".into());
        let mut child = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/train/peer.py"))
            .arg(base)
            .args([precision, &load.threads.to_string(), &load.texts.to_string(), &TOKENS.to_string()])
            .arg(LEARNING_RATE.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{python} could not be started: {error}"))?;
        let input = child.stdin.take().ok_or("the peer has no input")?;
        let output = BufReader::new(child.stdout.take().ok_or("the peer has no output")?);
        let mut peer = Self { child, input, output, name: String::new() };
        peer.name = peer.line()?;
        Ok(peer)
    }

    /// One step.
    pub fn step(&mut self) -> Result<Step> {
        let line = self.ask("step")?;
        let numbers = line.split(' ').map(str::parse).collect::<std::result::Result<Vec<f64>, _>>()?;
        match numbers[..] {
            [seconds, processor, loss] => Ok(Step { seconds, processor, loss }),
            _ => Err(format!("the peer answered {line}").into()),
        }
    }

    /// The most memory that it has had resident, in MiB.
    pub fn peak_memory(&mut self) -> Result<f64> {
        Ok(self.ask("memory")?.parse()?)
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        writeln!(self.input, "{question}")?;
        self.line()
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line)? {
            0 => Err("the peer has ended; what it wrote above says why".into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
