//! `undertone count`.

use std::path::PathBuf;

use undertone::Result;
use undertone::bundle::{Bundle, ManifestFields};
use undertone::text::Tokenizer;
use undertone::train::Progress;
use undertone::train::calibrate::save;
use undertone::train::data::Split;
use undertone::train::prune::{count_words, texts};

use super::progress::Bars;

/// Counts how common words are in texts like those that a bundle is for, and writes that into its manifest.
///
/// By the counts the likeliest of several readings of a disguised word is chosen, and a text of which hardly any word is common, as
/// in another language, gets no verdict. They take some kilobytes.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// Texts to count, in the layouts that `undertone train` reads; of a folder or archive, those to learn from. Their labels do
    /// not matter. A million words are needed to tell rare ones.
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    text: Vec<PathBuf>,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let bundle = Bundle::read(&arguments.bundle)?;
    let mut progress = Bars::default();
    let data = texts(&arguments.text, Split::Train)?;
    data.remarks().iter().for_each(|line| progress.note(line));
    let tokenizer = Tokenizer::from_json(&bundle.tokenizer, usize::MAX)?;
    let word_counts = count_words(&data.examples, &tokenizer, &mut progress)?;
    if !word_counts.is_enough() {
        progress.note("the texts have fewer than a million words: of a text with rare words nothing will be said");
    }
    let manifest = ManifestFields { word_counts, ..bundle.manifest.into_fields() };
    save(&arguments.bundle, &manifest.try_into()?)?;
    say!("The counts are in {}", arguments.bundle.join("manifest.json").display());
    Ok(())
}
