//! Answers as JSON: our names, and what stands under them.

use serde_json::{Map, Value, json};
use undertone::bundle::{HeadKind, Manifest};
use undertone::classify::{LabelScore, TaskScores};
use undertone::rows::texts::{RowCells, TextRow};

use super::answer::{Answer, Effects, characters};

/// The names that an answer has beside those of tasks.
const NAMES: [&str; 9] = ["row", "line", "tokens", "truncated", "reason", "classes", "effects", "error", "written"];

/// All names that answers have, without what they begin with.
pub fn names(manifest: &Manifest) -> Vec<String> {
    let tasks = manifest.tasks.iter().map(|task| task.name.clone());
    NAMES.into_iter().map(str::to_owned).chain(tasks).collect()
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
