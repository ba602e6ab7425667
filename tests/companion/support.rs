//! Small data that a small model can learn, and ways to run the companion on it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub const LABELS: [&str; 6] = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"];

/// The original recipe's optimiser, at a rate for the tiny model. Whoever says otherwise says it after these.
pub const ARTICLE: [&str; 12] = [
    "--optimizer",
    "radam",
    "--learning-rate",
    "0.01",
    "--head-learning-rate",
    "0.01",
    "--schedule",
    "constant",
    "--warm-up",
    "0",
    "--weight-decay",
    "0",
];

pub fn tiny_bert() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert")
}

pub fn undertone(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_undertone")).current_dir(folder).args(arguments).output().unwrap()
}

/// Runs the companion, which must succeed, and gives what it prints.
pub fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = undertone(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the companion, which must fail, and gives what it complains of.
pub fn complain(folder: &Path, arguments: &[&str]) -> String {
    let output = undertone(folder, arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

/// Classifies the lines of `input`.
pub fn predict(folder: &Path, bundle: &str, format: &str, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .current_dir(folder)
        .args(["predict", "--bundle", bundle, "--format", format])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Reviews in the aclImdb layout and comments in Kaggle's, whose words tell their labels.
pub fn write_data(folder: &Path) {
    for split in ["train", "test"] {
        for (class, word) in [("pos", "good"), ("neg", "bad")] {
            let reviews = folder.join("aclImdb").join(split).join(class);
            fs::create_dir_all(&reviews).unwrap();
            for number in 0..60 {
                let text = format!("the movie {number} was {}", vec![word; 1 + number % 5].join(" "));
                fs::write(reviews.join(format!("{number}_{}.txt", if class == "pos" { 9 } else { 2 })), text).unwrap();
            }
        }
        let mut rows = format!("id,comment_text,{},weight\n", LABELS.join(","));
        for number in 0..120 {
            let toxic = number % 2;
            let (text, labels) = (if toxic == 1 { "bad bad" } else { "good" }, vec![toxic.to_string(); 6].join(","));
            rows.push_str(&format!("{split}{number},\"the {text}\nmovie {number}\",{labels},{}\n", 1 + number % 3));
        }
        fs::create_dir_all(folder.join("comments")).unwrap();
        fs::write(folder.join("comments").join(format!("{split}.csv")), rows).unwrap();
    }
}

/// The lines of a run's log.
pub fn log(folder: &Path, run: &str) -> Vec<Value> {
    let log = fs::read_to_string(folder.join(run).join("metrics.jsonl")).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The training loss of each of a run's steps.
pub fn losses(folder: &Path, run: &str) -> Vec<f64> {
    log(folder, run).iter().filter_map(|line| line["loss"].as_f64()).collect()
}

/// Training by a recipe that the tiny model learns with, whatever the defaults are.
pub fn train_arguments<'a>(base: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let common = ["train", "--base", base, "--out", "run", "--max-tokens", "32", "--dropout", "0"];
    let article = ARTICLE.chunks(2).filter(|flag| !rest.contains(&flag[0])).flatten();
    common.iter().chain(article).chain(rest).copied().collect()
}
