//! Train, and look at the report.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{complain, succeed, tiny_bert, train_arguments, undertone, write_data};

fn json(folder: &Path, out: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(out).join("report.json")).unwrap()).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_report_says_what_evaluate_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let tasks = ["--task", "sentiment=aclImdb", "--task", "toxicity=comments", "--epochs", "4"];
    succeed(folder, &train_arguments(base.to_str().unwrap(), &tasks));
    succeed(folder, &["export", "--run", "run", "--out", "bundle", "--precision", "f32"]);
    let data = ["--data", "sentiment=aclImdb", "--data", "toxicity=comments"];
    let said = succeed(folder, &[&["report", "--run", "run", "--out", "report"][..], &data].concat());
    assert!(said.contains("report.html"), "{said}");
    let pictures = ["sentiment", "toxicity"].into_iter().flat_map(|task| {
        ["auc", "loss", "precision-recall", "reliability", "roc"].map(|what| format!("{task}-{what}.svg"))
    });
    let mut expected: Vec<String> = pictures.chain(["report.html".into(), "report.json".into()]).collect();
    expected.sort();
    assert_eq!(files(&folder.join("report")), expected);

    let report = json(folder, "report");
    for (task, data) in [("sentiment", "aclImdb"), ("toxicity", "comments")] {
        let evaluate = ["evaluate", "--bundle", "bundle", "--task", task, "--data", data, "--json"];
        let mut metrics: Value = serde_json::from_str(&succeed(folder, &evaluate)).unwrap();
        for beside in ["decisions", "operating_points"] {
            metrics.as_object_mut().unwrap().remove(beside).expect("a report has them beside its pictures");
        }
        let reliability =
            metrics.as_object_mut().unwrap().remove("reliability").expect("the bins of the calibration error");
        let reported = report["tasks"].as_array().unwrap().iter().find(|reported| reported["name"] == task).unwrap();
        assert_eq!(reported["measured"]["metrics"], metrics, "the run's own model is what the f32 bundle holds");
        assert_eq!(reported["measured"]["reliability"], reliability["all"]);
        assert_eq!(reported["history"]["validations"].as_array().unwrap().len(), 4);
        let log = fs::read_to_string(folder.join("run/metrics.jsonl")).unwrap();
        let losses = log.lines().filter(|line| line.contains(r#""loss":"#) && line.contains(task));
        let losses = losses.filter(|line| !line.contains("validation")).count();
        assert_eq!(reported["history"]["losses"].as_array().unwrap().len(), losses);
        let labels = reported["measured"]["labels"].as_array().unwrap();
        assert!(labels.iter().all(|label| label["roc"].as_array().unwrap().len() > 1));
        let sentences = reported["sentences"].as_array().unwrap();
        assert!(sentences.len() > 3 && sentences[0]["labels"].as_array().unwrap().len() == labels.len());
    }

    // Of a calibrated bundle, and only of the texts that there are.
    let noise = |number: usize| {
        let word = ["good", "bad"][number % 2];
        format!("{word} {number},{}\n", usize::from((word == "good") != number.is_multiple_of(5)))
    };
    let noise = "text,positive\n".to_owned() + (0..64).map(noise).collect::<String>().as_str();
    fs::write(folder.join("noise.csv"), noise).unwrap();
    succeed(folder, &["calibrate", "--bundle", "bundle", "--task", "sentiment", "--data", "noise.csv"]);
    let only = ["report", "--bundle", "bundle", "--data", "sentiment=noise.csv", "--out", "other", "--samples", "40"];
    let output = undertone(folder, &only);
    assert!(output.status.success());
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.contains("toxicity is not measured: the run left no texts of it"), "{note}");
    let report = json(folder, "other");
    let sentiment = &report["tasks"][0];
    assert_eq!(sentiment["measured"]["metrics"]["n"], 40);
    assert_eq!((&sentiment["history"], &report["tasks"][1]["measured"]), (&Value::Null, &Value::Null));
    assert_eq!(sentiment["calibration"]["data"], "noise.csv");
    let page = fs::read_to_string(folder.join("other/report.html")).unwrap();
    assert!(page.contains("calibrated on 64 texts (noise.csv; best F1)") && page.contains("No texts were scored."));

    let unknown = complain(folder, &["report", "--run", "run", "--data", "tone=noise.csv", "--out", "none"]);
    assert!(unknown.contains("the bundle has no task \"tone\", only sentiment and toxicity"), "{unknown}");
    let nowhere = complain(folder, &["report", "--run", "nowhere", "--out", "none"]);
    assert!(nowhere.contains("nowhere has no run.json"), "{nowhere}");
    assert!(!folder.join("none").exists());
}
