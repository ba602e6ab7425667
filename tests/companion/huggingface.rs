//! What `export --layout huggingface` writes, read again by ourselves and by transformers.

use std::fs;
use std::path::Path;
use std::process::Command;

use candle_core::{Device, Tensor};
use serde_json::{Value, json};
use undertone::bert::{Checkpoint, Weights};
use undertone::text::Tokenizer;

use crate::support::{LABELS, complain, predict, succeed, tiny_bert, train_arguments, write_data};

const TASKS: [&str; 4] = ["--task", "sentiment=aclImdb", "--task", "toxicity=comments"];
const TEXTS: &str = "the movie was good\nthe movie was bad, bad!\nCafé 你 42\na\n";

/// Trains with this pooling, and exports to `bundle` and to `hub`.
fn exported(folder: &Path, pooling: &str, tasks: &[&str]) {
    write_data(folder);
    let base = tiny_bert();
    let recipe = ["--epochs", "3", "--pooling", pooling];
    succeed(folder, &train_arguments(base.to_str().unwrap(), &[tasks, &recipe].concat()));
    succeed(folder, &["export", "--run", "run", "--out", "bundle", "--precision", "f32"]);
    succeed(folder, &["export", "--run", "run", "--out", "hub", "--layout", "huggingface"]);
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The tensors of a run, of which `kept` says which are wanted and by what name.
fn tensors(weights: Weights, kept: impl Fn(&str) -> bool) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1().unwrap();
    let wanted = weights.into_iter().filter(|(name, _)| kept(name));
    wanted.map(|(name, tensor)| (name, tensor.dims().to_vec(), values(&tensor))).collect()
}

#[test]
fn heads_on_the_pooler_become_a_classifier_of_transformers() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    exported(folder, "pooler", &TASKS);
    let hub = folder.join("hub");
    let config = json_of(&hub.join("config.json"));
    assert_eq!(config["architectures"], json!(["BertForSequenceClassification"]));
    assert_eq!(
        (&config["id2label"]["0"], &config["id2label"]["4"]),
        (&json!("sentiment.positive"), &json!("toxicity.threat"))
    );
    assert_eq!(config["label2id"]["toxicity.insult"], 5);

    // Ourselves we read it as any classifier: its head is left out, the rest is the run's.
    let checkpoint = Checkpoint::read(&hub, &Device::Cpu).unwrap();
    let run = Checkpoint::read(&folder.join("run"), &Device::Cpu).unwrap();
    assert_eq!(checkpoint.left_out, ["classifier.bias", "classifier.weight"]);
    assert_eq!((&checkpoint.architecture, checkpoint.dropout), (&run.architecture, run.dropout));
    let (ours, expected) =
        (tensors(checkpoint.weights, |_| true), tensors(run.weights.clone(), |name| !name.starts_with("heads.")));
    assert!(ours == expected, "the encoder is the run's");
    let classifier =
        Weights::from_safetensors(&fs::read(hub.join("model.safetensors")).unwrap(), &Device::Cpu).unwrap();
    let classifier = tensors(classifier, |name| name == "classifier.weight").remove(0);
    let heads = tensors(run.weights, |name| name.starts_with("heads.") && name.ends_with(".weight"));
    assert_eq!(classifier.1, [7, 32]);
    assert_eq!(classifier.2, heads.into_iter().flat_map(|(_, _, values)| values).collect::<Vec<_>>());

    // vocab.txt alone is the same tokenizer.
    let bare = tempfile::tempdir().unwrap();
    for file in ["vocab.txt", "tokenizer_config.json"] {
        fs::copy(hub.join(file), bare.path().join(file)).unwrap();
    }
    let [whole, bare] = [&hub, bare.path()].map(|folder| Tokenizer::from_checkpoint(folder, 64).unwrap());
    for text in TEXTS.lines() {
        assert_eq!(whole.encode(text).unwrap(), bare.encode(text).unwrap(), "{text}");
    }

    let again = complain(folder, &["export", "--run", "run", "--out", "hub", "--layout", "huggingface"]);
    assert!(again.contains("hub is not empty"), "{again}");
    let small = ["export", "--run", "run", "--out", "other", "--layout", "huggingface", "--precision", "int8"];
    assert!(complain(folder, &small).contains("--precision is for bundles"));
}

#[test]
fn other_heads_stand_beside_the_encoder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    exported(folder, "mean", &TASKS);
    let hub = folder.join("hub");
    assert_eq!(json_of(&hub.join("config.json"))["architectures"], json!(["BertModel"]));
    let heads = json_of(&hub.join("heads.json"));
    assert_eq!((&heads["pooling"], &heads["tasks"][1]["labels"]), (&json!("mean"), &json!(LABELS)));
    let all = |folder: &Path, file: &str| {
        tensors(Weights::from_safetensors(&fs::read(folder.join(file)).unwrap(), &Device::Cpu).unwrap(), |_| true)
    };
    let mut ours = [all(&hub, "model.safetensors"), all(&hub, "heads.safetensors")].concat();
    ours.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(ours == all(&folder.join("run"), "model.safetensors"), "between them the two files have the run's tensors");
    assert!(fs::read_to_string(hub.join("README.md")).unwrap().contains("add_pooling_layer=False"));
}

/// A table with a column of three classes, from which a run learns `topic`.
fn export_classes(folder: &Path, pooling: &str, tasks: &[&str]) {
    let rows = (0..120).map(|number| {
        let (text, class) = [("good film", "praise"), ("bad film", "blame"), ("the cafe", "food")][number % 3];
        format!("{text} {number},{class}\n")
    });
    fs::write(folder.join("rows.csv"), format!("text,kind\n{}", rows.collect::<String>())).unwrap();
    exported(folder, pooling, &[&["--task", "topic=rows.csv", "--classes", "topic=kind"], tasks].concat());
}

#[test]
fn classes_that_exclude_each_other_stay_so() {
    let folder = tempfile::tempdir().unwrap();
    export_classes(folder.path(), "pooler", &[]);
    let config = json_of(&folder.path().join("hub/config.json"));
    assert_eq!(config["problem_type"], "single_label_classification");
    assert_eq!(config["id2label"], json!({ "0": "blame", "1": "food", "2": "praise" }));
    // Beside labels no class of transformers has them.
    let folder = tempfile::tempdir().unwrap();
    export_classes(folder.path(), "pooler", &TASKS[..2]);
    let heads = json_of(&folder.path().join("hub/heads.json"));
    let kinds: Vec<&Value> = heads["tasks"].as_array().unwrap().iter().map(|task| &task["kind"]).collect();
    assert_eq!(kinds, ["classes", "labels"]);
}

/// The README's own Python, run on [`TEXTS`]: it must give what `predict` gives.
#[test]
#[ignore = "needs PEER_PYTHON, a Python with torch and transformers"]
fn transformers_gives_the_same_probabilities() {
    let python = std::env::var("PEER_PYTHON").expect("PEER_PYTHON names a Python with torch and transformers");
    for (pooling, tasks) in [("pooler", &TASKS[..]), ("pooler", &TASKS[..2]), ("mean", &TASKS[..]), ("cls", &TASKS[..])]
    {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        exported(folder, pooling, tasks);
        let readme = fs::read_to_string(folder.join("hub/README.md")).unwrap();
        let code = readme.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let code = code.replace("print(task[\"name\"], task[\"labels\"], probabilities)", "rows.append(probabilities)");
        let script = format!(
            "folder, rows = 'hub', []\ntexts = {}\n{code}\n\
             print(json.dumps((torch.cat(rows, 1) if rows else probabilities).tolist()))\n",
            json!(TEXTS.lines().collect::<Vec<_>>())
        );
        fs::write(folder.join("peer.py"), format!("import json\n{script}")).unwrap();
        let output = Command::new(&python).current_dir(folder).arg("peer.py").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let theirs: Vec<Vec<f64>> = serde_json::from_slice(&output.stdout).unwrap();
        let ours = String::from_utf8(predict(folder, "bundle", "jsonl", TEXTS.as_bytes()).stdout).unwrap();
        for (line, theirs) in ours.lines().zip(&theirs) {
            let line: Value = serde_json::from_str(line).unwrap();
            let topics = ["blame", "food", "praise"].map(|class| ("topic", class)).to_vec();
            let labels =
                [topics, vec![("sentiment", "positive")], LABELS.map(|label| ("toxicity", label)).to_vec()].concat();
            let ours = labels.iter().filter_map(|(task, label)| line[task][label].as_f64());
            let ours: Vec<f64> = ours.collect();
            assert_eq!(ours.len(), theirs.len());
            let apart = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(apart < 1e-5, "{pooling}: {line} where transformers has {theirs:?}");
        }
        assert_eq!(theirs.len(), 4);
    }
}
