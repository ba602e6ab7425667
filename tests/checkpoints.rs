//! Checkpoints as people have them, made of the tiny BERT: other names, other files, other tokenizers.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};
use tempfile::TempDir;
use undertone::bert::Checkpoint;
use undertone::bundle::Bundle;
use undertone::text::Tokenizer;

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n\
                       oid sha256:7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730\nsize 133466304\n";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The tiny BERT's files of these names, in a folder of their own.
fn base(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        fs::copy(fixtures().join("tiny-bert").join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn tensors() -> HashMap<String, Tensor> {
    candle_core::safetensors::load(fixtures().join("tiny-bert/model.safetensors"), &Device::Cpu).unwrap()
}

fn save(folder: &TempDir, name: &str, tensors: &HashMap<String, Tensor>) {
    candle_core::safetensors::save(tensors, folder.path().join(name)).unwrap();
}

fn read(folder: &TempDir) -> undertone::Result<Checkpoint> {
    Checkpoint::read(folder.path(), &Device::Cpu)
}

fn refused(folder: &TempDir) -> String {
    read(folder).expect_err("it is refused").to_string()
}

fn values(checkpoint: Checkpoint) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1().unwrap();
    checkpoint.weights.into_iter().map(|(name, tensor)| (name, tensor.dims().to_vec(), values(&tensor))).collect()
}

fn assert_is_tiny_bert(checkpoint: Checkpoint) {
    let whole = Checkpoint::read(&fixtures().join("tiny-bert"), &Device::Cpu).unwrap();
    assert_eq!((&checkpoint.architecture, checkpoint.dropout), (&whole.architecture, whole.dropout));
    assert!(values(checkpoint) == values(whole), "the same tensors");
}

#[test]
fn the_head_of_a_classifier_is_left_out_and_said() {
    for (prefix, head) in
        [("bert.", "classifier"), ("", "qa_outputs"), ("model.", "score"), ("0.auto_model.", "2.linear")]
    {
        let folder = base(&["config.json"]);
        let mut renamed: HashMap<_, _> =
            tensors().into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)).collect();
        for part in ["weight", "bias"] {
            renamed.insert(format!("{head}.{part}"), renamed[&format!("{prefix}pooler.dense.{part}")].clone());
        }
        let positions = Tensor::arange(0i64, 64, &Device::Cpu).unwrap();
        renamed.insert(format!("{prefix}embeddings.position_ids"), positions.clone());
        // Of an integer type, which matters only where a tensor is used.
        renamed.insert("steps".to_owned(), positions);
        save(&folder, "model.safetensors", &renamed);
        let checkpoint = read(&folder).unwrap();
        let mut expected = [format!("{head}.bias"), format!("{head}.weight"), "steps".to_owned()];
        expected.sort();
        assert_eq!(checkpoint.left_out, expected);
        assert!(checkpoint.notes()[0].ends_with(&expected.join(", ")), "{:?}", checkpoint.notes());
        assert_is_tiny_bert(checkpoint);
    }
    let whole = Checkpoint::read(&fixtures().join("tiny-bert"), &Device::Cpu).unwrap();
    assert!(whole.left_out.is_empty() && whole.notes().is_empty());
}

#[test]
fn a_short_configuration_has_berts_usual_values() {
    let folder = base(&["model.safetensors", "config.json"]);
    let path = folder.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for field in ["layer_norm_eps", "pad_token_id", "model_type", "type_vocab_size", "hidden_act", "initializer_range"]
    {
        config.as_object_mut().unwrap().remove(field);
    }
    fs::write(&path, config.to_string()).unwrap();
    assert_is_tiny_bert(read(&folder).unwrap());
    config["position_embedding_type"] = "relative_key".into();
    fs::write(&path, config.to_string()).unwrap();
    assert!(refused(&folder).contains("position_embedding_type to \"relative_key\""), "{}", refused(&folder));
}

#[test]
fn weights_in_parts_are_read_by_their_index() {
    let folder = base(&["config.json"]);
    let mut parts = [HashMap::new(), HashMap::new()];
    let mut map = serde_json::Map::new();
    for (number, (name, tensor)) in tensors().into_iter().enumerate() {
        map.insert(name.clone(), format!("model-0000{}-of-00002.safetensors", number % 2 + 1).into());
        parts[number % 2].insert(name, tensor);
    }
    let index = folder.path().join("model.safetensors.index.json");
    fs::write(&index, json!({ "metadata": {}, "weight_map": map }).to_string()).unwrap();
    save(&folder, "model-00001-of-00002.safetensors", &parts[0]);
    assert!(refused(&folder).contains("lists model-00002-of-00002.safetensors, which is not beside it"));
    fs::write(folder.path().join("model-00002-of-00002.safetensors"), POINTER).unwrap();
    assert!(refused(&folder).contains("model-00002-of-00002.safetensors is a Git LFS pointer"));
    save(&folder, "model-00002-of-00002.safetensors", &parts[1]);
    assert_is_tiny_bert(read(&folder).unwrap());
    map.insert("encoder.layer.9.weight".into(), "model-00001-of-00002.safetensors".into());
    fs::write(&index, json!({ "weight_map": map }).to_string()).unwrap();
    assert!(refused(&folder).contains("lists the tensor encoder.layer.9.weight, which none of its files has"));
}

#[test]
fn what_pytorch_saved_is_read() {
    let folder = base(&["config.json"]);
    let file = fs::read(fixtures().join("tiny-bert-torch.bin")).unwrap();
    fs::write(folder.path().join("pytorch_model.bin"), &file).unwrap();
    let checkpoint = read(&folder).unwrap();
    assert_eq!(checkpoint.left_out, ["classifier.bias", "classifier.weight"]);
    assert_is_tiny_bert(checkpoint);

    let bin = folder.path().join("pytorch_model.bin");
    let says_how_to_convert = |why: &str| {
        let said = refused(&folder);
        assert!(said.contains("pytorch_model.bin cannot be read") && said.contains("save_pretrained"), "{said}");
        assert!(said.contains(why), "{said}");
    };
    // As torch.save wrote before version 1.6: a pickle that is no archive.
    fs::write(&bin, b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.").unwrap();
    says_how_to_convert("");
    fs::write(&bin, &file[..file.len() / 2]).unwrap();
    says_how_to_convert("");
    fs::write(&bin, b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").unwrap();
    says_how_to_convert("it has no tensors by name");
    fs::write(&bin, POINTER).unwrap();
    assert!(refused(&folder).contains("pytorch_model.bin is a Git LFS pointer"));
}

#[test]
fn a_git_lfs_pointer_is_named_wherever_it_stands() {
    let files = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt", "tokenizer_config.json"];
    for file in &files[..2] {
        let folder = base(&files);
        fs::write(folder.path().join(file), POINTER).unwrap();
        let said = refused(&folder);
        assert!(said.contains(&format!("{file} is a Git LFS pointer")) && said.contains("git lfs pull"), "{said}");
    }
    for (present, file) in
        [(&files[..3], "tokenizer.json"), (&files[3..], "vocab.txt"), (&files[3..], "tokenizer_config.json")]
    {
        let folder = base(present);
        fs::write(folder.path().join(file), POINTER).unwrap();
        let said = Tokenizer::from_checkpoint(folder.path(), 8).unwrap_err().to_string();
        assert!(said.contains(&format!("{file} is a Git LFS pointer")), "{said}");
    }
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("public/models/undertone");
    for file in ["manifest.json", "model.safetensors", "tokenizer.json"] {
        let folder = tempfile::tempdir().unwrap();
        for file in ["manifest.json", "model.safetensors", "tokenizer.json"] {
            fs::copy(shipped.join(file), folder.path().join(file)).unwrap();
        }
        fs::write(folder.path().join(file), POINTER).unwrap();
        let said = Bundle::read(folder.path()).unwrap_err().to_string();
        assert!(said.contains(&format!("{file} is a Git LFS pointer")), "{said}");
    }
}

#[test]
fn weights_for_other_programs_are_named_with_what_to_do() {
    let folder = base(&["config.json"]);
    assert!(refused(&folder).contains("has no weights: model.safetensors, pytorch_model.bin"));
    for (file, advice) in [("tf_model.h5", "from_tf=True"), ("adapter_model.safetensors", "merge_and_unload()")] {
        let folder = base(&["config.json"]);
        fs::write(folder.path().join(file), "").unwrap();
        let said = refused(&folder);
        assert!(said.contains(file) && said.contains(advice), "{said}");
    }
}

#[test]
fn weights_that_are_no_numbers_are_refused_by_name() {
    let folder = base(&["config.json"]);
    let name = "encoder.layer.1.output.dense.bias";
    for (value, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        let mut tensors = tensors();
        let mut bias: Vec<f32> = tensors[name].to_vec1().unwrap();
        bias[7] = value;
        tensors.insert(name.to_owned(), Tensor::new(bias, &Device::Cpu).unwrap());
        save(&folder, "model.safetensors", &tensors);
        assert!(refused(&folder).contains(&format!("the tensor {name} has the value {shown}")), "{}", refused(&folder));
    }
    let mut tensors = tensors();
    tensors.insert(name.to_owned(), tensors[name].to_dtype(DType::U8).unwrap());
    save(&folder, "model.safetensors", &tensors);
    assert!(refused(&folder).contains(&format!("the tensor {name} is of type U8, not a float")));
    tensors.insert(name.to_owned(), self::tensors()[name].to_dtype(DType::F64).unwrap());
    save(&folder, "model.safetensors", &tensors);
    assert_is_tiny_bert(read(&folder).unwrap());
}

/// The tiny BERT's `tokenizer.json`, changed.
fn tokenizer(change: impl Fn(&mut Value), max_tokens: usize) -> undertone::Result<Tokenizer> {
    let mut json: Value =
        serde_json::from_slice(&fs::read(fixtures().join("tiny-bert/tokenizer.json")).unwrap()).unwrap();
    change(&mut json);
    Tokenizer::from_json(json.to_string().as_bytes(), max_tokens)
}

#[test]
fn a_tokenizer_without_post_processor_gets_special_tokens() {
    let whole = tokenizer(|_| {}, 8).unwrap();
    let bare = tokenizer(|json| json["post_processor"] = Value::Null, 8).unwrap();
    for length in 0..20 {
        let text = vec!["good"; length].join(" ");
        let (ours, expected) = (bare.encode(&text).unwrap(), whole.encode(&text).unwrap());
        assert_eq!((&ours, ours.truncated), (&expected, length > 6), "{length} words");
        let pair = bare.encode_pair(&text, "bad film").unwrap();
        assert_eq!(pair, whole.encode_pair(&text, "bad film").unwrap());
        assert_eq!(pair.truncated, length > 3, "{length} words and two");
    }
    // It is part of what is exported.
    let json: Value = serde_json::from_slice(&bare.to_json().unwrap()).unwrap();
    assert_eq!(json["post_processor"]["cls"], json!(["[CLS]", 2]));

    let nameless = tokenizer(
        |json| {
            json["post_processor"] = Value::Null;
            json["added_tokens"].as_array_mut().unwrap().retain(|token| token["content"] != "[CLS]");
            json["model"]["vocab"].as_object_mut().unwrap().remove("[CLS]");
        },
        8,
    );
    assert!(nameless.unwrap_err().to_string().contains("no token [CLS]"));
}

#[test]
fn a_post_processor_of_another_vocabulary_is_refused() {
    let cls = |id: u64| move |json: &mut Value| json["post_processor"]["cls"] = json!(["[CLS]", id]);
    let template = |ids: Value| {
        move |json: &mut Value| {
            json["post_processor"] = json!({
                "type": "TemplateProcessing",
                "single": [{ "SpecialToken": { "id": "[CLS]", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }],
                "pair": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 0 } }],
                "special_tokens": { "[CLS]": { "id": "[CLS]", "ids": ids, "tokens": ["[CLS]"] } },
            });
        }
    };
    let whole = |json: &mut Value| {
        json["post_processor"] = json!({ "type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2] })
    };
    for (change, id) in [
        (&(|json: &mut Value| (whole(json), cls(101)(json)).1) as &dyn Fn(&mut Value), 101),
        (&template(json!([999])), 999),
    ] {
        let said = tokenizer(change, 8).unwrap_err().to_string();
        assert!(said.contains(&format!("gives [CLS] the id {id}, and its vocabulary 2")), "{said}");
    }
    assert!(tokenizer(template(json!([2])), 8).is_ok() && tokenizer(whole, 8).is_ok());
}

#[test]
fn special_tokens_that_leave_no_room_are_refused() {
    let template = |json: &mut Value| {
        let special = json!({ "SpecialToken": { "id": "[CLS]", "type_id": 0 } });
        let text = |name: &str| json!({ "Sequence": { "id": name, "type_id": 0 } });
        json["post_processor"] = json!({
            "type": "TemplateProcessing",
            "single": [special, special, special, special, text("A")],
            "pair": [special, text("A"), text("B")],
            "special_tokens": { "[CLS]": { "id": "[CLS]", "ids": [2], "tokens": ["[CLS]"] } },
        });
    };
    assert!(tokenizer(template, 4).unwrap_err().to_string().contains("allow at least 5"));
    assert_eq!(tokenizer(template, 5).unwrap().encode("good bad").unwrap().ids.input_ids.len(), 5);
}

#[test]
fn a_token_beyond_the_word_vectors_is_named() {
    let size =
        tokenizer(|_| {}, 8).map(|tokenizer| (0..).find(|rows| tokenizer.check_fits(*rows).is_ok()).unwrap()).unwrap();
    assert_eq!(size, 111, "as many as there are tokens, whose ids have no gap");
    // By its id, whatever the number of tokens is.
    for id in [size, size + 5] {
        let added = tokenizer(
            |json| {
                let mut token = json["added_tokens"][0].clone();
                (token["content"], token["id"]) = ("[USER]".into(), id.into());
                json["added_tokens"].as_array_mut().unwrap().push(token);
            },
            8,
        );
        // Hugging Face's reader gives an added token that the vocabulary lacks the id after the last.
        let added = added.unwrap();
        let said = added.check_fits(size).unwrap_err().to_string();
        assert!(
            said.contains("the token \"[USER]\" with the id 111") && said.contains("resize_token_embeddings"),
            "{said}"
        );
    }
    let moved = tokenizer(|json| json["model"]["vocab"]["good"] = 400.into(), 8).unwrap();
    let said = moved.check_fits(size).unwrap_err().to_string();
    assert!(said.contains("the token \"good\" with the id 400"), "{said}");
    moved.check_fits(401).unwrap();
}

/// How the tokenizer of a folder with this vocabulary and configuration reads `text`.
fn ids(vocabulary: &str, config: Option<Value>, text: &str) -> undertone::Result<Vec<u32>> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("vocab.txt"), vocabulary).unwrap();
    if let Some(config) = config {
        fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    }
    Ok(Tokenizer::from_checkpoint(folder.path(), 16)?.encode(text)?.ids.input_ids)
}

#[test]
fn a_cased_vocabulary_keeps_capital_letters() {
    let cased = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nGood\ngood\nfilm\ncafé\ncafe\n";
    let uncased = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nℝ\ngood\nfilm\ncafé\ncafe\n";
    assert_eq!(ids(cased, None, "Good film").unwrap(), [2, 4, 6, 3]);
    assert_eq!(ids(uncased, None, "Good film").unwrap(), [2, 5, 6, 3]);
    assert_eq!(ids(cased, Some(json!({ "do_lower_case": true })), "Good film").unwrap(), [2, 5, 6, 3]);
    assert_eq!(ids(uncased, Some(json!({ "do_lower_case": false })), "Good film").unwrap(), [2, 1, 6, 3]);
    assert_eq!(ids(uncased, None, "café").unwrap(), [2, 8, 3]);
    assert_eq!(ids(uncased, Some(json!({ "strip_accents": false })), "café").unwrap(), [2, 7, 3]);
    assert_eq!(ids(&format!("\u{feff}{uncased}"), None, "film").unwrap(), [2, 6, 3]);
}

#[test]
fn a_configuration_overrules_the_tokenizers_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::copy(fixtures().join("tiny-bert/tokenizer.json"), file("tokenizer.json")).unwrap();
    let ids = |config: Value| {
        fs::write(file("tokenizer_config.json"), config.to_string()).unwrap();
        Tokenizer::from_checkpoint(folder.path(), 16)?.encode("The good film").map(|tokens| tokens.ids.input_ids)
    };
    // What transformers 5.23 gives.
    let lowered = [2, 48, 51, 57, 3];
    assert_eq!(ids(json!({ "do_lower_case": true })).unwrap(), lowered);
    assert_eq!(ids(json!({ "do_lower_case": null })).unwrap(), lowered);
    assert_eq!(ids(json!({ "do_lower_case": false })).unwrap(), [2, 1, 51, 57, 3]);
    // Of a file of its own it needs no other settings.
    assert_eq!(ids(json!({ "word_tokenizer_type": "mecab" })).unwrap(), lowered);
    assert!(ids(json!({ "do_lower_case": 1 })).unwrap_err().to_string().contains("tokenizer_config.json"));
}

#[test]
fn tokens_that_were_added_in_a_file_of_their_own_are_not_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let read = || Tokenizer::from_checkpoint(folder.path(), 16);
    for name in ["tokenizer.json", "vocab.txt"] {
        fs::copy(fixtures().join("tiny-bert").join(name), file(name)).unwrap();
        fs::write(file("added_tokens.json"), json!({ "[PAD]": 0, "good": 51 }).to_string()).unwrap();
        read().unwrap();
        fs::write(file("added_tokens.json"), json!({ "[PAD]": 0, "[USER]": 111 }).to_string()).unwrap();
        let said = read().unwrap_err().to_string();
        assert!(
            said.contains("added_tokens.json") && said.contains("\"[USER]\"") && said.contains("save_pretrained"),
            "{said}"
        );
        fs::remove_file(file(name)).unwrap();
    }
}

#[test]
fn words_that_are_split_in_another_way_are_refused() {
    let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\n";
    for (config, expected) in [
        (json!({ "word_tokenizer_type": "mecab" }), "word_tokenizer_type is \"mecab\""),
        (json!({ "subword_tokenizer_type": "character" }), "subword_tokenizer_type is \"character\""),
        (json!({ "do_basic_tokenize": false }), "do_basic_tokenize is false"),
        (json!({ "do_lower_case": "yes" }), "do_lower_case is \"yes\", which is neither true nor false"),
        (json!([]), "tokenizer_config.json: "),
    ] {
        let said = ids(vocabulary, Some(config), "good").unwrap_err().to_string();
        assert!(said.contains(expected) && said.contains("tokenizer_config.json"), "{said}");
    }
}
