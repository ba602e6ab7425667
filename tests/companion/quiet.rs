//! What would be wrong without a word is refused, or said.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{complain, succeed, tiny_bert, undertone};

/// Mail whose words tell its labels, in the columns text, second, spam and urgent.
fn write_mail(folder: &Path) {
    let rows: String = (0..80)
        .map(|number| {
            let (spam, urgent) = (number % 2, number / 2 % 2);
            let (bad, great) = (["good", "bad"][spam], ["film", "great"][urgent]);
            format!("the {bad} {great} {number},the {great} {number},{spam},{urgent}\n")
        })
        .collect();
    fs::write(folder.join("mail.csv"), "text,second,spam,urgent\n".to_owned() + &rows).unwrap();
}

/// Trains on the mail into `out`, and gives what is said.
fn train(folder: &Path, base: &Path, out: &str, labels: &str, more: &[&str]) -> String {
    let labels = format!("mail={labels}");
    let base = base.to_str().unwrap();
    let train = ["train", "--task", "mail=mail.csv", "--labels", &labels, "--base", base, "--out", out];
    let small = ["--max-tokens", "32", "--epochs", "1", "--batch-size", "8"];
    let output = undertone(folder, &[&train[..], &small, more].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn only_weights_that_mean_the_same_are_averaged() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    train(folder, &tiny_bert(), "one", "spam,urgent", &[]);
    train(folder, &folder.join("one"), "two", "urgent,spam", &[]);
    train(folder, &folder.join("one"), "cls", "spam,urgent", &["--pooling", "cls"]);
    train(folder, &folder.join("one"), "plain", "spam,urgent", &["--normalisation", "plain"]);
    let shorter =
        ["train", "--task", "mail=mail.csv", "--labels", "mail=spam,urgent", "--base", "one", "--out", "shorter"];
    succeed(folder, &[&shorter[..], &["--max-tokens", "24", "--epochs", "1"]].concat());
    succeed(folder, &["export", "--run", "one", "--average", "shorter", "--out", "mean"]);
    for (other, what) in [("two", "labels"), ("cls", "other pooling"), ("plain", "other normalisation")] {
        for layout in ["bundle", "huggingface"] {
            let export = ["export", "--run", "one", "--average", other, "--out", "none", "--layout", layout];
            let said = complain(folder, &export);
            assert!(
                said.contains(&format!("a run to average with, {other}, has other")) && said.contains(what),
                "{said}"
            );
            assert!(!folder.join("none").exists());
        }
    }
}

#[test]
fn a_task_about_pairs_is_not_measured_on_halves() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    train(folder, &tiny_bert(), "run", "spam", &["--second", "mail=second"]);
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    assert_eq!(json(&folder.join("bundle/manifest.json"))["tasks"][0]["pairs"], true);
    for command in ["evaluate", "calibrate"] {
        let arguments = [command, "--bundle", "bundle", "--task", "mail", "--data", "mail.csv"];
        let said = complain(folder, &arguments);
        assert!(said.contains("is about pairs of texts: name the column of the second one by --second"), "{said}");
        succeed(folder, &[&arguments[..], &["--second", "second"]].concat());
    }
    let said = complain(folder, &["predict", "--bundle", "bundle", "mail.csv"]);
    assert!(said.contains("mail is about pairs of texts, of which one alone tells nothing"), "{said}");
}

#[test]
fn what_another_run_held_out_calibrates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    train(folder, &tiny_bert(), "one", "spam,urgent", &[]);
    train(folder, &folder.join("one"), "two", "spam,urgent", &[]);
    train(folder, &tiny_bert(), "other", "spam,urgent", &["--seed", "2"]);
    succeed(folder, &["export", "--run", "two", "--average", "one", "--out", "bundle"]);
    let calibrate = |run| undertone(folder, &["calibrate", "--bundle", "bundle", "--run", run]);
    for run in ["one", "two"] {
        assert!(calibrate(run).status.success());
    }
    let manifest = fs::read(folder.join("bundle/manifest.json")).unwrap();
    let said = String::from_utf8(calibrate("other").stderr).unwrap();
    assert!(said.contains("the bundle is not of the run in other"), "{said}");
    assert_eq!(fs::read(folder.join("bundle/manifest.json")).unwrap(), manifest);
}

#[test]
fn answers_go_on_where_they_ended() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    for (labels, name) in [("spam", "one"), ("spam,urgent", "two")] {
        train(folder, &tiny_bert(), name, labels, &[]);
        succeed(folder, &["export", "--run", name, "--out", &format!("{name}-bundle")]);
    }
    for name in ["whole.csv", "whole.jsonl"] {
        let predict = |bundle: &str, out: &str, skip: &str| {
            undertone(folder, &["predict", "--bundle", bundle, "mail.csv", "--out", out, "--skip", skip])
        };
        assert!(predict("one-bundle", name, "0").status.success());
        let whole = fs::read_to_string(folder.join(name)).unwrap();
        let half: String = whole.lines().take(41).map(|line| format!("{line}\n")).collect();
        let answered = half.lines().count() - usize::from(name.ends_with("csv"));
        let part = format!("part-{name}");
        fs::write(folder.join(&part), &half).unwrap();
        let said = |bundle: &str, skip: usize| {
            let output = predict(bundle, &part, &skip.to_string());
            assert!(!output.status.success());
            String::from_utf8(output.stderr).unwrap()
        };
        for skip in [answered - 1, answered + 1] {
            assert!(said("one-bundle", skip).contains(&format!("up to row {answered}: --skip {answered} goes on")));
        }
        if name.ends_with("csv") {
            assert!(said("two-bundle", answered).contains("is of other columns than these answers"));
        }
        assert_eq!(fs::read_to_string(folder.join(&part)).unwrap(), half);
        assert!(predict("one-bundle", &part, &answered.to_string()).status.success());
        assert_eq!(fs::read_to_string(folder.join(&part)).unwrap(), whole);
    }
}

#[test]
fn a_run_that_goes_on_from_another_reads_as_that_one_did() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    let reading = ["--pooling", "cls", "--normalisation", "plain"];
    train(folder, &tiny_bert(), "one", "spam", &reading);
    let said = train(folder, &folder.join("one"), "two", "spam", &[]);
    let recipe = |run: &str| json(&folder.join(run).join("run.json"))["recipe"].clone();
    let of = |run: &str| (recipe(run)["pooling"].clone(), recipe(run)["normalisation"].clone());
    assert_eq!(of("two"), ("cls".into(), "plain".into()));
    assert!(!said.contains("learn anew"), "{said}");
    let said = train(folder, &folder.join("one"), "three", "spam", &["--pooling", "mean"]);
    assert_eq!(of("three"), ("mean".into(), "plain".into()));
    assert!(said.contains("its heads have to learn anew"), "{said}");
}

#[test]
fn nothing_takes_the_place_of_another_model() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    train(folder, &tiny_bert(), "run", "spam", &[]);
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    fs::create_dir(folder.join("base")).unwrap();
    for file in fs::read_dir(tiny_bert()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.join("base").join(file.file_name())).unwrap();
    }
    let weights = |name: &str| fs::read(folder.join(name).join("model.safetensors")).unwrap();
    let before = ["run", "base", "bundle"].map(weights);
    for out in ["run", "base"] {
        let said = complain(folder, &["export", "--run", "run", "--out", out]);
        assert!(said.contains("holds a model that is no bundle"), "{said}");
    }
    for out in ["base", "bundle"] {
        let train = ["train", "--task", "mail=mail.csv", "--labels", "mail=spam", "--base", "base", "--out", out];
        let said = complain(folder, &[&train[..], &["--max-tokens", "32"]].concat());
        assert!(said.contains("holds a model already"), "{said}");
    }
    assert_eq!(["run", "base", "bundle"].map(weights), before);
}

#[test]
fn a_best_model_that_was_taken_away_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    let base = tiny_bert();
    let train =
        ["train", "--task", "mail=mail.csv", "--labels", "mail=spam", "--base", base.to_str().unwrap(), "--out", "run"];
    let small = ["--max-tokens", "32", "--epochs", "400", "--batch-size", "8"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .current_dir(folder)
        .args(train)
        .args(small)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let run = folder.join("run");
    while !(run.join("run.json").exists() && run.join("checkpoint.safetensors").exists()) {
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(child.try_wait().unwrap().is_none(), "it has ended before it could be stopped");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_file(run.join("run.json")).unwrap();
    let said = complain(folder, &[&train[..], &small, &["--resume"]].concat());
    assert!(said.contains("lacks run.json, which tells of the best model so far"), "{said}");
}

#[test]
fn a_bundle_is_no_base() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    train(folder, &tiny_bert(), "run", "spam", &[]);
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    let train = ["train", "--task", "mail=mail.csv", "--labels", "mail=spam", "--base", "bundle", "--out", "none"];
    let said = complain(folder, &train);
    assert!(said.contains("bundle is a bundle, whose weights are rounded"), "{said}");
}

#[test]
fn what_has_no_effect_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    train(folder, &tiny_bert(), "run", "spam", &[]);
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    let evaluate = ["evaluate", "--bundle", "bundle", "--task", "mail", "--data", "mail.csv"];
    let said = complain(folder, &[&evaluate[..], &["--labels", "spam:urgent=1,spam:urgent=0"]].concat());
    assert!(said.contains("--labels names spam twice"), "{said}");
    let recipe = "[[task]]\nname = \"mail\"\nlabels = [\"spam\"]\npasses = 3\ntrain = [\"mail.csv\"]\n";
    fs::write(folder.join("mail.toml"), recipe).unwrap();
    let base = tiny_bert();
    let train =
        ["train", "--recipe", "mail.toml", "--base", base.to_str().unwrap(), "--out", "none", "--max-tokens", "32"];
    let said = complain(folder, &train);
    assert!(said.contains("passes of mail are for tasks that are mixed proportionally"), "{said}");
}

/// Whoever has started a run may close the terminal.
#[test]
fn a_run_goes_on_where_nobody_reads_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    let base = tiny_bert();
    let train = ["train", "--task", "mail=mail.csv", "--labels", "mail=spam", "--base", base.to_str().unwrap()];
    let mut child = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .current_dir(folder)
        .args(train)
        .args(["--out", "run", "--max-tokens", "32", "--epochs", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
    assert!(folder.join("run/run.json").exists());
}
