//! `undertone card`.

use std::fs;
use std::path::PathBuf;

use undertone::bundle::Bundle;
use undertone::train::card::{Origin, card};
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
    /// The folder of the run that the weights are of: the card then says how it went.
    #[arg(long, value_name = "FOLDER")]
    run: Option<PathBuf>,
    /// Put what the card says into the bundle as well, as its document card.json: the page shows it there.
    #[arg(long)]
    publish: bool,
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
    let (measurements, run) = (&arguments.measurements, arguments.run.as_deref());
    let card = card(&manifest, Origin { measurements, words: origin.as_deref(), run })?;
    card.write(&arguments.out)?;
    say!("The model card is {}", arguments.out.display());
    if arguments.publish {
        card.publish(&arguments.bundle, &manifest)?;
        say!("The bundle {} has it, too", arguments.bundle.display());
    }
    Ok(())
}
