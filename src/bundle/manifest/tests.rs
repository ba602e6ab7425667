use serde_json::{Value, json};

use super::*;
use crate::bundle::{HeadKind, Windows};

const SHIPPED: &str = include_str!("../../../public/models/undertone/manifest.json");

/// The manifest that ships with `value` at `field`.
fn with(field: &str, value: Value) -> Result<Manifest> {
    let mut manifest: Value = serde_json::from_str(SHIPPED).unwrap();
    *manifest.pointer_mut(field).unwrap() = value;
    Manifest::parse(manifest.to_string().as_bytes())
}

fn refusal(field: &str, value: Value) -> String {
    with(field, value).expect_err(field).to_string()
}

#[test]
fn files_larger_than_the_model_can_need_are_refused() {
    let bytes = "/files/model.safetensors/bytes";
    // 18.2 million parameters of at most 8 bytes each.
    assert!(with(bytes, json!(160_000_000)).is_ok());
    let refused = refusal(bytes, json!(200_000_000));
    assert!(
        refused.contains("model.safetensors has 200.0 MB, and a model of the sizes that it names takes 1"),
        "{refused}"
    );
    for (field, value) in [(bytes, json!(1u64 << 31)), ("/files/tokenizer.json/bytes", json!(u64::MAX))] {
        let refused = refusal(field, value);
        assert!(refused.contains("a bundle's file has 2147.5 MB at most"), "{refused}");
    }
}

#[test]
fn sizes_that_add_up_to_more_than_a_browser_could_hold_are_refused() {
    let sizes = ["vocab_size", "num_hidden_layers", "intermediate_size", "max_position_embeddings", "type_vocab_size"];
    for size in sizes {
        for value in [1u64 << 31, u64::from(u32::MAX)] {
            let refused = refusal(&format!("/architecture/{size}"), json!(value));
            assert!(refused.contains("come to more than 536870912 parameters"), "{size}: {refused}");
        }
    }
}

#[test]
fn what_is_written_is_what_was_read() {
    let manifest = Manifest::parse(SHIPPED.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(manifest.to_json().unwrap()).unwrap(), SHIPPED.trim_end());
}

#[test]
fn all_that_the_format_has_a_place_for_is_read_and_written() {
    let mut whole: Value = serde_json::from_str(SHIPPED).unwrap();
    whole["description"] = json!("Tells the tone.");
    whole["word_counts"] = json!("0d7");
    whole["examples"] = json!([{ "name": "An insult", "text": "You fool.", "note": "unkind" }]);
    let file = whole["files"]["tokenizer.json"].clone();
    whole["documents"] = json!({ "LICENSE.txt": file, "model-card.json": file });
    let classes = json!({
        "name": "topic", "description": "What it is about.", "kind": "classes", "windows": "mean", "temperature": 1.5,
        "labels": [{ "name": "sports", "description": "Games." }, { "name": "politics" }],
    });
    whole["tasks"].as_array_mut().unwrap().push(classes);
    let manifest = Manifest::parse(whole.to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&manifest.to_json().unwrap()).unwrap(), whole);
    assert_eq!(manifest.word_counts, [0, 4096, 64].into_iter().collect());
    let topic = &manifest.tasks[3];
    assert_eq!((topic.kind, topic.windows, topic.temperature), (HeadKind::Classes, Windows::Mean, 1.5));
    assert_eq!(manifest.uncalibrated().tasks[3].temperature, 1.0);
    let bytes = |name: &str| whole["files"][name]["bytes"].as_u64().unwrap();
    let classifying = bytes("model.safetensors") + bytes("tokenizer.json");
    assert_eq!(manifest.total_bytes(), classifying, "documents are not fetched to classify");
}

#[test]
fn fields_that_nobody_knows_are_refused() {
    let objects = [
        "",
        "/architecture",
        "/tasks/0",
        "/tasks/0/labels/0",
        "/tasks/0/labels/0/calibration",
        "/tasks/0/calibration",
        "/tasks/0/display/scale",
        "/files",
        "/files/tokenizer.json",
    ];
    for object in objects {
        let mut manifest: Value = serde_json::from_str(SHIPPED).unwrap();
        manifest.pointer_mut(object).unwrap()["surprise"] = json!(1);
        let refused = Manifest::parse(manifest.to_string().as_bytes()).expect_err(object).to_string();
        assert!(refused.contains("unknown field `surprise`"), "{object}: {refused}");
    }
}

#[test]
fn other_formats_are_refused_with_what_to_do() {
    let refused = refusal("/format", json!(1));
    let expected = "the bundle has format 1, and this version of Undertone reads format 2 only: export the bundle again from its run";
    assert_eq!(refused, expected);
    let refused = refusal("/format", json!(3));
    assert!(refused.contains("format 3") && refused.contains("use the version that made it"), "{refused}");
}

#[test]
fn a_manifest_that_cannot_be_right_is_refused_and_says_why() {
    let label = |name: &str| json!({ "name": name });
    let task = |name: &str, more: Value| {
        let mut task = json!({ "name": name, "labels": [label("a"), label("b")] });
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([task])
    };
    let with_labels = |labels: Value| task("t", json!({ "labels": labels }));
    let threshold = |threshold: f64| with_labels(json!([{ "name": "a", "threshold": threshold }]));
    let scale = |low: &str| json!({ "scale": { "low": low, "high": "good" } });
    let file = json!({ "bytes": 1, "sha256": "0".repeat(64) });
    let hash = |hash: &str| json!({ "bytes": 1, "sha256": hash });
    let cases = [
        ("/tasks", json!([]), "has no task"),
        ("/tasks", with_labels(json!([])), "the task t has no labels"),
        ("/tasks", with_labels(json!([label(" ")])), "has a label without a name"),
        ("/tasks", with_labels(json!([label("a"), label("a")])), "has two labels called a"),
        ("/tasks", json!([task("t", json!({}))[0], task("t", json!({}))[0]]), "two tasks called t"),
        ("/tasks", task("", json!({})), "\"\" is no name for a task"),
        ("/tasks", task("a/b", json!({})), "\"a/b\" is no name for a task"),
        ("/tasks", task("text", json!({})), "no task may be called \"text\""),
        ("/tasks", task("effects", json!({})), "no task may be called \"effects\""),
        ("/tasks", threshold(1.001), "whose threshold 1.001 is no probability"),
        ("/tasks", threshold(-0.1), "whose threshold -0.1 is no probability"),
        ("/tasks", threshold(1e38), "is no probability"),
        ("/tasks/0/labels/0/calibration/scale", json!(0.0), "the scale must be above 0"),
        ("/tasks/0/labels/0/calibration/scale", json!(-1.0), "the scale must be above 0"),
        ("/tasks/0/labels/0/calibration/bias", json!(1e39), "number out of range"),
        ("/tasks", task("t", json!({ "temperature": 2.0 })), "has a temperature, which only classes have"),
        ("/tasks", task("t", json!({ "kind": "classes", "temperature": 0.0 })), "has the temperature 0"),
        ("/tasks", task("t", json!({ "kind": "classes", "labels": [label("a")] })), "has one class"),
        (
            "/tasks",
            task("t", json!({ "kind": "classes", "labels": [label("a"), { "name": "b", "threshold": 0.4 }] })),
            "has classes with a threshold or calibration of their own",
        ),
        ("/tasks", task("t", json!({ "kind": "regression" })), "unknown variant `regression`"),
        ("/tasks", task("t", json!({ "display": scale("bad") })), "which is for tasks about texts with one label"),
        ("/tasks/0/display", scale(""), "which lacks words for its ends"),
        ("/max_tokens", json!(513), "allows 513 tokens, and the model has 512 positions"),
        ("/max_tokens", json!(2), "allows 2 tokens"),
        ("/architecture/layer_norm_eps", json!(-1.0), "layer_norm_eps is -1"),
        ("/architecture/layer_norm_eps", json!(0.0), "layer_norm_eps is 0"),
        ("/architecture/layer_norm_eps", json!(1e-50), "layer_norm_eps is 0.0000"),
        ("/architecture/layer_norm_eps", json!(1e39), "layer_norm_eps is 1000"),
        ("/architecture/initializer_range", json!(-0.02), "initializer_range is -0.02"),
        ("/architecture/num_attention_heads", json!(7), "no multiple of its num_attention_heads 7"),
        ("/architecture/vocab_size", json!(0), "vocab_size is 0"),
        ("/files", json!({ "tokenizer.json": file }), "missing field `model.safetensors`"),
        ("/files/tokenizer.json", hash(&"0".repeat(63)), "as a SHA-256 of tokenizer.json"),
        ("/files/tokenizer.json", hash(&"A".repeat(64)), "64 lower-case hexadecimal digits"),
        ("/files/tokenizer.json", hash(&"é".repeat(32)), "64 lower-case hexadecimal digits"),
    ];
    for (field, value, expected) in cases {
        let refused = refusal(field, value);
        assert!(refused.contains(expected), "{field}: expected {expected:?} in {refused:?}");
    }
    let mut manifest: Value = serde_json::from_str(SHIPPED).unwrap();
    let added = [
        ("examples", json!([{ "name": " ", "text": "t" }]), "its example \"t\" has no name or no text"),
        ("examples", json!([{ "name": "n", "text": "" }]), "its example \"n\" has no name or no text"),
        ("documents", json!({ "../card.md": file }), "\"../card.md\" is no name for a document"),
        ("documents", json!({ ".hidden": file }), "\".hidden\" is no name for a document"),
        ("documents", json!({ "manifest.json": file }), "\"manifest.json\" is no name for a document"),
        ("documents", json!({ "card.md": hash("") }), "as a SHA-256 of card.md"),
        ("word_counts", json!("12 3"), "the counts of words have a \" \""),
        ("word_counts", json!("1".repeat(30_000)), "it counts 30000 words, and the model has"),
        ("word_counts", json!({ "many": "words" }), "cannot be read"),
    ];
    for (field, value, expected) in added {
        manifest[field] = value;
        let refused = Manifest::parse(manifest.to_string().as_bytes()).expect_err(field).to_string();
        assert!(refused.contains(expected), "{field}: expected {expected:?} in {refused:?}");
        manifest.as_object_mut().unwrap().remove(field);
    }
}

#[test]
fn what_changes_thresholds_goes_through_the_same_checks() {
    let manifest = Manifest::parse(SHIPPED.as_bytes()).unwrap();
    let mut tasks = manifest.tasks.clone();
    tasks[0].labels[0].threshold = f32::NAN;
    assert!(manifest.with_tasks(tasks).is_err());
    let mut fields = manifest.into_fields();
    fields.tasks[1].labels[0].calibration.scale = f32::INFINITY;
    assert!(Manifest::try_from(fields).is_err());
}
