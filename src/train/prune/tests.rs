use std::path::PathBuf;

use super::*;
use crate::train::Silent;

fn base() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert")
}

fn examples(texts: &[&str]) -> Vec<Example> {
    let example = |text: &&str| Example {
        text: (*text).to_owned(),
        second: None,
        targets: vec![0.0],
        spans: vec![],
        weight: 1.0,
    };
    texts.iter().map(example).collect()
}

/// The tokens of `text` in words.
fn tokens(checkpoint: &Path, text: &str) -> Vec<String> {
    let tokenizer = whole_texts(checkpoint).unwrap();
    let vocabulary = Vocabulary::parse(&tokenizer.to_json().unwrap()).unwrap();
    tokenizer.encode(text).unwrap().ids.input_ids.iter().map(|id| vocabulary.tokens()[id].clone()).collect()
}

/// tiny-bert with the words that `texts` have at least twice.
fn pruned(texts: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("pruned");
    prune(&base(), &out, &examples(texts), 2, &mut Silent).unwrap();
    (folder, out)
}

const TEXTS: [&str; 3] = ["the movie was good", "the movie was loved", "good, great"];

#[test]
fn words_that_were_seen_stay_and_others_fall_into_pieces() {
    let (_folder, out) = pruned(&TEXTS);
    for (text, expected) in [
        ("the movie was good!", "[CLS] the movie was good ! [SEP]"),
        ("great", "[CLS] g ##r ##e ##a ##t [SEP]"),
        ("Goodly 1", "[CLS] good ##l ##y 1 [SEP]"),
        ("a badge; not", "[CLS] a b ##a ##d ##g ##e [UNK] n ##o ##t [SEP]"),
    ] {
        assert_eq!(tokens(&out, text).join(" "), expected);
    }
}

#[test]
fn nothing_english_becomes_unknown() {
    let (_folder, out) = pruned(&TEXTS);
    let unknown = |checkpoint: &Path, text| tokens(checkpoint, text).iter().filter(|token| *token == "[UNK]").count();
    for text in ["awful, hateful and the ablest of terrible cafés", "\"you\" - 'it' 2019?", "ж (x)", "lovely; x9z"] {
        assert_eq!(unknown(&out, text), unknown(&base(), text), "{text}");
    }
}

#[test]
fn kept_words_keep_their_vectors_and_their_order() {
    let (_folder, out) = pruned(&TEXTS);
    let read = |checkpoint: &Path| {
        let vocabulary = Vocabulary::parse(&whole_texts(checkpoint).unwrap().to_json().unwrap()).unwrap();
        let mut weights = Checkpoint::read(checkpoint, &Device::Cpu).unwrap().weights.into_iter();
        let table = weights.find(|(name, _)| name == WORD_EMBEDDINGS).unwrap().1.to_vec2::<f32>().unwrap();
        assert_eq!(table.len(), vocabulary.tokens().len());
        let tokens: Vec<String> = vocabulary.tokens().values().cloned().collect();
        tokens.into_iter().zip(table).collect::<Vec<_>>()
    };
    let (before, after) = (read(&base()), read(&out));
    let kept: Vec<_> =
        before.iter().filter(|(token, _)| after.iter().any(|(kept, _)| kept == token)).cloned().collect();
    assert!(after.len() < before.len());
    assert_eq!(after, kept);
    let lines = std::fs::read_to_string(out.join("vocab.txt")).unwrap();
    assert!(lines.lines().eq(after.iter().map(|(token, _)| token)));
}

#[test]
fn what_the_characters_cannot_spell_stays() {
    let (_folder, out) = pruned(&TEXTS);
    assert!(!tokens(&out, "cafe").contains(&"cafe".to_owned()));
    let json = serde_json::json!({
        "added_tokens": [{ "id": 0, "content": "[UNK]" }],
        "model": { "type": "WordPiece", "vocab": { "[UNK]": 0, "a": 1, "##a": 2, "b": 3, "ab": 4, "aa": 5, "жж": 6 } },
    });
    let vocabulary = Vocabulary::parse(json.to_string().as_bytes()).unwrap();
    assert_eq!(vocabulary.worth_keeping(&[0; 7], 1), [0, 1, 2, 3, 4], "b has no piece to go on with");
    assert_eq!(vocabulary.worth_keeping(&[1; 7], 1), [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn ids_are_renumbered_wherever_they_stand() {
    let vocabulary = |processor: serde_json::Value| {
        let json = serde_json::json!({
            "truncation": { "max_length": 8 },
            "added_tokens": [{ "id": 2, "content": "[UNK]" }, { "id": 5, "content": "[CLS]" }],
            "post_processor": processor,
            "model": { "type": "WordPiece", "vocab": { "[UNK]": 2, "word": 3, "[CLS]": 5 } },
        });
        Vocabulary::parse(json.to_string().as_bytes()).unwrap().only(&[2, 5])
    };
    let bert = vocabulary(serde_json::json!({ "type": "BertProcessing", "cls": ["[CLS]", 5], "sep": ["[UNK]", 2] }));
    let bert: Value = serde_json::from_str(&bert.unwrap().to_json()).unwrap();
    assert_eq!(bert["post_processor"]["cls"], serde_json::json!(["[CLS]", 1]));
    assert_eq!(bert["post_processor"]["sep"], serde_json::json!(["[UNK]", 0]));
    assert_eq!(bert["added_tokens"][1]["id"], 1);
    assert_eq!(bert["model"]["vocab"], serde_json::json!({ "[UNK]": 0, "[CLS]": 1 }));
    assert!(bert["truncation"].is_null());
    let said = |processor| vocabulary(processor).unwrap_err().to_string();
    let other = said(serde_json::json!({ "type": "RobertaProcessing" }));
    assert!(other.contains("post-processor is of the kind RobertaProcessing, which cannot be pruned"), "{other}");
    let lacking = said(serde_json::json!({ "type": "BertProcessing", "cls": ["word", 3] }));
    assert!(lacking.contains("puts the token 3 around texts and lacks it"), "{lacking}");
}

#[test]
fn the_configurations_say_the_new_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (changed, out) = (folder.path().join("base"), folder.path().join("pruned"));
    std::fs::create_dir(&changed).unwrap();
    for file in [WEIGHTS, TOKENIZER, CONFIG] {
        std::fs::copy(base().join(file), changed.join(file)).unwrap();
    }
    let decoder = r#"{ "do_lower_case": true, "added_tokens_decoder": { "0": { "content": "[PAD]" }, "60": { "content": "x" } } }"#;
    std::fs::write(changed.join(TOKENIZER_CONFIG), decoder).unwrap();
    let outcome = prune(&changed, &out, &examples(&TEXTS), 2, &mut Silent).unwrap();
    let config = read_json(&out.join(CONFIG)).unwrap();
    assert_eq!(config["vocab_size"], outcome.after);
    assert_eq!(config["pad_token_id"], 0);
    assert_eq!(config["hidden_size"], read_json(&base().join(CONFIG)).unwrap()["hidden_size"]);
    let tokenizer = read_json(&out.join(TOKENIZER_CONFIG)).unwrap();
    assert_eq!(tokenizer["do_lower_case"], true);
    assert_eq!(tokenizer["added_tokens_decoder"], serde_json::json!({ "0": { "content": "[PAD]" } }));
}

#[test]
fn the_difference_is_counted() {
    let (_folder, out) = pruned(&TEXTS);
    let difference = compare(&base(), &out, &examples(&["the great movie"]), &mut Silent).unwrap();
    let expected = Difference { before: 5, dropped: 1, after: 9, unknown_before: 0, unknown_after: 0 };
    assert_eq!(difference, expected);
}

#[test]
fn a_folder_that_is_there_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let error = prune(&base(), folder.path(), &examples(&TEXTS), 1, &mut Silent).unwrap_err().to_string();
    assert!(error.contains("is there already: name a folder that is not"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
