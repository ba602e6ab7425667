//! Fine-tunes a checkpoint on a CSV file with the columns text, spam and urgent, and exports a bundle:
//! cargo run --release --example train BASE mail.csv RUN BUNDLE

use std::path::Path;

use candle_core::Device;
use undertone::text::Tokenizer;
use undertone::train::base::Base;
use undertone::train::data::BadRows;
use undertone::train::export::{Options, export};
use undertone::train::recipe::Recipe;
use undertone::train::run::RunFolder;
use undertone::train::task::{SourceSettings, TaskSettings};
use undertone::train::trainer::{Outcome, RunOptions, train};
use undertone::train::{Progress, Silent};
use undertone::{Error, Result};

/// Prints what is worth a line.
struct Lines;

impl Progress for Lines {
    fn begin(&mut self, what: &str, steps: usize) {
        println!("{what} ({steps})");
    }
    fn advance(&mut self, _: usize, _: &str) {}
    fn end(&mut self) {}
    fn note(&mut self, line: &str) {
        println!("{line}");
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base, data, run, bundle] = &arguments[..] else {
        return Err(Error::invalid(
            "give the base model's folder, a CSV file, and where the run and the bundle are to go",
        ));
    };
    let task = TaskSettings {
        name: "mail".into(),
        labels: vec!["spam".parse()?, "urgent".parse()?],
        train: vec![SourceSettings::Path(data.into())],
        ..TaskSettings::default()
    };
    let pretrained = Base::read(Path::new(base), &Device::Cpu)?;
    let recipe = Recipe {
        max_tokens: pretrained.checkpoint.architecture.max_position_embeddings.min(128),
        dropout: pretrained.checkpoint.dropout,
        ..Recipe::default()
    };
    let tokenizer = Tokenizer::from_checkpoint(Path::new(base), recipe.max_tokens)?;
    let tasks = vec![task.read(Path::new("."), BadRows::Refuse, recipe.seed, &mut Silent)?];
    let options = RunOptions::new(Path::new(run));
    if let Outcome::Finished(record) = train(tasks, pretrained, &tokenizer, &recipe, &options, &mut Lines)? {
        println!("The best epoch was number {}", record.best_epoch);
    }
    let options = Options { name: "mail".into(), ..Options::default() };
    export(&RunFolder::open(Path::new(run))?, Path::new(bundle), &options, &mut Lines)?;
    Ok(())
}
