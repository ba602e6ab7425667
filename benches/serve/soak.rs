//! One server, asked for as long as one likes: whether its memory stays, and how long its answers take.

use std::time::{Duration, Instant};

use crate::load::{Comments, ask};
use crate::rounds::Rounds;
use crate::server::{Kind, Server};
use crate::{Result, Settings, process};

/// How long the clients ask between two looks.
const SLICE: Duration = Duration::from_secs(15);
/// By how much memory may have grown or shrunk.
const MEMORY: f64 = 0.05;
/// By how much the time of half of the answers may have grown. The machine's other work is in it.
const LATENCY: f64 = 0.2;

/// Watches for so many minutes, of which the first tenth is to warm up.
pub fn watch(settings: &Settings, minutes: f64) -> Result<()> {
    let comments = Comments::new(settings)?;
    let server = Server::start(Kind::Wide, settings)?;
    let begun = Instant::now();
    let time = Duration::from_secs_f64(60.0 * minutes);
    let (mut megabytes, mut p50, mut p99, mut rate) = <(Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>)>::default();
    let mut errors = 0;
    println!("| minute | requests/s | p50, ms | p99, ms | errors | memory, MB |\n|---|---|---|---|---|---|");
    while begun.elapsed() < time {
        let is_warm = begun.elapsed() >= time / 10 && begun.elapsed() >= SLICE;
        let answered = ask(&server, &comments, settings, SLICE.min(time))?;
        let memory = process::megabytes(server.process())?;
        println!(
            "| {:.1} | {:.0} | {:.0} | {:.0} | {} | {memory:.1} |",
            begun.elapsed().as_secs_f64() / 60.0,
            answered.requests_per_second,
            answered.p50,
            answered.p99,
            answered.errors
        );
        errors += answered.errors;
        if is_warm {
            megabytes.push(memory);
            p50.push(answered.p50);
            p99.push(answered.p99);
            rate.push(answered.requests_per_second);
        }
    }
    if megabytes.len() < 2 {
        return Err("There is nothing to compare: SOAK_SERVE_MINUTES has to be more than one.".into());
    }
    let half = megabytes.len() / 2;
    let grown = |figures: &[f64]| {
        let median = |part: &[f64]| Rounds(part.to_vec()).median();
        median(&figures[half..]) / median(&figures[..half]) - 1.0
    };
    let spread = |figures: &[f64]| {
        let most = figures.iter().copied().fold(0.0, f64::max);
        most / figures.iter().copied().fold(f64::INFINITY, f64::min) - 1.0
    };
    let (memory, latency) = (spread(&megabytes), grown(&p50));
    println!(
        "\n{} clients for {minutes} minutes, after the first tenth: {:.0} requests a second, {errors} errors, p50 {:.0} ms, p99 {:.0} ms; memory within {:.1}%, \
         the later half's p50 {:+.1}% of the earlier's.",
        settings.clients,
        Rounds(rate).median(),
        Rounds(p50.clone()).median(),
        Rounds(p99).median(),
        100.0 * memory,
        100.0 * latency
    );
    let failed = [
        (errors > 0, "requests went wrong"),
        (memory > 2.0 * MEMORY, "memory did not stay within 5% of its middle"),
        (latency > LATENCY, "answers came later and later, or the machine had other things to do"),
    ];
    match failed.iter().find(|(is_so, _)| *is_so) {
        Some((_, what)) => Err(format!("The soak has failed: {what}.").into()),
        None => Ok(()),
    }
}
