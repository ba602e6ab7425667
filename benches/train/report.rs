//! The comparison, and what is told of it.

use std::path::Path;

use candle_core::Device;
use serde_json::{Value, json};
use undertone::bert::Checkpoint;
use undertone::ops::Ops;

use crate::ours::{Ours, Result, peak_memory};
use crate::peer::Peer;
use crate::{TEXTS, TOKENS, parts};

/// Rounds that are not counted: buffers are mapped and caches filled in them.
const WARM_UP: usize = 2;

/// Measures both sides in turn, and prints it.
pub fn compare(base: &Path, precision: &str, rounds: usize, threads: usize) -> Result<Value> {
    let ops = Ops::Fused;
    let mut peer = Peer::start(base, precision, threads)?;
    let mut ours = Ours::new(base, ops)?;
    println!("\n{precision}, {TEXTS} texts of {TOKENS} tokens, {threads} threads, {}", peer.name);
    let (mut our_seconds, mut peer_seconds, mut losses) = (Vec::new(), Vec::new(), (0.0, 0.0));
    for round in 0..WARM_UP + rounds {
        let (our_step, peer_step) = (ours.step()?, peer.step()?);
        losses = (our_step.1, peer_step.1);
        if round >= WARM_UP {
            our_seconds.push(our_step.0);
            peer_seconds.push(peer_step.0);
        }
    }
    let our_memory = peak_memory();
    let peer_memory = peer.peak_memory()?;
    drop((peer, ours));

    let (our_median, our_best) = (median(&our_seconds), least(&our_seconds));
    let (peer_median, peer_best) = (median(&peer_seconds), least(&peer_seconds));
    let ratios: Vec<f64> = our_seconds.iter().zip(&peer_seconds).map(|(ours, theirs)| ours / theirs).collect();
    let memory = |memory: Option<f64>| memory.map_or("unknown".into(), |memory| format!("{memory:.0} MiB"));
    println!("{:<12}{:>10}{:>10}{:>12}{:>14}{:>14}", "", "median", "best", "texts/s", "memory", "loss");
    for (name, median, best, resident, loss) in [
        ("Undertone", our_median, our_best, our_memory, losses.0),
        ("PyTorch", peer_median, peer_best, Some(peer_memory), losses.1),
    ] {
        let rate = TEXTS as f64 / median;
        println!("{name:<12}{median:>8.3} s{best:>8.3} s{rate:>12.1}{:>14}{loss:>14.5}", memory(resident));
    }
    println!("{:<12}{:>10.3}{:>10.3}", "ratio", our_median / peer_median, our_best / peer_best);
    println!("median of the rounds' ratios {:.3}", median(&ratios));

    let parts = parts::measure(&Checkpoint::read(base, &Device::Cpu)?.architecture, ops)?;
    let rest = our_best - parts.iter().map(|(_, seconds)| seconds).sum::<f64>();
    let parts: Vec<_> = parts.into_iter().chain([("rest", rest)]).collect();
    let shares: Vec<_> = parts
        .iter()
        .map(|(name, seconds)| format!("{name} {:.0} ms ({:.0}%)", seconds * 1e3, seconds / our_best * 100.0))
        .collect();
    println!("parts of our best step: {}", shares.join(", "));

    Ok(json!({
        "precision": precision,
        "ours_s": our_median,
        "torch_s": peer_median,
        "ratio": our_median / peer_median,
        "ours_best_s": our_best,
        "torch_best_s": peer_best,
        "ratio_of_best": our_best / peer_best,
        "ratio_by_round": median(&ratios),
        "ours_memory_mib": our_memory,
        "torch_memory_mib": peer_memory,
        "texts": TEXTS,
        "tokens": TOKENS,
        "threads": threads,
        "rounds": rounds,
        "parts_s": parts.iter().map(|(name, seconds)| ((*name).to_owned(), json!(seconds))).collect::<serde_json::Map<_, _>>(),
    }))
}

/// Leaves the results where other tools find them.
pub fn write(results: &[Value]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("train.json"), serde_json::to_vec_pretty(results)?)?;
    Ok(())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
