//! What tests share: the reference values of `tests/fixtures`, and logits with their targets.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::metrics::Predictions;
use crate::bundle::HeadKind;
use crate::logistic::one_against_rest;

/// Where the fixture `name` is.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The fixture `name`, which is of JSON.
pub fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap()
}

/// The numbers as f32, which must hold them exactly or a comparison to 1e-9 means nothing. What is null is unknown.
pub fn numbers(numbers: &Value) -> Vec<f32> {
    let number = |number: &Value| match number.as_f64() {
        Some(number) => {
            assert_eq!(f64::from(number as f32), number);
            number as f32
        }
        None => f32::NAN,
    };
    numbers.as_array().unwrap().iter().map(number).collect()
}

/// Fails unless what was measured is what the fixture says: the same to 1e-9, or null where there is nothing to measure.
#[track_caller]
pub fn assert_close(what: &str, measured: Option<f64>, expected: &Value) {
    match (measured, expected.as_f64()) {
        (Some(measured), Some(expected)) => {
            assert!((measured - expected).abs() < 1e-9, "{what}: {measured} not {expected}")
        }
        (None, None) => assert!(expected.is_null(), "{what}: the fixture lacks a value"),
        _ => panic!("{what}: {measured:?} not {expected}"),
    }
}

/// What [`Predictions`] borrow: logits, targets and weights of texts of the weight 1, unless changed.
#[derive(Debug, Clone)]
pub struct LabelledLogits {
    pub logits: Vec<f32>,
    pub targets: Vec<f32>,
    pub weights: Vec<f32>,
    pub labels: Vec<String>,
    pub kind: HeadKind,
    pub texts: Option<Vec<usize>>,
}

impl LabelledLogits {
    /// Of these labels, row by row.
    pub fn new(labels: &[&str], logits: impl Into<Vec<f32>>, targets: impl Into<Vec<f32>>) -> Self {
        let (logits, targets) = (logits.into(), targets.into());
        let weights = vec![1.0; logits.len() / labels.len()];
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Self { logits, targets, weights, labels, kind: HeadKind::Labels, texts: None }
    }

    /// A fixture's of labels, each row's text where it says one.
    pub fn from_fixture(case: &Value) -> Self {
        Self {
            logits: numbers(&case["logits"]),
            targets: numbers(&case["targets"]),
            weights: numbers(&case["weights"]),
            labels: serde_json::from_value(case["labels"].clone()).unwrap(),
            kind: HeadKind::Labels,
            texts: serde_json::from_value(case["texts"].clone()).unwrap(),
        }
    }

    /// A case of `classes.json`: logits of each class against the rest.
    pub fn from_classes(case: &Value) -> Self {
        let labels: Vec<String> = serde_json::from_value(case["labels"].clone()).unwrap();
        let classes: Vec<i64> = serde_json::from_value(case["classes"].clone()).unwrap();
        let target = |class: i64, of: i64| if class < 0 { f32::NAN } else { f32::from(u8::from(class == of)) };
        let targets = classes.iter().flat_map(|&class| (0..4).map(move |of| target(class, of))).collect();
        let mut logits = serde_json::from_value::<Vec<Vec<f32>>>(case["logits"].clone()).unwrap().concat();
        logits.chunks_exact_mut(labels.len()).for_each(one_against_rest);
        Self { logits, targets, weights: numbers(&case["weights"]), labels, kind: HeadKind::Classes, texts: None }
    }

    /// The same with these weights.
    pub fn weighing(self, weights: impl Into<Vec<f32>>) -> Self {
        Self { weights: weights.into(), ..self }
    }

    /// The same of classes that exclude each other.
    pub fn exclusive(self) -> Self {
        Self { kind: HeadKind::Classes, ..self }
    }

    /// The same of tokens, each of its text.
    pub fn of_texts(self, texts: &[usize]) -> Self {
        Self { texts: Some(texts.to_vec()), ..self }
    }

    /// The predictions.
    pub fn predictions(&self) -> Predictions<'_> {
        Predictions {
            logits: &self.logits,
            targets: &self.targets,
            weights: &self.weights,
            labels: &self.labels,
            kind: self.kind,
            factors: None,
            texts: self.texts.as_deref(),
        }
    }
}
