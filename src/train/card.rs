//! A model card (Mitchell et al. 2019, "Model cards for model reporting"): what a model is, what it is for and what it is
//! not, how it was measured and what came of it.
//!
//! What people have to say stands in `card/template.md`; the figures are put into it from what `evaluate`, `examine` and
//! `bias` print with `--json`, so that no figure of the card was copied by hand. What was not measured, the card says.

use std::fmt::Write;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::bias::{Bias, DataBias, TemplateBias};
use super::chart::{Sheet, panels};
use super::disguise::Disguise;
use super::evaluate::{Differences, Evaluation};
use super::examine::Examination;
use super::metrics::Interval;
use super::report::describe;
use super::template::{Slots, fill};
use super::{figures, files};
use crate::bundle::{Manifest, Task};
use crate::{Error, Result};

const TEMPLATE: &str = include_str!("card/template.md");
const NOT_MEASURED: &str = "not measured";
/// How many terms the card shows at either end.
const EXTREMES: usize = 5;

/// A model card and the pictures that it shows.
#[derive(Debug, Clone)]
pub struct Card {
    /// The card as Markdown.
    pub text: String,
    pictures: Vec<Sheet>,
}

impl Card {
    /// Writes the card to `path` and its pictures beside it, where it looks for them.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        for picture in &self.pictures {
            files::write(&path.with_file_name(file_name(picture)), picture.file().as_bytes())?;
        }
        files::write(path, self.text.as_bytes())
    }
}

fn file_name(picture: &Sheet) -> String {
    format!("{}.svg", picture.id)
}

/// The card of the model that `manifest` describes with the measurements in the folder `measurements`:
/// `evaluate-TASK.json` and `examine-TASK.json` for each task, `elsewhere-TASK-NAME.json` for each other set of texts,
/// `disguised-WAY.json` for each [`Disguise`], and `bias.json`. `origin` says in Markdown what it was trained from and on.
///
/// # Errors
/// A measurement is there and cannot be read, or the folder cannot be listed.
pub fn card(manifest: &Manifest, measurements: &Path, origin: Option<&str>) -> Result<Card> {
    let of_tasks = |of: fn(&Path, &Task) -> Result<String>| -> Result<String> {
        let parts: Vec<String> = manifest.tasks.iter().map(|task| of(measurements, task)).collect::<Result<_>>()?;
        Ok(parts.join("\n\n"))
    };
    let mut pictures = Vec::new();
    for task in &manifest.tasks {
        pictures.push((task, calibration(measurements, task)?));
    }
    let shown: Vec<String> = pictures.iter().map(|(task, picture)| show(task, picture.as_ref())).collect();
    let slots = [
        ("name", manifest.name.clone()),
        ("model", describe(manifest)),
        ("licence", manifest.licence.clone()),
        ("description", manifest.description.clone()),
        ("origin", origin.unwrap_or("Nobody has said what it was trained from and on.").trim().to_owned()),
        ("performance", of_tasks(performance)?),
        ("calibration", shown.join("\n\n")),
        ("elsewhere", of_tasks(elsewhere)?),
        ("behaviour", of_tasks(behaviour)?),
        ("disguise", disguise(measurements)?),
        ("bias", bias(measurements)?),
    ];
    let slots: Slots = slots.into_iter().map(|(name, content)| (name.to_owned(), vec![content])).collect();
    let mut cards = fill([TEMPLATE], &slots)?;
    // Cannot be missing: slots with one filling each are filled in one way.
    let [text] = cards.remove(0);
    Ok(Card { text, pictures: pictures.into_iter().filter_map(|(_, picture)| picture).collect() })
}

/// What the file says; none where there is no such file.
fn read<T: DeserializeOwned>(folder: &Path, file: &str) -> Result<Option<T>> {
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

fn performance(folder: &Path, task: &Task) -> Result<String> {
    let Some(Evaluation { metrics, intervals, decisions, character_f1, character_f1_shown, .. }) =
        read(folder, &format!("evaluate-{}.json", task.name))?
    else {
        return Ok(format!("{}: {NOT_MEASURED}", task.name));
    };
    let mut table = heading(&format!("{}, {}", task.name, metrics.counted()), &["measured", "95% interval"]);
    let mut row = |what: &str, figure: Option<f64>, interval: Option<Interval>| {
        let interval = interval.map_or(NOT_MEASURED.to_owned(), |at| format!("{:.3} to {:.3}", at.low, at.high));
        add_row(&mut table, what, &[shown(figure), interval]);
    };
    let intervals = intervals.as_ref();
    row(&format!("loss ({})", figures::loss_name(task.kind)), Some(metrics.loss), intervals.and_then(|of| of.loss));
    row(figures::accuracy_name(task.kind), metrics.accuracy, intervals.and_then(|of| of.accuracy));
    if metrics.f1_macro.is_some() {
        row("F1, macro", metrics.f1_macro, None);
    }
    row("ROC AUC, macro", metrics.auc_macro, intervals.and_then(|of| of.auc_macro));
    row("ROC AUC, micro", metrics.auc_micro, intervals.and_then(|of| of.auc_micro));
    for label in &task.labels {
        let auc = metrics.labels.get(&label.name).and_then(|of| of.auc);
        let interval = intervals.and_then(|of| of.labels.get(&label.name).copied().flatten());
        row(&format!("ROC AUC of {}", label.name), auc, interval);
    }
    row("calibration error (ECE)", metrics.ece, None);
    if character_f1.is_some() {
        row("mean character F1", character_f1, None);
        row("the same of what is shown: no word of a text below its threshold", character_f1_shown, None);
    }
    let rounding: Option<Evaluation> = read(folder, &format!("rounding-{}.json", task.name))?;
    if let Some(Differences { percentile_99, .. }) = rounding.and_then(|of| of.differences) {
        let what = "probabilities' distance from those of the weights in f32, 99th percentile";
        row(what, Some(f64::from(percentile_99)), None);
    }
    table.push_str("\n\n");
    table.push_str(&heading(
        "label, from its threshold on",
        &["threshold", "precision", "recall", "F1", "false alarms"],
    ));
    for (label, at) in &decisions {
        let figures =
            [at.threshold.map(f64::from), Some(at.precision), Some(at.recall), Some(at.f1), at.false_positive_rate];
        add_row(&mut table, label, &figures.map(shown));
    }
    Ok(table)
}

/// The task's reliability diagrams; none where its bins were not measured.
fn calibration(folder: &Path, task: &Task) -> Result<Option<Sheet>> {
    let measured: Option<Evaluation> = read(folder, &format!("evaluate-{}.json", task.name))?;
    Ok(measured.and_then(|of| Some(panels(task, &of.metrics, &of.reliability?))))
}

/// The picture, with its words for those who cannot see it.
fn show(task: &Task, picture: Option<&Sheet>) -> String {
    match picture {
        Some(picture) => format!("![{}. {}]({})", picture.title, picture.description, file_name(picture)),
        None => format!("{}: {NOT_MEASURED}", task.name),
    }
}

/// What was measured on texts of other kinds: a row for each set and each label that is known of some of its texts.
fn elsewhere(folder: &Path, task: &Task) -> Result<String> {
    let prefix = format!("elsewhere-{}-", task.name);
    let entries = std::fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<std::io::Result<Vec<_>>>()
    });
    let mut files = entries.map_err(Error::io(folder))?;
    files.retain(|file| file.starts_with(&prefix) && file.ends_with(".json"));
    files.sort_unstable();
    if files.is_empty() {
        return Ok(format!("{}: {NOT_MEASURED}", task.name));
    }
    let columns = ["texts", "accuracy at ½", "ROC AUC", "recall", "false alarms", "within"];
    let mut table = heading(&format!("{}, on other texts", task.name), &columns);
    for file in &files {
        let Some(Evaluation { metrics, decisions, within, .. }) = read(folder, file)? else { continue };
        let name = file[prefix.len()..].trim_end_matches(".json");
        for label in &task.labels {
            let Some(of) = metrics.labels.get(&label.name) else { continue };
            let (positives, negatives) = (of.positives, of.negatives.unwrap_or(0));
            if positives + negatives + of.undecided == 0 {
                continue;
            }
            let decisions = decisions.get(&label.name);
            let within = within.as_ref().and_then(|within| {
                let share = within.labels.get(&label.name).copied().flatten()?;
                Some(format!("{} ({} to {})", shown(Some(share)), within.low, within.high))
            });
            // Shares of nothing are no figures, and with several labels accuracy is that of all.
            let figures = [
                metrics.accuracy.filter(|_| task.labels.len() == 1),
                of.auc,
                decisions.map(|at| at.recall).filter(|_| positives > 0),
                decisions.and_then(|at| at.false_positive_rate).filter(|_| negatives > 0),
            ];
            let figures =
                figures.map(|figure| figure.map_or("–".to_owned(), |measured| figures::figure(Some(measured))));
            let counted = (positives + negatives + of.undecided).to_string();
            let cells = std::iter::once(counted).chain(figures).chain([within.unwrap_or("–".to_owned())]);
            let first = if task.labels.len() == 1 { name.to_owned() } else { format!("{name}: {}", label.name) };
            add_row(&mut table, &first, &cells.collect::<Vec<_>>());
        }
    }
    Ok(table)
}

fn disguise(folder: &Path) -> Result<String> {
    let mut table = heading("toxicity, half of the words", &["ROC AUC, macro", "lost"]);
    let plain: Option<Evaluation> = read(folder, "evaluate-toxicity.json")?;
    for way in Disguise::ALL {
        let measured: Option<Evaluation> = read(folder, &format!("disguised-{}.json", way.name()))?;
        let auc = measured.and_then(|of| of.metrics.auc_macro);
        let lost = plain.as_ref().and_then(|of| of.metrics.auc_macro).zip(auc).map(|(plain, auc)| plain - auc);
        add_row(&mut table, way.name(), &[shown(auc), shown(lost)]);
    }
    Ok(table)
}

fn behaviour(folder: &Path, task: &Task) -> Result<String> {
    if !task.unit.is_text() {
        return Ok(format!("{}: there is no suite for tasks about words", task.name));
    }
    let Some(Examination { all, capabilities, .. }) = read(folder, &format!("examine-{}.json", task.name))? else {
        return Ok(format!("{}: {NOT_MEASURED}", task.name));
    };
    let mut table = heading(&format!("{}, capability", task.name), &["cases", "passed"]);
    let tallies = capabilities.iter().map(|of| (of.capability.as_str(), of.tally));
    for (what, tally) in [("all", all)].into_iter().chain(tallies) {
        add_row(&mut table, what, &[tally.cases.to_string(), format!("{:.0}%", 100.0 * tally.rate())]);
    }
    Ok(table)
}

fn bias(folder: &Path) -> Result<String> {
    let Some(bias) = read::<Bias>(folder, "bias.json")? else { return Ok(NOT_MEASURED.to_owned()) };
    let on_data = bias.data.as_ref().map_or(format!("In labelled texts: {NOT_MEASURED}."), on_data);
    Ok(format!("{}\n\n{on_data}", on_templates(&bias.label, &bias.templates)))
}

fn on_templates(label: &str, measured: &TemplateBias) -> String {
    let mut terms: Vec<_> = measured.terms.iter().collect();
    terms.sort_by(|a, b| b.neutral.total_cmp(&a.neutral));
    let columns = ["neutral sentences", "distance from the mean", "marked", "subgroup AUC", "BPSN AUC", "BNSP AUC"];
    let mut table = heading("term", &columns);
    let ends = terms.len().saturating_sub(EXTREMES);
    let extremes = terms.iter().enumerate().filter(|(place, _)| *place < EXTREMES || *place >= ends);
    for (_, term) in extremes {
        let figures = [
            format!("{:.3}", term.neutral),
            format!("{:+.3}", term.neutral_distance),
            format!("{:.0}%", 100.0 * term.neutral_marked),
            shown(term.aucs.subgroup),
            shown(term.aucs.bpsn),
            shown(term.aucs.bnsp),
        ];
        add_row(&mut table, &term.term, &figures);
    }
    format!(
        "In the same sentences, {} terms: the mean probability of `{label}` is {:.3} for neutral sentences, of which {:.0}% are at \
         the threshold or above, and {:.3} for toxic ones; ROC AUC {}. The terms with the highest and the lowest neutral sentences:\n\n{table}",
        terms.len(),
        measured.neutral,
        100.0 * measured.neutral_marked,
        measured.toxic,
        shown(measured.auc),
    )
}

fn on_data(measured: &DataBias) -> String {
    let columns = ["with the label", "without", "subgroup AUC", "BPSN AUC", "BNSP AUC"];
    let mut table = heading("term", &columns);
    for term in &measured.terms {
        let (counts, aucs) = (&term.counts, &term.aucs);
        let figures = [
            counts.positives.to_string(),
            counts.negatives.to_string(),
            shown(aucs.subgroup),
            shown(aucs.bpsn),
            shown(aucs.bnsp),
        ];
        add_row(&mut table, &counts.term, &figures);
    }
    format!(
        "In {} labelled texts, whose ROC AUC is {}; {} terms are left out, since too few texts mention them:\n\n{table}",
        measured.samples,
        shown(measured.auc),
        measured.left_out.len()
    )
}

fn heading(first: &str, columns: &[&str]) -> String {
    format!("| {first} | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len()))
}

fn add_row(table: &mut String, first: &str, cells: &[String]) {
    // Cannot fail: a string takes whatever is written to it.
    let _ = write!(table, "\n| {first} | {} |", cells.join(" | "));
}

fn shown(figure: Option<f64>) -> String {
    figure.map_or(NOT_MEASURED.to_owned(), |measured| figures::figure(Some(measured)))
}

#[cfg(test)]
mod tests;
