//! What the companion says when something is wrong.

use std::fs;

use crate::support::{complain, tiny_bert, train_arguments, undertone, write_data};

#[test]
fn what_is_wrong_is_said_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let with = |rest: &[&str]| complain(folder, &train_arguments(base, rest));
    let review = ["--task", "sentiment=aclImdb"];
    let cases: [(String, &str); 10] = [
        (
            with(&["--task", "sentimant=aclImdb"]),
            "the labels of the task \"sentimant\" are not known, as those of sentiment and toxicity are",
        ),
        (with(&["--task", "aclImdb"]), "as in sentiment=aclImdb"),
        (with(&["--task", "sentiment=nowhere"]), "nowhere"),
        (with(&["--task", "toxicity=aclImdb"]), "positive"),
        (with(&[&review[..], &["--device", "gpu"]].concat()), "there is no device \"gpu\""),
        (with(&[&review[..], &["--batch-size", "0"]].concat()), "batch-size must be at least 1"),
        (with(&[&review[..], &["--validation", "1.5"]].concat()), "validation 1.5 is no share"),
        (
            complain(folder, &["train", "--base", "nowhere", "--out", "run", review[0], review[1]]),
            "nowhere is no folder",
        ),
        (
            complain(folder, &["train", "--base", base, "--out", "run", review[0], review[1]]),
            "max-tokens 256 is more than the base model's 64 positions",
        ),
        (complain(folder, &["export", "--run", "nowhere", "--out", "bundle"]), "nowhere has no run.json"),
    ];
    for (said, expected) in &cases {
        assert!(said.contains(expected), "expected {expected:?} in {said:?}");
    }
    assert!(!folder.join("run").exists() && !folder.join("bundle").exists());
}

#[test]
fn a_base_whose_tensors_do_not_fit_is_an_error_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = folder.join("base");
    fs::create_dir(&base).unwrap();
    for file in ["config.json", "tokenizer.json"] {
        fs::copy(tiny_bert().join(file), base.join(file)).unwrap();
    }
    let whole =
        candle_core::safetensors::load(tiny_bert().join("model.safetensors"), &candle_core::Device::Cpu).unwrap();
    let said = |change: &dyn Fn(&mut std::collections::HashMap<String, candle_core::Tensor>)| {
        let mut tensors = whole.clone();
        change(&mut tensors);
        candle_core::safetensors::save(&tensors, base.join("model.safetensors")).unwrap();
        complain(folder, &train_arguments("base", &["--task", "sentiment=aclImdb", "--epochs", "1"]))
    };
    let query = "encoder.layer.1.attention.self.query.weight";
    let missing = said(&|tensors| drop(tensors.remove(query)));
    assert!(missing.contains(&format!("lack the tensor {query}")), "{missing}");
    let misshapen = said(&|tensors| {
        let narrow = tensors[query].narrow(0, 0, 16).unwrap();
        tensors.insert(query.into(), narrow);
    });
    assert!(misshapen.contains(&format!("{query} has shape [16, 32] where the model's is [32, 32]")), "{misshapen}");
    let adapter = "encoder.layer.1.adapter.weight";
    let left_over = said(&|tensors| drop(tensors.insert(adapter.into(), tensors[query].clone())));
    assert!(left_over.contains(&format!("have the tensor {adapter}, for which the model has no use")), "{left_over}");

    // A prefix, the old names of layer normalisation and heads of another task are no reason to refuse a checkpoint.
    let mut tensors = std::collections::HashMap::new();
    for (name, tensor) in &whole {
        let name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        tensors.insert(format!("bert.{name}"), tensor.clone());
    }
    for head in ["cls.predictions.bias", "classifier.bias"] {
        tensors.insert(head.to_owned(), whole["pooler.dense.bias"].clone());
    }
    candle_core::safetensors::save(&tensors, base.join("model.safetensors")).unwrap();
    let renamed = ["--task", "sentiment=aclImdb", "--epochs", "1", "--pooling", "pooler"];
    let output = undertone(folder, &train_arguments("base", &renamed));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("left out: classifier.bias, cls.predictions.bias"), "{said}");
}

#[test]
fn a_token_that_the_base_has_no_vector_for_is_refused_before_a_run_begins() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = folder.join("base");
    fs::create_dir(&base).unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(tiny_bert().join(file), base.join(file)).unwrap();
    }
    let mut json: serde_json::Value =
        serde_json::from_slice(&fs::read(tiny_bert().join("tokenizer.json")).unwrap()).unwrap();
    let mut token = json["added_tokens"][0].clone();
    (token["content"], token["id"]) = ("[NAME]".into(), 111.into());
    json["added_tokens"].as_array_mut().unwrap().push(token);
    fs::write(base.join("tokenizer.json"), json.to_string()).unwrap();
    // No text has the token.
    let said = complain(folder, &train_arguments("base", &["--task", "sentiment=aclImdb", "--epochs", "1"]));
    assert!(said.contains("the token \"[NAME]\" with the id 111"), "{said}");
    assert!(!folder.join("run").exists());
}

#[test]
fn another_bundle_than_the_pinned_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/public/models/undertone");
    let manifest = fs::read(format!("{bundle}/manifest.json")).unwrap();
    let digest = format!("{:x}", <sha2::Sha256 as sha2::Digest>::digest(manifest));
    let pinned = |digest: &str| {
        undertone(folder.path(), &["predict", "--bundle", bundle, "--sha256", digest, "--input", "lines"])
    };
    assert!(pinned(&digest).status.success());
    for (command, rest) in [("predict", &["--input", "lines"]), ("serve", &["--listen", "127.0.0.1:0"])] {
        let wrong = "0".repeat(64);
        let said = complain(folder.path(), &[&[command, "--bundle", bundle, "--sha256", &wrong], &rest[..]].concat());
        assert!(said.contains("not the one that was asked for") && said.contains(&digest), "{said}");
    }
    let said = complain(folder.path(), &["predict", "--bundle", bundle, "--sha256", "abc"]);
    assert!(said.contains("64 hexadecimal digits"), "{said}");
}

#[test]
fn what_stands_twice_or_for_nothing_is_said_before_a_run_begins() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows = |weight: &str| (0..40).map(|row| format!("film {row},{},{weight}\n", row % 2)).collect::<String>();
    fs::write(folder.join("rows.csv"), format!("text,spam,weight\n{}", rows("0"))).unwrap();
    let base = tiny_bert();
    let with = |rest: &[&str]| complain(folder, &train_arguments(base.to_str().unwrap(), rest));
    let task = ["--task", "t=rows.csv", "--labels", "t=spam"];
    let said = with(&[&task[..], &["--text", "t=text", "--text", "t=title"]].concat());
    assert!(said.contains("--text names two columns of t: name one"), "{said}");
    let said = with(&[&task[..], &["--labels", "t=spam"]].concat());
    assert!(said.contains("the label `spam` was named twice"), "labels of two flags add up: {said}");
    assert!(with(&task).contains("have the weight 0, and so none counts"));

    fs::write(folder.join("rows.csv"), format!("text,spam,weight\n{}", rows("1"))).unwrap();
    let recipe = |tasks: &str| {
        fs::write(folder.join("recipe.toml"), tasks).unwrap();
        with(&["--recipe", "recipe.toml", "--data", "."])
    };
    let one = "[[task]]\nname = \"t\"\nlabels = [\"spam\"]\ntrain = [\"rows.csv\"]\n";
    let said = recipe(&one.repeat(2));
    assert!(said.contains("there are two tasks of the name t"), "{said}");
    let said = recipe(&one.replace("\"rows.csv\"", "{ path = \"rows.csv\", sample = 10 }"));
    assert!(said.contains("expected the path of a source, or a table"), "{said}");
    let said = recipe(&one.replace("\"spam\"]", "{ name = \"spam\", value = [\"x\"] }]"));
    assert!(said.contains("expected a label such as"), "{said}");
    assert!(!folder.join("run").exists());
}
