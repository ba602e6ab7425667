//! `undertone report`.

use std::path::PathBuf;

use undertone::bundle::{Bundle, Precision};
use undertone::classify::Classifier;
use undertone::train::export::{Options, assemble};
use undertone::train::report::{Measured, Report, Sentence, TaskReport, describe, read_histories, sentences, write};
use undertone::train::run::{self, RunFolder};
use undertone::train::{Progress, Silent};
use undertone::{Error, Result};

use super::progress::Bars;
use super::texts;

/// Writes a page on a run: how training went, how good the model is and what it says of a few sentences.
///
/// The page is report.html, which needs no other file; beside it are its pictures as SVG and its data as report.json.
#[derive(clap::Args)]
pub struct Arguments {
    /// The run folder: what `undertone train` wrote to --out. Its kept model is measured where no --bundle is given.
    #[arg(long, value_name = "FOLDER", required_unless_present = "bundle")]
    run: Option<PathBuf>,
    /// Measure this bundle, with its calibration and thresholds.
    #[arg(long, value_name = "FOLDER")]
    bundle: Option<PathBuf>,
    /// Measure a task on these texts, in the layouts that `undertone train` reads, instead of those that the run held out.
    /// Give it once for each task.
    #[arg(long = "data", value_name = "NAME=PATH", value_parser = parse_data)]
    data: Vec<(String, PathBuf)>,
    /// Where the report goes.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    choice: texts::Choice,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let bundle = bundle(&arguments)?;
    for (number, (name, _)) in arguments.data.iter().enumerate() {
        texts::task(&bundle, name)?;
        if arguments.data[..number].iter().any(|(other, _)| other == name) {
            return Err(Error::invalid(format!("--data names texts of {name} twice: name them once")));
        }
    }
    if let Some(run) = &arguments.run {
        texts::check_run(&bundle, run)?;
    }
    let histories = arguments.run.as_deref().map(read_histories).transpose()?.unwrap_or_default();
    let classifier = Classifier::new(&bundle)?;
    let mut progress = Bars::default();
    let mut tasks = Vec::new();
    for (index, task) in bundle.manifest.tasks.iter().enumerate() {
        let measured = match source(&arguments, &task.name) {
            Some((path, words)) => {
                let scored = texts::scored(&bundle, &classifier, index, &path, &arguments.choice, &mut progress)?;
                let measured = Measured::of(task, &scored.predictions(), words)?;
                measured.metrics.notes().iter().for_each(|note| progress.note(&format!("{}: {note}", task.name)));
                Some(measured)
            }
            None => {
                let name = &task.name;
                progress.note(&format!(
                    "{name} is not measured: the run left no texts of it; name some by --data {name}=PATH"
                ));
                None
            }
        };
        let scored = |text: &&str| Ok::<_, Error>(Sentence::of(text, &classifier.classify(text)?, &task.name));
        tasks.push(TaskReport {
            name: task.name.clone(),
            kind: task.kind,
            history: histories.get(&task.name).cloned(),
            measured,
            calibration: task.calibration.clone(),
            sentences: sentences(&task.name).iter().map(scored).filter_map(Result::transpose).collect::<Result<_>>()?,
        });
    }
    let report = Report { name: bundle.manifest.name.clone(), model: describe(&bundle.manifest), tasks };
    write(&arguments.out, &report)?;
    say!("The report is {}", arguments.out.join("report.html").display());
    Ok(())
}

/// The bundle to measure: the one that was named, or else the run's own model as it was trained.
fn bundle(arguments: &Arguments) -> Result<Bundle> {
    match (&arguments.bundle, &arguments.run) {
        (Some(folder), _) => Bundle::read(folder),
        (None, Some(folder)) => {
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
            let options = Options {
                name,
                licence: "unspecified".into(),
                storage: Precision::F32.into(),
                max_tokens: None,
                averaged: Vec::new(),
                rounding: Vec::new(),
            };
            assemble(&RunFolder::open(folder)?, &options, &mut Silent)
        }
        // Cannot be: the command line demands one.
        (None, None) => Err(Error::invalid("give --run or --bundle")),
    }
}

/// The texts to measure a task on, and what they are in words; none where there are none.
fn source(arguments: &Arguments, task: &str) -> Option<(PathBuf, String)> {
    if let Some((_, path)) = arguments.data.iter().rfind(|(name, _)| name == task) {
        let words = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        return Some((path.clone(), words));
    }
    let path = run::held_out(arguments.run.as_deref()?, task);
    path.is_file().then(|| (path, "texts held out from training".to_owned()))
}

fn parse_data(argument: &str) -> Result<(String, PathBuf)> {
    let parts = argument.split_once('=');
    let (name, path) =
        parts.ok_or_else(|| Error::invalid("give a task's name and its data, as in toxicity=test.csv"))?;
    Ok((name.to_owned(), path.into()))
}
