//! Answers for people.

use std::fmt::Write;

use super::answer::{Answer, Effects};

/// How many words of a label are shown.
const SHOWN_EFFECTS: usize = 6;

/// The text with what is said of it below.
pub fn answer(text: &str, Answer { classification, effects }: &Answer) -> String {
    let cut = if classification.truncated { " (its beginning; it is longer than what is read)" } else { "" };
    let mut shown = format!("{text}{cut}\n");
    let mut line = |what: &str| {
        // A string takes whatever is written.
        let _ = writeln!(shown, "  {what}");
    };
    if let Some(reason) = classification.reason {
        line(reason.sentence());
    }
    for task in &classification.tasks {
        if task.withheld {
            line(&format!("{}: –", task.task));
            continue;
        }
        let scores = task.labels.iter().enumerate().map(|(label, score)| {
            let mark = if task.is_present(label) { "*" } else { "" };
            format!("{} {:.4}{mark}", score.label, score.probability)
        });
        line(&format!("{}: {}", task.task, scores.collect::<Vec<_>>().join("  ")));
    }
    for words in &classification.words {
        let marked = words.spans(text).into_iter().filter_map(|span| text.get(span));
        line(&format!("{}: {}", words.task, marked.collect::<Vec<_>>().join(" | ")));
    }
    for Effects { task, label, words } in effects {
        let words = words
            .iter()
            .take(SHOWN_EFFECTS)
            .filter_map(|word| Some(format!("{} {:+.2}", text.get(word.bytes.clone())?, word.effect)));
        line(&format!("{task}, {label}: {}", words.collect::<Vec<_>>().join("  ")));
    }
    shown
}
