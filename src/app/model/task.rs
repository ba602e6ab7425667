//! How good the model is at one task.

use leptos::prelude::*;

use super::label::LabelView;
use super::plot::{Look, Plot, PlotView};
use super::rows::{Rows, RowsView};
use super::table::{Table, TableView, figure};
use crate::app::wording::title;
use crate::card::{Axis, Capability, DisguiseFigure, Elsewhere, Figure, Measured, TaskCard, Training};

/// A curve's table has so many rows at most.
const MOST_ROWS: usize = 20;

/// What the card says of a task.
#[component]
pub fn TaskView(task: TaskCard) -> impl IntoView {
    let name = title(&task.name);
    let of_words = task.is_about_words.then_some(", word by word");
    let measured = match task.measured {
        Some(measured) => view! { <MeasuredView name=name.clone() measured /> }.into_any(),
        None => view! { <p class="hint">"It was not measured."</p> }.into_any(),
    };
    let bars = [behaviour(&task.behaviour), disguises(&task.disguises)];
    let bars = bars.into_iter().flatten().map(|rows| view! { <RowsView rows /> }).collect_view();
    let training = task.training.as_ref().map(|training| view! { <PlotView plot=training_curves(training) /> });
    let elsewhere = (!task.elsewhere.is_empty()).then(|| {
        view! {
            <details>
                <summary>"On texts of other kinds"<span class="unseen">": "{name.clone()}</span></summary>
                <TableView table=elsewhere(&name, &task.elsewhere) />
            </details>
        }
    });
    view! {
        <section class="measured-task" data-card=task.name>
            <h3>{name}{of_words}": how good it is"</h3>
            {measured}
            {elsewhere}
            <div class="charts">{bars}{training}</div>
        </section>
    }
}

#[component]
fn MeasuredView(name: String, measured: Measured) -> impl IntoView {
    let Measured { counted, figures, labels } = measured;
    let row = |Figure { name, value, interval }: Figure| {
        let interval = interval.map_or("–".to_owned(), |[low, high]| format!("{low:.3} to {high:.3}"));
        vec![name, figure(value), interval]
    };
    let caption = format!("{name}, measured on {counted}");
    let table = Table::new(caption, &["figure", "measured", "95% interval"], figures.into_iter().map(row).collect());
    let alone = labels.len() == 1;
    let label = |label| view! { <LabelView label counted=counted.clone() is_open=alone /> };
    view! {
        <TableView table />
        {labels.into_iter().map(label).collect_view()}
    }
}

fn elsewhere(name: &str, sets: &[Elsewhere]) -> Table {
    let row = |set: &Elsewhere| {
        let share = |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{share:.3}"));
        let within = set.within.map_or("–".to_owned(), |[share, low, high]| format!("{share:.3} ({low} to {high})"));
        let figures = [set.accuracy, set.auc, set.recall, set.false_positive_rate].map(share);
        let mut row = vec![set.name.replace('_', " "), set.texts.to_string()];
        row.extend(figures);
        row.push(within);
        row
    };
    let columns = ["texts", "how many", "accuracy at ½", "ROC AUC", "recall", "false alarms", "within a range"];
    Table::new(format!("{name}, on texts of other kinds"), &columns, sets.iter().map(row).collect())
}

/// The share of cases that went as anyone would expect.
fn behaviour(capabilities: &[Capability]) -> Option<Rows> {
    let (all, _) = capabilities.split_first()?;
    let bar = |of: &Capability| (of.name.clone(), Some(of.rate()), format!("{:.0}%", 100.0 * of.rate()));
    let row = |of: &Capability| vec![of.name.clone(), of.cases.to_string(), format!("{:.0}%", 100.0 * of.rate())];
    Some(Rows {
        title: "What anyone would expect".to_owned(),
        description: format!(
            "By a suite of short texts of which there is no doubt, {} of {} cases went as expected: the share for each capability.",
            all.passed, all.cases
        ),
        bars: capabilities.iter().map(bar).collect(),
        most: 1.0,
        line: None,
        table: Table::new(
            "Cases that went as expected",
            &["capability", "cases", "passed"],
            capabilities.iter().map(row).collect(),
        ),
    })
}

/// What is left where words are disguised.
fn disguises(figures: &[DisguiseFigure]) -> Option<Rows> {
    let measured: Vec<&DisguiseFigure> = figures.iter().filter(|of| of.auc.is_some()).collect();
    let first = measured.first()?;
    let plain = first.auc.zip(first.lost).map(|(auc, lost)| auc + lost);
    let bar = |of: &&DisguiseFigure| (of.name.clone(), of.auc, figure(of.auc));
    let row = |of: &DisguiseFigure| vec![of.name.clone(), figure(of.auc), figure(of.lost)];
    Some(Rows {
        title: "Disguised words".to_owned(),
        description: format!(
            "ROC AUC, mean of the labels, where half of the words are written to get past a filter, way by way; the line is {}, without disguise.",
            figure(plain)
        ),
        bars: measured.iter().map(bar).collect(),
        most: 1.0,
        line: plain,
        table: Table::new(
            "Half of the words disguised",
            &["way", "ROC AUC, macro", "lost"],
            figures.iter().map(row).collect(),
        ),
    })
}

/// How the losses fell.
fn training_curves(Training { losses, validations }: &Training) -> Plot {
    let all = || losses.iter().chain(validations);
    let last = validations.last().or(losses.last()).map(|point| point[1]);
    let skip = losses.len().div_ceil(MOST_ROWS).max(1);
    let row = |what: &'static str| {
        move |point: &[f64; 2]| vec![format!("{:.0}", point[0]), what.to_owned(), figure(Some(point[1]))]
    };
    let rows =
        losses.iter().step_by(skip).map(row("training batches")).chain(validations.iter().map(row("held-out texts")));
    Plot {
        title: "Training".to_owned(),
        description: format!(
            "The loss of training batches (line) and of held-out texts (points) by step; the last is {}, where 0 would be never wrong.",
            figure(last)
        ),
        x: Axis::fitting("step", all().map(|point| point[0])),
        y: Axis::fitting("loss", all().map(|point| point[1]).chain([0.0])),
        curves: vec![(Look::Dashed, losses.clone()), (Look::Points, validations.clone())],
        marked: None,
        has_diagonal: false,
        table: Table::new("Loss by step", &["step", "of", "loss"], rows.collect()),
    }
}
