//! Which pictures a task has.

use super::{History, Measured, TaskReport};
use crate::train::chart::{Axis, Chart, Frame, Look, Series, diagram, points, slug};
use crate::train::figures::{accuracy_name, figure, loss_name};

/// The longest name that a legend has room for, figures included.
const LONGEST: usize = 27;

/// The pictures of a task, in the order of the page.
pub fn of(task: &TaskReport) -> Vec<Chart> {
    let history = task.history.iter().flat_map(|history| [loss(task, history), ranking_by_step(task, history)]);
    let measured = task
        .measured
        .iter()
        .flat_map(|measured| [roc(task, measured), precision_recall(task, measured), reliability(task, measured)]);
    history.chain(measured).collect()
}

fn id(task: &TaskReport, what: &str) -> String {
    format!("{}-{what}", slug(&task.name))
}

fn series(name: impl Into<String>, points: Vec<[f64; 2]>, colour: usize, look: Look) -> Series {
    Series { name: name.into(), points, colour, look }
}

/// A label's name and a figure, the name cut where both would not fit.
fn legend(name: &str, figure: &str) -> String {
    let room = LONGEST.saturating_sub(figure.chars().count() + 1);
    let name: String = match name.chars().count() > room {
        true => name.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
        false => name.to_owned(),
    };
    format!("{name} {figure}")
}

fn loss(task: &TaskReport, history: &History) -> Chart {
    let validation: Vec<_> = history.validations.iter().map(|v| [v.step as f64, v.loss]).collect();
    let all = || history.losses.iter().chain(&validation);
    let last = |points: &[[f64; 2]]| figure(points.last().map(|point| point[1]));
    Chart {
        id: id(task, "loss"),
        title: format!("Loss, {}", task.name),
        description: format!(
            "The loss of each training batch, its fading mean, which ends at {}, and the loss on held-out texts, which ends at {}.",
            last(&history.smoothed),
            last(&validation)
        ),
        x: Axis::fitting("batches", all().map(|point| point[0])),
        y: Axis::fitting(loss_name(task.kind), all().map(|point| point[1])),
        series: vec![
            series("batch", history.losses.clone(), 7, Look::Faint),
            series("batches, fading mean", history.smoothed.clone(), 0, Look::Strong),
            series("held-out texts", validation, 1, Look::Marked),
        ],
        diagonal: false,
        nothing: "The run noted no loss.",
        histogram: None,
        frame: Frame::ALONE,
    }
}

fn ranking_by_step(task: &TaskReport, history: &History) -> Chart {
    let of = |value: &dyn Fn(&super::Validation) -> Option<f64>| -> Vec<[f64; 2]> {
        history.validations.iter().filter_map(|v| Some([v.step as f64, value(v)?])).collect()
    };
    let (average, micro, accuracy) = (of(&|v| v.auc_macro), of(&|v| v.auc_micro), of(&|v| v.accuracy));
    let curves = vec![
        series("ROC AUC, macro", average, 0, Look::Marked),
        series("ROC AUC, micro", micro, 2, Look::Marked),
        series(accuracy_name(task.kind), accuracy, 1, Look::Marked),
    ];
    // With one label macro and micro are the same.
    let one = task.measured.as_ref().is_some_and(|measured| measured.labels.len() == 1)
        || curves[0].points == curves[1].points;
    let mut curves: Vec<_> =
        curves.into_iter().enumerate().filter(|(i, _)| !(one && *i == 1)).map(|(_, c)| c).collect();
    if one {
        curves[0].name = "ROC AUC".to_owned();
    }
    let last = history.validations.last();
    Chart {
        id: id(task, "auc"),
        title: format!("ROC AUC and accuracy, {}", task.name),
        description: format!(
            "Measured on held-out texts {} times while training; at the end ROC AUC {}, accuracy {}.",
            history.validations.len(),
            figure(last.and_then(|v| v.auc_macro)),
            figure(last.and_then(|v| v.accuracy))
        ),
        x: Axis::fitting("batches", curves.iter().flat_map(|c| &c.points).map(|point| point[0])),
        y: Axis::fitting("on held-out texts", curves.iter().flat_map(|c| &c.points).map(|point| point[1])),
        series: curves,
        diagonal: false,
        nothing: "The run noted no validation.",
        histogram: None,
        frame: Frame::ALONE,
    }
}

fn roc(task: &TaskReport, measured: &Measured) -> Chart {
    let labels = measured.labels.iter().enumerate();
    let mut curves: Vec<_> = labels
        .map(|(i, label)| {
            series(legend(&label.name, &figure(label.metrics.auc)), label.roc.clone(), i % 6, Look::Plain)
        })
        .collect();
    let metrics = &measured.metrics;
    if let [only] = curves.as_mut_slice() {
        only.look = Look::Strong;
    } else {
        let average = legend("macro average", &figure(metrics.auc_macro));
        curves.push(series(average, measured.roc_macro.clone(), 6, Look::Strong));
        let micro = legend("micro average", &figure(metrics.auc_micro));
        curves.push(series(micro, measured.roc_micro.clone(), 6, Look::Dashed));
    }
    let areas: Vec<_> =
        measured.labels.iter().map(|label| format!("{} {}", label.name, figure(label.metrics.auc))).collect();
    Chart {
        id: id(task, "roc"),
        title: format!("ROC, {}", task.name),
        description: format!("ROC curves; the area under each: {}.", areas.join(", ")),
        x: Axis::share("false positive rate"),
        y: Axis::share("true positive rate"),
        series: curves,
        diagonal: true,
        nothing: "Undefined: no label is both present and absent.",
        histogram: None,
        frame: Frame::ALONE,
    }
}

fn precision_recall(task: &TaskReport, measured: &Measured) -> Chart {
    let look = if measured.labels.len() == 1 { Look::Strong } else { Look::Plain };
    let labels = measured.labels.iter().enumerate();
    let areas: Vec<_> = measured
        .labels
        .iter()
        .map(|label| format!("{} {}", label.name, figure(label.metrics.average_precision)))
        .collect();
    Chart {
        id: id(task, "precision-recall"),
        title: format!("Precision and recall, {}", task.name),
        description: format!("Precision-recall curves; the average precision of each: {}.", areas.join(", ")),
        x: Axis::share("recall"),
        y: Axis::share("precision"),
        series: labels
            .map(|(i, label)| {
                let name = legend(&label.name, &figure(label.metrics.average_precision));
                series(name, label.precision_recall.clone(), i % 6, look)
            })
            .collect(),
        diagonal: false,
        nothing: "Undefined: no label is both present and absent.",
        histogram: None,
        frame: Frame::ALONE,
    }
}

fn reliability(task: &TaskReport, measured: &Measured) -> Chart {
    let labels = measured.labels.iter().enumerate();
    let mut curves: Vec<_> = labels
        .map(|(i, label)| {
            series(legend(&label.name, &figure(label.metrics.ece)), points(&label.reliability), i % 6, Look::Marked)
        })
        .collect();
    if curves.len() > 1 {
        let all = legend("all labels", &figure(measured.metrics.ece));
        curves.push(series(all, points(&measured.reliability), 6, Look::Strong));
    }
    let description = format!(
        "How often a label applies where its probability is about so much; on the diagonal probabilities are right. \
         The figures are expected calibration errors; over all labels {}.",
        figure(measured.metrics.ece)
    );
    diagram(id(task, "reliability"), format!("Reliability, {}", task.name), description, curves)
}
