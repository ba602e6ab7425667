//! `undertone evaluate`.

use std::path::PathBuf;

use undertone::bundle::Bundle;
use undertone::classify::Classifier;
use undertone::text::Tokenizer;
use undertone::train::data::{self, BadRows, Schema, Source, Split};
use undertone::train::evaluate::evaluate;
use undertone::train::metrics::Metrics;
use undertone::train::prepared::Prepared;
use undertone::{Error, Result};

use super::progress::Bars;

/// Measures a bundle on labelled texts: loss, binary accuracy and ROC AUC.
///
/// A `weight` column of a CSV says how many texts each row stands for, in every figure.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// Which of the bundle's tasks to measure.
    #[arg(long, value_name = "NAME")]
    task: String,
    /// The data, in the layouts that `undertone train` reads.
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// Which part of a folder or archive to measure on; a single CSV is measured as it is.
    #[arg(long, value_enum, default_value_t = Split::Test)]
    split: Split,
    /// Measure on so many texts, picked at random, instead of all.
    #[arg(long, value_name = "COUNT")]
    samples: Option<usize>,
    /// Which texts `--samples` picks.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Cut texts to so many tokens; the bundle's own limit where not given.
    #[arg(long)]
    max_tokens: Option<usize>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let bundle = Bundle::read(&arguments.bundle)?;
    let classifier = Classifier::new(&bundle)?;
    let tasks = &bundle.manifest.tasks;
    let index = tasks.iter().position(|task| task.name == arguments.task).ok_or_else(|| {
        let names: Vec<_> = tasks.iter().map(|task| task.name.as_str()).collect();
        Error::invalid(format!("the bundle has no task \"{}\", only {}", arguments.task, names.join(" and ")))
    })?;
    let limit = arguments.max_tokens.unwrap_or(bundle.manifest.max_tokens);
    if limit > bundle.manifest.max_tokens {
        return Err(Error::invalid(format!(
            "--max-tokens {limit} is more than the bundle's limit of {}",
            bundle.manifest.max_tokens
        )));
    }
    let tokenizer = Tokenizer::from_json(&bundle.tokenizer, limit)?;
    let labels: Vec<String> = tasks[index].labels.iter().map(|label| label.name.clone()).collect();
    let source = Source { path: arguments.data, ..Source::default() };
    let schema = Schema { labels: labels.clone(), ..Schema::default() };
    let dataset = data::read(&[source], &schema, arguments.split, BadRows::Refuse, arguments.seed)?;
    if let Some(sentence) = dataset.left_out.sentence() {
        eprintln!("{sentence}");
    }
    let mut examples = dataset.examples;
    if let Some(samples) = arguments.samples {
        if samples == 0 {
            return Err(Error::invalid("--samples must be at least 1"));
        }
        fastrand::Rng::with_seed(arguments.seed).shuffle(&mut examples);
        examples.truncate(samples);
    }
    let prepared = Prepared::new(&examples, labels.len(), &tokenizer)?;
    let mut progress = Bars::default();
    let metrics = evaluate(&prepared, &labels, "Scoring", &mut progress, |batch| {
        Ok(classifier.logits(batch)?.swap_remove(index))
    })?;
    if arguments.json {
        println!("{}", serde_json::to_string(&metrics).map_err(|error| Error::invalid(error.to_string()))?);
    } else {
        print_table(&metrics);
    }
    Ok(())
}

fn print_table(metrics: &Metrics) {
    let auc = |auc: Option<f64>| auc.map_or("undefined".to_owned(), |auc| format!("{auc:.4}"));
    println!("texts            {}", metrics.samples);
    println!("loss             {:.4}", metrics.loss);
    println!("binary accuracy  {:.4}", metrics.accuracy);
    println!("ROC AUC, macro   {}", auc(metrics.auc_macro));
    println!("ROC AUC, micro   {}", auc(metrics.auc_micro));
    for (name, label) in &metrics.labels {
        println!("ROC AUC, {name:<16} {} ({} of {} texts)", auc(label.auc), label.positives, metrics.samples);
    }
}
