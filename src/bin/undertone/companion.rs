//! The command line: parse, call the library, print.

#[macro_use]
mod say;

mod activations;
mod bias;
mod calibrate;
mod card;
mod count;
mod describe;
mod evaluate;
mod examine;
mod export;
mod faithfulness;
mod memory;
mod predict;
mod progress;
mod prune;
mod rates;
mod report;
#[cfg(feature = "serve")]
mod serve;
mod texts;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use undertone::Error;

/// Fine-tunes BERT classifiers, measures them, and exports the bundles that the Undertone page runs in the browser.
///
/// Start with `undertone train`, look at the result with `undertone evaluate`, and make a bundle with `undertone export`.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Prune(prune::Arguments),
    Train(Box<train::Arguments>),
    Evaluate(evaluate::Arguments),
    Examine(examine::Arguments),
    Bias(bias::Arguments),
    Card(card::Arguments),
    Export(export::Arguments),
    Calibrate(calibrate::Arguments),
    Count(count::Arguments),
    Describe(describe::Arguments),
    Report(report::Arguments),
    Predict(predict::Arguments),
    #[cfg(feature = "serve")]
    Serve(serve::Arguments),
    Faithfulness(faithfulness::Arguments),
}

pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        // It has more to say than that it went well.
        Command::Predict(arguments) => return exit_code(predict::run(arguments)),
        Command::Prune(arguments) => prune::run(arguments),
        Command::Train(arguments) => train::run(*arguments),
        Command::Evaluate(arguments) => evaluate::run(arguments),
        Command::Examine(arguments) => examine::run(arguments),
        Command::Bias(arguments) => bias::run(arguments),
        Command::Card(arguments) => card::run(arguments),
        Command::Export(arguments) => export::run(arguments),
        Command::Calibrate(arguments) => calibrate::run(arguments),
        Command::Count(arguments) => count::run(arguments),
        Command::Describe(arguments) => describe::run(arguments),
        Command::Report(arguments) => report::run(arguments),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => serve::run(arguments),
        Command::Faithfulness(arguments) => faithfulness::run(arguments),
    };
    exit_code(outcome.map(|()| ExitCode::SUCCESS))
}

fn exit_code(outcome: Result<ExitCode, Error>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        hint!("error: {error}{}", flags(&error));
        ExitCode::FAILURE
    })
}

/// By which flags that is done which an error of the library advises.
fn flags(error: &Error) -> String {
    match error {
        Error::RunExists { .. } => " (--resume goes on with it, --out names another folder)".to_owned(),
        Error::RunInUse { .. } | Error::NothingToResume { .. } => " (--out names the folder)".to_owned(),
        Error::UnnamedLabels { task, .. } => format!(", as in --labels {task}=spam,advertisement"),
        Error::NoData { task } => format!(", as in --task {task}=comments.csv"),
        _ => String::new(),
    }
}
