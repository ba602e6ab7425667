//! What is given anything at all, and must neither panic nor be wrong quietly.
//!
//! `make fuzz` looks for inputs that a target minds. Those that were found, and those that it starts from, are in `tests/fuzz`, a folder for
//! each target; `tests/fuzz.rs` gives them to the same functions.

#![allow(dead_code, unused_imports)] // Each binary calls one of them.

#[path = "targets/bundles.rs"]
mod bundles;
#[path = "targets/data.rs"]
mod data;
#[path = "targets/files.rs"]
mod files;
#[path = "targets/requests.rs"]
mod requests;
#[path = "targets/texts.rs"]
mod texts;

use undertone::classify::Classification;

pub use bundles::{bundle, small, tiny};
pub use data::{archive, dataset, template};
pub use files::{rows, sheet};
pub use requests::{analyze, request};
pub use texts::{text, windows};

/// A function that takes anything.
pub type Target = fn(&[u8]);

/// All targets, by their names.
pub const TARGETS: [(&str, Target); 10] = [
    ("bundle", bundle),
    ("text", text),
    ("windows", windows),
    ("rows", rows),
    ("sheet", sheet),
    ("request", request),
    ("analyze", analyze),
    ("dataset", dataset),
    ("archive", archive),
    ("template", template),
];

/// Probabilities are that, and words lie within their text.
fn check(text: &str, classification: &Classification) {
    let is_probability = |probability: f32| (0.0..=1.0).contains(&probability);
    for label in classification.tasks.iter().flat_map(|task| &task.labels) {
        assert!(is_probability(label.probability) && is_probability(label.threshold), "{label:?}");
    }
    for words in &classification.words {
        assert!(words.words.iter().all(|word| is_probability(word.probability)), "{words:?}");
        assert!(words.words.iter().all(|word| text.get(word.bytes.clone()).is_some()), "{words:?} of {text:?}");
        assert!(words.spans(text).into_iter().all(|span| text.get(span).is_some()), "{words:?} of {text:?}");
    }
}
