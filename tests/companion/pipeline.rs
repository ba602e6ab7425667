//! Train, export, evaluate, predict.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use candle_core::Device;
use serde_json::Value;
use undertone::bert::Weights;
use undertone::bundle::Bundle;
use undertone::bundle::weights::decode;

use crate::measurements::assert_measures;
use crate::support::{LABELS, complain, log, predict, succeed, tiny_bert, train_arguments, write_data};

fn evaluate(folder: &Path, bundle: &str, task: &str, data: &str) -> Value {
    let arguments = ["evaluate", "--bundle", bundle, "--task", task, "--data", data, "--json"];
    serde_json::from_str(&succeed(folder, &arguments)).unwrap()
}

#[test]
fn from_labelled_texts_to_answers() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let tasks = ["--task", "sentiment=aclImdb", "--task", "toxicity=comments", "--epochs", "20"];
    let printed = succeed(folder, &train_arguments(base.to_str().unwrap(), &tasks));
    assert!(printed.contains("sentiment: loss") && printed.contains("toxicity: loss"), "{printed}");
    let lines = log(folder, "run");
    let in_turn: Vec<&str> =
        lines.iter().filter(|line| line["loss"].is_number()).map(|line| line["task"].as_str().unwrap()).collect();
    assert!(
        in_turn.chunks(2).all(|pair| pair == ["sentiment", "toxicity"]),
        "a batch of either task in turn: {in_turn:?}"
    );
    assert_eq!(lines.iter().filter(|line| line["validation"].is_object()).count(), 40, "both tasks after each epoch");

    for (precision, bytes_per_weight) in [("f32", 4), ("f16", 2), ("int8", 1)] {
        succeed(folder, &["export", "--run", "run", "--out", precision, "--precision", precision]);
        let manifest: Value =
            serde_json::from_slice(&fs::read(folder.join(precision).join("manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["format"], 2);
        assert_eq!(manifest["precision"], precision);
        assert_eq!(manifest["tasks"][1]["labels"][3]["name"], "threat");
        let size = fs::metadata(folder.join(precision).join("model.safetensors")).unwrap().len();
        assert_eq!(manifest["files"]["model.safetensors"]["bytes"], size);
        assert!(
            (bytes_per_weight * 22_000..bytes_per_weight * 22_000 + 14_000).contains(&size),
            "{precision}: {size} bytes"
        );

        for (task, data, labels) in [("sentiment", "aclImdb", &["positive"][..]), ("toxicity", "comments", &LABELS[..])]
        {
            let metrics = evaluate(folder, precision, task, data);
            assert_eq!(metrics["n"], 120);
            assert!(metrics["accuracy"].as_f64().unwrap() > 0.99, "{precision} {task}: {metrics}");
            assert!(metrics["loss"].as_f64().unwrap() < 0.2, "{precision} {task}: {metrics}");
            assert!(metrics["auc_macro"].as_f64().unwrap() > 0.999 && metrics["auc_micro"].as_f64().unwrap() > 0.999);
            assert!(labels.iter().all(|label| metrics["labels"][label]["auc"].as_f64().unwrap() > 0.999), "{metrics}");
        }
    }
    let some =
        ["evaluate", "--bundle", "int8", "--task", "sentiment", "--data", "aclImdb", "--samples", "50", "--json"];
    assert_eq!(serde_json::from_str::<Value>(&succeed(folder, &some)).unwrap()["n"], 50);
    assert_predicts(folder);
    assert_stops_quietly(folder);
    assert_measures(folder);
    assert_refuses_a_damaged_bundle(folder);
    let again = complain(folder, &train_arguments(base.to_str().unwrap(), &tasks));
    assert!(again.contains("run holds a run already"), "{again}");
}

fn assert_predicts(folder: &Path) {
    let output =
        predict(folder, "int8", "jsonl", "the movie 5 was good\r\nthe movie 5 was bad\n\nüñí 🎬 \"quoted\"".as_bytes());
    let lines: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4, "one answer a line, an empty line and a last one without an end included");
    let positive = |line: &Value| line["sentiment"]["positive"].as_f64().unwrap();
    assert!(positive(&lines[0]) > 0.9 && positive(&lines[1]) < 0.1, "{lines:?}");
    assert_eq!(lines[0]["text"], "the movie 5 was good");
    assert_eq!(lines[0]["toxicity"].as_object().unwrap().len(), 6);
    assert_eq!(lines[3]["text"], "üñí 🎬 \"quoted\"");

    // What a web page added was taken away before it was learnt.
    let breaks = predict(folder, "f32", "jsonl", b"the movie<br /><BR>was good\nthe movie was good");
    let lines: Vec<Value> =
        String::from_utf8(breaks.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["sentiment"], &lines[0]["tokens"]), (&lines[1]["sentiment"], &lines[1]["tokens"]));

    let many: Vec<String> =
        (0..3000).map(|number| format!("movie {number} was {}", ["good", "bad"][number % 2])).collect();
    let output = predict(folder, "int8", "jsonl", many.join("\n").as_bytes());
    let lines: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["text"].as_str().unwrap()).collect::<Vec<_>>(), many);
    let alone = predict(folder, "int8", "jsonl", many[2001].as_bytes());
    let alone: Value = serde_json::from_slice(&alone.stdout).unwrap();
    assert_eq!((&alone["row"], &lines[2001]["row"]), (&1.into(), &2002.into()));
    for key in ["text", "tokens", "truncated", "sentiment", "toxicity"] {
        assert_eq!(alone[key], lines[2001][key], "whatever else is read with it");
    }

    let text = String::from_utf8(predict(folder, "int8", "text", b"the movie was good\n").stdout).unwrap();
    assert!(text.starts_with("the movie was good\n  sentiment: positive 0.9"), "{text}");
    let broken = predict(folder, "int8", "text", b"good\n\xff\xfe\ngood\n");
    let said = String::from_utf8(broken.stdout).unwrap();
    assert!(said.contains("row 2, line 2 is broken: the line is not UTF-8"), "{said}");
    assert_eq!((broken.status.code(), said.matches("good\n").count()), (Some(3), 2), "{said}");
}

/// Whoever prints to somebody who has seen enough (`| head`) has not failed.
fn assert_stops_quietly(folder: &Path) {
    let arguments = ["evaluate", "--bundle", "f32", "--task", "toxicity", "--data", "comments"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    command.current_dir(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("panicked"), "{said}");
    let full = command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&full.stderr);
    assert!(full.status.code() == Some(1) && said.contains("standard output cannot be written"), "{said}");
}

fn assert_refuses_a_damaged_bundle(folder: &Path) {
    let damage = |name: &str, damage: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let path = folder.join("f32").join(name);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, damage(whole.clone())).unwrap();
        let said = complain(folder, &["evaluate", "--bundle", "f32", "--task", "sentiment", "--data", "aclImdb"]);
        fs::write(&path, whole).unwrap();
        said
    };
    let half = damage("model.safetensors", &|bytes| bytes[..bytes.len() / 2].to_vec());
    assert!(half.contains("model.safetensors has") && half.contains("the bundle is incomplete"), "{half}");
    let flipped = damage("tokenizer.json", &|mut bytes| {
        bytes[100] ^= 1;
        bytes
    });
    assert!(flipped.contains("tokenizer.json is not the file that the manifest describes"), "{flipped}");
    let newer = damage("manifest.json", &|bytes| {
        String::from_utf8(bytes).unwrap().replace("\"format\": 2", "\"format\": 3").into_bytes()
    });
    assert!(newer.contains("format 3, and this version of Undertone reads format 2 only"), "{newer}");
    fs::remove_file(folder.join("f32/tokenizer.json")).unwrap();
    let missing = complain(folder, &["predict", "--bundle", "f32"]);
    assert!(missing.contains("tokenizer.json"), "{missing}");
}

fn tensors(folder: &Path, name: &str) -> Vec<(String, Vec<f32>)> {
    let bytes = fs::read(folder.join(name).join("model.safetensors")).unwrap();
    let weights = Weights::from_safetensors(&bytes, &Device::Cpu).unwrap();
    weights.into_iter().map(|(name, tensor)| (name, tensor.flatten_all().unwrap().to_vec1().unwrap())).collect()
}

#[test]
fn a_run_is_averaged_with_the_one_before_it_and_keeps_its_rounded_words() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let tasks = ["--task", "sentiment=aclImdb", "--epochs", "1"];
    succeed(folder, &train_arguments(base.to_str().unwrap(), &tasks));
    fs::rename(folder.join("run"), folder.join("first")).unwrap();
    let rounded = [&tasks[..], &["--embeddings", "int4"]].concat();
    succeed(folder, &train_arguments("first", &rounded));

    let f32 = ["export", "--run", "run", "--precision", "f32"];
    succeed(folder, &[&f32[..], &["--out", "own"]].concat());
    succeed(folder, &[&f32[..], &["--out", "mean", "--average", "first"]].concat());
    let (own, first, mean) = (tensors(folder, "own"), tensors(folder, "first"), tensors(folder, "mean"));
    let is_words = |name: &str| name == "embeddings.word_embeddings.weight";
    for (((name, own), (_, first)), (_, mean)) in own.iter().zip(&first).zip(&mean) {
        let half_way: Vec<f32> = own.iter().zip(first).map(|(own, first)| (own + first) / 2.0).collect();
        assert_eq!(mean, if is_words(name) { own } else { &half_way }, "{name}");
    }
    let manifest = fs::read_to_string(folder.join("mean/manifest.json")).unwrap();
    assert!(!manifest.contains("\"metrics\""), "the run's own figures are not those of the mean: {manifest}");

    succeed(folder, &["export", "--run", "run", "--precision", "f16", "--embeddings", "int4", "--out", "few"]);
    let few = Bundle::read(folder.join("few")).unwrap();
    let few = decode(&few.weights).unwrap().into_iter().find(|(name, _)| is_words(name)).unwrap().1;
    let words = own.iter().find(|(name, _)| is_words(name)).unwrap().1.clone();
    assert_eq!(few.flatten_all().unwrap().to_vec1::<f32>().unwrap(), words, "rounded once, and as trained since");

    fs::rename(folder.join("run"), folder.join("second")).unwrap();
    succeed(folder, &train_arguments(base.to_str().unwrap(), &["--task", "toxicity=comments", "--epochs", "1"]));
    let refused = complain(folder, &["export", "--run", "second", "--average", "run", "--out", "none"]);
    assert!(
        refused.contains("a run to average with, run, has other tasks or labels, or has them in another order"),
        "{refused}"
    );
    assert!(!folder.join("none").exists());
}
