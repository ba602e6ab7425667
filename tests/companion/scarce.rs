//! Labels of which there is too little to learn or to measure: it is said, and nothing is made up.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{succeed, tiny_bert, undertone};

/// What a command, which must succeed, says on standard error.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = undertone(folder, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

fn assert_contains(said: &str, expected: &[&str]) {
    for expected in expected {
        assert!(said.contains(expected), "expected {expected:?} in {said}");
    }
}

#[test]
fn a_vocabulary_that_hardly_fits_and_a_second_column_of_texts_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows = |text: &dyn Fn(usize) -> String| -> String {
        (0..40).map(|number| format!("{},other {number},{}\n", text(number), number % 2)).collect()
    };
    let base = tiny_bert();
    let train = |file: &str, header: &str, rows: String, more: &[&str]| {
        fs::write(folder.join(file), header.to_owned() + &rows).unwrap();
        let (task, out) = (format!("mail={file}"), file.trim_end_matches(".csv"));
        let train = ["train", "--base", base.to_str().unwrap(), "--out", out, "--max-tokens", "32", "--epochs", "1"];
        let task = ["--task", &task, "--labels", "mail=rude", "--validation", "0.25"];
        said(folder, &[&train[..], &task, more].concat())
    };
    let good = |number| format!("a good film {number}");
    let (unknown, column) =
        ("of all tokens are [UNK]", "the texts are those of `comment_text`, and not those of `text`");
    let chinese = |number: usize| format!("{}好", ["电影", "很", "不"][number % 3]);
    let said = train("chinese.csv", "text,title,rude\n", rows(&chinese), &[]);
    assert!(said.contains(unknown) && !said.contains("not those of"), "{said}");
    let said = train("both.csv", "comment_text,text,rude\n", rows(&good), &[]);
    assert!(said.contains(column) && !said.contains(unknown), "{said}");
    let said = train("named.csv", "comment_text,text,rude\n", rows(&good), &["--text", "mail=comment_text"]);
    assert!(!said.contains("not those of"), "{said}");
}

#[test]
fn what_nobody_can_learn_or_measure_is_said_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let row = |number: usize| {
        let text = ["a good movie", "a bad film", "it was great", "awful"][number % 4];
        // No spam at all, one urgent text, and a label that all texts have.
        format!("{text} {number},0,{},1,{}\n", u8::from(number == 7), number % 2)
    };
    let rows = "text,spam,urgent,english,long\n".to_owned() + (0..80).map(row).collect::<String>().as_str();
    fs::write(folder.join("mail.csv"), rows).unwrap();
    let base = tiny_bert();
    let train = ["train", "--base", base.to_str().unwrap(), "--out", "run", "--max-tokens", "32", "--epochs", "1"];
    let task = ["--task", "mail=mail.csv", "--labels", "mail=spam,urgent,english,long", "--validation", "0.25"];
    let trained = said(folder, &[&train[..], &task].concat());
    assert_contains(
        &trained,
        &[
            "mail: nothing can be learnt of spam, since none of 60 texts has it",
            "mail: hardly anything can be learnt of urgent, since only 1 of 60 texts has it",
            "mail: nothing can be learnt of english, since all of 60 texts have it",
            "mail: how well urgent on held-out texts is told apart cannot be measured, since none of 20 texts has it",
        ],
    );
    assert!(!trained.contains("of long"), "{trained}");

    let unmeasured = [
        "how well spam is told apart cannot be measured, since none of",
        "how well english is told apart cannot be measured, since all of",
    ];
    let exported = said(folder, &["export", "--run", "run", "--out", "bundle", "--precision", "f32"]);
    assert_contains(&exported, &unmeasured);
    let manifest = || fs::read_to_string(folder.join("bundle/manifest.json")).unwrap();
    let labels = |manifest: &str| -> Value {
        let manifest: Value = serde_json::from_str(manifest).unwrap();
        manifest["tasks"][0]["labels"].clone()
    };
    let before = manifest();

    // Ten texts of either kind are enough for a bias of the one label that has them.
    let calibrate = ["calibrate", "--bundle", "bundle", "--run", "run"];
    let calibrated = succeed(folder, &calibrate);
    assert_contains(&calibrated, &["spam: left as it was, since 0 texts with the label and 20 without are too few"]);
    let after = manifest();
    for label in 0..3 {
        assert_eq!(labels(&after)[label], labels(&before)[label], "no certainty from nothing");
    }
    assert_ne!(labels(&after)[3], labels(&before)[3]);

    let data = ["--bundle", "bundle", "--task", "mail", "--data", "mail.csv"];
    let evaluated = undertone(folder, &[&["evaluate", "--bootstrap", "20"][..], &data].concat());
    let (table, notes) = (String::from_utf8(evaluated.stdout).unwrap(), String::from_utf8(evaluated.stderr).unwrap());
    assert_contains(&notes, &unmeasured);
    assert_contains(&notes, &["what is measured of urgent is chance, since only 1 of 80 texts has it"]);
    assert!(table.contains("undefined") && !table.contains("NaN"), "{table}");
    let reported = said(folder, &["report", "--run", "run", "--out", "report"]);
    assert_contains(&reported, &[&format!("mail: {}", unmeasured[0])]);
    let page = fs::read_to_string(folder.join("report/report.html")).unwrap();
    assert_contains(&page, &[&format!("Note: {}", unmeasured[0])]);
    assert!(!page.contains("NaN"), "{page}");
}

#[test]
fn a_task_of_one_class_is_trained_and_measured_without_a_figure_that_means_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows =
        (0..40).map(|number| format!("{{\"text\": \"good movie {number}\", \"fine\": 1}}\n")).collect::<String>();
    fs::write(folder.join("fine.jsonl"), rows).unwrap();
    let base = tiny_bert();
    let train = ["train", "--base", base.to_str().unwrap(), "--out", "run", "--max-tokens", "32", "--epochs", "2"];
    let trained = said(folder, &[&train[..], &["--task", "t=fine.jsonl", "--labels", "t=fine"]].concat());
    assert_contains(
        &trained,
        &["t: nothing can be learnt of fine, since all of 36 texts have it", "ROC AUC undefined"],
    );
    succeed(folder, &["export", "--run", "run", "--out", "bundle", "--precision", "f32"]);
    let before = fs::read(folder.join("bundle/manifest.json")).unwrap();
    let calibrated = succeed(folder, &["calibrate", "--bundle", "bundle", "--task", "t", "--data", "fine.jsonl"]);
    assert_contains(&calibrated, &["fine: left as it was", "Nothing was calibrated: bundle is as it was"]);
    assert_eq!(fs::read(folder.join("bundle/manifest.json")).unwrap(), before);
    let evaluate = ["evaluate", "--bundle", "bundle", "--task", "t", "--data", "fine.jsonl", "--json"];
    let evaluation: Value = serde_json::from_str(&succeed(folder, &evaluate)).unwrap();
    assert_eq!((&evaluation["auc_macro"], &evaluation["labels"]["fine"]["negatives"]), (&Value::Null, &0.into()));
}
