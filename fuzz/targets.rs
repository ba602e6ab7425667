//! What is given anything at all, and must neither panic nor be wrong quietly.
//!
//! `make fuzz` looks for inputs that a target minds. Those that were found, and those that it starts from, are in `tests/fuzz`, a folder for
//! each target; `tests/fuzz.rs` gives them to the same functions.

#![allow(dead_code)] // Each binary calls one of them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use candle_core::{Device, Tensor};
use undertone::bundle::weights::{Storage, decode, encode};
use undertone::bundle::{Bundle, EmbeddingPrecision, FileEntry, Manifest, Precision};
use undertone::classify::{Classification, Classifier};
use undertone::rows::{Column, Format, Rows};
use undertone::text::{Normalisation, Tokenizer};
use undertone::train::data::{BadRows, Dataset, LabelRule, Schema, Source, Split, read, write_jsonl};
use undertone::train::template::{Slots, fill};

/// A function that takes anything.
pub type Target = fn(&[u8]);

/// All targets, by their names.
pub const TARGETS: [(&str, Target); 6] = [
    ("bundle", bundle),
    ("text", text),
    ("rows", rows),
    ("dataset", dataset),
    ("archive", archive),
    ("template", template),
];

const TEXTS: [&str; 3] = ["the movie was good, you 1d1ot \u{e9}\u{301}\u{1f600}", "", "[MASK] [SEP] a"];

/// A bundle with one of its files replaced or some of its bytes changed, from the manifest to answers.
///
/// The first byte says how: what follows is the manifest, the header of the weights, the tokenizer, or changes of five bytes each: the
/// file, the place in it (three bytes) and the byte that is to be there.
pub fn bundle(data: &[u8]) {
    let Some((&kind, rest)) = data.split_first() else { return };
    let Bundle { manifest, mut weights, mut tokenizer } = tiny().clone();
    let mut manifest = manifest.to_json().expect("a manifest can be written");
    match kind % 4 {
        0 => manifest = rest.to_vec(),
        1 => weights = with_header(&weights, rest),
        2 => tokenizer = rest.to_vec(),
        _ => {
            for change in rest.as_chunks::<5>().0 {
                let file = [&mut manifest, &mut weights, &mut tokenizer].into_iter().nth(usize::from(change[0] % 3));
                let place = u32::from_le_bytes([change[1], change[2], change[3], 0]) as usize;
                if let Some(byte) = file.and_then(|file| file.get_mut(place)) {
                    *byte = change[4];
                }
            }
        }
    }
    let Ok(manifest) = Manifest::parse(&manifest) else { return };
    let written = manifest.to_json().expect("a manifest can be written");
    assert_eq!(Manifest::parse(&written).expect("what was written can be read"), manifest);
    let Ok(classifier) = Classifier::new(&Bundle { manifest, weights, tokenizer }) else { return };
    for text in TEXTS {
        if let Ok(classification) = classifier.classify(text) {
            check(text, &classification);
        }
    }
}

/// A text, as the tokenizer that ships reads it, and as a small model does.
pub fn text(data: &[u8]) {
    static READERS: OnceLock<(Tokenizer, usize, Classifier)> = OnceLock::new();
    let (tokenizer, vocab_size, classifier) = READERS.get_or_init(|| {
        let manifest = include_bytes!("../public/models/undertone/manifest.json");
        let manifest = Manifest::parse(manifest).expect("the manifest that ships can be read");
        let json = include_bytes!("../public/models/undertone/tokenizer.json");
        let tokenizer = Tokenizer::from_json(json, 40).expect("the tokenizer that ships can be read");
        let classifier = Classifier::new(tiny()).expect("the small bundle is one");
        (tokenizer.normalising(Normalisation::Plain), manifest.architecture.vocab_size, classifier)
    });
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (tokens, offsets) = tokenizer.encode_with_offsets(text).expect("any text has tokens");
    let ids = &tokens.ids.input_ids;
    assert_eq!(tokenizer.encode(text).expect("any text has tokens"), tokens);
    assert!(ids.len() <= 40 && ids.len() == offsets.len(), "{} tokens, {} offsets", ids.len(), offsets.len());
    assert!(ids.iter().all(|&id| (id as usize) < *vocab_size), "{ids:?}");
    let mut end = 0;
    for token in offsets.into_iter().flatten() {
        assert!(text.get(token.bytes.clone()).is_some(), "{:?} of {text:?}", token.bytes);
        assert!(token.bytes.end >= end, "{:?} of {text:?} goes back", token.bytes);
        end = token.bytes.end;
    }
    check(text, &classifier.classify(text).expect("any text has an answer"));
}

/// A file of rows, of the format that the first byte says.
pub fn rows(data: &[u8]) {
    let Some((&kind, content)) = data.split_first() else { return };
    let format = match kind % 4 {
        0 => Format::Table { separator: b',' },
        1 => Format::Table { separator: b'\t' },
        2 => Format::JsonLines,
        _ => Format::Lines,
    };
    let Ok(mut rows) = Rows::new(content.to_vec(), format, &["text", "toxic"]) else { return };
    let columns: Vec<Column> =
        ["text", "toxic", "weight"].iter().filter_map(|name| rows.column(name).ok().flatten()).collect();
    let (mut line, mut count) = (1, 0);
    while let Some(row) = rows.next_row() {
        count += 1;
        assert!(count <= content.len() + 1, "more rows than bytes");
        match row {
            Ok(row) => {
                assert!(row.line >= line, "line {} after line {line}", row.line);
                line = row.line;
                for cell in columns.iter().filter_map(|column| row.cell(column).ok()) {
                    let _ = (cell.written(), cell.is_missing());
                }
            }
            Err(fault) => assert!(fault.line >= 1 && !fault.reason.is_empty()),
        }
    }
    let _ = rows.notes();
}

/// A file of labelled texts, as [`rows`] and with marked characters where the first byte says so: what is read can be written,
/// and read again.
pub fn dataset(data: &[u8]) {
    let Some((&kind, content)) = data.split_first() else { return };
    let path = scratch(["data.csv", "data.tsv", "data.jsonl", "data.txt"][usize::from(kind % 4)]);
    std::fs::write(&path, content).expect("a file can be written");
    let labels = match kind & 8 {
        0 => vec![LabelRule::named("toxic"), LabelRule::named("threat")],
        _ => vec![LabelRule::named("toxic")],
    };
    let schema = Schema { labels, spans: (kind & 8 != 0).then(|| "spans".to_owned()), ..Schema::default() };
    let reading = |path: &Path| {
        let sources = [Source { path: path.to_owned(), ..Source::default() }];
        read(&sources, &schema, Split::Train, BadRows::Skip, 1)
    };
    let Ok(Dataset { examples, .. }) = reading(&path) else { return };
    for example in &examples {
        assert_eq!(example.targets.len(), schema.labels.len());
        assert!(example.targets.iter().all(|target| target.is_nan() || (0.0..=1.0).contains(target)), "{example:?}");
        assert!(example.weight.is_finite() && example.weight >= 0.0 && !example.text.trim().is_empty(), "{example:?}");
        assert!(example.spans.iter().all(|mark| example.text.get(mark.clone()).is_some()), "{example:?}");
        assert!(example.spans.windows(2).all(|pair| pair[0].end < pair[1].start), "{example:?}");
    }
    // Of what is left where line breaks were taken out, more may be one.
    if examples.is_empty() || examples.iter().any(|example| example.text.contains('<')) {
        return;
    }
    let again = scratch("again.jsonl");
    write_jsonl(&again, &examples, &schema).expect("what was read can be written");
    assert_eq!(reading(&again).expect("what was written can be read").examples, examples);
}

/// A tar archive of reviews.
pub fn archive(data: &[u8]) {
    let path = scratch("reviews.tar.gz");
    let file = std::fs::File::create(&path).expect("a file can be written");
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::none());
    packed.write_all(data).and_then(|()| packed.finish()).expect("an archive can be written");
    let schema = Schema { labels: vec![LabelRule::named("positive")], ..Schema::default() };
    let sources = [Source { path, ..Source::default() }];
    if let Ok(dataset) = read(&sources, &schema, Split::Train, BadRows::Skip, 1) {
        assert!(dataset.examples.iter().all(|example| example.targets.len() == 1 && !example.text.is_empty()));
    }
}

/// A file of this process's own.
fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("undertone-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder.join(name)
}

/// Templates and the fillings of their slots: two lines that are filled alike, then `slot:filling` a line.
pub fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return };
    let mut slots = Slots::new();
    for (name, filling) in lines.filter_map(|line| line.split_once(':')) {
        slots.entry(name.to_owned()).or_default().push(filling.to_owned());
    }
    // There are as many sentences as ways to choose a filling for each slot.
    if slots.values().map(|fillings| fillings.len() as f64).product::<f64>() > 1e4 {
        return;
    }
    if let Ok(filled) = fill([first, second], &slots) {
        assert!(!filled.is_empty());
    }
}

/// Probabilities are that, and words lie within their text.
fn check(text: &str, classification: &Classification) {
    let is_probability = |probability: f32| (0.0..=1.0).contains(&probability);
    for label in classification.tasks.iter().flat_map(|task| &task.labels) {
        assert!(is_probability(label.probability) && is_probability(label.threshold), "{label:?}");
    }
    for words in &classification.words {
        assert!(words.words.iter().all(|word| is_probability(word.probability)), "{words:?}");
        assert!(words.words.iter().all(|word| text.get(word.bytes.clone()).is_some()), "{words:?} of {text:?}");
        assert!(words.spans(text).into_iter().all(|span| text.get(span).is_some()), "{words:?} of {text:?}");
    }
}

/// The safetensors file with another header.
fn with_header(weights: &[u8], header: &[u8]) -> Vec<u8> {
    let (length, rest) = weights.split_first_chunk().expect("a safetensors file begins with a length");
    let body = &rest[u64::from_le_bytes(*length) as usize..];
    [&(header.len() as u64).to_le_bytes()[..], header, body].concat()
}

/// A bundle of few bits, as [`small`].
pub fn tiny() -> &'static Bundle {
    static TINY: OnceLock<Bundle> = OnceLock::new();
    TINY.get_or_init(|| small(Storage { precision: Precision::Int8, embeddings: Some(EmbeddingPrecision::Int4) }))
}

/// A bundle of a model of 2 layers, with a task of each kind.
pub fn small(storage: Storage) -> Bundle {
    let weights = include_bytes!("../tests/fixtures/tiny-bert/model.safetensors");
    let mut weights = decode(weights).expect("the checkpoint can be read").without("pooler.");
    for (task, labels) in [("tone", 1), ("kinds", 3), ("words", 1)] {
        let values = |count: usize| (0..count).map(|i| (i * 7 % 11) as f32 * 0.1 - 0.5);
        let weight = Tensor::from_iter(values(labels * 32), &Device::Cpu).and_then(|row| row.reshape((labels, 32)));
        let bias = Tensor::from_iter(values(labels), &Device::Cpu).expect("a vector");
        weights.insert(format!("heads.{task}.weight"), weight.expect("a matrix")).expect("a new tensor");
        weights.insert(format!("heads.{task}.bias"), bias).expect("a new tensor");
    }
    let weights = encode(weights, storage).expect("the checkpoint can be stored");
    let tokenizer = include_bytes!("../tests/fixtures/tiny-bert/tokenizer.json").to_vec();
    let manifest = serde_json::json!({
        "format": 2, "name": "tiny", "licence": "MIT", "pooling": "mean", "normalisation": "plain",
        "precision": storage.precision, "max_tokens": 20,
        "architecture": {
            "vocab_size": 111, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
            "intermediate_size": 64, "hidden_act": "gelu", "max_position_embeddings": 64, "type_vocab_size": 2,
            "layer_norm_eps": 1e-12, "initializer_range": 0.02,
        },
        "tasks": [
            { "name": "tone", "display": { "scale": { "low": "bad", "high": "good" } }, "labels": [
                { "name": "good", "threshold": 0.4, "calibration": { "scale": 0.9, "bias": -0.1 } },
            ] },
            { "name": "kinds", "labels": [{ "name": "a" }, { "name": "b" }, { "name": "c" }] },
            { "name": "words", "unit": "token", "labels": [{ "name": "a" }] },
        ],
        "examples": [{ "name": "One", "text": "the movie was good" }],
        "files": { "model.safetensors": FileEntry::of(&weights), "tokenizer.json": FileEntry::of(&tokenizer) },
    });
    let manifest = Manifest::parse(manifest.to_string().as_bytes()).expect("the manifest is one");
    Bundle { manifest, weights, tokenizer }
}
