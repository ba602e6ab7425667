//! `report.html`: one file, no scripts, pictures within.

use super::{Measured, Report, Sentence, TaskReport, pictures};
use crate::train::chart::{Chart, Point, STYLE, escape, slug};
use crate::train::curve::height;
use crate::train::figures::{accuracy_name, figure, loss_name};
use crate::train::metrics::Bin;

const PAGE_STYLE: &str = include_str!("page.css");
/// Where the tables beside curves read them off.
const FALSE_POSITIVE_RATES: [f64; 5] = [0.01, 0.05, 0.1, 0.2, 0.5];
const RECALLS: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];

/// The page.
pub fn html(report: &Report) -> String {
    let name = escape(&report.name);
    let links = report
        .tasks
        .iter()
        .map(|task| format!(r##"<li><a href="#{}">{}</a></li>"##, slug(&task.name), escape(&humanised(&task.name))));
    let sections = report.tasks.iter().map(section);
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Report: {name}</title>
<style>
{PAGE_STYLE}{STYLE}</style>
</head>
<body>
<header>
<h1>Report: {name}</h1>
<p class="soft">{}</p>
<nav aria-label="Tasks"><ul>{}</ul></nav>
</header>
<main>
{}</main>
</body>
</html>
"#,
        escape(&report.model),
        links.collect::<String>(),
        sections.collect::<String>()
    )
}

fn humanised(name: &str) -> String {
    name.replace(['_', '-'], " ")
}

fn capitalised(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

fn section(task: &TaskReport) -> String {
    let id = slug(&task.name);
    let mut html = format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{}</h2>\n",
        escape(&humanised(&task.name))
    );
    match &task.measured {
        Some(measured) => html.push_str(&figures(measured, task)),
        None => html += "<p>No texts were scored.</p>\n",
    }
    let charts = pictures::of(task);
    if !charts.is_empty() {
        html += "<h3>Pictures</h3>\n<div class=\"figures\">\n";
        for chart in &charts {
            html.push_str(&picture(chart, &numbers(task, chart)));
        }
        html += "</div>\n";
    }
    if let Some(measured) = &task.measured {
        html.push_str(&labels(measured));
        html.push_str(&decisions(measured));
    }
    if !task.sentences.is_empty() {
        html += "<h3>Sentences</h3>\n<p class=\"soft\">▲ marks what lies at or above its threshold, or the likeliest class. Some sentences are offensive, as they have to be.</p>\n<ol class=\"sentences\">\n";
        task.sentences.iter().for_each(|sentence| html.push_str(&scores(sentence)));
        html += "</ol>\n";
    }
    html + "</section>\n"
}

fn figures(measured: &Measured, task: &TaskReport) -> String {
    let metrics = &measured.metrics;
    let one = measured.labels.len() == 1;
    let (loss, accuracy) = (format!("Loss ({})", loss_name(task.kind)), capitalised(accuracy_name(task.kind)));
    let mut tiles = vec![
        ("Texts", metrics.samples.to_string()),
        (&loss[..], format!("{:.3}", metrics.loss)),
        (&accuracy, figure(metrics.accuracy)),
        (if one { "ROC AUC" } else { "ROC AUC, macro" }, figure(metrics.auc_macro)),
    ];
    if let Some(tokens) = metrics.tokens {
        tiles.insert(1, ("Tokens", tokens.to_string()));
    }
    if !one {
        tiles.push(("ROC AUC, micro", figure(metrics.auc_micro)));
    }
    if metrics.f1_macro.is_some() {
        tiles.push(("F1, macro", figure(metrics.f1_macro)));
    }
    tiles.push(("Calibration error", figure(metrics.ece)));
    let tiles: String =
        tiles.iter().map(|(term, value)| format!("<div><dt>{term}</dt><dd>{value}</dd></div>")).collect();
    let calibration = match &task.calibration {
        Some(record) => format!(
            " Probabilities and thresholds were calibrated on {} texts ({}; {}).",
            record.samples,
            escape(&record.data),
            escape(&record.thresholds)
        ),
        None => " Probabilities are the model's own, not calibrated.".to_owned(),
    };
    let notes: String = metrics.notes().iter().map(|note| format!("<p>Note: {}.</p>\n", escape(note))).collect();
    format!("<p>Measured on {}.{calibration}</p>\n{notes}<dl>{tiles}</dl>\n", escape(&measured.data))
}

fn picture(chart: &Chart, numbers: &str) -> String {
    let svg = chart.inline();
    let words = escape(&chart.description);
    let details = match numbers.is_empty() {
        true => String::new(),
        false => format!("<details><summary>The numbers</summary>{numbers}</details>"),
    };
    format!("<figure>{svg}<figcaption>{words}</figcaption>{details}</figure>\n")
}

/// The table beside a picture.
fn numbers(task: &TaskReport, chart: &Chart) -> String {
    let what = chart.id.strip_prefix(&slug(&task.name)).unwrap_or_default();
    let validations = || {
        let rows = task.history.iter().flat_map(|history| &history.validations).map(|v| {
            let figures = [Some(v.loss), v.accuracy, v.auc_macro, v.auc_micro].map(figure);
            [v.step.to_string(), v.epoch.to_string()].into_iter().chain(figures).collect()
        });
        table("Validations", &["batch", "epoch", "loss", "accuracy", "AUC macro", "AUC micro"], rows.collect())
    };
    let Some(measured) = &task.measured else { return validations() };
    match what {
        "-roc" => {
            let averages = [("macro average", &measured.roc_macro), ("micro average", &measured.roc_micro)].into_iter();
            let labels = measured.labels.iter().map(|label| (label.name.as_str(), &label.roc));
            let several = measured.labels.len() > 1;
            let curves = labels.chain(averages.filter(|_| several)).collect();
            read_off("True positive rate at a false positive rate of", &FALSE_POSITIVE_RATES, curves)
        }
        "-precision-recall" => {
            let curves = measured.labels.iter().map(|label| (label.name.as_str(), &label.precision_recall)).collect();
            read_off("Precision at a recall of", &RECALLS, curves)
        }
        "-reliability" => {
            let row =
                |bin: &Bin| vec![figure(Some(bin.probability)), figure(Some(bin.positives)), bin.samples.to_string()];
            let columns = ["mean probability", "share present", "texts and labels"];
            table("All labels together", &columns, measured.reliability.iter().map(row).collect())
        }
        _ => validations(),
    }
}

fn read_off(caption: &str, places: &[f64], curves: Vec<(&str, &Vec<Point>)>) -> String {
    let columns: Vec<String> = std::iter::once("label".to_owned()).chain(places.iter().map(f64::to_string)).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let row = |(name, points): (&str, &Vec<Point>)| {
        let heights = places.iter().map(|&place| figure(height(points, place)));
        std::iter::once(humanised(name)).chain(heights).collect()
    };
    table(caption, &columns, curves.into_iter().map(row).collect())
}

fn labels(measured: &Measured) -> String {
    let rows = measured.labels.iter().map(|label| {
        let metrics = &label.metrics;
        let known = measured.metrics.samples - metrics.unknown;
        let figures = [metrics.auc, metrics.average_precision, metrics.loss, metrics.ece].map(figure);
        let counts = [humanised(&label.name), metrics.positives.to_string(), known.to_string()];
        let line = [label.calibration.scale, label.calibration.bias].map(|part| format!("{part:.2}"));
        counts.into_iter().chain(figures).chain(line).collect()
    });
    let columns =
        ["label", "have it", "of texts", "ROC AUC", "average precision", "loss", "calibration error", "scale", "bias"];
    format!("<h3>Labels</h3>\n{}", table("Each label by itself", &columns, rows.collect()))
}

fn decisions(measured: &Measured) -> String {
    let counted = if measured.metrics.tokens.is_some() { "tokens" } else { "texts" };
    let rows = measured.labels.iter().map(|label| {
        let d = &label.decisions;
        let counts = [d.true_positives, d.false_positives, d.false_negatives, d.true_negatives];
        let shares = [Some(d.precision), Some(d.recall), Some(d.f1), d.false_positive_rate].map(figure);
        let start =
            [humanised(&label.name), d.threshold.map_or("the likeliest".to_owned(), |at| figure(Some(at.into())))];
        start.into_iter().chain(counts.map(|count| format!("{count:.0}"))).chain(shares).collect()
    });
    let columns = [
        "label",
        "threshold",
        "found",
        "marked wrongly",
        "missed",
        "left alone rightly",
        "precision",
        "recall",
        "F1",
        "false alarms",
    ];
    format!(
        "<h3>Decisions</h3>\n{}",
        table(&format!("What comes of the thresholds, in weighted {counted}"), &columns, rows.collect())
    )
}

fn scores(sentence: &Sentence) -> String {
    // One label alone is a scale, on which either end may be the good one: nothing to call attention to.
    let alone = sentence.scores.labels.len() == 1;
    let label = |(number, score): (usize, &crate::classify::LabelScore)| {
        let present = sentence.scores.is_present(number);
        format!(
            r#"<li{}><span class="name">{}</span><span class="track" aria-hidden="true"><span class="fill" style="width:{:.1}%"></span></span><span class="number">{:.3}</span><span>{}</span></li>"#,
            if present && !alone { r#" class="present""# } else { "" },
            escape(&humanised(&score.label)),
            100.0 * score.probability,
            score.probability,
            if present { "▲" } else { "" }
        )
    };
    let labels: String = sentence.scores.labels.iter().enumerate().map(label).collect();
    format!("<li><blockquote>{}</blockquote><ul class=\"scores\">{labels}</ul></li>\n", escape(&sentence.text))
}

/// A table whose first column names the rows; one that is too wide scrolls by itself.
fn table(caption: &str, columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let head: String = columns.iter().map(|column| format!("<th scope=\"col\">{}</th>", escape(column))).collect();
    let row = |cells: &Vec<String>| {
        let cell = |(i, cell): (usize, &String)| match i {
            0 => format!("<th scope=\"row\">{}</th>", escape(cell)),
            _ => format!("<td>{}</td>", escape(cell)),
        };
        format!("<tr>{}</tr>", cells.iter().enumerate().map(cell).collect::<String>())
    };
    let body: String = rows.iter().map(row).collect();
    let caption = escape(caption);
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>\n"
    )
}
