//! Runs that start from earlier ones.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use candle_core::{Device, Tensor, safetensors};

use crate::support::{complain, tiny_bert, undertone, write_data};

/// Trains `labels` of the task `task` from `base` at a rate so low that no weight moves, and gives what is said meanwhile.
fn train(folder: &Path, base: &str, out: &str, task: &str, labels: &str) -> String {
    let (data, labels) = (format!("{task}=comments"), format!("{task}={labels}"));
    let arguments = ["train", "--base", base, "--out", out, "--task", &data, "--labels", &labels, "--max-tokens", "32"];
    let rest = ["--epochs", "1", "--learning-rate", "1e-30", "--dropout", "0"];
    let output = undertone(folder, &[&arguments[..], &rest].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

/// The weights of each label of a head.
fn head(folder: &Path, run: &str, task: &str) -> Vec<Vec<f32>> {
    let tensors: HashMap<String, Tensor> =
        safetensors::load(folder.join(run).join("model.safetensors"), &Device::Cpu).unwrap();
    tensors[&format!("heads.{task}.weight")].to_vec2().unwrap()
}

#[test]
fn labels_keep_their_heads_in_whatever_order() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    train(folder, tiny_bert().to_str().unwrap(), "first", "mail", "toxic,threat");
    let first = head(folder, "first", "mail");

    let said = train(folder, "first", "turned", "mail", "threat,toxic");
    assert_eq!(head(folder, "turned", "mail"), [first[1].clone(), first[0].clone()]);
    assert!(!said.contains("left out") && !said.contains("new to"), "{said}");

    let said = train(folder, "first", "fewer", "mail", "threat");
    assert_eq!(head(folder, "fewer", "mail"), [first[1].clone()]);
    assert!(said.contains("mail: the base model's label toxic is left out"), "{said}");

    let said = train(folder, "first", "more", "mail", "insult,toxic");
    assert_eq!(head(folder, "more", "mail")[1], first[0]);
    assert!(said.contains("mail: the label insult is new to the base model"), "{said}");

    let said = train(folder, "first", "renamed", "post", "toxic");
    assert_eq!(head(folder, "renamed", "post").len(), 1);
    assert!(said.contains("the base model's head mail is left out, since no task here has that name"), "{said}");
}

#[test]
fn a_run_whose_files_are_of_two_models_is_no_base() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    train(folder, tiny_bert().to_str().unwrap(), "first", "mail", "toxic");
    fs::copy(tiny_bert().join("model.safetensors"), folder.join("first/model.safetensors")).unwrap();
    let said = complain(folder, &["train", "--base", "first", "--out", "run", "--task", "toxicity=comments"]);
    assert!(said.contains("first/model.safetensors is not the file that run.json beside it tells of"), "{said}");
    assert!(!folder.join("run").exists());
}
