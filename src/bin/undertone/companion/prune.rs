//! `undertone prune`.

use std::path::PathBuf;

use undertone::Result;
use undertone::train::Progress;
use undertone::train::data::{Dataset, Split};
use undertone::train::prune::{Difference, compare, prune, texts};

use super::progress::Bars;

/// Makes a checkpoint with fewer words to start from: those that texts like the ones to learn from have.
///
/// A table of word vectors is up to half of a small model's bytes. Words that are left out are read in pieces. Give the
/// result to `undertone train` as its --base.
#[derive(clap::Args)]
pub struct Arguments {
    /// The pretrained BERT: a folder in Hugging Face's layout, with a WordPiece tokenizer.
    #[arg(long, value_name = "FOLDER")]
    base: PathBuf,
    /// Where the pruned checkpoint goes; a folder that is not there yet.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Texts whose words to keep, in the layouts that `undertone train` reads; of a folder or archive, those to learn from.
    /// Their labels do not matter.
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    text: Vec<PathBuf>,
    /// Keep the words that the texts have at least so often.
    #[arg(long, value_name = "N", default_value_t = 1)]
    least: u64,
    /// Texts to say of what pruning does to them; of a folder or archive, those to measure on.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    measure: Vec<PathBuf>,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let mut progress = Bars::default();
    let data = read(&arguments.text, Split::Train, &mut progress)?;
    let pruned = prune(&arguments.base, &arguments.out, &data.examples, arguments.least, &mut progress)?;
    say!(
        "The checkpoint in {} has {} of the {} tokens of {}",
        arguments.out.display(),
        pruned.after,
        pruned.before,
        arguments.base.display()
    );
    for path in &arguments.measure {
        let data = read(std::slice::from_ref(path), Split::Test, &mut progress)?;
        let difference = compare(&arguments.base, &arguments.out, &data.examples, &mut progress)?;
        say!("{}: {}", path.display(), sentence(&difference));
    }
    Ok(())
}

fn read(paths: &[PathBuf], split: Split, progress: &mut Bars) -> Result<Dataset> {
    let data = texts(paths, split)?;
    data.remarks().iter().for_each(|line| progress.note(line));
    Ok(data)
}

fn sentence(difference: &Difference) -> String {
    let Difference { before, dropped, after, unknown_before, unknown_after } = *difference;
    let percent = |part: f64| 100.0 * part / before.max(1) as f64;
    format!(
        "{before} tokens, of which {:.2}% were dropped; their number changes by {:+.2}%; {unknown_before} were unknown before, \
         {unknown_after} are now",
        percent(dropped as f64),
        percent(after as f64 - before as f64)
    )
}
