//! A smaller vocabulary, and word vectors of few bits.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{complain, predict, succeed, tiny_bert, train_arguments, write_data};

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
        let answer = predict(folder, embeddings, "jsonl", b"the movie was good\nthe movie was bad\n").stdout;
        let answers: Vec<Value> =
            String::from_utf8(answer).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let positive = |line: &Value| line["sentiment"]["positive"].as_f64().unwrap();
        assert!(positive(&answers[0]) > 0.9 && positive(&answers[1]) < 0.1, "{embeddings}: {answers:?}");
        fs::metadata(folder.join(embeddings).join("model.safetensors")).unwrap().len()
    };
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
