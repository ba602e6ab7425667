//! Token ids against Hugging Face's tokenizer (fixture, see `fixtures/make_fixtures.py`).
#![cfg(not(target_arch = "wasm32"))]

use std::path::Path;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use tokenizers::TruncationParams;
use undertone::text::{Normalisation, Tokenizer};

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

/// The tiny BERT's tokenizer with tokens that people add: words of their field, in any of the ways that they can be found.
fn with_added_tokens() -> Value {
    let mut json: Value =
        serde_json::from_slice(&std::fs::read(fixtures().join("tiny-bert/tokenizer.json")).unwrap()).unwrap();
    let added = |content: &str, flags: [bool; 4], special: bool| {
        let [single_word, lstrip, rstrip, normalized] = flags;
        json!({ "id": 0, "content": content, "single_word": single_word, "lstrip": lstrip, "rstrip": rstrip,
            "normalized": normalized, "special": special })
    };
    json["added_tokens"].as_array_mut().unwrap().extend([
        added("C++", [false; 4], false),
        added("C++20", [false; 4], false),
        added("Movie", [false, false, false, true], false),
        added("bad", [true, false, false, false], false),
        added("[USER]", [false, true, false, false], true),
        added("[URL]", [false, true, true, true], true),
        added("<>", [true, false, true, true], false),
        // Listed twice, in two ways.
        added("C++", [true, false, false, false], false),
    ]);
    json
}

/// Texts of what tokenizers disagree about, and of anything at all.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        6 => prop::sample::select(vec![
            "good", "Bad", "bad", "movie", "MOVIE", "C++", "C++20", "[USER]", "[URL]", "[MASK]", "[SEP]", "[mask]", "<>", " ", "  ",
            "\n", "\u{a0}", "\u{3000}", ".", "—", "don't", "naïve", "e\u{301}", "ﬁ", "İ", "ß", "漢字", "\u{fffd}", "\0", "\u{200b}", "🙂", "👍🏽", "##ing",
            "_", "9",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(pieces, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn tokens_are_those_of_hugging_faces_reader(text in texts(), second in texts(), max_tokens in 7_usize..20, is_shipped: bool) {
        let json = match is_shipped {
            true => std::fs::read(fixtures().join("../../public/models/undertone/tokenizer.json")).unwrap(),
            false => with_added_tokens().to_string().into_bytes(),
        };
        let mut reference = tokenizers::Tokenizer::from_bytes(&json).unwrap();
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        reference.with_padding(None).with_truncation(Some(truncation)).unwrap();
        let ours = Tokenizer::from_json(&json, max_tokens).unwrap();

        let expected = reference.encode(text.as_str(), true).unwrap();
        let (tokens, offsets) = ours.encode_with_offsets(&text).unwrap();
        prop_assert_eq!(&tokens.ids.input_ids, expected.get_ids());
        prop_assert_eq!(tokens.truncated, !expected.get_overflowing().is_empty());
        let places = offsets.iter().map(|offsets| offsets.as_ref().map(|token| (token.word, token.bytes.start, token.bytes.end)));
        let expected_places = expected.get_word_ids().iter().zip(expected.get_offsets());
        let expected_places = expected_places.map(|(word, &(start, end))| word.map(|word| (word, start, end)));
        prop_assert_eq!(places.collect::<Vec<_>>(), expected_places.collect::<Vec<_>>());
        prop_assert_eq!(&ours.encode(&text).unwrap(), &tokens);

        let expected = reference.encode((text.as_str(), second.as_str()), true).unwrap();
        let pair = ours.encode_pair(&text, &second).unwrap();
        prop_assert_eq!(pair.ids.input_ids, expected.get_ids());
        prop_assert_eq!(pair.ids.token_type_ids, expected.get_type_ids());

        // Who normalises reads special tokens as text, and other added ones as before.
        reference.set_encode_special_tokens(true);
        let expected = reference.encode(text.as_str(), true).unwrap();
        let read_back = Tokenizer::from_json(&ours.to_json().unwrap(), max_tokens).unwrap();
        let as_text = read_back.normalising(Normalisation::Plain);
        if undertone::text::plain::plain(&text, &as_text, max_tokens).text == text {
            prop_assert_eq!(as_text.encode(&text).unwrap().ids.input_ids, expected.get_ids());
        }
    }
}

#[test]
fn a_tokenizer_of_another_kind_is_refused_by_name() {
    let said = |change: fn(&mut Value)| {
        let mut json = with_added_tokens();
        change(&mut json);
        Tokenizer::from_json(json.to_string().as_bytes(), 16).unwrap_err().to_string()
    };
    let other = said(|json| json["pre_tokenizer"] = json!({ "type": "Whitespace" }));
    assert!(other.contains("its pre_tokenizer is a Whitespace, where a BERT has a BertPreTokenizer"), "{other}");
    let other = said(|json| json["normalizer"] = json!({ "type": "Precompiled", "precompiled_charsmap": "AAAA" }));
    assert!(other.contains("its normalizer is a Precompiled"), "{other}");
    let other = said(|json| json["post_processor"] = json!({ "type": "RobertaProcessing" }));
    assert!(other.contains("its post_processor is a RobertaProcessing"), "{other}");
    let other = said(|json| json["model"] = json!({ "type": "BPE", "vocab": {}, "merges": [] }));
    assert!(other.contains("its model is a BPE, where a BERT has a WordPiece"), "{other}");
    let other = said(|json| json["pre_tokenizer"] = Value::Null);
    assert!(other.contains("its pre_tokenizer is none that says what it is"), "{other}");
    let other = said(|json| json["version"] = json!("2.0"));
    assert!(other.contains("its version is \"2.0\""), "{other}");
}
