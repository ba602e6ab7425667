//! Reports of ordinary and of degenerate data.

use super::*;
use crate::bundle::HeadKind;
use crate::classify::LabelScore;
use crate::train::fixtures::LabelledLogits;

fn task(names: &[&str]) -> Task {
    Task::new("toxicity", names)
}

fn report_of(names: &[&str], logits: &[f32], targets: &[f32], history: Option<History>) -> Report {
    let predictions = LabelledLogits::new(names, logits, targets);
    let measured = Measured::of(&task(names), &predictions.predictions(), "texts <made> up".into()).unwrap();
    let score = LabelScore { label: names[0].to_owned(), probability: 0.75, threshold: 0.5 };
    let scores = TaskScores { task: "toxicity".into(), kind: HeadKind::Labels, withheld: false, labels: vec![score] };
    let sentences = vec![Sentence { text: "Is 1 < 2 & \"so\"?".into(), scores }];
    let task = TaskReport {
        name: "toxicity".into(),
        kind: HeadKind::Labels,
        history,
        measured: Some(measured),
        calibration: None,
        sentences,
    };
    Report { name: "a <model>".into(), model: "small".into(), tasks: vec![task] }
}

/// Writes the report and gives the page, the JSON and all that was written; nothing may be left undrawn or unsaid.
fn written(report: &Report) -> (String, serde_json::Value, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), report).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in &names {
        let undrawn = read(name).contains("NaN") || read(name).contains("inf ");
        assert!(!undrawn, "{name}: {}", read(name));
    }
    (read("report.html"), serde_json::from_str(&read("report.json")).unwrap(), names)
}

#[test]
fn a_report_has_its_pictures_within_and_beside_it() {
    let history = History {
        losses: vec![[1.0, 0.7], [2.0, 0.5]],
        smoothed: vec![[1.0, 0.7], [2.0, 0.6]],
        validations: vec![Validation {
            step: 2,
            epoch: 1,
            loss: 0.55,
            accuracy: Some(0.8),
            auc_macro: Some(0.9),
            auc_micro: None,
        }],
    };
    let report = report_of(
        &["toxic", "threat"],
        &[2.0, -1.0, 1.0, 0.5, -1.0, 0.0, -2.0, -3.0],
        &[1.0, 0.0, 0.0, 1.0, 1.0, f32::NAN, 0.0, 0.0],
        Some(history),
    );
    let (page, json, names) = written(&report);
    let pictures = ["auc", "loss", "precision-recall", "reliability", "roc"].map(|what| format!("toxicity-{what}.svg"));
    assert_eq!(names[..2], ["report.html", "report.json"]);
    assert_eq!(names[2..], pictures);
    assert_eq!(page.matches("<svg").count(), 5);
    assert_eq!(page.matches("<desc").count(), 5);
    assert!(page.contains("macro average 0.875") && page.contains("micro average"), "{page}");
    assert!(page.contains("a &lt;model&gt;") && page.contains("texts &lt;made&gt; up"));
    assert!(page.contains("Is 1 &lt; 2 &amp; &quot;so&quot;?") && page.contains("0.750</span><span>▲"));
    assert!(
        !page.contains("<script") && !page.contains("http://")
            || page.matches("http://www.w3.org/2000/svg").count() == 5
    );
    let measured = &json["tasks"][0]["measured"];
    assert_eq!(
        measured["labels"][0]["roc"],
        serde_json::json!([[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [1.0, 1.0]])
    );
    assert_eq!(measured["labels"][1]["metrics"]["unknown"], 1);
    assert_eq!(measured["labels"][1]["decisions"]["true_positives"], 1.0);
    assert_eq!(json["tasks"][0]["history"]["validations"][0]["loss"], 0.55);
}

#[test]
fn what_is_degenerate_is_said_and_not_drawn() {
    // One text; all present; all absent; all unknown; all the same score.
    for (logits, targets) in [
        (vec![0.0, 0.0], vec![1.0, 0.0]),
        (vec![1.0, 2.0, 3.0, 4.0], vec![1.0; 4]),
        (vec![1.0, 2.0, 3.0, 4.0], vec![0.0; 4]),
        (vec![1.0, 2.0, 3.0, 4.0], vec![0.0, f32::NAN, 1.0, f32::NAN]),
        (vec![80.0; 40], vec![0.0; 40]),
    ] {
        let (page, json, _) = written(&report_of(&["toxic", "threat"], &logits, &targets, Some(History::default())));
        assert!(page.contains("The run noted no loss.") && page.contains("The run noted no validation."));
        assert!(page.contains("undefined"));
        assert_eq!(json["tasks"][0]["measured"]["labels"][1]["roc"], serde_json::json!([]));
    }
}

#[test]
fn a_task_without_texts_is_still_reported() {
    let task = TaskReport {
        name: "../odd name".into(),
        kind: HeadKind::Classes,
        history: Some(History::default()),
        measured: None,
        calibration: None,
        sentences: Vec::new(),
    };
    let report = Report { name: "model".into(), model: "small".into(), tasks: vec![task] };
    let (page, _, names) = written(&report);
    assert!(page.contains("No texts were scored.") && page.contains("../odd name"));
    assert!(names.contains(&"---odd-name-loss.svg".to_owned()), "{names:?}");
    assert!(!page.contains("binary"), "nothing is binary where classes exclude each other: {page}");
}
