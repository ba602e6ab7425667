//! `undertone card`.

use std::path::PathBuf;

use undertone::bundle::Bundle;
use undertone::train::card::card;
use undertone::{Error, Result};

/// Writes a bundle's model card: what it is for and what not, and how it was measured.
///
/// The figures come from a folder with what other commands print with --json: `evaluate` to evaluate-TASK.json, `examine` to
/// examine-TASK.json, `bias` to bias.json. What is missing there, the card calls not measured.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// The folder with the measurements.
    #[arg(long, value_name = "FOLDER")]
    measurements: PathBuf,
    /// Where the card goes, in Markdown; its pictures go beside it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: Arguments) -> Result<()> {
    if !arguments.measurements.is_dir() {
        let folder = arguments.measurements.display();
        return Err(Error::invalid(format!("{folder} is no folder: name the one with the measurements")));
    }
    card(&Bundle::read(&arguments.bundle)?.manifest, &arguments.measurements)?.write(&arguments.out)?;
    println!("The model card is {}", arguments.out.display());
    Ok(())
}
