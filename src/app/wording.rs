//! How numbers and names are said.

use crate::worker::protocol::{LabelScore, TaskScores};

/// The task that has a scale from negative over neutral to positive, if it has one label.
pub const SENTIMENT: &str = "sentiment";

/// A label's or a task's name as people write it: `severe_toxic` is "severe toxic".
pub fn humanise(name: &str) -> String {
    name.replace(['_', '-'], " ").trim().to_lowercase()
}

/// The same, as a title: `severe_toxic` is "Severe toxic".
pub fn title(name: &str) -> String {
    let name = humanise(name);
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A probability in percent. A model is never certain, so neither 0% nor 100% is ever shown.
pub fn percent(probability: f32) -> String {
    let percent = probability * 100.0;
    match percent {
        ..1.0 => "<1%".to_owned(),
        99.0.. => ">99%".to_owned(),
        _ => format!("{percent:.0}%"),
    }
}

/// The same for a screen reader, which may leave the signs out.
pub fn spoken_percent(probability: f32) -> String {
    percent(probability).replace('<', "under ").replace('>', "over ")
}

/// Where on the scale from negative to positive a probability of positive lies, in words.
pub fn leaning(positive: f32) -> &'static str {
    match positive {
        ..0.1 => "clearly negative",
        ..0.35 => "rather negative",
        ..0.65 => "neutral or mixed",
        ..0.9 => "rather positive",
        _ => "clearly positive",
    }
}

/// Whether a label counts as present.
pub fn is_present(score: &LabelScore) -> bool {
    score.probability >= score.threshold
}

/// Whether a task is shown as a scale rather than as bars.
pub fn is_scale(task: &str, labels: usize) -> bool {
    task == SENTIMENT && labels == 1
}

/// What a task's answer comes down to.
pub fn verdict(task: &TaskScores) -> String {
    if let [only] = task.labels.as_slice()
        && is_scale(&task.task, 1)
    {
        return leaning(only.probability).to_owned();
    }
    let present: Vec<String> =
        task.labels.iter().filter(|score| is_present(score)).map(|score| humanise(&score.label)).collect();
    match present.as_slice() {
        [] => "nothing found".to_owned(),
        names => enumerate(names),
    }
}

/// "insult", "toxic and insult", "toxic, obscene and insult".
fn enumerate(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Bytes in megabytes, as download sizes are told.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// A count with its noun: "1 token", "27 tokens".
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A duration with as many digits as mean something: "8.4 ms", "31 ms".
pub fn duration(milliseconds: f64) -> String {
    if milliseconds < 9.95 { format!("{milliseconds:.1} ms") } else { format!("{milliseconds:.0} ms") }
}
