//! Answers as CSV: our columns, and what stands in them.

use undertone::bundle::{HeadKind, Manifest};
use undertone::rows::texts::TextRow;

use super::answer::{Answer, Effects, characters};

/// The names of our columns, without what they begin with.
pub fn names(manifest: &Manifest, has_spans: bool) -> Vec<String> {
    let mut names = vec!["row".to_owned(), "line".to_owned()];
    for task in &manifest.tasks {
        if !task.unit.is_text() {
            let of_words = || task.labels.iter().map(|label| format!("{}.{}", task.name, label.name));
            names.extend(has_spans.then(of_words).into_iter().flatten());
            continue;
        }
        if task.kind == HeadKind::Classes {
            names.push(task.name.clone());
        }
        for label in &task.labels {
            names.push(format!("{}.{}", task.name, label.name));
            names.extend(has_spans.then(|| format!("{}.{}.effects", task.name, label.name)));
        }
    }
    names.extend(["tokens", "truncated", "reason", "error"].map(str::to_owned));
    names
}

/// Our cells of a row that was answered, in the order of [`names`].
pub fn answer(manifest: &Manifest, has_spans: bool, row: &TextRow, text: &str, answer: &Answer) -> Vec<String> {
    let Answer { classification, effects } = answer;
    let mut cells = vec![row.place.to_string(), row.line.to_string()];
    let (mut tasks, mut words) = (classification.tasks.iter(), classification.words.iter());
    for task in &manifest.tasks {
        if !task.unit.is_text() {
            let of_label = |_| {
                let spans = words.next().map(|words| words.spans(text)).unwrap_or_default();
                let spans =
                    spans.iter().map(|span| characters(text, span)).map(|[start, end]| format!("{start}-{end}"));
                spans.collect::<Vec<_>>().join(" ")
            };
            cells.extend(has_spans.then(|| task.labels.iter().map(of_label)).into_iter().flatten());
            continue;
        }
        let scores = tasks.next();
        if task.kind == HeadKind::Classes {
            cells.push(scores.and_then(|scores| Some(scores.present().first()?.label.clone())).unwrap_or_default());
        }
        for (number, label) in task.labels.iter().enumerate() {
            let score = scores.filter(|scores| !scores.withheld).and_then(|scores| scores.labels.get(number));
            cells.push(score.map(|score| score.probability.to_string()).unwrap_or_default());
            if has_spans {
                let of_label = effects.iter().find(|effects| effects.task == task.name && effects.label == label.name);
                cells.push(of_label.map(|effects| effects_cell(text, effects)).unwrap_or_default());
            }
        }
    }
    cells.push(classification.tokens.to_string());
    cells.push(classification.truncated.to_string());
    let reason = classification.reason.and_then(|reason| serde_json::to_value(reason).ok());
    cells.push(reason.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned());
    cells.push(String::new());
    cells
}

/// Our cells of a row that is broken, in the order of [`names`].
pub fn broken(columns: usize, row: &TextRow, reason: &str) -> Vec<String> {
    let mut cells = vec![row.place.to_string(), row.line.to_string()];
    cells.resize(columns.saturating_sub(1), String::new());
    cells.push(reason.to_owned());
    cells
}

/// Places and effects of words, the strongest first: `6-11:+0.62 0-3:-0.05`.
fn effects_cell(text: &str, effects: &Effects) -> String {
    let word = |word: &undertone::classify::WordEffect| {
        let [start, end] = characters(text, &word.bytes);
        format!("{start}-{end}:{:+.2}", word.effect)
    };
    effects.words.iter().map(word).collect::<Vec<_>>().join(" ")
}
