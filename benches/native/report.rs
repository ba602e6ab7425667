//! What is told of the measurements.

use std::path::Path;

use serde_json::{Value, json};

use crate::Result;
use crate::measure::Measured;
use crate::rounds::Rounds;
use crate::texts::Texts;

/// Prints a table for single texts and one for many, as Markdown.
pub fn print(results: &[Measured], texts: &Texts) {
    let lengths: Vec<String> = texts.single.iter().map(|text| format!("{} tokens", text.len())).collect();
    println!("\nMilliseconds for one text, the median of the rounds (and the least):\n");
    row(&["contender", "threads"].map(String::from), &lengths);
    row(&["---"; 2].map(String::from), &vec!["---".into(); lengths.len()]);
    for result in results {
        let cell = |rounds: &Rounds| format!("{:.2} ({:.2})", rounds.median() * 1e3, rounds.least() * 1e3);
        row(&name(result), &result.single.iter().map(cell).collect::<Vec<_>>());
    }
    println!("\n{} texts, of {} tokens together, each contender's best:\n", texts.many.len(), texts.many_tokens());
    println!("| contender | threads | texts/s | tokens/s | texts in a batch |\n|---|---|---|---|---|");
    for result in results {
        let (size, rounds) = result.best_many();
        let rates =
            [texts.many.len(), texts.many_tokens()].map(|count| format!("{:.0}", count as f64 / rounds.median()));
        row(&name(result), &[&rates[..], &[size.to_string()]].concat());
    }
}

fn name(result: &Measured) -> [String; 2] {
    [result.kind.name().into(), result.threads.to_string()]
}

fn row(name: &[String], cells: &[String]) {
    println!("| {} |", [name, cells].concat().join(" | "));
}

/// Leaves the results where other tools find them.
pub fn write(results: &[Measured], texts: &Texts) -> Result<()> {
    let latency: Vec<Value> = results.iter().flat_map(|result| latencies(result, texts)).collect();
    let throughput: Vec<Value> = results.iter().flat_map(|result| throughputs(result, texts)).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let content = json!({ "latency": latency, "throughput": throughput });
    std::fs::write(folder.join("native.json"), serde_json::to_vec_pretty(&content)?)?;
    Ok(())
}

fn latencies(result: &Measured, texts: &Texts) -> Vec<Value> {
    let latency = |(text, rounds): (&Vec<u32>, &Rounds)| {
        json!({
            "contender": result.kind.name(),
            "tokens": text.len(),
            "threads": result.threads,
            "median_ms": rounds.median() * 1e3,
            "min_ms": rounds.least() * 1e3,
            "rounds": rounds.count(),
        })
    };
    texts.single.iter().zip(&result.single).map(latency).collect()
}

/// One for each size of batches; `best` is the one that counts.
fn throughputs(result: &Measured, texts: &Texts) -> Vec<Value> {
    let (best, _) = result.best_many();
    let throughput = |(size, rounds): &(usize, Rounds)| {
        json!({
            "contender": result.kind.name(),
            "threads": result.threads,
            "batch": size,
            "best": size == best,
            "texts_per_second": texts.many.len() as f64 / rounds.median(),
            "tokens_per_second": texts.many_tokens() as f64 / rounds.median(),
            "rounds": rounds.count(),
        })
    };
    result.many.iter().map(throughput).collect()
}
