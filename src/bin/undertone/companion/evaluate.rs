//! `undertone evaluate`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;
use undertone::bert::Unit;
use undertone::bundle::Bundle;
use undertone::classify::Classifier;
use undertone::train::data::Example;
use undertone::train::metrics::{Decisions, Metrics, character_f1};
use undertone::{Error, Result};

use super::progress::Bars;
use super::texts;

/// Measures a bundle on labelled texts: loss, binary accuracy, calibration error and ROC AUC.
///
/// A `weight` column of the data says how many texts each row stands for, in every figure. A calibrated bundle is measured
/// with its calibration.
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
    #[command(flatten)]
    choice: texts::Choice,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let bundle = Bundle::read(&arguments.bundle)?;
    let classifier = Classifier::new(&bundle)?;
    let task = texts::task(&bundle, &arguments.task)?;
    let mut progress = Bars::default();
    let scored = texts::scored(&bundle, &classifier, task, &arguments.data, &arguments.choice, &mut progress)?;
    let metrics = Metrics::of(&scored.predictions())?;
    let character_f1 = match bundle.manifest.tasks[task].unit {
        Unit::Text => None,
        Unit::Token => Some(mean_character_f1(&classifier, &arguments.task, &scored.examples)?),
    };
    if arguments.json {
        let mut json = serde_json::to_value(&metrics).map_err(|error| Error::invalid(error.to_string()))?;
        if let Some(f1) = character_f1 {
            json["character_f1"] = f1.into();
        }
        println!("{json}");
    } else {
        if let Some(f1) = character_f1 {
            println!("mean character F1  {f1:.4} of {} texts; below, each token counts", scored.examples.len());
        }
        let thresholds: Vec<f32> = bundle.manifest.tasks[task].labels.iter().map(|label| label.threshold).collect();
        print_table(&metrics, &scored.predictions().decisions(&thresholds)?);
    }
    Ok(())
}

/// The mean over the texts of how well their marked characters are found.
fn mean_character_f1(classifier: &Classifier, task: &str, examples: &[Example]) -> Result<f64> {
    let of_text = |example: &Example| {
        let found = classifier.classify(&example.text)?.words.into_iter().find(|words| words.task == task);
        let spans = found.map_or_else(Vec::new, |words| words.spans(&example.text));
        Ok(character_f1(&example.text, &spans, &example.marks))
    };
    let all: Vec<f64> = examples.par_iter().map(of_text).collect::<Result<_>>()?;
    Ok(all.iter().sum::<f64>() / all.len().max(1) as f64)
}

fn print_table(metrics: &Metrics, decisions: &BTreeMap<String, Decisions>) {
    let or_undefined = |figure: Option<f64>| figure.map_or("undefined".to_owned(), |figure| format!("{figure:.4}"));
    println!("texts              {}", metrics.samples);
    println!("loss               {:.4}", metrics.loss);
    println!("binary accuracy    {:.4}", metrics.accuracy);
    println!("calibration error  {}", or_undefined(metrics.ece));
    println!("ROC AUC, macro     {}", or_undefined(metrics.auc_macro));
    println!("ROC AUC, micro     {}", or_undefined(metrics.auc_micro));
    println!();
    println!("label             ROC AUC  positives  threshold  precision  recall      F1");
    for (name, label) in &metrics.labels {
        print!("{name:<16}  {:>7}  {:>9}", or_undefined(label.auc), label.positives);
        match decisions.get(name) {
            Some(Decisions { threshold, precision, recall, f1, .. }) => {
                println!("  {threshold:>9.4}  {precision:>9.4}  {recall:>6.4}  {f1:>6.4}");
            }
            None => println!(),
        }
    }
}
