//! `undertone card`.

use std::fs;
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
    /// What the model was trained from and on, in Markdown: the base model, and the data with their licences.
    #[arg(long, value_name = "FILE")]
    origin: Option<PathBuf>,
    /// Where the card goes, in Markdown; its pictures go beside it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: Arguments) -> Result<()> {
    if !arguments.measurements.is_dir() {
        let folder = arguments.measurements.display();
        return Err(Error::invalid(format!("{folder} is no folder: name the one with the measurements")));
    }
    let origin = arguments.origin.as_ref().map(|path| fs::read_to_string(path).map_err(Error::io(path))).transpose()?;
    let manifest = Bundle::read(&arguments.bundle)?.manifest;
    card(&manifest, &arguments.measurements, origin.as_deref())?.write(&arguments.out)?;
    println!("The model card is {}", arguments.out.display());
    Ok(())
}
