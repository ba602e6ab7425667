//! A fine-tuning step beside PyTorch's: `make bench-train` runs it and docs/TRAINING_SPEED.md has what came out.
//!
//! Both sides take the same checkpoint, the same token ids and the same number of threads, and step in turn, round by
//! round: a machine that is slow for a while is slow for both, and the ratio holds where the seconds do not. The losses
//! after the same number of steps are printed too: equal ones say that both did the same work.
//!
//! Settings are environment variables, since cargo passes options of its own:
//!
//! | variable | default | what |
//! |---|---|---|
//! | `BASE` | | folder of the checkpoint, in Hugging Face's layout |
//! | `PEER_PYTHON` | `python3` | a Python with torch and transformers |
//! | `THREADS` | all cores | threads of each side |
//! | `TEXTS` | 32 | texts in a batch: steps of a few find quiet moments on a machine that others use |
//! | `ROUNDS`, `BF16_ROUNDS` | 12, 3 | measured rounds in each precision; 0 leaves it out |

#[cfg(not(target_arch = "wasm32"))]
#[path = "../../src/bin/undertone/companion/memory.rs"]
mod memory;
#[cfg(not(target_arch = "wasm32"))]
mod ours;
#[cfg(not(target_arch = "wasm32"))]
mod parts;
#[cfg(not(target_arch = "wasm32"))]
mod peer;
#[cfg(not(target_arch = "wasm32"))]
mod report;
#[cfg(not(target_arch = "wasm32"))]
#[path = "../rounds.rs"]
mod rounds;

/// Tokens in each text.
pub const TOKENS: usize = 128;

/// What both sides have to do, and with how many hands.
#[derive(Clone, Copy)]
pub struct Load {
    /// Texts in a batch.
    pub texts: usize,
    /// Threads of each side.
    pub threads: usize,
}

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> ours::Result<()> {
    use std::path::PathBuf;

    use undertone::ops::ProductPrecision;

    let count = |name: &str, default: usize| std::env::var(name).map_or(Ok(default), |text| text.parse());
    let Ok(base) = std::env::var("BASE") else {
        println!("The training bench needs BASE, a checkpoint's folder: make bench-train provides one.");
        return Ok(());
    };
    let base = PathBuf::from(base);
    let texts = count("TEXTS", 32)?;
    let threads = count("THREADS", std::thread::available_parallelism()?.get())?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    memory::keep_memory_mapped();

    let mut results = Vec::new();
    for (precision, rounds) in
        [(ProductPrecision::F32, count("ROUNDS", 12)?), (ProductPrecision::Bf16, count("BF16_ROUNDS", 3)?)]
    {
        if rounds > 0 {
            results.push(report::compare(&base, precision, rounds, Load { texts, threads })?);
        }
    }
    report::write(&results)
}
