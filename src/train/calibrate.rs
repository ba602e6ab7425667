//! Probabilities that can be taken at their word, and thresholds that decide as wanted.
//!
//! A fine-tuned network is sure of itself beyond what it gets right, and the more so the longer it was trained (Guo et al.
//! 2017, "On calibration of modern neural networks"). Three corrections, each of one label by itself:
//!
//! - [`platt`] fits a line through the logit, on texts that training has not seen;
//! - [`prior_shift`] moves the logit to the rate at which a label really occurs, where the texts at hand were gathered so
//!   that rare labels are common among them;
//! - [`threshold`] finds the probability from which on a label should count, on the corrected probabilities and with
//!   the texts weighted to the real rates.
//!
//! Exclusive classes have one correction together, a [`temperature`], and no thresholds: the likeliest counts.
//!
//! None of them changes in which order a label ranks texts. All go into the bundle's manifest, and whoever classifies with
//! the bundle applies them. With few examples of a label the line would follow chance, so that it gets less of it or none.

use std::collections::BTreeMap;
use std::path::Path;

use super::class_counts::FEW;
use super::files;
use super::metrics::{Predictions, Sample, check_rates, factors, judged, mean, share, texts, texts_of_class};
use crate::bert::Unit;
use crate::bundle::{Calibration, CalibrationRecord, HeadKind, Label, MANIFEST, Manifest, ManifestFields, Task};
use crate::card;
use crate::logistic::{log_odds, sigmoid, softplus};
use crate::threshold::{self, Decisions, ThresholdObjective};
use crate::{Error, Result};

mod platt;
mod temperature;

/// With fewer texts of either class than these only the bias is fitted: a slope through so few is chance, and so is the best
/// of all thresholds.
const FOR_A_SLOPE: usize = 20;
/// With fewer than these the label is left as it was.
const FOR_A_BIAS: usize = FEW;

/// What the calibration is to achieve.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CalibrationOptions {
    /// The true rates of labels, by name: the share of all texts that have the label where the bundle will be used.
    pub rates: BTreeMap<String, f64>,
    /// What thresholds are chosen for.
    pub objective: ThresholdObjective,
}

/// What became of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibratedTask {
    /// What the logits of exclusive classes are to be divided by; 1 where labels have a line each.
    pub temperature: f32,
    /// Its labels, in order.
    pub labels: Vec<Calibrated>,
    /// What did not go as wished with all of them, in sentences.
    pub notes: Vec<String>,
}

impl CalibratedTask {
    /// Whether anything was fitted.
    pub fn is_fitted(&self) -> bool {
        self.labels.iter().any(|label| label.is_fitted)
    }
}

/// What became of one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The label as the manifest is to have it.
    pub label: Label,
    /// Whether anything was fitted; with too few texts of either class nothing is, and the label is as it was.
    pub is_fitted: bool,
    /// Whether a threshold was chosen; else it is at the logit where it was.
    pub is_chosen: bool,
    /// Mean binary cross-entropy, of a class against the rest, before, with the texts weighted to the true rate; none where no text has a known target.
    pub loss_before: Option<f64>,
    /// The same after.
    pub loss_after: Option<f64>,
    /// How the threshold decides, with the texts weighted to the true rate.
    pub decisions: Decisions,
    /// What did not go as wished, in sentences.
    pub notes: Vec<String>,
}

impl CalibrationOptions {
    /// Checks that the options can be followed for a bundle that has `labels`.
    ///
    /// # Errors
    /// A rate is of a label that is not among them, or is no share; or the wanted precision is none.
    pub fn check(&self, labels: &[&str]) -> Result<()> {
        check_rates(&self.rates, labels)?;
        self.objective.check()
    }
}

/// Fits calibration and threshold of each of the task's labels, which are the predictions' in order, or the temperature of its classes.
///
/// The predictions' logits are the model's own, without the calibration that the task has; a label with too few examples
/// keeps that.
///
/// # Errors
/// The labels are not those of the predictions, or these cannot be measured.
pub fn calibrate(task: &Task, predictions: &Predictions, options: &CalibrationOptions) -> Result<CalibratedTask> {
    predictions.check()?;
    let labels = &task.labels;
    if task.kind != predictions.kind || !labels.iter().map(|label| &label.name).eq(predictions.labels) {
        return Err(Error::invalid("the predictions are of other labels than those that are to be calibrated"));
    }
    if task.kind == HeadKind::Classes {
        return calibrate_classes(task, predictions, options);
    }
    let by_label = labels.iter().zip(predictions.by_label());
    let rows = if predictions.texts.is_some() { Unit::Token } else { Unit::Text };
    let labels = by_label.map(|(label, (_, samples))| of_label(label, &samples, rows, options)).collect();
    Ok(CalibratedTask { temperature: 1.0, labels, notes: Vec::new() })
}

/// One temperature for all classes, which leaves in place which of them is the likeliest.
fn calibrate_classes(task: &Task, predictions: &Predictions, options: &CalibrationOptions) -> Result<CalibratedTask> {
    if let Some(name) = predictions.labels.iter().find(|name| options.rates.contains_key(*name)) {
        return Err(Error::invalid(format!(
            "the rate of {name} is of a class that excludes others: true rates are for labels that apply or not, whatever the others do"
        )));
    }
    let texts = texts(&predictions.believed());
    let mut notes = Vec::new();
    let fitted = if texts < FOR_A_SLOPE {
        notes.push(format!("{}: left as it was, since {texts} texts are too few for a temperature", task.name));
        None
    } else {
        let fitted = temperature::fit(predictions);
        fitted.map_err(|why| notes.push(format!("{}: left as it was, since {why}", task.name))).ok()
    };
    let temperature = fitted.map_or(task.temperature, |temperature| temperature as f32);
    let with = |temperature: f32| {
        let task = Task { temperature, ..task.clone() };
        let mut logits: Vec<f32> =
            predictions.logits.iter().map(|&logit| -softplus(-f64::from(logit)) as f32).collect();
        logits.chunks_exact_mut(task.labels.len()).for_each(|row| task.calibrate(row));
        logits
    };
    let (before, after) = (with(task.temperature), with(temperature));
    let (before, after) =
        (Predictions { logits: &before, ..*predictions }, Predictions { logits: &after, ..*predictions });
    let decisions = after.decisions(&[])?;
    let loss = |(_, samples): (&str, Vec<Sample>)| mean(&samples, Sample::loss);
    let losses = before.by_label().map(loss).zip(after.by_label().map(loss));
    let of_class = |(label, (loss_before, loss_after)): (&Label, (Option<f64>, Option<f64>))| Calibrated {
        label: label.clone(),
        is_fitted: fitted.is_some(),
        is_chosen: false,
        loss_before,
        loss_after,
        // Cannot be missing: there is one for each class.
        decisions: decisions[&label.name],
        notes: Vec::new(),
    };
    let labels = task.labels.iter().zip(losses).map(of_class).collect();
    Ok(CalibratedTask { temperature, labels, notes })
}

fn of_label(label: &Label, samples: &[Sample], rows: Unit, options: &CalibrationOptions) -> Calibrated {
    // What weighs nothing is no evidence.
    let samples: Vec<Sample> = samples.iter().copied().filter(|sample| sample.weight > 0.0).collect();
    let rate = options.rates.get(&label.name).copied();
    let mut notes = Vec::new();
    let calibration = fitted(label, &samples, rows, rate, &mut notes);
    let factors = rate.map_or([1.0, 1.0], |rate| factors(&samples, rate));
    let weighted: Vec<Sample> = samples.iter().map(|sample| sample.reweighted(factors)).collect();
    let with = |calibration: Calibration| -> Vec<Sample> {
        weighted.iter().map(|&sample| sample.with_logit(calibration.apply(sample.logit))).collect()
    };
    let after = with(calibration.unwrap_or(label.calibration));
    let mut threshold = calibration.map_or(label.threshold, |now| moved(label.threshold, label.calibration, now));
    let mut is_chosen = false;
    if fewer(&samples) >= FOR_A_SLOPE
        && let Some(choice) = threshold::choose(judged(&after), options.objective)
    {
        (threshold, is_chosen) = (choice.threshold, true);
        if let (false, ThresholdObjective::Precision(wanted)) = (choice.reached, options.objective) {
            let best = Decisions::of(judged(&after), threshold).precision;
            notes.push(format!(
                "{}: no threshold has the precision {wanted}; the best there is, {best:.3}, is kept",
                label.name
            ));
        }
    }
    Calibrated {
        is_fitted: calibration.is_some(),
        is_chosen,
        label: Label { calibration: calibration.unwrap_or(label.calibration), threshold, ..label.clone() },
        loss_before: mean(&with(label.calibration), Sample::loss),
        loss_after: mean(&after, Sample::loss),
        decisions: Decisions::of(judged(&after), threshold),
        notes,
    }
}

/// The threshold that decides as `threshold` did, once logits are calibrated otherwise; ½ is nobody's choice, and stays.
fn moved(threshold: f32, before: Calibration, now: Calibration) -> f32 {
    if threshold == 0.5 {
        return threshold;
    }
    let logit = (log_odds(f64::from(threshold)) - f64::from(before.bias)) / f64::from(before.scale);
    let moved = sigmoid(f64::from(now.scale) * logit + f64::from(now.bias)) as f32;
    // At 0 and 1 there is no logit, and all or nothing counts in either case.
    if moved.is_finite() { moved } else { threshold }
}

/// The line through the logit, moved to the true rate if there is one; none where the label is to stay as it is.
fn fitted(
    label: &Label,
    samples: &[Sample],
    rows: Unit,
    rate: Option<f64>,
    notes: &mut Vec<String>,
) -> Option<Calibration> {
    let name = &label.name;
    let few = fewer(samples);
    let [with, without] = [true, false].map(|class| texts_of_class(samples, Some(class)));
    let counts = match rows {
        Unit::Text => format!("{with} texts with the label and {without} without"),
        Unit::Token => {
            format!("{with} texts with tokens that have the label and {without} with tokens that have it not")
        }
    };
    if few < FOR_A_BIAS {
        notes.push(format!("{name}: left as it was, since {counts} are too few to tell anything"));
        return None;
    }
    let line = if few < FOR_A_SLOPE {
        notes.push(format!("{name}: only its bias was fitted, since {counts} are too few for a slope and a threshold"));
        platt::fit_bias(samples)
    } else {
        platt::fit(samples).unwrap_or_else(|why| {
            notes.push(format!("{name}: only its bias was fitted, since {why}"));
            platt::fit_bias(samples)
        })
    };
    let shift = rate.map_or(0.0, |rate| prior_shift(share(samples), rate));
    Some(Calibration { scale: line.scale as f32, bias: (line.bias + shift) as f32 })
}

/// What to add to a logit that is right where a label has the rate `from`, to be right where it has the rate `to`: the
/// logarithm of the odds' ratio (Elkan 2001, "The foundations of cost-sensitive learning", theorem 2; Saerens et al. 2002,
/// "Adjusting the outputs of a classifier to new a priori probabilities", equation 4). It assumes that texts with the label
/// are the same kind of texts in both places, and those without it too.
pub fn prior_shift(from: f64, to: f64) -> f64 {
    log_odds(to) - log_odds(from)
}

/// How many texts have the rarer class, or tokens of it: tokens of one text are one observation.
fn fewer(samples: &[Sample]) -> usize {
    texts_of_class(samples, Some(true)).min(texts_of_class(samples, Some(false)))
}

/// Writes into the manifest what was fitted for the task number `task`, on so many texts that `data` describes in words. A model card that the bundle
/// has is none of its documents any more.
///
/// # Errors
/// What was fitted cannot be, such as a scale that is not finite; the manifest stays as it was.
///
/// # Panics
/// There is no such task.
pub fn record(
    manifest: &mut Manifest,
    task: usize,
    fitted: &CalibratedTask,
    data: &str,
    samples: usize,
    options: &CalibrationOptions,
) -> Result<()> {
    let mut tasks = manifest.tasks.clone();
    let task = &mut tasks[task];
    let before = task.calibration.take();
    let is_fitted = |name: &str| fitted.labels.iter().any(|label| label.label.name == name && label.is_fitted);
    // What was left as it was is still as it was made before.
    let mut rates = before.as_ref().map_or_else(BTreeMap::new, |before| before.rates.clone());
    rates.retain(|name, _| !is_fitted(name));
    rates.extend(options.rates.iter().filter(|(name, _)| is_fitted(name)).map(|(name, rate)| (name.clone(), *rate)));
    let thresholds = match (task.kind, before) {
        (HeadKind::Classes, _) => "the likeliest class".to_owned(),
        (HeadKind::Labels, _) if fitted.labels.iter().all(|label| label.is_chosen) => options.objective.words(),
        (HeadKind::Labels, before) => {
            let chosen = fitted.labels.iter().filter(|label| label.is_chosen).map(|label| &label.label.name[..]);
            let chosen: Vec<_> = chosen.collect();
            let before = before.map_or_else(|| "½".to_owned(), |before| before.thresholds);
            match &chosen[..] {
                [] => before,
                _ => format!("{} for {}; else as before ({before})", options.objective.words(), chosen.join(", ")),
            }
        }
    };
    task.labels = fitted.labels.iter().map(|fitted| fitted.label.clone()).collect();
    task.temperature = fitted.temperature;
    task.calibration = Some(CalibrationRecord { data: data.to_owned(), samples, rates, thresholds });
    let mut fields = ManifestFields { tasks, ..manifest.clone().into_fields() };
    // Its figures are of the calibration before.
    fields.documents.remove(card::NAME);
    *manifest = fields.try_into()?;
    Ok(())
}

/// Replaces the manifest of the bundle in `folder`, at once or not at all.
///
/// # Errors
/// The file cannot be written; the one before it stays.
pub fn save(folder: &Path, manifest: &Manifest) -> Result<()> {
    files::write(&folder.join(MANIFEST), &manifest.to_json()?)
}

#[cfg(test)]
mod tests;
