//! What a run led to, on one page: how training went, how good the model is and what it says of a few sentences.
//!
//! [`Report`] is the data, which `report.json` holds as they are. [`write()`] draws them: each picture as an SVG file, and all
//! of them in `report.html`, which needs nothing beside it. Curves are kept with no more points than can be seen, so that the
//! report of a hundred thousand texts is no larger than that of a hundred.

use std::path::Path;

use serde::Serialize;

use super::metrics::{BINS, Bin, Curves, LabelMetrics, Metrics, Predictions};
use super::{curve, files};
use crate::bundle::{Calibration, CalibrationRecord, EmbeddingPrecision, HeadKind, Manifest, Precision, Task};
use crate::classify::{Classification, TaskScores};
use crate::threshold::Decisions;
use crate::{Error, Result};

mod history;
mod page;
mod pictures;
mod sentences;

pub use super::chart::Point;
pub use history::{History, Validation, read as read_histories};
pub use sentences::sentences;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The model's name.
    pub name: String,
    /// What the model is, in words.
    pub model: String,
    /// Its tasks.
    pub tasks: Vec<TaskReport>,
}

/// What is known of one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskReport {
    /// The task's name.
    pub name: String,
    /// How its labels go together.
    pub kind: HeadKind,
    /// How the run went; none where there is no run or it noted nothing.
    pub history: Option<History>,
    /// How good the model is; none where no texts were scored.
    pub measured: Option<Measured>,
    /// What the labels' calibration was made on; none where there is none.
    pub calibration: Option<CalibrationRecord>,
    /// Sentences, and what the model says of them.
    pub sentences: Vec<Sentence>,
}

/// How good the model is at a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// On what, in words.
    pub data: String,
    /// The figures.
    pub metrics: Metrics,
    /// The labels, in the model's order.
    pub labels: Vec<MeasuredLabel>,
    /// (false positive rate, true positive rate) over all texts and labels as if they were one label.
    pub roc_micro: Vec<Point>,
    /// The mean of the labels' ROC curves.
    pub roc_macro: Vec<Point>,
    /// Over all texts and labels.
    pub reliability: Vec<Bin>,
}

/// How good the model is at one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasuredLabel {
    /// The label's name.
    pub name: String,
    /// The figures.
    pub metrics: LabelMetrics,
    /// What was done to its logits.
    pub calibration: Calibration,
    /// How its threshold decides.
    pub decisions: Decisions,
    /// (false positive rate, true positive rate); empty where all texts have the label or none has.
    pub roc: Vec<Point>,
    /// (recall, precision) as steps; empty as `roc`.
    pub precision_recall: Vec<Point>,
    /// Of intervals of probability that have any text.
    pub reliability: Vec<Bin>,
}

/// A sentence and the probability of each of a task's labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sentence {
    /// The sentence.
    pub text: String,
    /// What the model says of it.
    #[serde(flatten)]
    pub scores: TaskScores,
}

impl Measured {
    /// Measures predictions for `task`, whose calibration their logits have already. `data` says in words of what texts.
    ///
    /// # Errors
    /// The predictions cannot be measured, or are of other labels.
    pub fn of(task: &Task, predictions: &Predictions, data: String) -> Result<Self> {
        if !task.labels.iter().map(|label| &label.name).eq(predictions.labels) {
            return Err(Error::invalid(format!("the predictions are of other labels than {} has", task.name)));
        }
        let metrics = Metrics::of(predictions)?;
        let Curves { labels: curves, micro, macro_roc } = predictions.curves()?;
        let reliability = predictions.reliability(BINS)?;
        let thresholds: Vec<f32> = task.labels.iter().map(|label| label.threshold).collect();
        let decisions = predictions.decisions(&thresholds)?;
        let roc = |points: &[super::metrics::RocPoint]| {
            let points: Vec<_> = points.iter().map(|p| [p.false_positive_rate, p.true_positive_rate]).collect();
            curve::simplified(&points)
        };
        let of_label = |((label, curves), bins): ((&crate::bundle::Label, &super::metrics::LabelCurves), &Vec<Bin>)| {
            let points: Vec<_> = curves.precision_recall.iter().map(|p| [p.recall, p.precision]).collect();
            MeasuredLabel {
                name: label.name.clone(),
                // Cannot be missing: both have an entry for each of the labels that were compared above.
                metrics: metrics.labels[&label.name].clone(),
                decisions: decisions[&label.name],
                calibration: label.calibration,
                roc: roc(&curves.roc),
                precision_recall: curve::simplified(&curve::steps(&points)),
                reliability: bins.clone(),
            }
        };
        Ok(Self {
            data,
            labels: task.labels.iter().zip(&curves).zip(&reliability.labels).map(of_label).collect(),
            roc_micro: roc(&micro.roc),
            roc_macro: roc(&macro_roc),
            reliability: reliability.all,
            metrics,
        })
    }
}

impl Sentence {
    /// What a classification says of the task `task`; none where it says nothing of it as a whole.
    pub fn of(text: &str, classification: &Classification, task: &str) -> Option<Self> {
        let scores = classification.tasks.iter().find(|scores| scores.task == task)?;
        Some(Self { text: text.to_owned(), scores: scores.clone() })
    }
}

/// What a model is, in words.
pub fn describe(manifest: &Manifest) -> String {
    let precision = match manifest.precision {
        Precision::F32 => "f32",
        Precision::F16 => "f16",
        Precision::Int8 => "int8",
    };
    let embeddings = match manifest.embeddings {
        None => "",
        Some(EmbeddingPrecision::Int8) => ", int8 word vectors",
        Some(EmbeddingPrecision::Int6) => ", int6 word vectors",
        Some(EmbeddingPrecision::Int4) => ", int4 word vectors",
    };
    let architecture = &manifest.architecture;
    format!(
        "BERT with {} layers and hidden size {}, {precision} weights{embeddings}, up to {} tokens",
        architecture.num_hidden_layers, architecture.hidden_size, manifest.max_tokens
    )
}

/// Writes `report.html`, `report.json` and a file for each picture into `folder`.
///
/// # Errors
/// The folder or a file cannot be written.
pub fn write(folder: &Path, report: &Report) -> Result<()> {
    files::make_folder(folder)?;
    for chart in report.tasks.iter().flat_map(pictures::of) {
        files::write(&folder.join(format!("{}.svg", chart.id)), chart.file().as_bytes())?;
    }
    let json = serde_json::to_vec(report).map_err(|error| Error::invalid(error.to_string()))?;
    files::write(&folder.join("report.json"), &json)?;
    files::write(&folder.join("report.html"), page::html(report).as_bytes())
}

#[cfg(test)]
mod tests;
