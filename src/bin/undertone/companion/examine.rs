//! `undertone examine`.

use std::path::PathBuf;

use undertone::bundle::Bundle;
use undertone::classify::Classifier;
use undertone::train::evaluate::score_texts;
use undertone::train::examine::{Examination, Failure, Suite, Tally, TestOutcome};
use undertone::{Error, Result};

use super::progress::Bars;
use super::texts;

/// Examines a bundle by short texts of which there is no doubt: negations, names, typos, idioms, threats.
///
/// A suite lists texts that have to be on one side of the threshold, pairs whose probability must be about the same, and
/// pairs whose probability must move one way. Those of this project are in tests/behaviour.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// The suite, as tests/behaviour/sentiment.toml.
    #[arg(long, value_name = "FILE")]
    suite: PathBuf,
    /// Show so many failing cases of each test.
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    failures: usize,
    /// Print one JSON object, with every failing case, instead of a table.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let suite = Suite::read(&arguments.suite)?;
    let bundle = Bundle::read(&arguments.bundle)?;
    let classifier = Classifier::new(&bundle)?;
    let task = texts::task(&bundle, &suite.task)?;
    let mut progress = Bars::default();
    let what = format!("Examining {}", suite.task);
    let score = |texts: &[&str]| score_texts(&classifier, task, texts, &what, &mut progress);
    let examination = suite.examine(&bundle.manifest.tasks[task], score)?;
    if arguments.json {
        say!("{}", serde_json::to_string(&examination).map_err(|error| Error::invalid(error.to_string()))?);
    } else {
        print_table(&examination, arguments.failures);
    }
    Ok(())
}

fn print_table(examination: &Examination, failures: usize) {
    let named = |test: &TestOutcome| format!("  {} ({})", test.name, test.expected);
    let width = examination.tests.iter().map(|test| named(test).len()).max().unwrap_or_default();
    let print = |what: &str, tally: Tally| {
        say!("{what:<width$}  {:>6}  {:>6}  {:>5.1}%", tally.passed, tally.cases, 100.0 * tally.rate());
    };
    say!("{:<width$}  passed   cases    rate", examination.task);
    print("all", examination.all);
    for of in &examination.capabilities {
        say!("");
        print(&of.capability, of.tally);
        for test in examination.tests.iter().filter(|test| test.capability == of.capability) {
            print(&named(test), test.tally);
        }
    }
    for test in examination.tests.iter().filter(|test| failures > 0 && !test.failures.is_empty()) {
        print_failures(test, failures);
    }
}

fn print_failures(test: &TestOutcome, most: usize) {
    say!("");
    say!("{}: {}, but not {} of {}", test.name, test.expected, test.failures.len(), test.tally.cases);
    for Failure { texts, label, probabilities } in test.failures.iter().take(most) {
        let scored = texts.iter().zip(probabilities).map(|(text, probability)| format!("{probability:.3}  {text}"));
        say!("  {label} {}", scored.collect::<Vec<_>>().join(&format!("\n  {:1$} ", "", label.len())));
    }
}
