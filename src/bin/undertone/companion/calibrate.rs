//! `undertone calibrate`.

use std::path::{Path, PathBuf};

use undertone::bundle::{Bundle, HeadKind, Task};
use undertone::card;
use undertone::classify::Classifier;
use undertone::threshold::ThresholdObjective;
use undertone::train::calibrate::{CalibratedTask, CalibrationOptions, calibrate, record, save};
use undertone::train::figures::precise;
use undertone::train::run;
use undertone::{Error, Result};

use super::progress::Bars;
use super::rates::Rates;
use super::texts;

/// Corrects a bundle's probabilities and chooses its thresholds, on labelled texts that training has not seen.
///
/// Fits a scale and a bias for each label's logit (Platt scaling), which leaves the order of texts as it is, and writes them
/// and the thresholds into the bundle's manifest; the page, `predict` and `evaluate` apply them. Calibrating again starts
/// from the model's own logits.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// Which of the bundle's tasks to calibrate; with --run all of them where not given.
    #[arg(long, value_name = "NAME", required_unless_present = "run")]
    task: Option<String>,
    /// Calibrate on these texts, in the layouts that `undertone train` reads.
    #[arg(long, value_name = "PATH", required_unless_present = "run", conflicts_with = "run")]
    data: Option<PathBuf>,
    /// Calibrate on the texts that this run held out: what `undertone train` left in the folder held-out.
    #[arg(long, value_name = "FOLDER")]
    run: Option<PathBuf>,
    #[command(flatten)]
    rates: Rates,
    /// Choose thresholds that have at least this precision, and with it the most recall.
    #[arg(long, value_name = "SHARE", conflicts_with = "best_f1")]
    precision: Option<f64>,
    /// Choose thresholds that have an F1 at most so much below the best one, and with it the most recall: where what is missed
    /// costs more than a false alarm, as in 0.01.
    #[arg(long, value_name = "DIFFERENCE", conflicts_with_all = ["best_f1", "precision"])]
    f1_within: Option<f64>,
    /// Choose thresholds with the best F1; so it is where neither --precision nor --f1-within is given.
    #[arg(long)]
    best_f1: bool,
    #[command(flatten)]
    choice: texts::Choice,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let bundle = Bundle::read(&arguments.bundle)?;
    let (sources, words) = sources(&arguments, &bundle)?;
    let names: Vec<&str> = sources
        .iter()
        .flat_map(|(task, _)| bundle.manifest.tasks[*task].labels.iter().map(|label| label.name.as_str()))
        .collect();
    let options = CalibrationOptions {
        rates: arguments.rates.by_label()?,
        objective: match (arguments.precision, arguments.f1_within) {
            (Some(precision), _) => ThresholdObjective::Precision(precision),
            (None, Some(cost)) => ThresholdObjective::NearBestF1(cost),
            (None, None) => ThresholdObjective::BestF1,
        },
    };
    options.check(&names)?;
    let mut manifest = bundle.manifest.clone();
    let has_card = manifest.documents.contains_key(card::NAME);
    let bundle = Bundle { manifest: bundle.manifest.uncalibrated(), ..bundle };
    let classifier = Classifier::new(&bundle)?;
    let mut progress = Bars::default();
    let mut is_calibrated = false;
    for (task, path) in sources {
        let scored = texts::scored(&bundle, &classifier, task, &path, &arguments.choice, &mut progress)?;
        let fitted = calibrate(&manifest.tasks[task], &scored.predictions(), &options)?;
        // What was not fitted must not be called calibrated.
        if fitted.is_fitted() {
            is_calibrated = true;
            record(&mut manifest, task, &fitted, &words, scored.len(), &options)?;
        }
        print_table(&manifest.tasks[task], scored.len(), &words, &fitted);
    }
    if !is_calibrated {
        say!("Nothing was calibrated: {} is as it was", arguments.bundle.display());
        return Ok(());
    }
    save(&arguments.bundle, &manifest)?;
    say!("The calibration is in {}", arguments.bundle.join("manifest.json").display());
    if has_card {
        say!(
            "The bundle's model card was of the calibration before, and is taken out: measure anew, then undertone card --publish"
        );
    }
    Ok(())
}

/// The tasks to calibrate, each with its texts, and what these are in words.
fn sources(arguments: &Arguments, bundle: &Bundle) -> Result<(Vec<(usize, PathBuf)>, String)> {
    let named = arguments.task.as_ref().map(|name| texts::task(bundle, name)).transpose()?;
    let Some(run) = &arguments.run else {
        // Cannot be missing: without --run the command line demands both.
        let (Some(task), Some(data)) = (named, &arguments.data) else {
            return Err(Error::invalid("give --task and --data, or --run"));
        };
        let words = data.file_name().unwrap_or(data.as_os_str()).to_string_lossy().into_owned();
        return Ok((vec![(task, data.clone())], words));
    };
    let tasks = named.map_or((0..bundle.manifest.tasks.len()).collect(), |task| vec![task]);
    let sources: Result<Vec<_>> =
        tasks.into_iter().map(|task| Ok((task, left_by(run, &bundle.manifest.tasks[task].name)?))).collect();
    let sources = sources?;
    texts::check_run(bundle, run)?;
    Ok((sources, "texts held out from training".to_owned()))
}

fn left_by(run: &Path, task: &str) -> Result<PathBuf> {
    let path = run::held_out(run, task);
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::invalid(format!(
        "{} does not exist: the run did not train {task}, or an older version of Undertone made it; name texts by --task and --data",
        path.display()
    )))
}

fn print_table(
    task: &Task,
    samples: usize,
    words: &str,
    CalibratedTask { temperature, labels, notes }: &CalibratedTask,
) {
    say!("{}: {samples} texts, {words}", task.name);
    let is_classes = task.kind == HeadKind::Classes;
    if is_classes {
        say!("temperature {temperature:.4}; each class against the rest, where the likeliest counts:");
    }
    say!("label               scale     bias  threshold  precision  recall      F1    loss  before");
    for fitted in labels {
        let (label, decisions) = (&fitted.label, &fitted.decisions);
        say!(
            "{:<16} {:>8.4} {:>8.4}  {:>9}  {:>9.4}  {:>6.4}  {:>6.4} {:>7} {:>7}",
            label.name,
            label.calibration.scale,
            label.calibration.bias,
            if is_classes { "likeliest".to_owned() } else { format!("{:.4}", label.threshold) },
            decisions.precision,
            decisions.recall,
            decisions.f1,
            precise(fitted.loss_after),
            precise(fitted.loss_before),
        );
    }
    for note in notes.iter().chain(labels.iter().flat_map(|fitted| &fitted.notes)) {
        say!("{note}");
    }
}
