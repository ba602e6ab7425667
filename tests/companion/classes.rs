//! Classes that exclude each other: learnt from a column of words, told by a softmax, measured and calibrated as such.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{complain, predict, succeed, tiny_bert, train_arguments};

/// Rows whose words tell their topic, of which one in `wrong` is another.
fn rows(count: usize, wrong: usize) -> String {
    let row = |number: usize| {
        let topic = number % 3;
        let text = ["great good film", "terrible bad movie", "the cafe of you"][topic];
        let told = if number.is_multiple_of(wrong) { (topic + 1) % 3 } else { topic };
        format!("{text} {number},{}\n", ["praise", "blame", "Other"][told])
    };
    "text,kind\n".to_owned() + (1..=count).map(row).collect::<String>().as_str()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&succeed(folder, arguments)).unwrap()
}

fn train<'a>(base: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    train_arguments(base, &[&["--task", "topic=rows.csv", "--classes", "topic=kind"], rest].concat())
}

#[test]
fn classes_are_learnt_told_and_measured() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("rows.csv"), rows(180, 1000)).unwrap();
    fs::write(folder.join("noisy.csv"), rows(150, 5)).unwrap();
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let said = succeed(folder, &train(base, &["--epochs", "12"]));
    assert!(said.contains("ROC AUC 1.0000 one against the rest, F1 1.0000"), "{said}");
    let held_out = fs::read_to_string(folder.join("run/held-out/topic.jsonl")).unwrap();
    assert!(held_out.contains("\"topic\":\"praise\"") && !held_out.contains("\"blame\":"), "{held_out}");
    succeed(folder, &["export", "--run", "run", "--out", "bundle", "--precision", "f32"]);
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("bundle/manifest.json")).unwrap()).unwrap();
    let task = &manifest["tasks"][0];
    assert_eq!(task["kind"], "classes");
    let names: Vec<_> =
        task["labels"].as_array().unwrap().iter().map(|label| label["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Other", "blame", "praise"]);

    let texts = b"great good film\nterrible bad movie\nthe cafe of you\n";
    let output = String::from_utf8(predict(folder, "bundle", "jsonl", texts).stdout).unwrap();
    for (line, expected) in output.lines().zip(["praise", "blame", "Other"]) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["classes"]["topic"], expected, "{line}");
        let probabilities = line["topic"].as_object().unwrap().values().map(|p| p.as_f64().unwrap());
        assert!((probabilities.sum::<f64>() - 1.0).abs() < 1e-5, "{line}");
    }
    let shown = String::from_utf8(predict(folder, "bundle", "text", texts).stdout).unwrap();
    assert_eq!(shown.matches('*').count(), 3, "{shown}");

    let evaluate = ["evaluate", "--bundle", "bundle", "--task", "topic", "--data", "noisy.csv", "--classes", "kind"];
    let before = json(folder, &[&evaluate[..], &["--json"]].concat());
    assert!((before["accuracy"].as_f64().unwrap() - 0.8).abs() < 1e-9, "{before}");
    assert!(before["ece"].as_f64().unwrap() > 0.1 && before["decisions"]["blame"]["threshold"].is_null(), "{before}");
    let calibrate = ["calibrate", "--bundle", "bundle", "--task", "topic", "--data", "noisy.csv", "--classes", "kind"];
    let said = succeed(folder, &calibrate);
    assert!(said.contains("temperature ") && said.contains("likeliest"), "{said}");
    let after = json(folder, &[&evaluate[..], &["--json", "--bootstrap", "20"]].concat());
    assert!(after["ece"].as_f64().unwrap() < 0.05 && after["loss"].as_f64() < before["loss"].as_f64(), "{after}");
    assert_eq!((&after["accuracy"], &after["f1_macro"]), (&before["accuracy"], &before["f1_macro"]));
    let table = succeed(folder, &evaluate);
    assert!(table.contains("F1, macro") && table.contains("likeliest"), "{table}");
    succeed(folder, &["calibrate", "--bundle", "bundle", "--run", "run"]);
    succeed(folder, &["report", "--run", "run", "--out", "report"]);
    let page = fs::read_to_string(folder.join("report/report.html")).unwrap();
    assert!(page.contains("Loss (cross-entropy)") && page.contains("F1, macro") && !page.contains("NaN"), "{page}");
    assert_refuses(folder, base, &evaluate);
}

fn assert_refuses(folder: &Path, base: &str, evaluate: &[&str]) {
    fs::write(folder.join("noisy.csv"), rows(30, 7) + "a film,sarcasm\n").unwrap();
    let said = complain(folder, evaluate);
    assert!(said.contains("the column `kind` has `sarcasm`, which is none of the classes"), "{said}");
    let other = [
        "train",
        "--base",
        base,
        "--out",
        "other",
        "--task",
        "topic=rows.csv",
        "--classes",
        "topic=kind",
        "--max-tokens",
        "32",
    ];
    let every = |value: &dyn Fn(usize) -> String| -> String {
        "text,kind\n".to_owned()
            + (0..150).map(|number| format!("film {number},{}\n", value(number))).collect::<String>().as_str()
    };
    for (rows, expected) in [
        (every(&|number| number.to_string()), "has more than 100 different values"),
        (every(&|_| "one".to_owned()), "has one value alone"),
        ("text,kind\na film,x\na movie,y\n".to_owned(), "has another value in every row"),
        ("text,topic\na film,x\n".to_owned(), "no column `kind`"),
    ] {
        fs::write(folder.join("rows.csv"), rows).unwrap();
        let said = complain(folder, &other);
        assert!(said.contains(expected), "{expected:?} in {said}");
    }
    let said = complain(folder, &[&other[..], &["--labels", "topic=praise"]].concat());
    assert!(said.contains("give it no labels and no spans beside them"), "{said}");
}
