//! The contenders, as the one who measures sees them: processes that classify texts when they are asked to.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::{Models, Result};

/// The argument with which this program is a contender itself.
pub const SERVE: &str = "serve";

/// What a contender is to classify: batches of texts of token ids.
pub type Question = Vec<Vec<Vec<u32>>>;

/// What it says.
#[derive(Serialize, Deserialize)]
pub struct Answer {
    /// What all batches took together, after the first was classified once without counting.
    pub seconds: f64,
    /// The labels' probabilities of every text, in the order of the question.
    pub probabilities: Vec<Vec<f32>>,
}

/// Who there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As every machine runs it, activations of 12 to 15 bits.
    Undertone,
    /// With activations of 7 bits, as the page's build for relaxed SIMD.
    UndertoneNarrow,
    Candle,
    OnnxruntimeF32,
    OnnxruntimeInt8,
}

impl Kind {
    pub const ALL: [Self; 5] =
        [Self::Undertone, Self::UndertoneNarrow, Self::Candle, Self::OnnxruntimeF32, Self::OnnxruntimeInt8];

    pub fn name(self) -> &'static str {
        match self {
            Self::Undertone => "Undertone int8",
            Self::UndertoneNarrow => "Undertone 7-bit",
            Self::Candle => "candle f32",
            Self::OnnxruntimeF32 => "onnxruntime f32",
            Self::OnnxruntimeInt8 => "onnxruntime int8",
        }
    }

    /// How far its probabilities may be from those in f32.
    pub fn tolerance(self) -> f32 {
        match self {
            Self::Candle | Self::OnnxruntimeF32 => 0.01,
            Self::Undertone | Self::UndertoneNarrow => 0.1,
            // It rounds these weights to integers of its own, and was .13 off; another model would be further.
            Self::OnnxruntimeInt8 => 0.25,
        }
    }

    fn command(self, models: &Models, threads: usize) -> Result<Command> {
        let onnx = |file: &str| {
            let model = models.peer.join("onnx").join(file);
            if !model.exists() {
                return Err(format!("{} is missing: make bench-native makes it.", model.display()));
            }
            let mut command = Command::new(python());
            command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/native/peer.py"));
            command.arg(model).arg(threads.to_string());
            Ok(command)
        };
        Ok(match self {
            Self::Undertone | Self::UndertoneNarrow | Self::Candle => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args([SERVE, self.name()]).env("RAYON_NUM_THREADS", threads.to_string());
                command
            }
            Self::OnnxruntimeF32 => onnx("model.onnx")?,
            Self::OnnxruntimeInt8 => onnx("model_quantized.onnx")?,
        })
    }
}

/// A contender that is ready.
pub struct Contender {
    pub kind: Kind,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Contender {
    pub fn start(kind: Kind, models: &Models, threads: usize) -> Result<Self> {
        let mut command = kind.command(models, threads)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| {
            let program = command.get_program().display();
            format!("{} could not be started with {program}: {error}", kind.name())
        })?;
        let input = child.stdin.take().ok_or("the contender has no input")?;
        let output = BufReader::new(child.stdout.take().ok_or("the contender has no output")?);
        Ok(Self { kind, child, input, output })
    }

    pub fn ask(&mut self, question: &Question) -> Result<Answer> {
        let ended = || {
            let hint = match self.kind {
                Kind::Undertone | Kind::UndertoneNarrow | Kind::Candle => String::new(),
                _ => format!(" ({} must have onnxruntime: make bench-native installs it)", python()),
            };
            format!("{} has ended; what it wrote above says why{hint}.", self.kind.name())
        };
        let mut line = serde_json::to_string(question)?;
        line.push('\n');
        self.input.write_all(line.as_bytes()).map_err(|_| ended())?;
        line.clear();
        match self.output.read_line(&mut line)? {
            0 => Err(ended().into()),
            _ => Ok(serde_json::from_str(&line)?),
        }
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn python() -> String {
    std::env::var("BENCH_PYTHON").unwrap_or_else(|_| "python3".into())
}
