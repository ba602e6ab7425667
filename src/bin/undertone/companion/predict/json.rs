//! Answers as JSON lines: a row's object as it is written, with ours behind what it has.

use serde_json::{Map, Value, json};
use undertone::bundle::{HeadKind, Manifest};
use undertone::classify::{LabelScore, TaskScores};
use undertone::rows::texts::{RowCells, TextRow};

use super::answer::{Answer, Effects, characters};
use super::{Error, Result};

/// The names that an answer has beside those of tasks.
const NAMES: [&str; 9] = ["row", "line", "tokens", "truncated", "reason", "classes", "effects", "error", "written"];

/// All names that answers have, without what they begin with.
pub fn names(manifest: &Manifest) -> Vec<String> {
    let tasks = manifest.tasks.iter().map(|task| task.name.clone());
    NAMES.into_iter().map(str::to_owned).chain(tasks).collect()
}

/// A row with what is said of it, on a line; the names of a table's columns are its `header`.
pub fn row(row: &TextRow, header: &[String], ours: &Map<String, Value>) -> Result<Vec<u8>> {
    let ours = serialised(ours)?;
    // What is ours follows, in the same object.
    let mut line = match &row.cells {
        RowCells::Object(object) => {
            let written = row.written.trim_ascii();
            let open = written.strip_suffix(b"}").unwrap_or(written).trim_ascii_end().to_vec();
            if object.is_empty() { open } else { [&open, &b", "[..]].concat() }
        }
        RowCells::Fields(fields) => {
            let mut open = b"{".to_vec();
            for (number, name) in header.iter().enumerate() {
                let field = fields.get(number).map_or(&b""[..], Vec::as_slice);
                serde_json::to_writer(&mut open, name).map_err(unwritable)?;
                open.push(b':');
                serde_json::to_writer(&mut open, &String::from_utf8_lossy(field)).map_err(unwritable)?;
                open.push(b',');
            }
            open
        }
        RowCells::Line | RowCells::Broken => b"{".to_vec(),
    };
    line.extend_from_slice(&ours[1..]);
    line.push(b'\n');
    Ok(line)
}

/// What is said of a row whose text is `text`.
pub fn answer(row: &TextRow, text: &str, answer: &Answer) -> Map<String, Value> {
    let Answer { classification, effects } = answer;
    let mut object = Map::new();
    if row.cells == RowCells::Line {
        object.insert("text".into(), text.into());
    }
    place(row, &mut object);
    object.insert("tokens".into(), classification.tokens.into());
    object.insert("truncated".into(), classification.truncated.into());
    if let Some(reason) = classification.reason {
        object.insert("reason".into(), json!(reason));
    }
    for task in &classification.tasks {
        let probability = |score: &LabelScore| (!task.withheld).then_some(score.probability).into();
        let scores = task.labels.iter().map(|score| (score.label.clone(), probability(score)));
        object.insert(task.task.clone(), Value::Object(scores.collect()));
    }
    let classes = classification.tasks.iter().filter(|task| task.kind == HeadKind::Classes);
    let likeliest = |task: &TaskScores| Some((task.task.clone(), task.present().first()?.label.clone().into()));
    let likeliest: Map<_, _> = classes.filter_map(likeliest).collect();
    if !likeliest.is_empty() {
        object.insert("classes".into(), likeliest.into());
    }
    for words in &classification.words {
        let spans = words.spans(text).into_iter().map(|span| characters(text, &span).to_vec());
        object.insert(words.task.clone(), spans.collect::<Vec<_>>().into());
    }
    if !effects.is_empty() {
        let of_label = |Effects { task, label, words }: &Effects| {
            let words: Vec<_> = words
                .iter()
                .map(|word| json!({ "span": characters(text, &word.bytes), "effect": word.effect }))
                .collect();
            json!({ "task": task, "label": label, "words": words })
        };
        object.insert("effects".into(), effects.iter().map(of_label).collect::<Vec<_>>().into());
    }
    object
}

/// What is said of a row that is broken; what could not be taken apart stands there as it is written.
pub fn broken(row: &TextRow, reason: &str) -> Map<String, Value> {
    let mut object = Map::new();
    place(row, &mut object);
    object.insert("error".into(), reason.into());
    if matches!(row.cells, RowCells::Broken | RowCells::Line) {
        object.insert("written".into(), String::from_utf8_lossy(&row.written).into());
    }
    object
}

fn place(row: &TextRow, object: &mut Map<String, Value>) {
    object.insert("row".into(), row.place.into());
    object.insert("line".into(), row.line.into());
}

fn serialised(object: &Map<String, Value>) -> Result<Vec<u8>> {
    serde_json::to_vec(object).map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::invalid(format!("an answer cannot be written as JSON: {error}"))
}
