//! What is told of the measurements.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::rounds::Rounds;
use crate::told::{Result, Told};

/// How far probabilities may be from those of onnxruntime in f32: what its own int8 needs.
const TOLERANCE: f64 = 0.2;

/// One contender's rounds by kind and, where they have any, tokens.
type Figures = BTreeMap<(String, usize), Rounds>;

/// What one browser gave.
#[derive(Debug)]
pub struct Measured {
    browser: String,
    /// In the order in which they were heard of.
    contenders: Vec<(String, Figures)>,
}

impl Measured {
    /// # Errors
    /// A contender's probabilities are not those of the network.
    pub fn new(browser: &str, told: &[Told]) -> Result<Self> {
        let mut contenders = Vec::<(String, Figures)>::new();
        for told in told {
            let (kind, contender) = (&told["kind"], &told["contender"]);
            let value: f64 = told.get("value").map_or(Ok(f64::NAN), |value| value.parse())?;
            if value.is_nan() {
                continue;
            }
            if kind == "difference" && value > TOLERANCE {
                return Err(format!("{contender} gives other probabilities: {value} off").into());
            }
            let tokens = told.get("tokens").map_or(Ok(0), |tokens| tokens.parse())?;
            let place = contenders.iter().position(|(name, _)| name == contender).unwrap_or_else(|| {
                contenders.push((contender.clone(), Figures::new()));
                contenders.len() - 1
            });
            contenders[place].1.entry((kind.clone(), tokens)).or_default().0.push(value);
            if let Some(loading) = told.get("loading") {
                contenders[place].1.entry(("loading".into(), 0)).or_default().0.push(loading.parse()?);
            }
        }
        Ok(Self { browser: browser.into(), contenders })
    }
}

fn only(figures: &Figures, kind: &str) -> f64 {
    figures.get(&(kind.to_owned(), 0)).map_or(f64::NAN, Rounds::median)
}

/// Prints a table for each browser, as Markdown.
pub fn print(measured: &[Measured]) {
    for Measured { browser, contenders } in measured {
        let lengths: BTreeSet<usize> = contenders
            .iter()
            .flat_map(|(_, figures)| figures.keys())
            .map(|(_, tokens)| *tokens)
            .filter(|tokens| *tokens > 0)
            .collect();
        let header: String = lengths.iter().map(|tokens| format!(" {tokens} tokens |")).collect();
        println!("\nMilliseconds for one text in {browser}, one thread: the median of the rounds (and the least)\n");
        println!("| |{header} first answer | memory then | at its peak |");
        println!("|---|{}", "---|".repeat(lengths.len() + 3));
        for (name, figures) in contenders {
            let cell = |tokens: &usize| match figures.get(&("pass".to_owned(), *tokens)) {
                Some(rounds) => format!(" {:.1} ({:.1}) |", rounds.median(), rounds.least()),
                None => " – |".to_owned(),
            };
            let cells: String = lengths.iter().map(cell).collect();
            let [memory, peak] = ["memory", "peak"].map(|kind| only(figures, kind) / 1e6);
            println!("| {name} |{cells} {:.0} ms | {memory:.0} MB | {peak:.0} MB |", only(figures, "cold"));
        }
    }
}

/// Leaves the results where other tools find them.
pub fn write(measured: &[Measured]) -> Result<()> {
    let (mut passes, mut cold_starts) = (Vec::<Value>::new(), Vec::<Value>::new());
    for Measured { browser, contenders } in measured {
        for (contender, figures) in contenders {
            for ((_, tokens), rounds) in figures.iter().filter(|((kind, _), _)| kind == "pass") {
                passes.push(json!({
                    "browser": browser,
                    "contender": contender,
                    "tokens": tokens,
                    "median_ms": rounds.median(),
                    "min_ms": rounds.least(),
                    "rounds": rounds.count(),
                }));
            }
            let Some(cold) = figures.get(&("cold".to_owned(), 0)) else { continue };
            cold_starts.push(json!({
                "browser": browser,
                "contender": contender,
                "median_ms": cold.median(),
                "min_ms": cold.least(),
                "loading_ms": only(figures, "loading"),
                "rounds": cold.count(),
                "memory_bytes": only(figures, "memory"),
                "peak_memory_bytes": only(figures, "peak"),
                "probability_difference": only(figures, "difference"),
            }));
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let content = json!({ "passes": passes, "cold_start": cold_starts });
    std::fs::write(folder.join("browser.json"), serde_json::to_vec_pretty(&content)?)?;
    Ok(())
}
