//! Tasks about words: marked texts are learnt, found and measured.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{complain, succeed, tiny_bert, write_data};

const RECIPE: &str = r#"
normalisation = "plain"
max-tokens = 32
optimizer = "radam"
learning-rate = 0.01
head-learning-rate = 0.01
schedule = "constant"
warm-up = 0
weight-decay = 0
dropout = 0.0
epochs = 25
mix = "proportional"

[[task]]
name = "toxicity"
train = ["comments"]
disguise = 0.1

[[task]]
name = "bad-words"
labels = ["bad"]
spans = "spans"
passes = 2
train = [{ path = "marked.csv", only = { source = ["here", "there"] } }]
"#;

/// Texts in which `bad` and `awful` are marked, and rows of another source in which everything else is.
fn marked() -> String {
    let mut rows = "spans,text,source\n".to_owned();
    for number in 0..150 {
        let text = match number % 3 {
            0 => "the movie was bad",
            1 => "é awful film , very bad",
            _ => "the movie was good and great",
        };
        let mut places = Vec::new();
        for word in ["bad", "awful"] {
            if let Some(byte) = text.find(word) {
                let start = text[..byte].chars().count();
                places.extend((start..start + word.len()).map(|place| place.to_string()));
            }
        }
        let source = if number % 2 == 0 { "here" } else { "there" };
        writeln!(rows, "\"[{}]\",\"{text} {number}\",{source}", places.join(", ")).unwrap();
        writeln!(rows, "\"[0, 1, 2]\",\"{text} {number} again\",elsewhere").unwrap();
    }
    rows
}

fn spans(folder: &Path, bundle: &str, format: &str, input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .current_dir(folder)
        .args(["predict", "--bundle", bundle, "--spans", "--format", format])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn marked_words_are_learnt_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    fs::write(folder.join("marked.csv"), marked()).unwrap();
    fs::write(folder.join("recipe.toml"), RECIPE).unwrap();
    let base = tiny_bert();
    let said = succeed(folder, &["train", "--recipe", "recipe.toml", "--base", base.to_str().unwrap(), "--out", "run"]);
    assert!(said.contains("bad-words: loss"), "{said}");
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("bundle/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["normalisation"], "plain");
    assert_eq!((&manifest["tasks"][0]["unit"], &manifest["tasks"][1]["unit"]), (&Value::Null, &"token".into()));

    let found: Value =
        serde_json::from_str(&spans(folder, "bundle", "jsonl", "é bad film , very b\u{200b}ad\n")).unwrap();
    assert_eq!(found["bad-words"], serde_json::json!([[2, 5], [18, 22]]), "{found}");
    let effects = &found["effects"][0];
    assert_eq!((&effects["task"], &effects["label"]), (&"toxicity".into(), &"toxic".into()));
    let text = spans(folder, "bundle", "text", "é awful film , very bad\nthe bad bad movie 3\n");
    assert!(text.contains("bad-words: awful | bad\n"), "{text}");
    assert!(text.contains("toxicity, toxic: "), "{text}");

    let only = ["evaluate", "--bundle", "bundle", "--task", "bad-words", "--data", "marked.csv", "--json"];
    let metrics: Value = serde_json::from_str(&succeed(folder, &only)).unwrap();
    let f1 = metrics["character_f1"].as_f64().unwrap();
    assert!((0.3..0.8).contains(&f1), "half of the rows are marked otherwise: {f1}");
    fs::remove_dir_all(folder.join("bundle")).unwrap();
    succeed(folder, &["export", "--run", "run", "--out", "bundle", "--precision", "f32"]);
    succeed(folder, &["calibrate", "--bundle", "bundle", "--run", "run"]);
    let held_out =
        ["evaluate", "--bundle", "bundle", "--task", "bad-words", "--data", "run/held-out/bad-words.jsonl", "--json"];
    let metrics: Value = serde_json::from_str(&succeed(folder, &held_out)).unwrap();
    assert!(metrics["character_f1"].as_f64().unwrap() > 0.95, "{metrics}");
    let disguised = [
        "evaluate",
        "--bundle",
        "bundle",
        "--task",
        "toxicity",
        "--data",
        "comments",
        "--json",
        "--disguise",
        "invisible",
    ];
    let metrics: Value = serde_json::from_str(&succeed(folder, &disguised)).unwrap();
    assert!(metrics["auc_macro"].as_f64().unwrap() > 0.999, "what is invisible is not read: {metrics}");
}

/// What the head for words finds, and what is shown of it: nothing where the text as a whole is below its threshold.
#[test]
fn what_is_found_and_what_is_shown_are_measured_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("public/models/undertone");
    fs::create_dir(folder.join("bundle")).unwrap();
    for name in ["model.safetensors", "tokenizer.json"] {
        fs::copy(shipped.join(name), folder.join("bundle").join(name)).unwrap();
    }
    fs::write(folder.join("marked.csv"), "spans,text\n\"[[16, 21]]\",What a complete idiot you are.\n").unwrap();
    let mut manifest: Value = serde_json::from_slice(&fs::read(shipped.join("manifest.json")).unwrap()).unwrap();
    let mut measured = |threshold: f64| {
        manifest["tasks"][1]["labels"][0]["threshold"] = threshold.into();
        fs::write(folder.join("bundle/manifest.json"), manifest.to_string()).unwrap();
        let only = ["evaluate", "--bundle", "bundle", "--task", "toxic-words", "--data", "marked.csv", "--json"];
        let metrics: Value = serde_json::from_str(&succeed(folder, &only)).unwrap();
        ["character_f1", "character_f1_shown"].map(|name| metrics[name].as_f64().unwrap())
    };
    let [found, shown] = measured(0.5);
    assert!(found > 0.5 && found == shown, "{found} found, {shown} shown");
    assert_eq!(measured(0.99999), [found, 0.0]);
}

#[test]
fn no_word_is_marked_where_the_text_is_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts = "I love this movie so much\nThe meeting is at noon.\nWhat a complete idiot you are.\n";
    let said = spans(folder, "public/models/undertone", "jsonl", texts);
    let marked: Vec<Value> =
        said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["toxic-words"].clone()).collect();
    assert_eq!(marked[..2], [serde_json::json!([]), serde_json::json!([])], "{said}");
    let idiot = texts.lines().nth(2).unwrap().find("idiot").unwrap() as u64;
    let spans = marked[2].as_array().unwrap();
    assert!(spans.iter().any(|span| span[0].as_u64() <= Some(idiot) && span[1].as_u64() >= Some(idiot + 5)), "{said}");
}

#[test]
fn what_is_wrong_with_marks_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let recipe =
        |task: &str| format!("max-tokens = 32\n[[task]]\nname = \"words\"\n{task}\ntrain = [\"marked.csv\"]\n");
    let good = "labels = [\"bad\"]\nspans = \"spans\"";
    for (task, rows, expected) in [
        (good, "spans,text\n\"[3\",bad film", "marked.csv, line 2: the spans are `[3`"),
        (good, "spans,text\n\"[30]\",bad film", "character 30 is marked, and the text has only 8"),
        (good, "marks,text\n[],bad film", "spans"),
        ("labels = [\"bad\", \"worse\"]\nspans = \"spans\"", "spans,text\n[],a", "has one label"),
        ("labels = [\"bad\"]\nspans = \"spans\"\ndisguise = 0.5", "spans,text\n[],a", "disguise = 0.5 cannot be"),
        ("labels = [\"bad\"]\ndisguise = 1.5", "bad,text\n1,a", "disguise = 1.5 cannot be"),
        (
            "labels = [\"bad\", \"odd\"]",
            "bad,odd,text\n1,,a\n0,,b",
            "the label odd of words is known of no training text",
        ),
        ("labels = [\"bad\"]\nloss-weight = 0", "bad,text\n1,a", "loss-weight of words must be above 0"),
        ("labels = [\"bad\"]\npasses = 0", "bad,text\n1,a", "passes of words must be at least 1"),
    ] {
        fs::write(folder.join("recipe.toml"), recipe(task)).unwrap();
        fs::write(folder.join("marked.csv"), format!("{rows}\n")).unwrap();
        let said = complain(folder, &["train", "--recipe", "recipe.toml", "--base", base, "--out", "run"]);
        assert!(said.contains(expected), "{expected:?} in {said}");
        assert!(!folder.join("run").exists());
    }
}
