//! How good the model is at one task.

use super::label;
use super::plot::{Bars, Chart, Look, Plot};
use super::table::{Table, figure};
use super::tree::{Element, html, paragraph};
use crate::app::wording::title;
use crate::card::{Axis, Capability, DisguiseFigure, Elsewhere, Figure, Measured, TaskCard, Training};

/// A curve's table has so many rows at most.
const MOST_ROWS: usize = 20;

/// What the card says of a task.
pub fn drawn(task: &TaskCard) -> Element {
    let name = title(&task.name);
    let of_words = if task.is_about_words { ", word by word" } else { "" };
    let all = html("section").with("class", "measured-task").with("data-card", &task.name);
    let mut all = all.holding(html("h3").text(format!("{name}{of_words}: how good it is")));
    all = match &task.measured {
        Some(measured) => all.holding_all(in_figures(&name, measured)),
        None => all.holding(paragraph("hint", "It was not measured.".to_owned())),
    };
    if !task.elsewhere.is_empty() {
        all = all.holding(elsewhere(&name, &task.elsewhere).behind("On texts of other kinds", &name));
    }
    let charts = [behaviour(&task.behaviour), disguises(&task.disguises), task.training.as_ref().map(training)];
    all.holding(html("div").with("class", "charts").holding_all(charts.into_iter().flatten().collect()))
}

fn in_figures(name: &str, Measured { counted, figures, labels }: &Measured) -> Vec<Element> {
    let row = |Figure { name, value, interval }: &Figure| {
        let interval = interval.map_or("–".to_owned(), |[low, high]| format!("{low:.3} to {high:.3}"));
        vec![name.clone(), figure(*value), interval]
    };
    let caption = format!("{name}, measured on {counted}");
    let table = Table::new(caption, &["figure", "measured", "95% interval"], figures.iter().map(row).collect());
    let labels = labels.iter().map(|label| label::drawn(label, labels.len() == 1));
    std::iter::once(table.drawn()).chain(labels).collect()
}

fn elsewhere(name: &str, sets: &[Elsewhere]) -> Table {
    let row = |set: &Elsewhere| {
        let share = |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{share:.3}"));
        let within = set.within.map_or("–".to_owned(), |[share, low, high]| format!("{share:.3} ({low} to {high})"));
        let mut row = vec![set.name.replace('_', " "), set.texts.to_string()];
        row.extend([set.accuracy, set.auc, set.recall, set.false_positive_rate].map(share));
        row.push(within);
        row
    };
    let columns = ["texts", "how many", "accuracy at ½", "ROC AUC", "recall", "false alarms", "within a range"];
    Table::new(format!("{name}, on texts of other kinds"), &columns, sets.iter().map(row).collect())
}

/// The share of cases that went as anyone would expect.
fn behaviour(capabilities: &[Capability]) -> Option<Element> {
    let all = capabilities.first()?;
    let percent = |of: &Capability| format!("{:.0}%", 100.0 * of.rate());
    let bar = |of: &Capability| (of.name.clone(), Some(of.rate()), percent(of));
    let row = |of: &Capability| vec![of.name.clone(), of.cases.to_string(), percent(of)];
    let rows = capabilities.iter().map(row).collect();
    let bars = Bars { bars: capabilities.iter().map(bar).collect(), most: 1.0, line: None };
    Some(bars.drawn(Chart {
        title: "What anyone would expect".to_owned(),
        description: format!(
            "By a suite of short texts of which there is no doubt, {} of {} cases went as expected: the share for each capability.",
            all.passed, all.cases
        ),
        table: Table::new("Cases that went as expected".to_owned(), &["capability", "cases", "passed"], rows),
    }))
}

/// What is left where words are disguised.
fn disguises(figures: &[DisguiseFigure]) -> Option<Element> {
    let measured: Vec<&DisguiseFigure> = figures.iter().filter(|of| of.auc.is_some()).collect();
    let first = measured.first()?;
    let plain = first.auc.zip(first.lost).map(|(auc, lost)| auc + lost);
    let bar = |of: &&DisguiseFigure| (of.name.clone(), of.auc, figure(of.auc));
    let row = |of: &DisguiseFigure| vec![of.name.clone(), figure(of.auc), figure(of.lost)];
    let rows = figures.iter().map(row).collect();
    let bars = Bars { bars: measured.iter().map(bar).collect(), most: 1.0, line: plain };
    Some(bars.drawn(Chart {
        title: "Disguised words".to_owned(),
        description: format!(
            "ROC AUC, mean of the labels, where half of the words are written to get past a filter, way by way; the line is {}, without disguise.",
            figure(plain)
        ),
        table: Table::new("Half of the words disguised".to_owned(), &["way", "ROC AUC, macro", "lost"], rows),
    }))
}

/// How the losses fell.
fn training(Training { losses, validations }: &Training) -> Element {
    let all: Vec<[f64; 2]> = losses.iter().chain(validations).copied().collect();
    let last = validations.last().or(losses.last()).map(|point| point[1]);
    let plot = Plot {
        x: Axis::fitting("step", all.iter().map(|point| point[0])),
        y: Axis::fitting("loss", all.iter().map(|point| point[1]).chain([0.0])),
        curves: vec![(Look::Dashed, losses.clone()), (Look::Points, validations.clone())],
        marked: None,
        has_diagonal: false,
    };
    let row = |what: &str, point: &[f64; 2]| vec![format!("{:.0}", point[0]), what.to_owned(), figure(Some(point[1]))];
    let some =
        losses.iter().step_by(losses.len().div_ceil(MOST_ROWS).max(1)).map(|point| row("training batches", point));
    let rows = some.chain(validations.iter().map(|point| row("held-out texts", point))).collect();
    plot.drawn(Chart {
        title: "Training".to_owned(),
        description: format!(
            "The loss of training batches (line) and of held-out texts (points) by step; the last is {}, where 0 would be never wrong.",
            figure(last)
        ),
        table: Table::new("Loss by step".to_owned(), &["step", "of", "loss"], rows),
    })
}
