//! How well one label is told: what its threshold decides and what others would, and whether its probabilities can be taken at their word.

use super::plot::{Chart, Look, Plot};
use super::table::{Table, figure, share};
use super::tree::{Element, html, paragraph};
use crate::app::wording::{counted, percent, title};
use crate::card::{Axis, Decision, LabelCard, ReliabilityBin};

/// The tables of the curves have the points next to these thresholds.
const THRESHOLDS: [f32; 11] = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05];

/// A label with its charts, which are shown from the beginning if it `is_open`.
pub fn drawn(label: &LabelCard, is_open: bool) -> Element {
    let name = title(&label.name);
    let between = label.auc.interval.map(|[low, high]| format!(" ({low:.3} to {high:.3})")).unwrap_or_default();
    let auc = html("span").text(format!("ROC AUC {}{between}", figure(label.auc.value)));
    let summary = html("summary").holding(html("h4").text(name.clone())).holding(auc);
    let mut charts = Vec::new();
    if !label.operating_points.is_empty() {
        charts.extend([roc(&name, label), precision_recall(&name, label)]);
    }
    if !label.reliability.is_empty() {
        charts.push(reliability(&name, label));
    }
    let mut all = html("details").with("class", "label").with("data-label", &label.name).holding(summary);
    if is_open {
        all = all.with("open", "");
    }
    if let Some(decision) = &label.decision {
        all = all.holding(html("p").text(decided(decision, label.rate)));
    }
    if label.operating_points.is_empty() {
        let why = "There are no curves: all texts have the label or none has, or nobody drew them.";
        all = all.holding(paragraph("hint", why.to_owned()));
    }
    all.holding(html("div").with("class", "charts").holding_all(charts))
}

/// What the threshold decides, in a sentence.
fn decided(decision: &Decision, rate: Option<f64>) -> String {
    let Decision { threshold, precision, recall, false_positive_rate, .. } = *decision;
    let from = threshold.map_or("Where it is the likeliest".to_owned(), |at| format!("From {} on", percent(at as f32)));
    let alarms = false_positive_rate.map(|rate| format!(" Of those without it {} are marked, too.", share(rate)));
    let common = rate.map(|rate| format!(" It applies to {}.", share(rate)));
    format!(
        "{from} it counts: {} of those that have the label are found, and {} of what is marked has it.{}{}",
        share(recall),
        share(precision),
        alarms.unwrap_or_default(),
        common.unwrap_or_default(),
    )
}

fn roc(name: &str, label: &LabelCard) -> Element {
    let points = label.operating_points.iter().map(|at| [f64::from(at.false_positive_rate), f64::from(at.recall)]);
    let plot = Plot {
        x: Axis::share("false alarms"),
        y: Axis::share("found (recall)"),
        curves: vec![(Look::Line, std::iter::once([0.0, 0.0]).chain(points).collect())],
        marked: label.decision.and_then(|decision| Some([decision.false_positive_rate?, decision.recall])),
        has_diagonal: true,
    };
    plot.drawn(Chart {
        title: "ROC: found and false alarms".to_owned(),
        description: format!(
            "The ROC curve of {name}: the share of texts with the label that are found against the share of the others that are marked, \
             for every threshold. The area below it is {}. The dot is the model’s threshold; on the diagonal it would be chance.",
            figure(label.auc.value)
        ),
        table: operating_points(name, label),
    })
}

fn precision_recall(name: &str, label: &LabelCard) -> Element {
    // Between two points precision is that of the second.
    let mut steps: Vec<[f64; 2]> = Vec::with_capacity(2 * label.operating_points.len());
    let mut recall = 0.0;
    for at in &label.operating_points {
        let precision = f64::from(at.precision);
        steps.extend([[recall, precision], [f64::from(at.recall), precision]]);
        recall = f64::from(at.recall);
    }
    let plot = Plot {
        x: Axis::share("found (recall)"),
        y: Axis::share("right (precision)"),
        curves: vec![(Look::Line, steps)],
        marked: label.decision.map(|decision| [decision.recall, decision.precision]),
        has_diagonal: false,
    };
    plot.drawn(Chart {
        title: "Precision and recall".to_owned(),
        description: format!(
            "The precision-recall curve of {name}: the share of what is marked that has the label against the share of those with it that are \
             found, for every threshold. Average precision {}. The dot is the model’s threshold.",
            figure(label.average_precision)
        ),
        table: operating_points(name, label),
    })
}

/// The points next to round thresholds.
fn operating_points(name: &str, label: &LabelCard) -> Table {
    let row = |threshold: f32| {
        let at = label.at(threshold)?;
        let share = |share: f32| format!("{:.1}%", 100.0 * share);
        let alarms = format!("{:.2}%", 100.0 * at.false_positive_rate);
        Some(vec![format!("{:.0}%", 100.0 * threshold), share(at.recall), share(at.precision), alarms])
    };
    let columns = ["threshold", "found (recall)", "right (precision)", "false alarms"];
    Table::new(format!("{name}: what thresholds decide"), &columns, THRESHOLDS.into_iter().filter_map(row).collect())
}

fn reliability(name: &str, label: &LabelCard) -> Element {
    let enough = label.reliability.iter().filter(|bin| bin.texts >= ReliabilityBin::ENOUGH);
    let points = enough.map(|bin| [f64::from(bin.probability), f64::from(bin.share)]).collect();
    let plot = Plot {
        x: Axis::share("mean probability"),
        y: Axis::share("share with the label"),
        curves: vec![(Look::Points, points)],
        marked: None,
        has_diagonal: true,
    };
    let row = |bin: &ReliabilityBin| {
        let share = |share: f32| format!("{:.1}%", 100.0 * share);
        vec![share(bin.probability), share(bin.share), counted(bin.texts as usize, "text")]
    };
    let columns = ["mean probability", "share with the label", "texts"];
    plot.drawn(Chart {
        title: "Reliability of probabilities".to_owned(),
        description: format!(
            "How often {name} applies where its probability is about so much: on the diagonal probabilities are right, below it they are too \
             high. Expected calibration error {}. Bins of fewer than {} texts are left out.",
            figure(label.calibration_error),
            ReliabilityBin::ENOUGH
        ),
        table: Table::new(format!("{name}: reliability"), &columns, label.reliability.iter().map(row).collect()),
    })
}
