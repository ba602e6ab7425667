//! What leaves the desk: rows with what was said and decided of them, the log of decisions, and texts to learn from.
//!
//! Rows are those of the file, byte for byte, with our columns behind their own, as `undertone predict` writes them.

use serde_json::{Map, Value, json};

use super::time::written as time;
use super::{Decision, Journal, Labels, Layout, Scores, Step};
use crate::rows::Format;
use crate::rows::texts::{RowCells, TextRow};
use crate::rows::write::{csv, json as json_lines};

/// What rows are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// A table.
    Csv,
    /// JSON lines.
    JsonLines,
}

/// What everything that is written of a file has in common.
#[derive(Debug, Clone)]
pub struct Export {
    kind: As,
    layout: Layout,
    labels: Labels,
    thresholds: Vec<f32>,
    model: String,
    sha256: String,
    /// What our names begin with, so that none of the file's is the same.
    prefix: String,
}

impl Export {
    /// Rows of a file of this layout, which has columns or keys of these `names`.
    pub fn new(
        kind: As,
        layout: Layout,
        names: &[String],
        labels: Labels,
        thresholds: Vec<f32>,
        (model, sha256): (&str, &str),
    ) -> Self {
        let (model, sha256) = (model.to_owned(), sha256.to_owned());
        let mut export = Self { kind, layout, labels, thresholds, model, sha256, prefix: String::new() };
        while export.names().iter().any(|ours| names.contains(ours)) {
            export.prefix.push_str("undertone_");
        }
        export
    }

    /// What our names begin with; nothing where none of the file's is the same.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The first line; nothing where there is none.
    pub fn header(&self) -> Vec<u8> {
        match self.kind {
            As::Csv => csv::line(&self.columns().written, &self.names(), self.columns().separator),
            As::JsonLines => Vec::new(),
        }
    }

    /// A row, whose number is its place, with what is said and was decided of it.
    pub fn row(&self, row: &TextRow, scores: &Scores, journal: &Journal) -> Vec<u8> {
        match self.kind {
            As::Csv => {
                let columns = self.columns();
                csv::line(&columns.cells(row), &self.cells(row, scores, journal), columns.separator)
            }
            As::JsonLines => {
                let header = self.layout.columns.as_ref().map(|columns| &columns.names[..]).unwrap_or_default();
                // Cannot fail: strings and numbers are always JSON, and NaN is null.
                json_lines::row(row, header, &self.object(row, scores, journal)).unwrap_or_default()
            }
        }
    }

    fn columns(&self) -> csv::Columns {
        let of_one = || csv::Columns::new(b',', vec![self.layout.column.clone()], 0);
        self.layout.columns.clone().unwrap_or_else(of_one)
    }

    /// The names of our columns.
    fn names(&self) -> Vec<String> {
        let mut names = vec!["row".to_owned(), "line".to_owned()];
        if self.kind == As::JsonLines {
            names.extend(self.labels.tasks().iter().map(|task| task.name.clone()));
            names.extend(["classes", "written"].map(str::to_owned));
        } else {
            for (number, task) in self.labels.tasks().iter().enumerate() {
                let labels = || self.labels.all().iter().filter(move |label| label.task == number);
                names.extend(labels().any(|label| label.is_class).then(|| task.name.clone()));
                names.extend(labels().map(|label| label.full.clone()));
            }
        }
        let rest = [
            "tokens",
            "truncated",
            "reason",
            "error",
            "decision",
            "decision_reason",
            "decided",
            "model",
            "model_sha256",
            "thresholds",
        ];
        names.extend(rest.map(str::to_owned));
        names.into_iter().map(|name| format!("{}{name}", self.prefix)).collect()
    }

    /// Our cells of a row, in the order of [`Self::names`].
    fn cells(&self, row: &TextRow, scores: &Scores, journal: &Journal) -> Vec<String> {
        let number = row.place - 1;
        let mut cells = vec![row.place.to_string(), row.line.to_string()];
        let probabilities = scores.probabilities(number);
        let classes = self.labels.classes(&probabilities);
        for (task, class) in classes.into_iter().enumerate() {
            let labels = || self.labels.all().iter().zip(&probabilities).filter(move |(label, _)| label.task == task);
            if labels().any(|(label, _)| label.is_class) {
                cells.push(class.unwrap_or_default().to_owned());
            }
            let written = |(_, probability): (_, &f32)| {
                if probability.is_nan() { String::new() } else { probability.to_string() }
            };
            cells.extend(labels().map(written));
        }
        let detail = scores.detail(number);
        cells.push(detail.map(|detail| detail.tokens.to_string()).unwrap_or_default());
        cells.push(detail.map(|detail| detail.truncated.to_string()).unwrap_or_default());
        let reason = detail.and_then(|detail| detail.reason).map(|reason| json!(reason));
        cells.push(reason.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned());
        cells.push(error(row, scores).unwrap_or_default());
        cells.push(journal.decision(number).map(Decision::name).unwrap_or_default().to_owned());
        cells.push(journal.reason(number).unwrap_or_default().to_owned());
        cells.push(journal.time(number).map(time).unwrap_or_default());
        cells.extend([self.model.clone(), self.sha256.clone(), self.thresholds_in_words()]);
        cells
    }

    fn thresholds_in_words(&self) -> String {
        let all = self.labels.all().iter().zip(&self.thresholds);
        all.map(|(label, threshold)| format!("{}={threshold}", label.full)).collect::<Vec<_>>().join(" ")
    }

    fn object(&self, row: &TextRow, scores: &Scores, journal: &Journal) -> Map<String, Value> {
        let number = row.place - 1;
        let mut ours = Map::new();
        if let (RowCells::Line, Ok(text)) = (&row.cells, &row.text) {
            ours.insert("text".to_owned(), text.clone().into());
        }
        let mut put = |name: &str, value: Value| drop(ours.insert(format!("{}{name}", self.prefix), value));
        put("row", row.place.into());
        put("line", row.line.into());
        if let Some(detail) = scores.detail(number) {
            put("tokens", detail.tokens.into());
            put("truncated", detail.truncated.into());
            if let Some(reason) = detail.reason {
                put("reason", json!(reason));
            }
            let probabilities = scores.probabilities(number);
            for (place, task) in self.labels.tasks().iter().enumerate() {
                let labels = self.labels.all().iter().zip(&probabilities).filter(|(label, _)| label.task == place);
                let of_task = labels.map(|(label, probability)| {
                    (label.name.clone(), if probability.is_nan() { Value::Null } else { json!(probability) })
                });
                put(&task.name, Value::Object(of_task.collect()));
            }
            let classes = self.labels.tasks().iter().zip(self.labels.classes(&probabilities));
            let classes: Map<_, _> =
                classes.filter_map(|(task, class)| Some((task.name.clone(), class?.into()))).collect();
            if !classes.is_empty() {
                put("classes", classes.into());
            }
        }
        if let Some(reason) = error(row, scores) {
            put("error", reason.into());
            if matches!(row.cells, RowCells::Broken | RowCells::Line) && row.text.is_err() {
                put("written", String::from_utf8_lossy(&row.written).into());
            }
        }
        if let Some(decision) = journal.decision(number) {
            put("decision", decision.name().into());
            put("decided", journal.time(number).map(time).into());
            if let Some(reason) = journal.reason(number) {
                put("decision_reason", reason.into());
            }
        }
        put("model", self.model.clone().into());
        put("model_sha256", self.sha256.clone().into());
        put("thresholds", thresholds(&self.labels, &self.thresholds));
        ours
    }
}

/// Why nothing is said of a row.
fn error(row: &TextRow, scores: &Scores) -> Option<String> {
    let failure = || scores.failure(row.place - 1).map(str::to_owned);
    row.text.as_ref().err().cloned().or_else(failure)
}

/// Thresholds by the labels' names, `{"toxicity": {"insult": 0.5}}`.
fn thresholds(labels: &Labels, thresholds: &[f32]) -> Value {
    let of_task = |(place, task): (usize, &crate::protocol::Task)| {
        let labels = labels.all().iter().zip(thresholds).filter(|(label, _)| label.task == place);
        (task.name.clone(), labels.map(|(label, threshold)| (label.name.clone(), json!(threshold))).collect())
    };
    Value::Object(labels.tasks().iter().enumerate().map(of_task).collect())
}

/// The log of decisions as JSON lines: what of, and then each step that was taken, undone ones among them. Rows are counted from 1 there,
/// as they are everywhere in what is exported.
pub fn log(file: &str, journal: &Journal, labels: &Labels, used: &[f32], (model, sha256): (&str, &str)) -> Vec<u8> {
    let head = json!({ "file": file, "model": model, "model_sha256": sha256, "thresholds": thresholds(labels, used) });
    let step = |entry: &super::Entry| {
        let mut step = json!({ "time": time(entry.time) });
        match &entry.step {
            Step::Decide { rows, decision, reason } => {
                step["step"] = "decide".into();
                step["rows"] = rows.pairs().map(|(first, count)| json!([first + 1, count])).collect();
                step["decision"] = json!(decision);
                if let Some(reason) = reason {
                    step["reason"] = reason.clone().into();
                }
            }
            Step::Undo => step["step"] = "undo".into(),
            Step::Redo => step["step"] = "redo".into(),
        }
        step
    };
    let lines = std::iter::once(head).chain(journal.entries().iter().map(step));
    lines.flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

/// A decided row as `undertone train` reads it: the text, and whether it was removed; none where it was neither kept nor removed.
pub fn example(row: &TextRow, journal: &Journal) -> Option<Vec<u8>> {
    let number = row.place.checked_sub(1)?;
    let removed = match journal.decision(number)? {
        Decision::Remove => 1,
        Decision::Keep => 0,
        Decision::Unsure => return None,
    };
    let text = row.text.as_ref().ok()?;
    Some(format!("{}\n", json!({ "text": text, "removed": removed })).into_bytes())
}

/// What rows of a file are written as where nobody says: as they are.
pub fn kind_of(format: Format) -> As {
    if format == Format::JsonLines { As::JsonLines } else { As::Csv }
}

#[cfg(test)]
mod tests;
