//! The comparison, and what is told of it.

use std::path::Path;

use candle_core::Device;
use serde_json::{Value, json};
use undertone::bert::Checkpoint;
use undertone::ops::{Ops, ProductPrecision};
use undertone::train::peak_megabytes;

use crate::ours::{Ours, Result, Step};
use crate::peer::Peer;
use crate::rounds::Rounds;
use crate::{Load, TOKENS, parts};

/// Rounds before the counted ones: buffers are mapped and caches filled in them.
const WARM_UP: usize = 1;

/// One side's measurements.
struct Side {
    name: &'static str,
    median: f64,
    best: f64,
    processor: f64,
    memory: Option<f64>,
    loss: f64,
}

impl Side {
    fn new(name: &'static str, steps: &[Step], memory: Option<f64>) -> Self {
        let counted = &steps[WARM_UP..];
        let seconds = Rounds(counted.iter().map(|step| step.seconds).collect());
        Self {
            name,
            median: seconds.median(),
            best: seconds.least(),
            processor: Rounds(counted.iter().map(|step| step.processor).collect()).median(),
            memory,
            loss: steps[steps.len() - 1].loss,
        }
    }

    fn print(&self, texts: usize) {
        let Self { name, median, best, processor, memory, loss } = self;
        let rate = texts as f64 / median;
        let memory = memory.map_or("unknown".into(), |memory| format!("{memory:.0} MB"));
        println!("{name:<12}{median:>8.3} s{best:>8.3} s{processor:>10.2} s{rate:>10.1}{memory:>12}{loss:>10.5}");
    }
}

/// Measures both sides in turn, and prints it.
pub fn compare(base: &Path, precision: ProductPrecision, rounds: usize, load: Load) -> Result<Value> {
    let Load { texts, threads } = load;
    let name = match precision {
        ProductPrecision::F32 => "f32",
        ProductPrecision::Bf16 => "bf16",
    };
    let mut peer = Peer::start(base, name, load)?;
    let mut ours = Ours::new(base, Ops::Fused(precision), texts)?;
    println!("\n{name}, {texts} texts of {TOKENS} tokens, {threads} threads, {}", peer.name);
    let (mut our_steps, mut peer_steps) = (Vec::new(), Vec::new());
    for _ in 0..WARM_UP + rounds {
        our_steps.push(ours.step()?);
        peer_steps.push(peer.step()?);
    }
    let us = Side::new("Undertone", &our_steps, peak_megabytes().map(|peak| peak as f64));
    let them = Side::new("PyTorch", &peer_steps, Some(peer.peak_memory()?));
    drop(peer);

    println!(
        "{:<12}{:>10}{:>10}{:>12}{:>10}{:>12}{:>10}",
        "", "median", "best", "CPU time", "texts/s", "memory", "loss"
    );
    us.print(texts);
    them.print(texts);
    let ratio = [us.median / them.median, us.best / them.best, us.processor / them.processor];
    println!("{:<12}{:>10.3}{:>10.3}{:>12.3}", "ratio", ratio[0], ratio[1], ratio[2]);
    let steps = our_steps.iter().zip(&peer_steps).skip(WARM_UP);
    let by_round = Rounds(steps.map(|(ours, theirs)| ours.seconds / theirs.seconds).collect());
    println!("median of the rounds' ratios {:.3}", by_round.median());

    // Steps before and after, as a machine that others use is not always equally fast.
    let mut steps = vec![ours.step()?.seconds, ours.step()?.seconds];
    let mut parts = parts::measure(&Checkpoint::read(base, &Device::Cpu)?.architecture, precision, texts)?;
    steps.extend([ours.step()?.seconds, ours.step()?.seconds]);
    let whole = Rounds(steps).least();
    parts.push(("rest", whole - parts.iter().map(|(_, seconds)| seconds).sum::<f64>()));
    let share = |(part, seconds): &(&str, f64)| format!("{part} {:.0}%", seconds / whole * 100.0);
    println!("parts of our step: {}", parts.iter().map(share).collect::<Vec<_>>().join(", "));

    let parts: serde_json::Map<_, _> =
        parts.iter().map(|(part, seconds)| ((*part).to_owned(), json!(seconds))).collect();
    Ok(json!({
        "precision": name,
        "ours_s": us.median,
        "torch_s": them.median,
        "ratio": ratio[0],
        "ours_best_s": us.best,
        "torch_best_s": them.best,
        "ratio_of_best": ratio[1],
        "ratio_by_round": by_round.median(),
        "ours_cpu_s": us.processor,
        "torch_cpu_s": them.processor,
        "ours_memory_mb": us.memory,
        "torch_memory_mb": them.memory,
        "texts": texts,
        "tokens": TOKENS,
        "threads": threads,
        "rounds": rounds,
        "parts_s": parts,
    }))
}

/// Leaves the results where other tools find them.
pub fn write(results: &[Value]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("train.json"), serde_json::to_vec_pretty(results)?)?;
    Ok(())
}
