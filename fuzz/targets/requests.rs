//! What programs ask: a worker in its own words, and whoever answers like the Perspective API in Google's.

use std::sync::OnceLock;

use serde_json::Value;
use undertone::bundle::Bundle;
use undertone::classify::{BatchScorer, Classifier, Occlusion};
use undertone::perspective::{Analysis, Attributes, Suggestion};
use undertone::protocol::Request;

use super::bundles::tiny;
use super::check;

/// The small model, with labels that the API has attributes for.
fn classifier() -> &'static Classifier {
    static CLASSIFIER: OnceLock<Classifier> = OnceLock::new();
    CLASSIFIER.get_or_init(|| {
        let Bundle { mut manifest, weights, tokenizer } = tiny().clone();
        let mut tasks = manifest.tasks.clone();
        for (label, name) in tasks[1].labels.iter_mut().zip(["toxic", "insult", "threat"]) {
            label.name = name.to_owned();
        }
        tasks[2].labels[0].name = "toxic".to_owned();
        manifest = manifest.with_tasks(tasks).expect("the names are ones");
        Classifier::new(&Bundle { manifest, weights, tokenizer }).expect("the small bundle is one")
    })
}

/// A message to a worker, and all that the worker computes for it.
pub fn request(data: &[u8]) {
    let Ok(request) = serde_json::from_slice::<Request>(data) else { return };
    let written = serde_json::to_vec(&request).expect("a request can be written");
    assert_eq!(serde_json::from_slice::<Request>(&written).expect("what was written can be read"), request);
    let classifier = classifier();
    match request {
        Request::Classify { text, thresholds, .. } => {
            let classification = classifier.classify(&text).expect("any text has an answer");
            if let Ok(classification) = classification.decided_by(&thresholds) {
                check(&text, &classification);
            }
        }
        Request::Score { texts, .. } => {
            let count = texts.len();
            let mut scorer = BatchScorer::new(texts);
            while !scorer.is_done() {
                scorer.advance(classifier).expect("any text has an answer");
            }
            assert_eq!(scorer.finish().len(), count);
        }
        Request::Explain { text, task, label, .. } => {
            let number = classifier.manifest().about_texts().nth(task).map_or(usize::MAX, |(number, _)| number);
            let Ok(mut occlusion) = Occlusion::of_strongest_words(classifier, &text, number, label) else { return };
            while !occlusion.is_done() {
                occlusion.advance(classifier).expect("any text has an answer");
            }
            let words = occlusion.finish();
            assert!(words.iter().all(|word| text.get(word.bytes.clone()).is_some()), "{words:?} of {text:?}");
        }
        Request::Analyze { body, .. } => analyze(body.as_bytes()),
        Request::Load(_) | Request::Document { .. } | Request::Cancel { .. } | Request::Ping => {}
    }
}

/// The body of a request of the Perspective API, and its answer.
pub fn analyze(data: &[u8]) {
    let classifier = classifier();
    if let Ok(suggestion) = Suggestion::parse(data, &Attributes::of(classifier.manifest())) {
        assert!(!suggestion.rows.is_empty());
        for (text, scores) in &suggestion.rows {
            assert!(!text.is_empty() && scores.values().all(|score| (0.0..=1.0).contains(score)), "{suggestion:?}");
        }
    }
    let Ok(body) = std::str::from_utf8(data) else { return };
    let answer = Analysis::begin(body, classifier).and_then(|mut analysis| {
        while !analysis.is_done() {
            analysis.advance(classifier).expect("any text has an answer");
        }
        analysis.answer(classifier)
    });
    match answer {
        Ok(answer) => check_answer(body, &answer),
        Err(refusal) => {
            assert!((400..500).contains(&refusal.code()), "{refusal:?} for {body}");
            assert_eq!(refusal.body()["error"]["code"], refusal.code());
        }
    }
}

/// Scores are probabilities, and spans follow each other within the comment.
fn check_answer(body: &str, answer: &Value) {
    let is_score = |score: &Value| score["value"].as_f64().is_some_and(|value| (0.0..=1.0).contains(&value));
    let scores = answer["attributeScores"].as_object().expect("there are scores, or none");
    for score in scores.values() {
        assert!(score.get("summaryScore").is_none_or(is_score), "{answer} for {body}");
        let mut end = 0;
        for span in score["spanScores"].as_array().expect("there are spans") {
            let place = |name: &str| span[name].as_u64().expect("a place is a number");
            assert!(end <= place("begin") && place("begin") <= place("end"), "{answer} for {body}");
            assert!(is_score(&span["score"]), "{answer} for {body}");
            end = place("end");
        }
    }
}
