//! Intervals, suites, bias and the model card of a bundle that goes by the words "good" and "bad".

use std::fs;
use std::path::Path;

use serde_json::Value;
use undertone::bundle::{Bundle, FileEntry};
use undertone::card::{Card, NAME};

use crate::support::{complain, succeed};

const SUITE: &str = r#"
task = "sentiment"
[slots]
word = ["good", "good good"]
[[test]]
name = "praise"
capability = "vocabulary"
expect = "present"
texts = ["the movie was {word}", "the movie was bad"]
[[test]]
name = "another number"
capability = "robustness"
within = 0.2
pairs = [["the movie 1 was {word}", "the movie 2 was {word}"]]
[[test]]
name = "bad for good"
capability = "vocabulary"
moves = "down"
by = 0.5
pairs = [["the movie was good", "the movie was bad"]]
"#;

const TERMS: &str = r#"
task = "toxicity"
label = "toxic"
neutral = ["{term} good"]
toxic = ["{term} bad bad"]
[terms]
ours = ["movie", "cafe"]
"#;

/// Measures the bundle "int8" in `folder`, which has the data of the other tests.
pub fn assert_measures(folder: &Path) {
    fs::create_dir(folder.join("measured")).unwrap();
    let json = |name: &str, arguments: &[&str]| -> Value {
        let printed = succeed(folder, &[arguments, &["--bundle", "int8", "--json"]].concat());
        fs::write(folder.join("measured").join(name), &printed).unwrap();
        serde_json::from_str(&printed).unwrap()
    };
    let evaluate = ["evaluate", "--task", "toxicity", "--data", "comments", "--bootstrap", "50"];
    let evaluation = json("evaluate-toxicity.json", &evaluate);
    let (interval, loss) = (&evaluation["intervals"]["loss"], evaluation["loss"].as_f64().unwrap());
    assert!(interval["low"].as_f64().unwrap() < loss && loss < interval["high"].as_f64().unwrap(), "{evaluation}");
    assert_eq!(evaluation["intervals"]["labels"].as_object().unwrap().len(), 6);
    let table = succeed(folder, &[&evaluate[..], &["--bundle", "int8"]].concat());
    assert!(table.contains(" to ") && table.contains("middle 95% of 50 resamples"), "{table}");

    let rated =
        ["evaluate", "--task", "toxicity", "--data", "comments", "--bundle", "int8", "--rate", "toxic=0.02", "--json"];
    let rated: Value = serde_json::from_str(&succeed(folder, &rated)).unwrap();
    let decisions = &rated["decisions"]["toxic"];
    let count = |kind: &str| decisions[kind].as_f64().unwrap();
    let toxic = count("true_positives") + count("false_negatives");
    let all = toxic + count("false_positives") + count("true_negatives");
    assert!((toxic / all - 0.02).abs() < 1e-6, "{decisions}");
    assert_eq!(rated["rates"]["toxic"], 0.02);
    let auc = |evaluation: &Value| evaluation["labels"]["toxic"]["auc"].as_f64().unwrap();
    assert!((auc(&rated) - auc(&evaluation)).abs() < 1e-9, "the order knows of no rates");
    assert_eq!(rated["labels"]["insult"], evaluation["labels"]["insult"], "others are as they were");
    let wrong = |rate: &str| {
        complain(folder, &["evaluate", "--task", "toxicity", "--data", "comments", "--bundle", "int8", "--rate", rate])
    };
    assert!(wrong("toxicc=0.1").contains("is of no label"));
    assert!(wrong("toxic=1.5").contains("is no rate"));

    fs::write(folder.join("suite.toml"), SUITE).unwrap();
    let examine = ["examine", "--suite", "suite.toml"];
    let examination = json("examine-sentiment.json", &examine);
    let tests = examination["tests"].as_array().unwrap();
    let passed: Vec<_> = tests.iter().map(|test| (test["passed"].as_u64(), test["cases"].as_u64())).collect();
    assert_eq!(passed, [(Some(2), Some(3)), (Some(2), Some(2)), (Some(1), Some(1))], "{examination}");
    assert_eq!(tests[0]["failures"][0]["texts"][0], "the movie was bad");
    let table = succeed(folder, &[&examine[..], &["--bundle", "int8"]].concat());
    assert!(table.contains("83.3%") && table.contains("the movie was bad"), "{table}");

    fs::write(folder.join("terms.toml"), TERMS).unwrap();
    let bias = ["bias", "--terms", "terms.toml", "--data", "comments"];
    let measured = json("bias.json", &bias);
    assert_eq!(measured["templates"]["auc"], 1.0);
    assert_eq!(measured["templates"]["terms"].as_array().unwrap().len(), 2);
    let on_data = &measured["data"];
    assert_eq!(on_data["terms"][0]["term"], "movie", "{on_data}");
    assert_eq!((&on_data["terms"][0]["positives"], &on_data["terms"][0]["negatives"]), (&60.into(), &60.into()));
    assert_eq!(on_data["left_out"][0]["term"], "cafe", "{on_data}");
    let table = succeed(folder, &[&bias[..], &["--bundle", "int8"]].concat());
    assert!(table.contains("mention them: cafe (0 and 0)"), "{table}");

    succeed(folder, &["card", "--bundle", "int8", "--measurements", "measured", "--out", "CARD.md"]);
    let card = fs::read_to_string(folder.join("CARD.md")).unwrap();
    assert!(
        card.contains("](calibration-toxicity.svg)") && folder.join("calibration-toxicity.svg").is_file(),
        "{card}"
    );
    assert!(card.contains("| toxicity, 120 texts |") && card.contains("sentiment: not measured"), "{card}");
    assert_publishes(folder);
    assert_refuses(folder);
}

/// The card is a document of the bundle until what it was measured with has changed.
fn assert_publishes(folder: &Path) {
    let documents = || Bundle::read(folder.join("int8")).unwrap().manifest.documents.clone();
    let before = fs::read(folder.join("int8/model.safetensors")).unwrap();
    assert!(documents().is_empty());
    let publish = ["card", "--bundle", "int8", "--measurements", "measured", "--out", "CARD.md", "--publish"];
    succeed(folder, &publish);
    let entry = documents().remove(NAME).unwrap();
    let json = fs::read(folder.join("int8").join(NAME)).unwrap();
    assert_eq!(entry, FileEntry::of(&json));
    let card: Card = serde_json::from_slice(&json).unwrap();
    assert!(card.tasks.iter().any(|task| task.name == "toxicity" && task.measured.is_some()), "{card:?}");
    assert!(fs::read(folder.join("int8/model.safetensors")).unwrap() == before);
    let calibrate = ["calibrate", "--bundle", "int8", "--task", "toxicity", "--data", "comments"];
    let said = succeed(folder, &calibrate);
    assert!(said.contains("model card was of the calibration before"), "{said}");
    assert!(documents().is_empty(), "thresholds that it names are no longer the model's");
    assert!(!succeed(folder, &calibrate).contains("model card"));
}

fn assert_refuses(folder: &Path) {
    fs::write(folder.join("other.toml"), SUITE.replace("\"sentiment\"", "\"mood\"")).unwrap();
    fs::write(folder.join("label.toml"), TERMS.replace("\"toxic\"", "\"rude\"")).unwrap();
    for (arguments, expected) in [
        (&["examine", "--bundle", "int8", "--suite", "nowhere.toml"][..], "nowhere.toml"),
        (&["examine", "--bundle", "int8", "--suite", "terms.toml"], "terms.toml: "),
        (&["examine", "--bundle", "int8", "--suite", "other.toml"], "the bundle has no task \"mood\""),
        (&["bias", "--bundle", "int8", "--terms", "label.toml"], "about rude, which is no label of toxicity"),
        (&["card", "--bundle", "int8", "--measurements", "nowhere", "--out", "CARD.md"], "nowhere is no folder"),
    ] {
        let said = complain(folder, arguments);
        assert!(said.contains(expected), "expected {expected:?} in {said:?}");
    }
}
