//! The model against PyTorch (fixtures, see `fixtures/make_fixtures.py`) and against candle-transformers.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor, Var};
use candle_transformers::models::bert::BertModel;
use undertone::bert::{
    Architecture, Batch, Checkpoint, Dropout, HeadShape, Model, Ops, Pooling, ProductPrecision, Rounding, Sizes,
    TokenIds, Unit, Weights,
};
use undertone::bundle::weights::{Storage, decode, encode};
use undertone::bundle::{self, EmbeddingPrecision};
use undertone::random::{Key, Purpose};
use undertone::train::binary_cross_entropy;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn checkpoint() -> Checkpoint {
    Checkpoint::read(&fixture("tiny-bert"), &Device::Cpu).unwrap()
}

/// What PyTorch made of a ragged batch, one mask of which has a hole.
struct Reference(HashMap<String, Tensor>);

impl Reference {
    fn read() -> Self {
        Self(candle_core::safetensors::load(fixture("gradients.safetensors"), &Device::Cpu).unwrap())
    }

    fn ids(&self, name: &str) -> Vec<u32> {
        self.0[name].to_dtype(DType::U32).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }

    fn batch(&self) -> Batch {
        let columns = self.0["input_ids"].dims()[1];
        let [ids, types, mask] = ["input_ids", "token_type_ids", "attention_mask"].map(|name| self.ids(name));
        Batch::from_padded(&ids, &types, &mask, columns).unwrap()
    }
}

/// The checkpoint's tensors and the reference's head, as variables.
fn variables(reference: &Reference) -> BTreeMap<String, Var> {
    let head =
        ["weight", "bias"].map(|part| (format!("heads.task.{part}"), reference.0[&format!("head.{part}")].clone()));
    checkpoint()
        .weights
        .into_iter()
        .chain(head)
        .map(|(name, tensor)| (name, Var::from_tensor(&tensor).unwrap()))
        .collect()
}

fn model(variables: &BTreeMap<String, Var>, pooling: Pooling, ops: Ops) -> Model {
    let weights: Weights = variables.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect();
    let head = HeadShape { task: "task".into(), labels: 3, unit: Unit::Text };
    Model::new(&checkpoint().architecture, pooling, &[head], weights, ops).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// ‖a − b‖ / ‖b‖.
fn relative_distance(a: &Tensor, b: &Tensor) -> f64 {
    let (a, b) = (values(a), values(b));
    assert_eq!(a.len(), b.len());
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    square(&mut a.iter().zip(&b).map(|(a, b)| f64::from(a - b))) / square(&mut b.iter().map(|&b| f64::from(b)))
}

#[test]
fn logits_and_loss_are_pytorchs() {
    let reference = Reference::read();
    let variables = variables(&reference);
    for ops in [Ops::Fused(ProductPrecision::F32), Ops::Composed(ProductPrecision::F32)] {
        for (pooling, name) in [(Pooling::Mean, "mean"), (Pooling::Cls, "cls"), (Pooling::Pooler, "pooler")] {
            let logits = model(&variables, pooling, ops).logits(&reference.batch(), 0, None).unwrap();
            let distance = relative_distance(&logits, &reference.0[&format!("{name}.logits")]);
            assert!(distance < 3e-6, "{ops:?} {name}: logits are off by {distance:e}");
            let loss = binary_cross_entropy(&logits, &reference.0["targets"]).unwrap().mean_all().unwrap();
            let distance = relative_distance(&loss, &reference.0[&format!("{name}.loss")]);
            assert!(distance < 2e-6, "{ops:?} {name}: the loss is off by {distance:e}");
        }
    }
}

#[test]
fn every_gradient_is_pytorchs() {
    let reference = Reference::read();
    let variables = variables(&reference);
    for ops in [Ops::Fused(ProductPrecision::F32), Ops::Composed(ProductPrecision::F32)] {
        for (pooling, name) in [(Pooling::Mean, "mean"), (Pooling::Pooler, "pooler")] {
            let logits = model(&variables, pooling, ops).logits(&reference.batch(), 0, None).unwrap();
            let loss = binary_cross_entropy(&logits, &reference.0["targets"]).unwrap().mean_all().unwrap();
            let gradients = loss.backward().unwrap();
            for (variable, var) in &variables {
                if variable.starts_with("pooler.") && pooling != Pooling::Pooler {
                    continue;
                }
                let expected = &reference.0[&format!("{name}.grad.{}", variable.replace("heads.task", "head"))];
                let gradient = gradients.get(var).unwrap_or_else(|| panic!("{variable} has no gradient"));
                assert!(values(gradient).iter().any(|&value| value != 0.0), "{variable}'s gradient is zero");
                // A key's bias shifts all scores of a row alike: its gradient is zero but for rounding.
                if variable.ends_with("key.bias") {
                    assert!(values(gradient).iter().all(|value| value.abs() < 1e-6), "{variable}");
                    continue;
                }
                let distance = relative_distance(gradient, expected);
                assert!(distance < 1e-5, "{ops:?} {name}: the gradient of {variable} is off by {distance:e}");
            }
        }
    }
}

fn step(number: u64) -> Key {
    Key::new(1, Purpose::Dropout).with(number)
}

#[test]
fn dropout_is_applied_and_its_gradients_are_the_composed_ones() {
    let reference = Reference::read();
    let variables = variables(&reference);
    let dropout = Some(Dropout { hidden: 0.2, attention: 0.3, key: step(11) });
    let run = |ops, dropout| {
        let logits = model(&variables, Pooling::Mean, ops).logits(&reference.batch(), 0, dropout).unwrap();
        let loss = binary_cross_entropy(&logits, &reference.0["targets"]).unwrap().mean_all().unwrap();
        (logits, loss.backward().unwrap())
    };
    let (logits, gradients) = run(Ops::Fused(ProductPrecision::F32), dropout);
    let (composed_logits, composed_gradients) = run(Ops::Composed(ProductPrecision::F32), dropout);
    assert!(
        relative_distance(&logits, &run(Ops::Fused(ProductPrecision::F32), None).0) > 1e-2,
        "dropout changed nothing"
    );
    let other_step = dropout.map(|dropout| Dropout { key: step(12), ..dropout });
    assert!(
        relative_distance(&logits, &run(Ops::Fused(ProductPrecision::F32), other_step).0) > 1e-2,
        "another key is another mask"
    );
    assert!(relative_distance(&logits, &composed_logits) < 3e-6);
    for (name, var) in variables.iter().filter(|(name, _)| !name.starts_with("pooler.") && !name.ends_with("key.bias"))
    {
        let [fused, composed] = [&gradients, &composed_gradients].map(|gradients| gradients.get(var).unwrap());
        let distance = relative_distance(fused, composed);
        assert!(distance < 1e-5, "the gradient of {name} is off by {distance:e}");
    }
}

#[test]
fn bf16_products_give_nearly_the_same_gradients() {
    let reference = Reference::read();
    let variables = variables(&reference);
    let logits = model(&variables, Pooling::Mean, Ops::Fused(ProductPrecision::Bf16));
    let logits = logits.logits(&reference.batch(), 0, None).unwrap();
    let distance = relative_distance(&logits, &reference.0["mean.logits"]);
    assert!((1e-5..2e-2).contains(&distance), "logits are off by {distance:e}");
    let loss = binary_cross_entropy(&logits, &reference.0["targets"]).unwrap().mean_all().unwrap();
    let gradients = loss.backward().unwrap();
    for (name, var) in variables.iter().filter(|(name, _)| !name.starts_with("pooler.") && !name.ends_with("key.bias"))
    {
        let expected = &reference.0[&format!("mean.grad.{}", name.replace("heads.task", "head"))];
        let distance = relative_distance(gradients.get(var).unwrap(), expected);
        assert!(distance < 3e-2, "the gradient of {name} is off by {distance:e}");
    }
}

/// Texts of such lengths, among them several that one thread takes together and one that it takes alone.
fn texts() -> Vec<TokenIds> {
    let text = |length: u32| TokenIds {
        input_ids: (0..length).map(|i| (i * 37 + length) % 111).collect(),
        token_type_ids: (0..length).map(|i| u32::from(i > length / 2)).collect(),
    };
    [9, 3, 40, 1, 62, 64, 17, 33, 8].map(text).into()
}

/// The encoder with int8 layers, for activations rounded so; without a rounding with all weights widened.
fn encoder(architecture: &Architecture, weights: Weights, rounding: Option<Rounding>) -> Model {
    let model = match rounding {
        Some(rounding) => Model::for_inference(architecture, Pooling::Mean, &[], weights, rounding),
        None => Model::new(architecture, Pooling::Mean, &[], weights, Ops::Fused(ProductPrecision::F32)),
    };
    model.unwrap()
}

#[test]
fn int8_layers_are_the_float_ones_of_the_same_weights() {
    let checkpoint = checkpoint();
    let storage = Storage { precision: bundle::Precision::Int8, embeddings: Some(EmbeddingPrecision::Int4) };
    let stored = encode(checkpoint.weights, storage).unwrap();
    let batch = Batch::pack(&texts()).unwrap();
    let hidden_states = |rounding| {
        let model = encoder(&checkpoint.architecture, decode(&stored).unwrap(), rounding);
        model.hidden_states(&batch, None).unwrap()
    };
    let float = hidden_states(None);
    for (rounding, tolerance) in [(Rounding::Wide, 5e-4), (Rounding::Narrow, 2e-2)] {
        let distance = relative_distance(&hidden_states(Some(rounding)), &float);
        assert!(distance < tolerance && distance > 0.0, "{rounding:?}: off by {distance:e}");
    }
}

#[test]
fn smoothing_changes_the_rounding_alone() {
    let Checkpoint { architecture, weights, .. } = checkpoint();
    let factors: Vec<f32> = (0..32).map(|input| 2f32.powi(input % 2)).collect();
    let factors = Tensor::new(factors, &Device::Cpu).unwrap();
    let smoothed_linears = ["self.query", "self.key", "self.value", "intermediate.dense"];
    let divided = |(name, tensor): (String, Tensor)| {
        let is_smoothed = smoothed_linears.iter().any(|linear| name.ends_with(&format!("{linear}.weight")));
        (name, if is_smoothed { tensor.broadcast_div(&factors).unwrap() } else { tensor })
    };
    let mut smoothed: Weights = weights.clone().into_iter().map(divided).collect();
    for layer in 0..2 {
        for input in ["attention.self", "intermediate"] {
            smoothed.insert(format!("encoder.layer.{layer}.{input}.smoothing"), factors.clone()).unwrap();
        }
    }
    let batch = Batch::pack(&texts()).unwrap();
    let hidden_states =
        |weights, rounding| encoder(&architecture, weights, rounding).hidden_states(&batch, None).unwrap();
    let distance = relative_distance(&hidden_states(smoothed.clone(), None), &hidden_states(weights, None));
    assert!(distance < 1e-5, "the same model: {distance:e}");
    let stored = encode(smoothed, bundle::Precision::Int8).unwrap();
    let float = hidden_states(decode(&stored).unwrap(), None);
    for (rounding, tolerance) in [(Rounding::Wide, 1e-3), (Rounding::Narrow, 4e-2)] {
        let distance = relative_distance(&hidden_states(decode(&stored).unwrap(), Some(rounding)), &float);
        assert!(distance < tolerance && distance > 0.0, "{rounding:?}: off by {distance:e}");
    }
}

/// One layer of a BERT of these sizes, with random weights as before pre-training.
fn random_bert(hidden: usize, heads: usize) -> (Architecture, Weights) {
    let inner = 4 * hidden;
    let architecture = Architecture::new(Sizes {
        vocab_size: 111,
        hidden_size: hidden,
        num_hidden_layers: 1,
        num_attention_heads: heads,
        intermediate_size: inner,
        ..checkpoint().architecture.into()
    })
    .unwrap();
    let (positions, types) = (architecture.max_position_embeddings, architecture.type_vocab_size);
    let mut random = fastrand::Rng::with_seed(hidden as u64);
    let mut weights = Weights::default();
    let mut add = |name: String, shape: &[usize], mean: f32| {
        // A sum of six uniform numbers has a standard deviation of 1 / √2.
        let mut value = || mean + (0..6).map(|_| random.f32() - 0.5).sum::<f32>() * 0.03;
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| value()).collect();
        weights.insert(name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap()).unwrap();
    };
    for (table, entries) in [("word", 111), ("position", positions), ("token_type", types)] {
        add(format!("embeddings.{table}_embeddings.weight"), &[entries, hidden], 0.0);
    }
    let layer = "encoder.layer.0";
    for (name, inputs, outputs) in [
        ("attention.self.query", hidden, hidden),
        ("attention.self.key", hidden, hidden),
        ("attention.self.value", hidden, hidden),
        ("attention.output.dense", hidden, hidden),
        ("intermediate.dense", hidden, inner),
        ("output.dense", inner, hidden),
    ] {
        add(format!("{layer}.{name}.weight"), &[outputs, inputs], 0.0);
        add(format!("{layer}.{name}.bias"), &[outputs], 0.0);
    }
    for norm in ["embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"] {
        add(format!("{norm}.LayerNorm.weight"), &[hidden], 1.0);
        add(format!("{norm}.LayerNorm.bias"), &[hidden], 0.0);
    }
    (architecture, weights)
}

#[test]
fn int8_layers_may_have_any_size() {
    let batch = Batch::pack(&texts()).unwrap();
    // BERT-tiny's and BERT-large's.
    for (hidden, heads) in [(128, 2), (1024, 16)] {
        let (architecture, weights) = random_bert(hidden, heads);
        let stored = encode(weights, bundle::Precision::Int8).unwrap();
        let hidden_states = |rounding| {
            let model = encoder(&architecture, decode(&stored).unwrap(), rounding);
            model.hidden_states(&batch, None).unwrap()
        };
        let float = hidden_states(None);
        for (rounding, tolerance) in [(Rounding::Wide, 5e-4), (Rounding::Narrow, 2e-2)] {
            let distance = relative_distance(&hidden_states(Some(rounding)), &float);
            assert!(distance < tolerance && distance > 0.0, "{hidden}, {rounding:?}: off by {distance:e}");
        }
    }
}

#[test]
fn int8_layers_read_texts_apart() {
    let checkpoint = checkpoint();
    let stored = encode(checkpoint.weights, bundle::Precision::Int8).unwrap();
    let model = encoder(&checkpoint.architecture, decode(&stored).unwrap(), Some(Rounding::Wide));
    let texts = texts();
    let together = values(&model.hidden_states(&Batch::pack(&texts).unwrap(), None).unwrap());
    let apart = texts.iter().map(|text| values(&model.hidden_states(&Batch::pack([text]).unwrap(), None).unwrap()));
    assert_eq!(together, apart.collect::<Vec<_>>().concat());
    let dropout = Dropout { hidden: 0.1, attention: 0.1, key: step(1) };
    let refused = model.hidden_states(&Batch::pack(&texts).unwrap(), Some(dropout)).unwrap_err().to_string();
    assert!(refused.contains("cannot be trained"), "{refused}");
}

#[test]
fn hidden_states_are_candle_transformers() {
    let checkpoint = checkpoint();
    let config = std::fs::read_to_string(fixture("tiny-bert/config.json")).unwrap();
    let tensors = checkpoint.weights.clone().into_iter().collect();
    let builder = candle_nn::VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    let peer = BertModel::load(builder, &serde_json::from_str(&config).unwrap()).unwrap();
    let texts = texts();
    let model =
        Model::new(&checkpoint.architecture, Pooling::Mean, &[], checkpoint.weights, Ops::Fused(ProductPrecision::F32))
            .unwrap();
    let ours = model.hidden_states(&Batch::pack(&texts).unwrap(), None).unwrap();
    let mut first_row = 0;
    for text in &texts {
        let length = text.input_ids.len();
        let row = |ids: &[u32]| Tensor::new(ids, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        let theirs = peer.forward(&row(&text.input_ids), &row(&text.token_type_ids), None).unwrap();
        let distance = relative_distance(&ours.narrow(0, first_row, length).unwrap(), &theirs);
        assert!(distance < 3e-6, "hidden states of {length} tokens are off by {distance:e}");
        first_row += length;
    }
}

#[test]
fn the_loss_is_stable_and_pytorchs() {
    let json = std::fs::read(fixture("bce.json")).unwrap();
    let reference: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let column = |name: &str| -> Vec<f32> {
        reference["f64"][name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect()
    };
    let logits = Var::new(column("logits"), &Device::Cpu).unwrap();
    let targets = Tensor::new(column("targets"), &Device::Cpu).unwrap();
    let loss = binary_cross_entropy(&logits, &targets).unwrap();
    let gradient = loss.sum_all().unwrap().backward().unwrap().remove(&logits).unwrap();
    for (name, ours) in [("loss", loss), ("gradient", gradient)] {
        for ((value, expected), logit) in values(&ours).iter().zip(column(name)).zip(column("logits")) {
            assert!(
                (value - expected).abs() <= 2e-6 * expected.abs().max(0.1),
                "{name} at {logit}: {value}, not {expected}"
            );
        }
    }
}
