//! `undertone export`.

use std::path::PathBuf;

use clap::ValueEnum;
use undertone::bundle::weights::Storage;
use undertone::bundle::{EmbeddingPrecision, Precision};
use undertone::train::export::{Options, export};
use undertone::train::run::RunFolder;
use undertone::train::{huggingface, rounding};
use undertone::{Error, Result};

use super::progress::Bars;

/// Makes a bundle, which the page and `undertone predict` read, of the model that a run has kept.
///
/// A bundle is a folder with manifest.json, model.safetensors and tokenizer.json. The page serves the one in
/// public/models/undertone.
#[derive(clap::Args)]
pub struct Arguments {
    /// The run folder: what `undertone train` wrote to --out.
    #[arg(long, value_name = "FOLDER")]
    run: PathBuf,
    /// Export the mean of the run's weights and of those of a run before it, of which it is a continuation; may be repeated.
    #[arg(long = "average", value_name = "FOLDER")]
    averaged: Vec<PathBuf>,
    /// Where the bundle goes. A bundle that is there is replaced.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// For whom the model is written.
    #[arg(long, value_enum, default_value_t = Layout::Bundle)]
    layout: Layout,
    /// How the weights are stored: int8 is a quarter of f32's size [default: int8]
    #[arg(long, value_enum)]
    precision: Option<Precision>,
    /// How the word vectors are stored, if not as the rest: int4 is half of int8's size.
    #[arg(long, value_enum, value_name = "PRECISION")]
    embeddings: Option<EmbeddingPrecision>,
    /// Fit the rounding of int8 layers to texts like those that the bundle is for, in the layouts that `undertone train`
    /// reads; of a folder or archive, those to learn from. Their labels do not matter. It takes minutes, and brings the
    /// bundle's probabilities nearer to those of the model as it was trained.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    rounding_texts: Vec<PathBuf>,
    /// Which of these texts are taken.
    #[arg(long, default_value_t = 1, requires = "rounding_texts")]
    seed: u64,
    /// The bundle's name, as shown to people.
    #[arg(long, default_value = "undertone")]
    name: String,
    /// The licence under which the weights may be used.
    #[arg(long, default_value = "unspecified")]
    licence: String,
    /// The longest text in tokens that the bundle reads; all that the model has positions for where not given.
    #[arg(long)]
    max_tokens: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Layout {
    /// For the page and for the companion.
    Bundle,
    /// For Hugging Face's transformers: f32 weights, not calibrated, into a folder that is empty or not there yet.
    #[value(name = "huggingface")]
    HuggingFace,
}

impl Arguments {
    fn storage(&self) -> Storage {
        Storage { precision: self.precision.unwrap_or(Precision::Int8), embeddings: self.embeddings }
    }
}

pub fn run(arguments: Arguments) -> Result<()> {
    let run = RunFolder::open(&arguments.run)?;
    if arguments.layout == Layout::HuggingFace {
        return export_to_hugging_face(&run, &arguments);
    }
    let options = Options {
        storage: arguments.storage(),
        name: arguments.name,
        licence: arguments.licence,
        max_tokens: arguments.max_tokens,
        averaged: arguments.averaged.iter().map(|path| RunFolder::open(path)).collect::<Result<_>>()?,
        rounding: rounding::texts(&arguments.rounding_texts, arguments.seed)?,
    };
    let bundle = export(&run, &arguments.out, &options, &mut Bars::default())?;
    let megabytes = bundle.manifest.total_bytes() as f64 / 1e6;
    say!("The bundle is in {} ({megabytes:.1} MB)", arguments.out.display());
    Ok(())
}

fn export_to_hugging_face(run: &RunFolder, arguments: &Arguments) -> Result<()> {
    let of_bundles = [
        ("--precision", arguments.precision.is_some()),
        ("--embeddings", arguments.embeddings.is_some()),
        ("--rounding-texts", !arguments.rounding_texts.is_empty()),
        ("--max-tokens", arguments.max_tokens.is_some()),
    ];
    if let Some((flag, _)) = of_bundles.iter().find(|(_, is_given)| *is_given) {
        return Err(Error::invalid(format!("{flag} is for bundles: leave it out with --layout huggingface")));
    }
    let averaged: Vec<_> = arguments.averaged.iter().map(|path| RunFolder::open(path)).collect::<Result<_>>()?;
    huggingface::export(run, &averaged, &arguments.out, &mut Bars::default())?;
    say!("What transformers loads is in {}; its README.md says how", arguments.out.display());
    Ok(())
}
