//! Bundles.

use std::sync::OnceLock;

use candle_core::{Device, Tensor};
use undertone::bundle::weights::{Storage, decode, encode};
use undertone::bundle::{Bundle, EmbeddingPrecision, FileEntry, Manifest, Precision};
use undertone::classify::Classifier;

use super::check;

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
    let weights = include_bytes!("../../tests/fixtures/tiny-bert/model.safetensors");
    let mut weights = decode(weights).expect("the checkpoint can be read").without("pooler.");
    for (task, labels) in [("tone", 1), ("kinds", 3), ("words", 1)] {
        let values = |count: usize| (0..count).map(|i| (i * 7 % 11) as f32 * 0.1 - 0.5);
        let weight = Tensor::from_iter(values(labels * 32), &Device::Cpu).and_then(|row| row.reshape((labels, 32)));
        let bias = Tensor::from_iter(values(labels), &Device::Cpu).expect("a vector");
        weights.insert(format!("heads.{task}.weight"), weight.expect("a matrix")).expect("a new tensor");
        weights.insert(format!("heads.{task}.bias"), bias).expect("a new tensor");
    }
    let weights = encode(weights, storage).expect("the checkpoint can be stored");
    let tokenizer = include_bytes!("../../tests/fixtures/tiny-bert/tokenizer.json").to_vec();
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
