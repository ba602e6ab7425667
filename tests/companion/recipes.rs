//! Recipes: files and flags, own tasks, and settings that must not change what is learnt.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{ARTICLE, complain, log, losses, succeed, tiny_bert, train_arguments, undertone, write_data};

/// Mail that is spam or not and urgent or not, by its words; half of the urgency is not known.
fn write_mail(folder: &Path) {
    let mut rows = "subject,body,spam,urgent\n".to_owned();
    for number in 0..80 {
        let (spam, urgent) = (number % 2, number / 2 % 2);
        let known = if number < 40 { urgent.to_string() } else { String::new() };
        let body = [["good film", "good good"], ["bad film", "bad bad"]][spam][urgent];
        rows.push_str(&format!("movie {number},\"the {body} {number}\",{spam},{known}\n"));
    }
    fs::create_dir_all(folder.join("data")).unwrap();
    fs::write(folder.join("data/mail.csv"), rows).unwrap();
}

const MAIL: &str = r#"
epochs = 30
learning-rate = 0.01
head-learning-rate = 0.01
max-tokens = 32
dropout = 0
optimizer = "adamw"
schedule = "linear"
warm-up = 0.1
weight-decay = 0.01
clip-norm = 1.0

[[task]]
name = "mail"
labels = ["spam", "urgent"]
text = "subject"
second = "body"
train = ["mail.csv"]
"#;

#[test]
fn texts_that_validation_names_are_not_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    let rows = fs::read_to_string(folder.join("data/mail.csv")).unwrap();
    let later: Vec<&str> = rows.lines().take(11).collect();
    fs::write(folder.join("data/later.csv"), later.join("\n")).unwrap();
    let base = tiny_bert();
    let train = |validation: &str| {
        fs::write(folder.join("mail.toml"), format!("{MAIL}validation = [\"{validation}\"]\n")).unwrap();
        let arguments = ["--data", "data", "--base", base.to_str().unwrap(), "--out", "run", "--epochs", "1"];
        undertone(folder, &[&["train", "--recipe", "mail.toml"], &arguments[..]].concat())
    };
    let refused = train("mail.csv");
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && complaint.contains("every training text of mail"), "{complaint}");
    let trained = train("later.csv");
    let notes = String::from_utf8(trained.stderr).unwrap();
    assert!(trained.status.success() && notes.contains("since mail is judged by them: 10"), "{notes}");
    let record: Value = serde_json::from_slice(&fs::read(folder.join("run/run.json")).unwrap()).unwrap();
    let task = &record["tasks"][0];
    assert_eq!((&task["train_samples"], &task["validation"]["n"]), (&70.into(), &10.into()), "{record}");
}

#[test]
fn a_strangers_table_becomes_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    fs::write(folder.join("mail.toml"), MAIL).unwrap();
    let base = tiny_bert();
    let train = ["train", "--recipe", "mail.toml", "--data", "data", "--base", base.to_str().unwrap(), "--out", "run"];
    let printed = succeed(folder, &[&train[..], &["--batch-size", "16"]].concat());
    assert!(printed.starts_with("mail: loss"), "{printed}");
    let record: Value = serde_json::from_slice(&fs::read(folder.join("run/run.json")).unwrap()).unwrap();
    assert_eq!(record["recipe"]["optimizer"], "adamw");
    assert_eq!(record["recipe"]["batch-size"], 16, "a flag goes over the file");
    let auc = |label: &str| record["tasks"][0]["validation"]["labels"][label]["auc"].as_f64().unwrap();
    assert!(auc("spam") > 0.99, "{record}");

    let held_out = fs::read_to_string(folder.join("run/held-out/mail.jsonl")).unwrap();
    assert_eq!(held_out.lines().count(), 8);
    let row: Value = serde_json::from_str(held_out.lines().next().unwrap()).unwrap();
    assert!(row["second"].as_str().unwrap().starts_with("the "), "{row}");

    let rates: Vec<f64> = log(folder, "run").iter().filter_map(|line| line["learning_rate"].as_f64()).collect();
    let highest = rates.iter().copied().fold(0.0, f64::max);
    assert!(rates[0] == 0.0 && highest == 0.01 && rates[rates.len() - 1] < 0.001, "{rates:?}");
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    let manifest = fs::read_to_string(folder.join("bundle/manifest.json")).unwrap();
    assert!(manifest.contains("\"urgent\""), "{manifest}");
    let calibrated = succeed(folder, &["calibrate", "--bundle", "bundle", "--run", "run"]);
    assert!(calibrated.contains("mail: 8 texts, texts held out from training"), "{calibrated}");
    let evaluate = ["evaluate", "--bundle", "bundle", "--task", "mail", "--data", "data/mail.csv", "--text", "subject"];
    let measured = succeed(folder, &[&evaluate[..], &["--second", "body", "--json"]].concat());
    let measured: Value = serde_json::from_str(&measured).unwrap();
    assert!(measured["labels"]["spam"]["auc"].as_f64().unwrap() > 0.99, "{measured}");
    assert_eq!(measured["labels"]["urgent"]["unknown"], 40);
}

#[test]
fn flags_alone_name_own_labels_and_columns() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_mail(folder);
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let task = ["--task", "mail=data/mail.csv", "--text", "mail=body", "--labels", "mail=spam", "--epochs", "1"];
    succeed(folder, &train_arguments(base, &task));
    let unknown = complain(folder, &train_arguments(base, &task[..4]));
    assert!(unknown.contains("name its label columns, as in --labels mail="), "{unknown}");
    let path = complain(folder, &train_arguments(base, &["--task", "a/b=data/mail.csv", "--labels", "a/b=spam"]));
    assert!(path.contains("\"a/b\" is no name for a task"), "{path}");
    let nothing = complain(folder, &train_arguments(base, &[]));
    assert!(nothing.contains("there is nothing to learn"), "{nothing}");
    fs::write(folder.join("recipe.toml"), "epochs = 2\nlerning-rate = 1").unwrap();
    let typo = complain(folder, &train_arguments(base, &["--recipe", "recipe.toml"]));
    assert!(typo.contains("recipe.toml") && typo.contains("lerning-rate") && typo.contains("line 2"), "{typo}");
}

#[test]
fn the_recipes_that_come_with_the_project_can_be_read() {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
    let folder = tempfile::tempdir().unwrap();
    let base = tiny_bert();
    let mut read = 0;
    let files = fs::read_dir(recipes).unwrap().map(|file| file.unwrap().path());
    for recipe in files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        let arguments = ["--recipe", recipe.to_str().unwrap(), "--data", "nowhere", "--max-tokens", "32"];
        let said = complain(
            folder.path(),
            &[&["train", "--base", base.to_str().unwrap(), "--out", "run"], &arguments[..]].concat(),
        );
        assert!(said.contains("nowhere") && said.contains("does not exist"), "{}: {said}", recipe.display());
        read += 1;
    }
    assert!(read >= 3);
}

/// The losses of a short run in `folder`.
fn losses_of(folder: &Path, out: &str, more: &[&str]) -> Vec<f64> {
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let common = ["train", "--base", base, "--out", out, "--task", "toxicity=comments", "--max-tokens", "32"];
    let rest = ["--epochs", "6", "--clip-norm", "1"];
    succeed(folder, &[&common[..], &ARTICLE, &rest, more].concat());
    losses(folder, out)
}

fn assert_close(what: &str, a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 2e-4, "{what}: losses differ by {worst:e}");
}

#[test]
#[ignore = "needs an NVIDIA GPU and a companion with the feature cuda"]
fn a_gpu_learns_what_the_processor_learns() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let dropout = ["--batch-size", "16", "--dropout", "0.1"];
    let run = |out, device| losses_of(folder, out, &[&dropout[..], &["--device", device]].concat());
    assert_close("on a GPU", &run("processor", "cpu"), &run("gpu", "cuda"));
}

#[test]
fn accumulated_batches_and_composed_operations_learn_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let run = |out, more: &[&str]| losses_of(folder, out, more);
    let fused = run("fused", &["--batch-size", "16", "--dropout", "0.1"]);
    assert!(fused[fused.len() - 1] < 0.9 * fused[0], "something is learnt: {fused:?}");
    assert_close(
        "composed operations",
        &fused,
        &run("composed", &["--batch-size", "16", "--dropout", "0.1", "--composed"]),
    );

    // Dropout's masks know a text's place in its batch, so here there is none.
    let whole = run("whole", &["--batch-size", "16", "--dropout", "0"]);
    let parts = run("parts", &["--batch-size", "4", "--accumulate", "4", "--dropout", "0"]);
    assert_close("accumulated batches", &whole, &parts);
}

/// The README's three commands on a file as it was downloaded, with these words for its labels.
fn assert_becomes_a_bundle(name: &str, content: &[u8], task: &str, label: &str, column: &str, text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join(name), content).unwrap();
    let base = tiny_bert();
    let (data, labels, texts) =
        (format!("{task}={name}"), format!("{task}={column}={label}"), format!("{task}={text}"));
    let train = ["--task", &data, "--labels", &labels, "--text", &texts, "--epochs", "20", "--optimizer", "adamw"];
    let printed = succeed(folder, &train_arguments(base.to_str().unwrap(), &train));
    assert!(printed.starts_with(&format!("{task}: loss")), "{printed}");
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    let calibrated = succeed(folder, &["calibrate", "--bundle", "bundle", "--run", "run"]);
    assert!(calibrated.contains("texts held out from training") && calibrated.contains(label), "{calibrated}");
    let rule = format!("{column}={label}");
    let evaluate =
        ["evaluate", "--bundle", "bundle", "--task", task, "--data", name, "--text", text, "--labels", &rule, "--json"];
    let measured: Value = serde_json::from_str(&succeed(folder, &evaluate)).unwrap();
    assert!(measured["labels"][label]["auc"].as_f64().unwrap() > 0.99, "{measured}");
    let unnamed = complain(
        folder,
        &train_arguments(
            base.to_str().unwrap(),
            &["--task", &data, "--text", &texts, "--labels", &format!("{task}={label}")],
        ),
    );
    assert!(unnamed.contains(&format!("name the label as `{label}:{column}={label}`")), "{unnamed}");
}

#[test]
fn kaggle_s_imdb_dataset_becomes_a_bundle_as_it_is() {
    let rows = (0..120).fold("review,sentiment\r\n".to_owned(), |rows, number| {
        let (word, sentiment) = if number % 2 == 0 { ("good", "positive") } else { ("bad", "negative") };
        rows + format!("\"the movie {number} was {word}, \"\"really\"\" {word}.<br /><br />the film\",{sentiment}\r\n")
            .as_str()
    });
    assert_becomes_a_bundle("IMDB Dataset.csv", rows.as_bytes(), "sentiment", "positive", "sentiment", "review");
}

#[test]
fn kaggle_s_spam_csv_becomes_a_bundle_as_it_is() {
    let rows = (0..120).fold(b"v1,v2,,,\r\n".to_vec(), |mut rows, number| {
        let (word, class) = if number % 2 == 0 { ("good", "ham") } else { ("bad", "spam") };
        // A pound sign and a quotation mark of Windows-1252, and a comma in some.
        let text = if number % 3 == 0 {
            format!("\"the {word}, {word} film {number}\"")
        } else {
            format!("the {word} {word} film {number}")
        };
        rows.extend(format!("{class},{text}").as_bytes());
        rows.extend(if number % 3 == 1 { &b" \xa350 \x94,,,\r\n"[..] } else { b",,,\r\n" });
        rows
    });
    assert_becomes_a_bundle("spam.csv", &rows, "mail", "spam", "v1", "v2");
}
