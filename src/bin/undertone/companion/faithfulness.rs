//! `undertone faithfulness`.

use std::path::PathBuf;

use serde_json::json;
use undertone::bundle::Bundle;
use undertone::classify::Classifier;
use undertone::train::faithfulness::{Ranking, SHARES, curves};
use undertone::{Error, Result};

use super::texts;

/// Measures whether the words that are said to have done it did: how far a label's probability falls without them, and
/// without as many words at random.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// Which of the bundle's tasks to measure.
    #[arg(long, value_name = "NAME")]
    task: String,
    /// Which of its labels; the first where not given.
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
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
    let labels = &bundle.manifest.tasks[task].labels;
    let label = match &arguments.label {
        None => 0,
        Some(name) => labels
            .iter()
            .position(|label| label.name == *name)
            .ok_or_else(|| Error::invalid(format!("the task {} has no label {name}", arguments.task)))?,
    };
    let examples =
        texts::read(&bundle, task, &arguments.data, &arguments.choice, &mut super::progress::Bars::default())?;
    let (count, curves) = curves(&classifier, &examples, task, label, arguments.choice.seed)?;
    if arguments.json {
        say!("{}", json!({ "texts": count, "label": labels[label].name, "shares": SHARES, "curves": curves }));
        return Ok(());
    }
    say!("{count} texts with a probability of {} of ½ or more; how far it falls without", labels[label].name);
    say_on!("{:<28}", "this share of the words");
    SHARES.iter().for_each(|share| say_on!("{share:>8.2}"));
    say!("");
    for curve in curves {
        let name = match curve.ranking {
            Ranking::Words => "first by the task about words",
            Ranking::Effects => "first by effect when hidden",
            Ranking::Random => "at random",
        };
        say_on!("{name:<28}");
        curve.falls.iter().for_each(|fall| say_on!("{fall:>8.3}"));
        say!("");
    }
    Ok(())
}
