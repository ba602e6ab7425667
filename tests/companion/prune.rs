//! A smaller vocabulary, and word vectors of few bits.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{complain, predict, succeed, tiny_bert, train_arguments, undertone, write_data};

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn from_a_pruned_checkpoint_to_a_small_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    fs::write(folder.join("more.jsonl"), "{\"text\": \"awful\"}\n").unwrap();
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let arguments =
        ["prune", "--base", base, "--out", "small", "--text", "aclImdb", "comments/train.csv", "--least", "5"];
    let printed = succeed(folder, &[&arguments[..], &["--measure", "comments", "more.jsonl"]].concat());
    let (before, after) = (json(&tiny_bert().join("config.json")), json(&folder.join("small/config.json")));
    assert!(after["vocab_size"].as_u64().unwrap() < before["vocab_size"].as_u64().unwrap());
    assert!(
        printed.contains(&format!("has {} of the {} tokens", after["vocab_size"], before["vocab_size"])),
        "{printed}"
    );
    assert!(printed.contains("comments: ") && printed.contains("0.00% were dropped; their number changes by +0.00%"));
    // [CLS] awful [SEP] becomes [CLS] a ##w ##f ##u ##l [SEP].
    assert!(printed.contains("more.jsonl: 3 tokens, of which 33.33% were dropped; their number changes by +133.33%"));

    let tasks = ["--task", "sentiment=aclImdb", "--epochs", "20"];
    succeed(folder, &train_arguments("small", &tasks));
    let bundle_bytes = |embeddings: &str| {
        succeed(folder, &["export", "--run", "run", "--out", embeddings, "--embeddings", embeddings]);
        let manifest = json(&folder.join(embeddings).join("manifest.json"));
        assert_eq!(manifest["embeddings"], embeddings);
        assert_eq!(manifest["precision"], "int8");
        assert_eq!(manifest["word_counts"], json(&folder.join("small/word_counts.json")));
        let answer = predict(folder, embeddings, "jsonl", b"the movie was good\nthe movie was bad\n").stdout;
        let answers: Vec<Value> =
            String::from_utf8(answer).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let positive = |line: &Value| line["sentiment"]["positive"].as_f64().unwrap();
        assert!(positive(&answers[0]) > 0.9 && positive(&answers[1]) < 0.1, "{embeddings}: {answers:?}");
        fs::metadata(folder.join(embeddings).join("model.safetensors")).unwrap().len()
    };
    // What pruning counted goes with the model: [CLS] and pieces are no words, and `movie` is as common as the texts.
    let counts = json(&folder.join("small/word_counts.json"));
    assert_eq!(json(&folder.join("run/word_counts.json")), counts);
    let vocabulary = json(&folder.join("small/tokenizer.json"))["model"]["vocab"].clone();
    let digit = |word: &str| counts.as_str().unwrap().chars().nth(vocabulary[word].as_u64().unwrap() as usize);
    // 120 reviews and 120 comments have it: 2^7 times or more, and fewer than 2^8.
    assert_eq!((digit("movie"), digit("[CLS]")), (Some('8'), Some('0')));
    let [eight, six, four] = ["int8", "int6", "int4"].map(bundle_bytes);
    assert!(eight > six && six > four, "{eight} {six} {four}");
}

#[test]
fn what_cannot_be_pruned_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("texts.csv"), "text\nthe movie\n").unwrap();
    let base = tiny_bert();
    let prune =
        |base: &str, out: &str, text: &str| complain(folder, &["prune", "--base", base, "--out", out, "--text", text]);
    let said = prune(base.to_str().unwrap(), ".", "texts.csv");
    assert!(said.contains(". is there already: name a folder that is not"), "{said}");
    let said = prune("nowhere", "small", "texts.csv");
    assert!(said.contains("nowhere is no folder"), "{said}");
    let said = prune(base.to_str().unwrap(), "small", "nowhere.csv");
    assert!(said.contains("nowhere.csv does not exist"), "{said}");
    assert!(!folder.join("small").exists());
}

#[test]
fn words_are_counted_into_a_bundle_and_long_texts_read_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    succeed(folder, &train_arguments(base.to_str().unwrap(), &["--task", "sentiment=aclImdb", "--epochs", "20"]));
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    let manifest = || json(&folder.join("bundle/manifest.json"));
    assert_eq!(manifest()["word_counts"], Value::Null);
    let said = undertone(folder, &["count", "--bundle", "bundle", "--text", "aclImdb", "comments/train.csv"]);
    assert!(String::from_utf8_lossy(&said.stderr).contains("fewer than a million words"), "{said:?}");
    assert!(manifest()["word_counts"].as_str().unwrap().contains('8'), "{}", manifest()["word_counts"]);

    // Its beginning is good, and most of it is bad.
    let text = format!("{}\n", ["the movie was good ".repeat(20), "the movie was bad ".repeat(200)].concat());
    let mut positive = |windows: &str| {
        fs::write(folder.join("long.jsonl"), format!("{{\"text\": {text:?}, \"positive\": 0}}\n")).unwrap();
        let arguments = ["evaluate", "--bundle", "bundle", "--task", "sentiment", "--data", "long.jsonl", "--json"];
        let metrics: Value =
            serde_json::from_str(&succeed(folder, &[&arguments[..], &["--windows", windows]].concat())).unwrap();
        metrics["loss"].as_f64().unwrap()
    };
    let [first, mean, max] = ["first", "mean", "max"].map(&mut positive);
    assert!(mean < first && mean < max, "first {first}, mean {mean}, max {max}");
    let said = complain(
        folder,
        &[
            "evaluate",
            "--bundle",
            "bundle",
            "--task",
            "sentiment",
            "--data",
            "long.jsonl",
            "--windows",
            "max",
            "--max-tokens",
            "9",
        ],
    );
    assert!(said.contains("cannot be used with"), "{said}");
}

#[test]
fn what_says_nothing_has_a_reason_instead_of_a_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = |format| {
        let output = predict(folder, "public/models/undertone", format, "?!\nWhat a lovely day\n".as_bytes()).stdout;
        String::from_utf8(output).unwrap()
    };
    let lines: Vec<Value> = said("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["reason"], &lines[0]["sentiment"]["positive"]), (&"no_words".into(), &Value::Null));
    assert!(lines[0]["toxicity"]["toxic"].is_f64(), "{}", lines[0]);
    assert!(lines[1]["reason"].is_null() && lines[1]["sentiment"]["positive"].is_f64(), "{}", lines[1]);
    let text = said("text");
    assert!(text.starts_with("?!\n  There are no words to judge by.\n  sentiment: –\n  toxicity: toxic 0.0"), "{text}");
}
