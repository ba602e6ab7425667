//! Token ids against Hugging Face's tokenizer (fixture, see `fixtures/make_fixtures.py`).
#![cfg(not(target_arch = "wasm32"))]

use std::path::Path;

use serde::Deserialize;
use undertone::text::Tokenizer;

#[derive(Deserialize)]
struct Case {
    text: String,
    pair: Option<String>,
    ids: Vec<u32>,
    type_ids: Vec<u32>,
}

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"))
}

fn assert_parity(tokenizer: &Tokenizer) {
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(fixtures().join("tokens.json")).unwrap()).unwrap();
    assert!(cases.len() >= 20);
    for case in cases {
        let tokens = match &case.pair {
            Some(pair) => tokenizer.encode_pair(&case.text, pair),
            None => tokenizer.encode(&case.text),
        };
        let tokens = tokens.unwrap();
        assert_eq!(tokens.ids.input_ids, case.ids, "{:?}", case.text);
        assert_eq!(tokens.ids.token_type_ids, case.type_ids, "{:?}", case.text);
    }
}

#[test]
fn tokenizer_json_gives_hugging_faces_ids() {
    assert_parity(&Tokenizer::from_checkpoint(&fixtures().join("tiny-bert"), 64).unwrap());
}

#[test]
fn vocab_txt_gives_the_same_ids() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["vocab.txt", "tokenizer_config.json"] {
        std::fs::copy(fixtures().join("tiny-bert").join(name), folder.path().join(name)).unwrap();
    }
    assert_parity(&Tokenizer::from_checkpoint(folder.path(), 64).unwrap());
}

#[test]
fn long_texts_are_cut_and_say_so() {
    let tokenizer = Tokenizer::from_checkpoint(&fixtures().join("tiny-bert"), 8).unwrap();
    let whole = tokenizer.encode("good bad movie the was good").unwrap();
    assert_eq!((whole.ids.input_ids.len(), whole.truncated), (8, false));
    let cut = tokenizer.encode("good bad movie the was good bad").unwrap();
    assert_eq!((cut.ids, cut.truncated), (whole.ids, true));
}

#[test]
fn what_is_no_tokenizer_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = |folder: &Path| Tokenizer::from_checkpoint(folder, 8).unwrap_err().to_string();
    assert!(error(folder.path()).contains("has neither tokenizer.json nor vocab.txt"));
    std::fs::write(folder.path().join("vocab.txt"), "[UNK]\n[SEP]\nword\n").unwrap();
    assert!(error(folder.path()).contains("vocab.txt: the vocabulary lacks the token [CLS]"));
    std::fs::write(folder.path().join("tokenizer.json"), "{").unwrap();
    assert!(error(folder.path()).contains("tokenizer.json: the tokenizer cannot be used"));
    assert!(
        Tokenizer::from_checkpoint(&fixtures().join("tiny-bert"), 2).unwrap_err().to_string().contains("at least 3")
    );
}
