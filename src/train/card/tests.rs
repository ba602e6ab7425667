use serde_json::json;

use super::*;

fn manifest() -> Manifest {
    Manifest::parse(include_bytes!("../../../public/models/undertone/manifest.json")).unwrap()
}

fn of(measurements: &Path, words: Option<&str>) -> Result<ModelCard> {
    card(&manifest(), Origin { measurements, words, run: None })
}

fn write_json(folder: &Path, file: &str, content: serde_json::Value) {
    std::fs::write(folder.join(file), content.to_string()).unwrap();
}

#[test]
fn figures_of_another_bundle_or_threshold_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let evaluation = |label: &str, threshold: f32| {
        json!({ "n": 12, "loss": 0.25, "accuracy": 0.875, "auc_macro": 0.91, "auc_micro": null,
            "labels": { label: { "auc": 0.91, "average_precision": 0.8, "positives": 5 } },
            "decisions": { label: { "threshold": threshold, "precision": 0.5, "recall": 0.6, "f1": 0.6, "false_positive_rate": 0.1,
                "true_positives": 5.0, "false_positives": 1.0, "false_negatives": 3.0, "true_negatives": 15.0 } } })
    };
    let threshold = manifest().tasks[0].labels[0].threshold;
    let said = |content: serde_json::Value| {
        write_json(folder, "evaluate-sentiment.json", content);
        of(folder, None).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(said(evaluation("positive", threshold)), Ok(()));
    let other = said(evaluation("positive", threshold / 2.0)).unwrap_err();
    assert!(
        other.contains("was measured with the threshold 0.25") && other.contains("measure the bundle anew"),
        "{other}"
    );
    let other = said(evaluation("funny", threshold)).unwrap_err();
    assert!(other.contains("is of another bundle: it has the label funny"), "{other}");
}

#[test]
fn figures_stand_where_they_were_measured() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let label = json!({ "auc": 0.91, "average_precision": 0.8, "positives": 5 });
    let evaluation = json!({
        "n": 12, "loss": 0.25, "accuracy": 0.875, "auc_macro": 0.91, "auc_micro": null, "labels": { "positive": label },
        "intervals": { "resamples": 9, "loss": { "low": 0.2, "high": 0.3 }, "accuracy": null, "auc_macro": null,
            "auc_micro": null, "labels": { "positive": { "low": 0.85, "high": 0.95 } } },
    });
    write_json(folder, "evaluate-sentiment.json", evaluation);
    let capability = json!({ "capability": "negation", "cases": 8, "passed": 6 });
    let all = json!({ "cases": 8, "passed": 6 });
    let examination = json!({ "task": "toxicity", "all": all, "capabilities": [capability], "tests": [] });
    write_json(folder, "examine-toxicity.json", examination);
    let of_set = |labels: serde_json::Value| json!({ "n": 30, "loss": 0.5, "accuracy": 0.8, "auc_macro": null, "auc_micro": null, "labels": labels });
    let at = json!({ "threshold": 0.3, "precision": 0.5, "recall": 0.625, "f1": 0.6, "false_positive_rate": 0.0625, "true_positives": 5.0,
        "false_positives": 1.0, "false_negatives": 3.0, "true_negatives": 15.0 });
    let mut tweets =
        of_set(json!({ "positive": { "auc": 0.9, "average_precision": 0.8, "positives": 10, "negatives": 20 } }));
    tweets["decisions"] = json!({ "positive": at });
    write_json(folder, "elsewhere-sentiment-tweets.json", tweets);
    let mut facts = of_set(
        json!({ "positive": { "auc": null, "average_precision": null, "positives": 0, "negatives": 0, "undecided": 30 } }),
    );
    facts["within"] = json!({ "low": 0.3, "high": 0.7, "labels": { "positive": 0.75 } });
    facts["accuracy"] = json!(null);
    write_json(folder, "elsewhere-sentiment-facts.json", facts);
    let known = json!({ "auc": 0.95, "average_precision": 0.9, "positives": 8, "negatives": 16 });
    let unknown = json!({ "auc": null, "average_precision": null, "positives": 0, "negatives": 0, "unknown": 24 });
    let mut posts = of_set(json!({ "toxic": known, "threat": unknown }));
    posts["decisions"] = json!({ "toxic": at, "threat": at });
    write_json(folder, "elsewhere-toxicity-posts.json", posts);
    let term = json!({ "term": "gay", "group": "orientation", "neutral": 0.4, "neutral_distance": 0.3, "toxic": 0.9,
        "toxic_distance": 0.0, "neutral_marked": 0.25, "subgroup": 0.9, "bpsn": 0.7, "bnsp": null });
    let templates = json!({ "neutral": 0.1, "toxic": 0.9, "neutral_marked": 0.05, "auc": 0.95, "terms": [term] });
    write_json(folder, "bias.json", json!({ "task": "toxicity", "label": "toxic", "templates": templates }));

    let card = of(folder, Some("| data | licence |\n")).unwrap().text;
    for expected in [
        "# Model card: undertone\n",
        "## Training and evaluation data\n| data | licence |\n\n",
        "| sentiment, 12 texts | measured | 95% interval |\n|---|---|---|\n| loss (binary cross-entropy) | 0.250 | 0.200 to 0.300 |",
        "| ROC AUC of positive | 0.910 | 0.850 to 0.950 |",
        "| ROC AUC, micro | not measured | not measured |",
        "| sentiment, on other texts | texts | accuracy at ½ | ROC AUC | recall | false alarms | within |\n|---|---|---|---|---|---|---|\n\
         | facts | 30 | – | – | – | – | 0.750 (0.3 to 0.7) |\n| tweets | 30 | 0.800 | 0.900 | 0.625 | 0.062 | – |\n",
        "|\n| posts: toxic | 24 | – | 0.950 | 0.625 | 0.062 | – |\n\ntoxic-words: not measured",
        "### Behaviour\nsentiment: not measured\n\n| toxicity, capability | cases | passed |",
        "| negation | 8 | 75% |",
        "| gay | 0.400 | +0.300 | 25% | 0.900 | 0.700 | not measured |",
        "In labelled texts: not measured.",
    ] {
        assert!(card.contains(expected), "{expected:?} is not in {card}");
    }
}

#[test]
fn a_card_without_measurements_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let ModelCard { text: card, pictures, .. } = of(folder.path(), None).unwrap();
    assert!(pictures.is_empty());
    for expected in
        ["sentiment: not measured\n", "toxicity: not measured\n", "| leet | not measured | not measured |\n"]
    {
        assert!(card.contains(expected), "{expected:?} is not in {card}");
    }
    write_json(folder.path(), "bias.json", json!({ "task": "toxicity" }));
    let refused = of(folder.path(), None).unwrap_err().to_string();
    assert!(refused.contains("bias.json is not what the companion prints as JSON"), "{refused}");
}

#[test]
fn a_card_shows_its_reliability_diagrams_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let label = json!({ "auc": 0.91, "average_precision": 0.8, "ece": 0.0444, "positives": 5 });
    let bin = json!({ "probability": 0.9, "positives": 0.75, "weight": 40.0, "samples": 20 });
    let evaluation = json!({
        "n": 20, "loss": 0.25, "ece": 0.0444, "accuracy": 0.875, "auc_macro": null, "auc_micro": null,
        "labels": { "positive": label }, "reliability": { "all": [bin], "labels": [[bin]] },
    });
    write_json(folder.path(), "evaluate-sentiment.json", evaluation);
    let path = folder.path().join("CARD.md");
    of(folder.path(), None).unwrap().write(&path).unwrap();
    let (written, picture) = (std::fs::read_to_string(&path).unwrap(), folder.path().join("calibration-sentiment.svg"));
    let image = written.lines().find(|line| line.starts_with("![")).expect("a picture");
    assert!(
        image.starts_with("![Reliability, sentiment. Of 20 texts ") && image.contains("error: positive 0.044."),
        "{image}"
    );
    assert!(image.ends_with("](calibration-sentiment.svg)"), "{image}");
    assert!(written.contains("\n\ntoxicity: not measured\n\ntoxic-words: not measured\n\n### Behaviour"), "{written}");
    assert!(std::fs::read_to_string(picture).unwrap().contains("ECE 0.044"));
    assert!(!folder.path().join("calibration-toxicity.svg").exists());
}

#[test]
fn what_the_page_shows_is_what_the_card_says() {
    let folder = tempfile::tempdir().unwrap();
    let label = json!({ "auc": 0.91, "average_precision": 0.8, "ece": 0.0444, "positives": 5 });
    let bin = json!({ "probability": 0.91234, "positives": 0.75, "weight": 40.0, "samples": 20 });
    let threshold = manifest().tasks[0].labels[0].threshold;
    let at = json!({ "threshold": threshold, "precision": 0.5, "recall": 0.6, "f1": 0.55, "false_positive_rate": 0.25, "true_positives": 3.0,
        "false_positives": 3.0, "false_negatives": 2.0, "true_negatives": 12.0 });
    let evaluation = json!({
        "n": 20, "loss": 0.25, "ece": 0.0444, "accuracy": 0.875, "auc_macro": null, "auc_micro": null, "decisions": { "positive": at },
        "labels": { "positive": label }, "reliability": { "all": [bin], "labels": [[bin]] },
        "operating_points": { "positive": [[0.5, 0.6, 0.25, 0.5]] },
    });
    write_json(folder.path(), "evaluate-sentiment.json", evaluation);
    let log = r#"{"step":1,"task":"sentiment","loss":0.7,"seconds":1.0}"#;
    std::fs::write(folder.path().join("metrics.jsonl"), log).unwrap();
    let origin = Origin { measurements: folder.path(), words: Some("Of nothing."), run: Some(folder.path()) };
    let written = card(&manifest(), origin).unwrap();
    let sentiment = &written.content.tasks[0];
    assert_eq!(sentiment.training.as_ref().unwrap().losses, [[1.0, 0.7]]);
    let positive = written.content.label("sentiment", "positive").unwrap();
    assert_eq!((positive.rate, positive.calibration_error), (Some(0.25), Some(0.0444)));
    assert_eq!((positive.reliability[0].probability, positive.reliability[0].texts), (0.9123, 20));
    assert_eq!(positive.at(0.4).unwrap().recall, 0.6);
    assert!(written.content.tasks[1].measured.is_none() && written.content.bias.is_none());
    assert!(written.content.sections.iter().any(|section| section.points == ["Of nothing."]));

    // The bundle has it from then on, and is otherwise as it was.
    let bundle = folder.path();
    written.publish(bundle, &manifest()).unwrap();
    let published = Manifest::parse(&std::fs::read(bundle.join(MANIFEST)).unwrap()).unwrap();
    let content = std::fs::read(bundle.join(NAME)).unwrap();
    published.documents[NAME].verify(NAME, &content).unwrap();
    assert_eq!(serde_json::from_slice::<Card>(&content).unwrap(), written.content);
    let mut without = published.into_fields();
    without.documents.clear();
    let mut before = manifest().into_fields();
    before.documents.clear();
    assert_eq!(without, before);
}
