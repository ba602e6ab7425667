//! The servers beside each other, and beside `predict`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::load::{Answered, Comments, ask};
use crate::rounds::Rounds;
use crate::server::{Kind, Server, UNDERTONE};
use crate::{Result, Settings, process};

/// How far the probabilities of two servers may be from each other; benches/native says why onnxruntime's are.
const TOLERANCE: f64 = 0.25;
/// How long each is asked before anything counts.
const WARM_UP: Duration = Duration::from_secs(3);

/// What `predict` did, round by round: comments in a second, and in a second of a core.
#[derive(Default)]
struct Predicted {
    rate: Rounds,
    for_a_core: Rounds,
}

/// What one server did, round by round.
struct Measured {
    kind: Kind,
    answered: Vec<Answered>,
    megabytes: f64,
}

impl Measured {
    fn rounds(&self, of: impl Fn(&Answered) -> f64) -> Rounds {
        Rounds(self.answered.iter().map(of).collect())
    }

    fn errors(&self) -> u64 {
        self.answered.iter().map(|answered| answered.errors).sum()
    }
}

/// Asks all of them in turns, and prints and writes what came of it.
pub fn measure(settings: &Settings, peer: &Path) -> Result<()> {
    let comments = Comments::new(settings)?;
    let servers = Kind::ALL.into_iter().map(|kind| Server::start(kind, settings)).collect::<Result<Vec<_>>>()?;
    check_agreement(&servers, &comments)?;
    let mut measured: Vec<_> =
        Kind::ALL.map(|kind| Measured { kind, answered: Vec::new(), megabytes: 0.0 }).into_iter().collect();
    let mut predicted = [Kind::Wide, Kind::Narrow].map(|kind| (kind, Predicted::default()));
    for server in &servers {
        ask(server, &comments, settings, WARM_UP)?;
    }
    for round in 1..=settings.rounds {
        println!("Round {round} of {}", settings.rounds);
        for (server, measured) in servers.iter().zip(&mut measured) {
            measured.answered.push(ask(server, &comments, settings, settings.turn())?);
            measured.megabytes = process::megabytes(server.process())?;
        }
        for (kind, predicted) in &mut predicted {
            predict(*kind, predicted, &comments, settings)?;
        }
    }
    report(settings, &measured, &predicted);
    write(&measured, &predicted, peer)
}

fn check_agreement(servers: &[Server], comments: &Comments) -> Result<()> {
    for body in &comments.bodies[..8] {
        let answers = servers.iter().map(|server| server.ask(body)).collect::<Result<Vec<f64>>>()?;
        if answers.iter().any(|answer| (answer - answers[0]).abs() > TOLERANCE) {
            return Err(format!(
                "The servers do not answer alike: {answers:?}. Is the peer's model made from this bundle?"
            )
            .into());
        }
    }
    Ok(())
}

/// Has `predict` classify all comments, its start included.
fn predict(kind: Kind, predicted: &mut Predicted, comments: &Comments, settings: &Settings) -> Result<()> {
    let (begun, before) = (Instant::now(), process::seconds_of_ended()?);
    let mut command = Command::new(UNDERTONE);
    command.args(["predict", "--activations", kind.activations(), "--format", "jsonl", "--bundle"]);
    command.arg(&settings.bundle).arg(comments.lines());
    if !command.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
        return Err("predict has failed.".into());
    }
    let count = comments.bodies.len() as f64;
    predicted.rate.0.push(count / begun.elapsed().as_secs_f64());
    predicted.for_a_core.0.push(count / (process::seconds_of_ended()? - before));
    Ok(())
}

fn report(settings: &Settings, measured: &[Measured], predicted: &[(Kind, Predicted)]) {
    println!(
        "\n{} clients, comments of 64 tokens, medians of {} rounds of {} s:\n",
        settings.clients, settings.rounds, settings.seconds
    );
    println!(
        "| | requests/s | p50, ms | p99, ms | most p99, ms | errors | wrk's share of all cores | the server's | requests in a core's second | memory, MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for server in measured {
        let p99 = server.rounds(|answered| answered.p99);
        println!(
            "| {} | {:.0} | {:.0} | {:.0} | {:.0} | {} | {:.1}% | {:.0}% | {:.0} | {:.0} |",
            server.kind.name(),
            server.rounds(|answered| answered.requests_per_second).median(),
            server.rounds(|answered| answered.p50).median(),
            p99.median(),
            p99.0.iter().copied().fold(0.0, f64::max),
            server.errors(),
            100.0 * server.rounds(|answered| answered.generator).median(),
            100.0 * server.rounds(|answered| answered.server).median(),
            server.rounds(|answered| answered.for_a_core).median(),
            server.megabytes
        );
    }
    for (kind, predicted) in predicted {
        let [rate, for_a_core] = [&predicted.rate, &predicted.for_a_core].map(Rounds::median);
        println!("| predict, {} | {rate:.0} | | | | | | | {for_a_core:.0} | |", kind.name());
    }
    println!(
        "\n| wanted | is, median of the rounds (least and most) | by the cores' seconds that each had |\n|---|---|---|"
    );
    let of = |kind| measured.iter().find(|one| one.kind == kind).expect("everybody was measured");
    let rate = |kind| of(kind).rounds(|answered| answered.requests_per_second);
    let for_a_core = |kind| of(kind).rounds(|answered| answered.for_a_core);
    for ((kind, predicted), goal) in predicted.iter().zip([1.0, 1.3]) {
        println!(
            "| {} / Python's requests, at least {goal:.1} | {} | {} |",
            kind.name(),
            ratios(&rate(*kind), &rate(Kind::Python)),
            ratios(&for_a_core(*kind), &for_a_core(Kind::Python))
        );
        println!(
            "| {} / predict's comments, at least .85 | {} | {} |",
            kind.name(),
            ratios(&rate(*kind), &predicted.rate),
            ratios(&for_a_core(*kind), &predicted.for_a_core)
        );
    }
}

/// Round by round.
fn ratios(left: &Rounds, right: &Rounds) -> String {
    let ratios = Rounds(left.0.iter().zip(&right.0).map(|(left, right)| left / right).collect());
    let most = ratios.0.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({:.2} to {most:.2})", ratios.median(), ratios.least())
}

/// Leaves the results where other tools find them.
fn write(measured: &[Measured], predicted: &[(Kind, Predicted)], peer: &Path) -> Result<()> {
    let servers = measured.iter().map(|server| {
        json!({
            "contender": server.kind.name(),
            "requests_per_second": server.rounds(|answered| answered.requests_per_second).0,
            "p50_ms": server.rounds(|answered| answered.p50).0,
            "p99_ms": server.rounds(|answered| answered.p99).0,
            "errors": server.errors(),
            "generator_share": server.rounds(|answered| answered.generator).0,
            "requests_in_a_cores_second": server.rounds(|answered| answered.for_a_core).0,
            "memory_mb": server.megabytes,
        })
    });
    let predicted = predicted.iter().map(|(kind, Predicted { rate, for_a_core })| {
        json!({ "activations": kind.activations(), "texts_per_second": rate.0, "texts_in_a_cores_second": for_a_core.0 })
    });
    let content =
        json!({ "peer": peer, "servers": servers.collect::<Vec<_>>(), "predict": predicted.collect::<Vec<_>>() });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join("serve.json"), serde_json::to_vec_pretty(&content)?)?)
}
