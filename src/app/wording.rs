//! How numbers and names are said.

use super::settings::ordered;
use crate::protocol::{Classification, Display, Model, Reason, Scale, Task, TaskScores};

/// A label's or a task's name as people write it: `severe_toxic` is "severe toxic".
pub fn humanise(name: &str) -> String {
    name.replace(['_', '-'], " ").trim().to_lowercase()
}

/// The same, as a title: `severe_toxic` is "Severe toxic".
pub fn title(name: &str) -> String {
    capitalised(&humanise(name))
}

/// With a capital at its beginning.
pub fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
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

/// Where on a scale the probability of its upper end lies, in words.
pub fn leaning(Scale { low, middle, high }: &Scale, probability: f32) -> String {
    match probability {
        ..0.1 => format!("clearly {low}"),
        ..0.35 => format!("rather {low}"),
        ..0.65 => format!("{middle} or mixed"),
        ..0.9 => format!("rather {high}"),
        _ => format!("clearly {high}"),
    }
}

/// What a task's answer comes down to: a dash where there is a `reason` why there is nothing to judge by, and nothing was found.
pub fn verdict(display: &Display, task: &TaskScores, reason: Option<Reason>) -> String {
    if task.withheld || (reason.is_some() && task.present().is_empty()) {
        return "–".to_owned();
    }
    if let (Display::Scale(scale), [only]) = (display, task.labels.as_slice()) {
        return leaning(scale, only.probability);
    }
    let present: Vec<String> = task.present().iter().map(|score| humanise(&score.label)).collect();
    match present.as_slice() {
        [] => "nothing found".to_owned(),
        names => enumerate(names),
    }
}

/// What an answer comes down to in sentences: the reason why there is nothing to judge by, if there is one, and each task's verdict, that of
/// the task in front first.
pub fn in_short(model: &Model, classification: &Classification, front: Option<&str>) -> Vec<String> {
    let reason = classification.reason.map(|reason| reason.sentence().to_owned());
    let verdicts = verdicts(model, classification, front);
    reason.into_iter().chain(verdicts.map(|(task, verdict)| format!("{}: {verdict}.", title(&task.name)))).collect()
}

/// The same as a title has room for: `Clearly positive, nothing found`.
pub fn headline(model: &Model, classification: &Classification, front: Option<&str>) -> String {
    let verdicts: Vec<String> = verdicts(model, classification, front).map(|(_, verdict)| verdict).collect();
    if verdicts.is_empty() { "Nothing to judge by".to_owned() } else { capitalised(&verdicts.join(", ")) }
}

/// The tasks of which there is something to say, with what it is.
fn verdicts<'a>(
    model: &'a Model,
    Classification { reason, tasks, .. }: &'a Classification,
    front: Option<&str>,
) -> impl Iterator<Item = (&'a Task, String)> {
    let names: Vec<&str> = model.tasks.iter().map(|task| &task.name[..]).collect();
    let both = ordered(&names, front).into_iter().filter_map(|number| model.tasks.get(number).zip(tasks.get(number)));
    let told = both.filter(|(_, scores)| reason.is_none() || !scores.present().is_empty());
    told.map(|(task, scores)| (task, verdict(&task.display, scores, *reason)))
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

/// A count with its noun: "1 token", "27 tokens", "20,000 rows".
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", thousands(count)) }
}

/// A number with a comma before each three of its digits.
pub fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| group.iter().map(|digit| char::from(*digit)).collect());
    groups.collect::<Vec<String>>().join(",")
}

/// A duration with as many digits as mean something: "8.4 ms", "31 ms".
pub fn duration(milliseconds: f64) -> String {
    if milliseconds < 9.95 { format!("{milliseconds:.1} ms") } else { format!("{milliseconds:.0} ms") }
}
