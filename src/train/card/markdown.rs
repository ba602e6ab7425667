//! What a card says, as Markdown's tables.

use std::fmt::Write;

use crate::card::{Bias, DisguiseFigure, Elsewhere, Mentions, TaskCard, Term};
use crate::train::disguise::Disguise;
use crate::train::figures;

pub const NOT_MEASURED: &str = "not measured";
/// How many terms the card shows at either end.
const EXTREMES: usize = 5;

pub fn performance(task: &TaskCard) -> String {
    let Some(measured) = &task.measured else { return format!("{}: {NOT_MEASURED}", task.name) };
    let mut table = heading(&format!("{}, {}", task.name, measured.counted), &["measured", "95% interval"]);
    for figure in &measured.figures {
        let interval = figure.interval.map_or(NOT_MEASURED.to_owned(), |[low, high]| format!("{low:.3} to {high:.3}"));
        add_row(&mut table, &figure.name, &[shown(figure.value), interval]);
    }
    table.push_str("\n\n");
    table.push_str(&heading(
        "label, from its threshold on",
        &["threshold", "precision", "recall", "F1", "false alarms"],
    ));
    let mut labels: Vec<_> = measured.labels.iter().filter_map(|label| Some((&label.name, label.decision?))).collect();
    labels.sort_by_key(|(name, _)| *name);
    for (name, at) in labels {
        let figures = [at.threshold, Some(at.precision), Some(at.recall), Some(at.f1), at.false_positive_rate];
        add_row(&mut table, name, &figures.map(shown));
    }
    table
}

/// What was measured on texts of other kinds.
pub fn elsewhere(task: &TaskCard) -> String {
    if task.elsewhere.is_empty() {
        return format!("{}: {NOT_MEASURED}", task.name);
    }
    let columns = ["texts", "accuracy at ½", "ROC AUC", "recall", "false alarms", "within"];
    let mut table = heading(&format!("{}, on other texts", task.name), &columns);
    for Elsewhere { name, texts, accuracy, auc, recall, false_positive_rate, within } in &task.elsewhere {
        let figures = [accuracy, auc, recall, false_positive_rate];
        let figures = figures.map(|figure| figure.map_or("–".to_owned(), |measured| figures::figure(Some(measured))));
        let within = within.map_or("–".to_owned(), |[share, low, high]| {
            format!("{} ({low} to {high})", figures::figure(Some(share)))
        });
        let cells = std::iter::once(texts.to_string()).chain(figures).chain([within]);
        add_row(&mut table, name, &cells.collect::<Vec<_>>());
    }
    table
}

pub fn behaviour(task: &TaskCard) -> String {
    if task.is_about_words {
        return format!("{}: there is no suite for tasks about words", task.name);
    }
    if task.behaviour.is_empty() {
        return format!("{}: {NOT_MEASURED}", task.name);
    }
    let mut table = heading(&format!("{}, capability", task.name), &["cases", "passed"]);
    for of in &task.behaviour {
        add_row(&mut table, &of.name, &[of.cases.to_string(), format!("{:.0}%", 100.0 * of.rate())]);
    }
    table
}

pub fn disguise(tasks: &[TaskCard]) -> String {
    let mut table = heading("toxicity, half of the words", &["ROC AUC, macro", "lost"]);
    let measured: Vec<&DisguiseFigure> = tasks.iter().flat_map(|task| &task.disguises).collect();
    for way in Disguise::ALL {
        let figure = measured.iter().find(|figure| figure.name == way.name());
        let cells = [figure.and_then(|figure| figure.auc), figure.and_then(|figure| figure.lost)];
        add_row(&mut table, way.name(), &cells.map(shown));
    }
    table
}

pub fn bias(bias: Option<&Bias>) -> String {
    let Some(bias) = bias else { return NOT_MEASURED.to_owned() };
    let mentions = bias.mentions.as_ref().map_or(format!("In labelled texts: {NOT_MEASURED}."), in_texts);
    format!("{}\n\n{mentions}", in_templates(bias))
}

fn in_templates(bias: &Bias) -> String {
    let columns = ["neutral sentences", "distance from the mean", "marked", "subgroup AUC", "BPSN AUC", "BNSP AUC"];
    let mut table = heading("term", &columns);
    let ends = bias.terms.len().saturating_sub(EXTREMES);
    let extremes = bias.terms.iter().enumerate().filter(|(place, _)| *place < EXTREMES || *place >= ends);
    for (_, Term { term, neutral, distance, marked, aucs }) in extremes {
        let figures = [format!("{neutral:.3}"), format!("{distance:+.3}"), format!("{:.0}%", 100.0 * marked)];
        add_row(&mut table, term, &[&figures[..], &aucs.map(shown)].concat());
    }
    format!(
        "In the same sentences, {} terms: the mean probability of `{}` is {:.3} for neutral sentences, of which {:.0}% are at \
         the threshold or above, and {:.3} for toxic ones; ROC AUC {}. The terms with the highest and the lowest neutral sentences:\n\n{table}",
        bias.terms.len(),
        bias.label,
        bias.neutral,
        100.0 * bias.neutral_marked,
        bias.toxic,
        shown(bias.auc),
    )
}

fn in_texts(Mentions { texts, auc, terms, left_out }: &Mentions) -> String {
    let columns = ["with the label", "without", "subgroup AUC", "BPSN AUC", "BNSP AUC"];
    let mut table = heading("term", &columns);
    for term in terms {
        let counts = [term.with.to_string(), term.without.to_string()];
        add_row(&mut table, &term.term, &[&counts[..], &term.aucs.map(shown)].concat());
    }
    format!(
        "In {texts} labelled texts, whose ROC AUC is {}; {left_out} terms are left out, since too few texts mention them:\n\n{table}",
        shown(*auc),
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
