//! Calibrate, and see that everybody goes by it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{LABELS, complain, predict, succeed, tiny_bert, train_arguments, write_data};

/// Reviews whose words tell their label four times in five, so that a model that goes by the words is too sure of itself.
fn noisy_reviews() -> String {
    let mut rows = "text,positive,weight\n".to_owned();
    for number in 0..200 {
        let good = number % 2 == 0;
        let positive = u8::from(good != (number % 5 == 0));
        let word = if good { "good " } else { "bad " };
        writeln!(rows, "the movie was {}{number},{positive},{}", word.repeat(1 + number % 4), 1 + number % 3).unwrap();
    }
    rows
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("bundle/manifest.json")).unwrap()).unwrap()
}

fn evaluate(folder: &Path) -> Value {
    let data = ["--task", "sentiment", "--data", "noisy.csv", "--json"];
    serde_json::from_str(&succeed(folder, &[&["evaluate", "--bundle", "bundle"][..], &data].concat())).unwrap()
}

fn positive(folder: &Path, text: &str) -> f64 {
    let output = predict(folder, "bundle", "jsonl", text.as_bytes());
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    line["sentiment"]["positive"].as_f64().unwrap()
}

#[test]
fn a_calibrated_bundle_is_believed_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    fs::write(folder.join("noisy.csv"), noisy_reviews()).unwrap();
    let base = tiny_bert();
    let tasks = ["--task", "sentiment=aclImdb", "--task", "toxicity=comments", "--epochs", "20"];
    succeed(folder, &train_arguments(base.to_str().unwrap(), &tasks));
    succeed(folder, &["export", "--run", "run", "--out", "bundle", "--precision", "f32"]);
    let raw = manifest(folder);
    assert!(!raw.to_string().contains("calibration"), "an identity is not written: {raw}");
    let before = evaluate(folder);
    let text = "the movie was good";
    let raw_probability = positive(folder, text);

    let noisy = ["calibrate", "--bundle", "bundle", "--task", "sentiment", "--data", "noisy.csv"];
    let said = succeed(folder, &noisy);
    assert!(said.contains("sentiment: 200 texts, noisy.csv") && said.contains("positive"), "{said}");
    let calibrated = manifest(folder);
    let label = &calibrated["tasks"][0]["labels"][0];
    let (scale, bias) =
        (label["calibration"]["scale"].as_f64().unwrap(), label["calibration"]["bias"].as_f64().unwrap());
    assert!(scale < 0.9, "the model was too sure of itself: {label}");
    assert_eq!(calibrated["tasks"][0]["calibration"]["data"], "noisy.csv");
    assert_eq!(calibrated["tasks"][0]["calibration"]["samples"], 200);
    assert_eq!(calibrated["tasks"][0]["calibration"]["thresholds"], "best F1");
    assert_eq!(calibrated["tasks"][1], raw["tasks"][1], "the other task is as it was");
    assert_eq!(calibrated["files"], raw["files"]);

    let after = evaluate(folder);
    let figure = |metrics: &Value, key: &str| metrics[key].as_f64().unwrap();
    assert!(figure(&after, "loss") < figure(&before, "loss") - 0.05, "{before} {after}");
    assert!(figure(&after, "ece") < 0.05 && figure(&before, "ece") > 0.1, "{before} {after}");
    let auc = |metrics: &Value| metrics["labels"]["positive"]["auc"].as_f64().unwrap();
    assert!((auc(&after) - auc(&before)).abs() < 1e-6, "{before} {after}");
    let expected = 1.0 / (1.0 + (-(scale * (raw_probability / (1.0 - raw_probability)).ln() + bias)).exp());
    assert!((positive(folder, text) - expected).abs() < 1e-3, "{} not {expected}", positive(folder, text));

    succeed(folder, &noisy);
    assert_eq!(manifest(folder), calibrated, "calibrating again starts from the model's own logits");

    // Where positive reviews are rare the same text is less probably one.
    let rare = [&noisy[..], &["--rate", "positive=0.02", "--precision", "0.5"]].concat();
    succeed(folder, &rare);
    let rare = manifest(folder);
    assert_eq!(rare["tasks"][0]["calibration"]["rates"]["positive"], 0.02);
    assert_eq!(rare["tasks"][0]["calibration"]["thresholds"], "most recall at a precision of 0.5");
    assert!(positive(folder, text) < 0.2, "{}", positive(folder, text));

    assert_refuses(folder, &noisy);
    assert_eq!(manifest(folder), rare, "what is refused changes nothing");
    let turned = |number: usize| format!("the movie was good {number},0\nthe movie was bad {number},1\n");
    let turned = "text,positive\n".to_owned() + (0..30).map(turned).collect::<String>().as_str();
    fs::write(folder.join("turned.csv"), turned).unwrap();
    let turned =
        ["calibrate", "--bundle", "bundle", "--task", "sentiment", "--data", "turned.csv", "--precision", "0.9"];
    let said = succeed(folder, &turned);
    assert!(said.contains("positive: no threshold has the precision 0.9; the best there is, 0.500, is kept"), "{said}");
    assert_calibrates_on_held_out_texts(folder);
}

/// All tasks at once, on what a run leaves.
fn assert_calibrates_on_held_out_texts(folder: &Path) {
    let labels = |present: &str| LABELS.map(|label| format!("\"{label}\": {present}")).join(", ");
    let review = |number: usize| {
        let (word, positive) = [("good", 1), ("bad", 0)][number % 2];
        format!(
            "{{\"text\": \"{word} {number}\", \"positive\": {}, \"weight\": 1}}\n",
            positive ^ usize::from(number.is_multiple_of(5))
        )
    };
    let comment = |number: usize| {
        let present = ["0", "1", "null"][number % 3];
        format!("{{\"text\": \"comment {number}\", {}, \"weight\": 2.5}}\n", labels(present))
    };
    fs::create_dir_all(folder.join("run/held-out")).unwrap();
    fs::write(folder.join("run/held-out/sentiment.jsonl"), (0..80).map(review).collect::<String>()).unwrap();
    fs::write(folder.join("run/held-out/toxicity.jsonl"), (0..90).map(comment).collect::<String>()).unwrap();
    let said = succeed(folder, &["calibrate", "--bundle", "bundle", "--run", "run", "--rate", "threat=0.003"]);
    assert!(said.contains("sentiment: 80 texts, texts held out from training"), "{said}");
    let manifest = manifest(folder);
    let toxicity = &manifest["tasks"][1];
    assert_eq!(toxicity["calibration"]["rates"], serde_json::json!({ "threat": 0.003 }));
    assert_eq!(manifest["tasks"][0]["calibration"]["rates"], Value::Null);
    let bias = |label: usize| toxicity["labels"][label]["calibration"]["bias"].as_f64().unwrap();
    assert!(bias(3) < bias(0) - 3.0, "{toxicity}");
}

fn assert_refuses(folder: &Path, calibrate: &[&str]) {
    let said = |more: &[&str]| complain(folder, &[calibrate, more].concat());
    for (more, expected) in [
        (&["--rate", "threat=0.1"][..], "the rate threat=0.1 is of no label: the labels are positive"),
        (&["--rate", "positive=0"], "the rate positive=0 is no rate"),
        (&["--rate", "positive"], "as in threat=0.003"),
        (&["--rate", "positive=0.1", "--rate", "positive=0.2"], "--rate positive was given twice"),
        (&["--precision", "2"], "2 is no precision"),
        (&["--precision", "0.9", "--best-f1"], "cannot be used with"),
        (&["--f1-within", "1"], "1 is no difference of F1"),
        (&["--f1-within", "0.01", "--precision", "0.9"], "cannot be used with"),
    ] {
        let said = said(more);
        assert!(said.contains(expected), "expected {expected:?} in {said:?}");
    }
    let nothing = complain(folder, &["calibrate", "--bundle", "bundle"]);
    assert!(nothing.contains("--task") && nothing.contains("--data"), "{nothing}");
    let elsewhere = complain(folder, &["calibrate", "--bundle", "bundle", "--run", "nowhere"]);
    assert!(elsewhere.contains("sentiment.jsonl does not exist"), "{elsewhere}");
}
