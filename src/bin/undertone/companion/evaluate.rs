//! `undertone evaluate`.

use std::path::PathBuf;

use rayon::prelude::*;
use undertone::bert::Unit;
use undertone::bundle::{Bundle, Windows};
use undertone::classify::{Classifier, TaskWords};
use undertone::threshold::Decisions;
use undertone::train::Progress;
use undertone::train::data::Example;
use undertone::train::evaluate::{Differences, Evaluation, Within};
use undertone::train::figures::precise;
use undertone::train::metrics::{BINS, Interval, Intervals, Metrics, Predictions, character_f1};
use undertone::{Error, Result};

use super::activations::Activations;
use super::progress::Bars;
use super::rates::Rates;
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
    /// Add the interval that holds 95% of so many resamples of the texts (1,000 are usual): how far chance may have moved
    /// a figure. --seed draws them.
    #[arg(long, value_name = "RESAMPLES")]
    bootstrap: Option<usize>,
    #[command(flatten)]
    rates: Rates,
    /// Say what share of each label's probabilities is within a range, as in .3,.7: how many neutral texts are taken for such.
    #[arg(long, value_name = "LOW,HIGH", value_parser = parse_range)]
    within: Option<(f32, f32)>,
    /// Say how far the probabilities are from those of another bundle of the same run, such as one in f32; it is read
    /// with this one's calibration.
    #[arg(long, value_name = "FOLDER")]
    against: Option<PathBuf>,
    /// What is done with texts that are longer than the model reads at once; as the bundle says where not given.
    #[arg(long, value_enum, conflicts_with = "max_tokens")]
    windows: Option<Windows>,
    /// How an int8 bundle's activations are rounded.
    #[arg(long, value_enum, default_value_t = Activations::Wide)]
    activations: Activations,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let bundle = Bundle::read(&arguments.bundle)?;
    let classifier = Classifier::with_rounding(&bundle, arguments.activations.into())?;
    let classifier = classifier.reading_long_texts(arguments.windows)?;
    let task = texts::task(&bundle, &arguments.task)?;
    let rates = arguments.rates.by_label()?;
    let mut progress = Bars::default();
    let scored = texts::scored(&bundle, &classifier, task, &arguments.data, &arguments.choice, &mut progress)?;
    let factors = scored.predictions().factors_to(&rates)?;
    let predictions = Predictions { factors: Some(&factors), ..scored.predictions() };
    let metrics = Metrics::of(&predictions)?;
    metrics.notes().iter().for_each(|note| progress.note(note));
    let intervals = |resamples| predictions.intervals(resamples, arguments.choice.seed);
    let marked = match bundle.manifest.tasks[task].unit {
        Unit::Text => None,
        Unit::Token => Some(MarkedWords::of(&classifier, &arguments.task, scored.examples())?),
    };
    let thresholds: Vec<f32> = bundle.manifest.tasks[task].labels.iter().map(|label| label.threshold).collect();
    let differences = match &arguments.against {
        None => None,
        Some(other) => {
            let other = Bundle::read(other)?.calibrated_as(&bundle)?;
            let classifier = Classifier::with_rounding(&other, arguments.activations.into())?;
            let classifier = classifier.reading_long_texts(arguments.windows)?;
            let others = texts::scored(&other, &classifier, task, &arguments.data, &arguments.choice, &mut progress)?;
            Some(Differences::of(predictions.logits, others.predictions().logits)?)
        }
    };
    let evaluation = Evaluation {
        metrics,
        rates,
        differences,
        within: arguments.within.map(|range| Within::of(&predictions, range)).transpose()?,
        intervals: arguments.bootstrap.map(intervals).transpose()?,
        decisions: predictions.decisions(&thresholds)?,
        reliability: Some(predictions.reliability(BINS)?),
        operating_points: predictions.operating_points()?,
        character_f1: marked.as_ref().map(|words| words.of_head),
        character_f1_shown: marked.as_ref().map(|words| words.shown),
    };
    if arguments.json {
        say!("{}", serde_json::to_string(&evaluation).map_err(|error| Error::invalid(error.to_string()))?);
    } else {
        if let Some(MarkedWords { of_head, shown }) = marked {
            say!(
                "mean character F1  {of_head:.4}, and {shown:.4} of what is shown, which is no word where the text as a whole is below its threshold"
            );
            say!("Below, each token counts in a figure, and each text once in what is said of chance.");
        }
        print_table(&evaluation);
        if let Some(Differences { median, percentile_99, largest }) = evaluation.differences {
            say!("");
            say!(
                "probabilities differ by {median:.4} in the median, {percentile_99:.4} at the 99th percentile and {largest:.4} at most"
            );
        }
    }
    Ok(())
}

/// How well marked characters are found, as the mean of the texts' F1.
struct MarkedWords {
    /// By the head for words alone.
    of_head: f64,
    /// In texts that are at their own threshold or above: what people see.
    shown: f64,
}

impl MarkedWords {
    fn of(classifier: &Classifier, task: &str, examples: &[Example]) -> Result<Self> {
        let of_text = |example: &Example| {
            let found = classifier.classify(&example.text)?.words.into_iter().find(|words| words.task == task);
            let f1 = |words: Option<&TaskWords>| {
                let spans = words.map_or_else(Vec::new, |words| words.spans(&example.text));
                character_f1(&example.text, &spans, &example.spans)
            };
            let of_head = found.clone().map(|words| TaskWords { is_text_marked: true, ..words });
            Ok([f1(of_head.as_ref()), f1(found.as_ref())])
        };
        let all: Vec<[f64; 2]> = examples.par_iter().map(of_text).collect::<Result<_>>()?;
        let [of_head, shown] =
            [0, 1].map(|which| all.iter().map(|f1| f1[which]).sum::<f64>() / all.len().max(1) as f64);
        Ok(Self { of_head, shown })
    }
}

fn parse_range(argument: &str) -> Result<(f32, f32)> {
    let ends = argument.split_once(',').and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
    let is_range = |(low, high): &(f32, f32)| 0.0 <= *low && low <= high && *high <= 1.0;
    ends.filter(is_range).ok_or_else(|| Error::invalid("give two probabilities, the lower one first, as in .3,.7"))
}

fn print_table(Evaluation { metrics, rates, intervals, decisions, within, .. }: &Evaluation) {
    let of =
        |figure: fn(&Intervals) -> Option<Interval>| intervals.as_ref().and_then(figure).map_or(String::new(), range);
    say!("measured on        {}", metrics.counted());
    if !rates.is_empty() {
        let rates: Vec<_> = rates.iter().map(|(label, rate)| format!("{label} {rate}")).collect();
        say!("weighted to        {}", rates.join(", "));
    }
    say!("loss               {:.4}{}", metrics.loss, of(|intervals| intervals.loss));
    let accuracy = if metrics.f1_macro.is_some() { "accuracy" } else { "binary accuracy" };
    say!("{accuracy:<17}  {}{}", precise(metrics.accuracy), of(|intervals| intervals.accuracy));
    if metrics.f1_macro.is_some() {
        say!("F1, macro          {}", precise(metrics.f1_macro));
    }
    say!("calibration error  {}", precise(metrics.ece));
    say!("ROC AUC, macro     {}{}", precise(metrics.auc_macro), of(|intervals| intervals.auc_macro));
    say!("ROC AUC, micro     {}{}", precise(metrics.auc_micro), of(|intervals| intervals.auc_micro));
    say!("");
    say!("label             ROC AUC  positives  threshold  precision  recall      F1  false alarms");
    for (name, label) in &metrics.labels {
        say_on!("{name:<16}  {:>7}  {:>9}", precise(label.auc), label.positives);
        if let Some(Decisions { threshold, precision, recall, f1, false_positive_rate, .. }) = decisions.get(name) {
            let false_alarms = precise(*false_positive_rate);
            let threshold = threshold.map_or("likeliest".to_owned(), |at| format!("{at:.4}"));
            say_on!("  {threshold:>9}  {precision:>9.4}  {recall:>6.4}  {f1:>6.4}  {false_alarms:>12}");
        }
        say!("");
    }
    if let Some(Within { low, high, labels }) = within {
        say!("");
        say!("label             share of the probabilities from {low} to {high}");
        for (name, share) in labels {
            say!("{name:<16}  {:>7}", precise(*share));
        }
    }
    if let Some(Intervals { resamples, labels, .. }) = intervals {
        say!("");
        say!("label             ROC AUC, the middle 95% of {resamples} resamples of the texts, as above");
        for (name, interval) in labels {
            say!("{name:<16}{}", interval.map_or("  undefined".to_owned(), range));
        }
    }
}

fn range(Interval { low, high }: Interval) -> String {
    format!("  {low:.4} to {high:.4}")
}
