//! Bundles whose numbers cannot be right: that is said, and no answer is made of them.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../fuzz/targets.rs"]
mod targets;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use undertone::bert::Rounding;
use undertone::bundle::weights::Storage;
use undertone::bundle::{Bundle, Precision};
use undertone::classify::Classifier;
use undertone::train::export::check_answers;

const TEXT: &str = "the movie was good, and the plot was not";

/// `bundle` with every value of the f32 tensor `name` as `change` makes it.
fn with(bundle: &Bundle, name: &str, change: impl Fn(f32) -> f32) -> Bundle {
    let mut bundle = bundle.clone();
    let file = SafeTensors::deserialize(&bundle.weights).unwrap();
    let tensor = file.tensor(name).unwrap_or_else(|_| panic!("the bundle has {name}"));
    assert_eq!(tensor.dtype(), Dtype::F32);
    let values = tensor.data().as_chunks().0.iter().map(|bytes| change(f32::from_le_bytes(*bytes)));
    let changed: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
    let tensors = file.tensors().into_iter().map(|(of, tensor)| {
        let data = if of == name { &changed[..] } else { tensor.data() };
        (of, TensorView::new(tensor.dtype(), tensor.shape().to_vec(), data).unwrap())
    });
    bundle.weights = safetensors::serialize(tensors.collect::<Vec<_>>(), None).unwrap();
    bundle
}

/// What classifying with `bundle` says, for each way of rounding.
fn said(bundle: &Bundle) -> [Result<(), String>; 2] {
    [Rounding::Wide, Rounding::Narrow].map(|rounding| {
        let classified = Classifier::with_rounding(bundle, rounding).and_then(|classifier| classifier.classify(TEXT));
        classified.map(|_| ()).map_err(|error| error.to_string())
    })
}

#[test]
fn weights_that_overflow_on_the_way_give_an_error_and_no_answer() {
    let (integers, floats) = (targets::tiny(), &targets::small(Storage::from(Precision::F32)));
    assert_eq!([said(integers), said(floats)], [[Ok(()), Ok(())], [Ok(()), Ok(())]]);
    check_answers(integers).and_then(|()| check_answers(floats)).unwrap();
    let layer = |part: &str| format!("encoder.layer.0.{part}");
    // Each is finite by itself. Of what is not a number, rounding and exponentials would make numbers again.
    let overflowing = [
        layer("attention.self.query.weight.scale"),
        layer("attention.self.key.weight.scale"),
        layer("attention.self.value.weight.scale"),
        layer("attention.output.dense.weight.scale"),
        layer("intermediate.dense.weight.scale"),
        layer("output.dense.weight.scale"),
        layer("attention.output.LayerNorm.weight"),
        layer("output.LayerNorm.weight"),
        "embeddings.LayerNorm.weight".to_owned(),
        "heads.tone.weight.scale".to_owned(),
        "heads.kinds.weight.scale".to_owned(),
        "heads.words.weight.scale".to_owned(),
    ];
    for name in overflowing {
        let huge = |value: f32| 3e38f32.copysign(value);
        let bundles = [with(integers, &name, huge), with(floats, name.trim_end_matches(".scale"), huge)];
        for outcome in bundles.iter().flat_map(said) {
            let error = outcome.expect_err(&name);
            assert!(error.contains("not a number"), "{name}: {error}");
        }
        for bundle in bundles {
            let error = check_answers(&bundle).expect_err(&name).to_string();
            assert!(error.starts_with("this model would be of no use as a bundle: "), "{name}: {error}");
        }
    }
}

#[test]
fn weights_that_are_not_numbers_are_refused_when_they_are_read() {
    for name in ["encoder.layer.1.attention.self.query.weight.scale", "embeddings.LayerNorm.bias", "heads.kinds.bias"] {
        for value in [f32::NAN, f32::INFINITY] {
            for outcome in said(&with(targets::tiny(), name, |_| value)) {
                let error = outcome.expect_err(name);
                assert!(error.contains(name) && error.contains("that are not finite"), "{error}");
            }
        }
    }
}

#[test]
fn labels_and_heads_that_are_not_there_are_errors() {
    let classifier = Classifier::new(targets::tiny()).unwrap();
    for (task, label, expected) in [
        (0, 1, "the task has 1 labels, and none of number 1"),
        (1, 3, "has 3 labels"),
        (2, 0, "tasks about texts only"),
        (3, 0, "tasks about texts only"),
    ] {
        let error = classifier.effects(TEXT, task, label).unwrap_err().to_string();
        assert!(error.contains(expected), "{task}, {label}: {error}");
    }
    assert!(classifier.effects(TEXT, 1, 2).is_ok());
}
