//! From what the companion has printed as JSON to what a card says.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::Origin;
use crate::bundle::Task;
use crate::card::{
    self, Capability, Decision, DisguiseFigure, Elsewhere, Figure, LabelCard, Measured, MentionedTerm, Mentions,
    ReliabilityBin, TaskCard, Term, Training,
};
use crate::threshold::Decisions;
use crate::train::bias::{Bias, DataBias, SubgroupAucs};
use crate::train::disguise::Disguise;
use crate::train::evaluate::{Differences, Evaluation};
use crate::train::examine::{Examination, Tally};
use crate::train::metrics::{Bin, Interval};
use crate::train::{figures, report};
use crate::{Error, Result};

/// The task whose words are disguised.
const DISGUISED: &str = "toxicity";

/// What the file says; none where there is no such file.
pub fn read<T: DeserializeOwned>(folder: &Path, file: &str) -> Result<Option<T>> {
    let path = folder.join(file);
    if !path.is_file() {
        return Ok(None);
    }
    let content = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let measured = serde_json::from_str(&content).map_err(|error| {
        Error::invalid(format!("{} is not what the companion prints as JSON: {error}", path.display()))
    })?;
    Ok(Some(measured))
}

/// What was measured of a task.
pub fn of_task(task: &Task, Origin { measurements: folder, run, .. }: Origin) -> Result<TaskCard> {
    let evaluation: Option<Evaluation> = read(folder, &format!("evaluate-{}.json", task.name))?;
    evaluation.iter().try_for_each(|evaluation| check_current(task, evaluation))?;
    let rounding: Option<Evaluation> = read(folder, &format!("rounding-{}.json", task.name))?;
    let examination: Option<Examination> = read(folder, &format!("examine-{}.json", task.name))?;
    let histories = run.map(report::read_histories).transpose()?.unwrap_or_default();
    let training = histories.get(&task.name).map(|history| Training {
        losses: history.smoothed.clone(),
        validations: history.validations.iter().map(|validation| [validation.step as f64, validation.loss]).collect(),
    });
    Ok(TaskCard {
        name: task.name.clone(),
        is_about_words: !task.unit.is_text(),
        measured: evaluation
            .as_ref()
            .map(|evaluation| measured(task, evaluation, rounding.and_then(|rounding| rounding.differences))),
        elsewhere: elsewhere(folder, task)?,
        behaviour: examination.map(behaviour).unwrap_or_default(),
        disguises: if task.name == DISGUISED { disguises(folder, evaluation.as_ref())? } else { Vec::new() },
        training,
    })
}

/// Checks that a task was measured as the bundle has it: with its labels, and at their thresholds.
fn check_current(task: &Task, evaluation: &Evaluation) -> Result<()> {
    let labels = &task.labels;
    let said =
        |what: String| Err(Error::invalid(format!("evaluate-{}.json {what}: measure the bundle anew", task.name)));
    if let Some(name) = evaluation.metrics.labels.keys().find(|name| labels.iter().all(|label| label.name != **name)) {
        return said(format!("is of another bundle: it has the label {name}"));
    }
    for label in labels {
        let threshold = evaluation.decisions.get(&label.name).and_then(|of| of.threshold);
        if let Some(threshold) = threshold.filter(|threshold| *threshold != label.threshold) {
            return said(format!(
                "was measured with the threshold {threshold} of {}, which is {} in the bundle",
                label.name, label.threshold
            ));
        }
    }
    Ok(())
}

fn measured(task: &Task, evaluation: &Evaluation, differences: Option<Differences>) -> Measured {
    let Evaluation { metrics, intervals, .. } = evaluation;
    let figure = |name: &str, value: Option<f64>, interval: Option<Interval>| Figure {
        name: name.to_owned(),
        value,
        interval: interval.map(|Interval { low, high }| [low, high]),
    };
    let of =
        |interval: fn(&crate::train::metrics::Intervals) -> Option<Interval>| intervals.as_ref().and_then(interval);
    let loss = format!("loss ({})", figures::loss_name(task.kind));
    let mut of_task = vec![
        figure(&loss, Some(metrics.loss), of(|of| of.loss)),
        figure(figures::accuracy_name(task.kind), metrics.accuracy, of(|of| of.accuracy)),
    ];
    if metrics.f1_macro.is_some() {
        of_task.push(figure("F1, macro", metrics.f1_macro, None));
    }
    of_task.push(figure("ROC AUC, macro", metrics.auc_macro, of(|of| of.auc_macro)));
    of_task.push(figure("ROC AUC, micro", metrics.auc_micro, of(|of| of.auc_micro)));
    for label in &task.labels {
        let auc = metrics.labels.get(&label.name).and_then(|of| of.auc);
        let interval = intervals.as_ref().and_then(|of| of.labels.get(&label.name).copied().flatten());
        of_task.push(figure(&format!("ROC AUC of {}", label.name), auc, interval));
    }
    of_task.push(figure("calibration error (ECE)", metrics.ece, None));
    if evaluation.character_f1.is_some() {
        of_task.push(figure("mean character F1", evaluation.character_f1, None));
        let shown = "the same of what is shown: no word of a text below its threshold";
        of_task.push(figure(shown, evaluation.character_f1_shown, None));
    }
    if let Some(Differences { percentile_99, .. }) = differences {
        let what = "probabilities' distance from those of the weights in f32, 99th percentile";
        of_task.push(figure(what, Some(f64::from(percentile_99)), None));
    }
    let label = |(number, label): (usize, &crate::bundle::Label)| {
        let known = metrics.labels.get(&label.name);
        let interval = intervals.as_ref().and_then(|of| of.labels.get(&label.name).copied().flatten());
        let bins = evaluation.reliability.as_ref().and_then(|of| of.labels.get(number));
        let decisions = evaluation.decisions.get(&label.name);
        LabelCard {
            name: label.name.clone(),
            auc: figure("ROC AUC", known.and_then(|of| of.auc), interval),
            average_precision: known.and_then(|of| of.average_precision),
            calibration_error: known.and_then(|of| of.ece),
            decision: decisions.map(decision),
            rate: decisions.and_then(rate),
            operating_points: evaluation.operating_points.get(&label.name).cloned().unwrap_or_default(),
            reliability: bins.map(|bins| bins.iter().map(bin).collect()).unwrap_or_default(),
        }
    };
    Measured {
        counted: metrics.counted(),
        figures: of_task,
        labels: task.labels.iter().enumerate().map(label).collect(),
    }
}

fn decision(decisions: &Decisions) -> Decision {
    let Decisions { threshold, precision, recall, f1, false_positive_rate, .. } = *decisions;
    Decision { threshold: threshold.map(f64::from), precision, recall, f1, false_positive_rate }
}

/// The share of the texts that have the label.
fn rate(decisions: &Decisions) -> Option<f64> {
    let positives = decisions.true_positives + decisions.false_negatives;
    let all = positives + decisions.false_positives + decisions.true_negatives;
    (all > 0.0).then(|| positives / all)
}

fn bin(bin: &Bin) -> ReliabilityBin {
    let rounded = |share: f64| ((share * 1e4).round() / 1e4) as f32;
    ReliabilityBin { probability: rounded(bin.probability), share: rounded(bin.positives), texts: bin.texts() as u32 }
}

/// What was measured on texts of other kinds: a row for each set and each label that is known of some of its texts.
fn elsewhere(folder: &Path, task: &Task) -> Result<Vec<Elsewhere>> {
    let prefix = format!("elsewhere-{}-", task.name);
    let entries = std::fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<std::io::Result<Vec<_>>>()
    });
    let mut files = entries.map_err(Error::io(folder))?;
    files.retain(|file| file.starts_with(&prefix) && file.ends_with(".json"));
    files.sort_unstable();
    let mut rows = Vec::new();
    for file in &files {
        let Some(Evaluation { metrics, decisions, within, .. }) = read(folder, file)? else { continue };
        let name = file[prefix.len()..].trim_end_matches(".json");
        for label in &task.labels {
            let Some(of) = metrics.labels.get(&label.name) else { continue };
            let (positives, negatives) = (of.positives, of.negatives.unwrap_or(0));
            let texts = positives + negatives + of.undecided;
            if texts == 0 {
                continue;
            }
            let decisions = decisions.get(&label.name);
            let within = within.as_ref().and_then(|within| {
                // As it was given: a probability in f32 has digits more that nobody wrote.
                let end = |end: f32| (f64::from(end) * 1e4).round() / 1e4;
                Some([within.labels.get(&label.name).copied().flatten()?, end(within.low), end(within.high)])
            });
            rows.push(Elsewhere {
                name: if task.labels.len() == 1 { name.to_owned() } else { format!("{name}: {}", label.name) },
                texts,
                // Shares of nothing are no figures, and with several labels accuracy is that of all.
                accuracy: metrics.accuracy.filter(|_| task.labels.len() == 1),
                auc: of.auc,
                recall: decisions.map(|at| at.recall).filter(|_| positives > 0),
                false_positive_rate: decisions.and_then(|at| at.false_positive_rate).filter(|_| negatives > 0),
                within,
            });
        }
    }
    Ok(rows)
}

fn behaviour(Examination { all, capabilities, .. }: Examination) -> Vec<Capability> {
    let row = |name: &str, Tally { cases, passed }: Tally| Capability { name: name.to_owned(), cases, passed };
    let rows = capabilities.iter().map(|of| row(&of.capability, of.tally));
    std::iter::once(row("all", all)).chain(rows).collect()
}

fn disguises(folder: &Path, plain: Option<&Evaluation>) -> Result<Vec<DisguiseFigure>> {
    let figure = |way: Disguise| {
        let measured: Option<Evaluation> = read(folder, &format!("disguised-{}.json", way.name()))?;
        let auc = measured.and_then(|of| of.metrics.auc_macro);
        let lost = plain.and_then(|of| of.metrics.auc_macro).zip(auc).map(|(plain, auc)| plain - auc);
        Ok(DisguiseFigure { name: way.name().to_owned(), auc, lost })
    };
    Disguise::ALL.into_iter().map(figure).collect()
}

/// How groups of people fare; none where that was not measured.
pub fn bias(folder: &Path) -> Result<Option<card::Bias>> {
    let Some(Bias { label, templates, data, .. }) = read::<Bias>(folder, "bias.json")? else { return Ok(None) };
    let mut terms: Vec<Term> = templates
        .terms
        .iter()
        .map(|term| Term {
            term: term.term.clone(),
            neutral: term.neutral,
            distance: term.neutral_distance,
            marked: term.neutral_marked,
            aucs: aucs(&term.aucs),
        })
        .collect();
    terms.sort_by(|a, b| b.neutral.total_cmp(&a.neutral));
    Ok(Some(card::Bias {
        label,
        neutral: templates.neutral,
        neutral_marked: templates.neutral_marked,
        toxic: templates.toxic,
        auc: templates.auc,
        terms,
        mentions: data.map(mentions),
    }))
}

fn mentions(DataBias { samples, auc, terms, left_out }: DataBias) -> Mentions {
    let term = |term: &crate::train::bias::TermAucs| MentionedTerm {
        term: term.counts.term.clone(),
        with: term.counts.positives,
        without: term.counts.negatives,
        aucs: aucs(&term.aucs),
    };
    Mentions { texts: samples, auc, terms: terms.iter().map(term).collect(), left_out: left_out.len() }
}

fn aucs(aucs: &SubgroupAucs) -> [Option<f64>; 3] {
    [aucs.subgroup, aucs.bpsn, aucs.bnsp]
}
