//! From a run folder to a checkpoint that Hugging Face's transformers loads.
//!
//! A run whose heads all score texts, by what the checkpoint's own pooler gives, is a `BertForSequenceClassification`: its
//! heads, one below the other, are the classifier; where one head's classes exclude each other, it has to be alone. Any other run has no class in transformers. Its encoder becomes a `BertModel`,
//! and its heads a file beside it, with a README that says in ten lines of Python how they are applied. Both give the very
//! logits of the run, before they are calibrated, which only bundles are.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Map, Value, json};

use super::export::mean;
use super::prune::vocabulary::Vocabulary;
use super::run::{Record, RunFolder};
use super::{Progress, files};
use crate::bert::{Pooling, Unit, names};
use crate::bundle::{TOKENIZER, WEIGHTS};
use crate::text::{Normalisation, Tokenizer};
use crate::{Error, Result};

/// The heads' tensors, where transformers has no class for them.
const HEADS: &str = "heads.safetensors";
/// What the heads score, and by which vector.
const HEADS_RECORD: &str = "heads.json";
/// How the heads are applied.
const README: &str = "README.md";

/// Writes the model that `run` has kept, or its mean with those of `averaged`, to `folder` in Hugging Face's layout.
///
/// # Errors
/// The run's files are missing or malformed, a run to average with has another model, `folder` holds something already, or it
/// cannot be written.
pub fn export(run: &RunFolder, averaged: &[RunFolder], folder: &Path, progress: &mut dyn Progress) -> Result<()> {
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::invalid(format!("{} is not empty: choose another folder, or remove it", folder.display())));
    }
    let record = run.record();
    let json = run.tokenizer()?;
    Tokenizer::from_json(&json, record.architecture.max_position_embeddings)?
        .check_fits(record.architecture.vocab_size)?;
    let (heads, encoder): (Vec<_>, Vec<_>) =
        mean(run, averaged, &record.recipe)?.into_iter().partition(|(name, _)| name.starts_with(names::HEADS));
    let mut outputs: Vec<(&str, Vec<u8>)> = tokenizer_files(&json, record)?;
    let mut config = record.architecture.to_config(record.recipe.dropout);
    config["pad_token_id"] = id_of(&json, "[PAD]")?.unwrap_or(0).into();
    if is_classifier(record) {
        config["architectures"] = json!(["BertForSequenceClassification"]);
        let problem = if is_exclusive(record) { "single_label_classification" } else { "multi_label_classification" };
        config["problem_type"] = problem.into();
        (config["id2label"], config["label2id"]) = label_names(record);
        let encoder = encoder.into_iter().map(|(name, tensor)| (format!("bert.{name}"), tensor));
        outputs.push((WEIGHTS, encoded(encoder.chain(classifier(record, heads)?))?));
    } else {
        config["architectures"] = json!(["BertModel"]);
        outputs.push((WEIGHTS, encoded(encoder)?));
        outputs.push((HEADS, encoded(heads)?));
        outputs.push((HEADS_RECORD, pretty(&heads_record(record))));
        progress.note(&format!(
            "transformers has no class for these heads: it loads the encoder as BertModel, and {README} says how {HEADS} is applied"
        ));
    }
    outputs.push(("config.json", pretty(&config)));
    outputs.push((README, readme(record).into_bytes()));
    if record.recipe.normalisation == Normalisation::Plain {
        progress.note("transformers reads texts as they are: disguised words, which this model's training made plain, stay disguised there");
    }
    files::make_folder(folder)?;
    outputs.iter().try_for_each(|(name, content)| files::write(&folder.join(name), content))
}

/// Whether the run is what `BertForSequenceClassification` is.
fn is_classifier(record: &Record) -> bool {
    let scores_texts = record.tasks.iter().all(|task| task.unit == Unit::Text);
    let are_alike = record.tasks.len() == 1 || record.tasks.iter().all(|task| task.kind.is_labels());
    record.recipe.pooling == Pooling::Pooler && scores_texts && are_alike
}

/// Whether the classes of a classifier exclude each other.
fn is_exclusive(record: &Record) -> bool {
    record.tasks.iter().any(|task| !task.kind.is_labels())
}

/// Each label's name for `id2label` and `label2id`: with its task's where there are several tasks.
fn label_names(record: &Record) -> (Value, Value) {
    let name = |task: &str, label: &String| match &record.tasks[..] {
        [_] => label.clone(),
        _ => format!("{task}.{label}"),
    };
    let names = record.tasks.iter().flat_map(|task| task.labels.iter().map(|label| name(&task.name, label)));
    let names: Vec<(usize, String)> = names.enumerate().collect();
    let by_id: Map<_, _> = names.iter().map(|(id, name)| (id.to_string(), json!(name))).collect();
    let by_name: Map<_, _> = names.into_iter().map(|(id, name)| (name, json!(id))).collect();
    (by_id.into(), by_name.into())
}

/// The heads, one below the other in the order of the tasks.
fn classifier(record: &Record, heads: Vec<(String, Tensor)>) -> Result<[(String, Tensor); 2]> {
    let heads: HashMap<String, Tensor> = heads.into_iter().collect();
    let stacked = |part: &str| {
        let head = |task: &super::run::TrainedTask| {
            let name = format!("{}.{part}", names::head(&task.name));
            heads.get(&name).ok_or_else(|| Error::invalid(format!("the run's weights lack the tensor {name}")))
        };
        let parts = record.tasks.iter().map(head).collect::<Result<Vec<_>>>()?;
        Ok::<_, Error>((format!("classifier.{part}"), Tensor::cat(&parts, 0)?))
    };
    Ok([stacked("weight")?, stacked("bias")?])
}

/// The content of a safetensors file that transformers takes for PyTorch's.
fn encoded(tensors: impl IntoIterator<Item = (String, Tensor)>) -> Result<Vec<u8>> {
    let bytes = |(name, tensor): (String, Tensor)| {
        let values: Vec<f32> = tensor.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        Ok((name, tensor.dims().to_vec(), values.iter().flat_map(|value| value.to_le_bytes()).collect()))
    };
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = tensors.into_iter().map(bytes).collect::<Result<_>>()?;
    let unwritable = |error| Error::invalid(format!("the weights cannot be written: {error}"));
    let mut views = Vec::new();
    for (name, shape, bytes) in &tensors {
        views.push((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(unwritable)?));
    }
    let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(format)).map_err(unwritable)
}

/// `tokenizer.json` without a limit to texts, `vocab.txt` where it is WordPiece's, and `tokenizer_config.json`.
fn tokenizer_files(json: &[u8], record: &Record) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut tokenizer = parsed(json)?;
    (tokenizer["truncation"], tokenizer["padding"]) = (Value::Null, Value::Null);
    let mut config = json!({ "model_max_length": record.architecture.max_position_embeddings });
    let mut written = Vec::new();
    // BertTokenizer is made of its vocabulary and these flags alone, so it has to be what they say.
    let normalizer = &tokenizer["normalizer"];
    let is_berts = normalizer["type"] == "BertNormalizer" && tokenizer["pre_tokenizer"]["type"] == "BertPreTokenizer";
    match Vocabulary::parse(json) {
        Ok(vocabulary) if is_berts && vocabulary.tokens().keys().copied().eq(0..vocabulary.tokens().len() as u32) => {
            config["tokenizer_class"] = "BertTokenizer".into();
            config["do_lower_case"] = normalizer["lowercase"].clone();
            config["strip_accents"] = normalizer["strip_accents"].clone();
            config["tokenize_chinese_chars"] = normalizer["handle_chinese_chars"].clone();
            written.push(("vocab.txt", vocabulary.to_lines().into_bytes()));
        }
        _ => config["tokenizer_class"] = "PreTrainedTokenizerFast".into(),
    }
    for (role, token) in [
        ("unk_token", "[UNK]"),
        ("cls_token", "[CLS]"),
        ("sep_token", "[SEP]"),
        ("pad_token", "[PAD]"),
        ("mask_token", "[MASK]"),
    ] {
        if id_of(json, token)?.is_some() {
            config[role] = token.into();
        }
    }
    written.push((TOKENIZER, tokenizer.to_string().into_bytes()));
    written.push(("tokenizer_config.json", pretty(&config)));
    Ok(written)
}

/// The id of `token` in a `tokenizer.json`.
fn id_of(json: &[u8], token: &str) -> Result<Option<u64>> {
    let tokenizer = parsed(json)?;
    let added = tokenizer["added_tokens"].as_array().into_iter().flatten();
    let added = added.filter(|added| added["content"] == token).find_map(|added| added["id"].as_u64());
    Ok(added.or_else(|| tokenizer["model"]["vocab"][token].as_u64()))
}

fn parsed(json: &[u8]) -> Result<Value> {
    serde_json::from_slice(json).map_err(|error| Error::invalid(format!("the run's tokenizer cannot be read: {error}")))
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

fn heads_record(record: &Record) -> Value {
    let task = |task: &super::run::TrainedTask| json!({ "name": task.name, "unit": task.unit, "kind": task.kind, "labels": task.labels });
    json!({ "pooling": record.recipe.pooling, "tasks": record.tasks.iter().map(task).collect::<Vec<_>>() })
}

fn readme(record: &Record) -> String {
    let max_tokens = record.architecture.max_position_embeddings;
    let load = format!(
        "from transformers import AutoTokenizer, {class}\n\n\
         tokenizer = AutoTokenizer.from_pretrained(folder)\n\
         model = {class}.from_pretrained(folder{arguments}).eval()\n\
         inputs = tokenizer(texts, padding=True, truncation=True, max_length={max_tokens}, return_tensors=\"pt\")\n",
        class = if is_classifier(record) { "BertForSequenceClassification" } else { "BertModel" },
        arguments = if record.recipe.pooling == Pooling::Pooler { "" } else { ", add_pooling_layer=False" },
    );
    if is_classifier(record) {
        let (what, probabilities) = match is_exclusive(record) {
            true => ("Its classes exclude each other, so that their probabilities are a softmax", "softmax(-1)"),
            false => {
                ("Its labels are independent of each other, so that each one's probability is a sigmoid", "sigmoid()")
            }
        };
        return format!(
            "A classifier made by Undertone, for transformers. {what}; `config.json` names them.\n\n```python\nimport torch\n{load}\
             with torch.no_grad():\n    probabilities = model(**inputs).logits.{probabilities}\n```\n"
        );
    }
    let pooled = match record.recipe.pooling {
        Pooling::Mean => {
            "    mask = inputs[\"attention_mask\"].unsqueeze(-1)\n    \
             pooled = (hidden * mask).sum(1) / mask.sum(1)  # the mean of the tokens' vectors, padding left out\n"
        }
        Pooling::Cls => "    pooled = hidden[:, 0]  # the vector of [CLS]\n",
        Pooling::Pooler => "    pooled = output.pooler_output\n",
    };
    // As Python fills them in.
    let [weight, bias] = names::head_tensors("{task['name']}");
    format!(
        "An encoder with classification heads made by Undertone, for transformers. No class there has such heads: `{HEADS}` holds \
         them, and `{HEADS_RECORD}` says what they score, texts or each token of them. Labels are independent of each other, so that \
         each one's probability is a sigmoid; classes exclude each other, and theirs are a softmax.\n\n```python\nimport json\nfrom pathlib import Path\n\nimport torch\n\
         from safetensors.torch import load_file\n{load}heads = load_file(Path(folder) / \"{HEADS}\")\n\
         tasks = json.loads((Path(folder) / \"{HEADS_RECORD}\").read_text())[\"tasks\"]\n\
         with torch.no_grad():\n    output = model(**inputs)\n    hidden = output.last_hidden_state\n{pooled}    \
         for task in tasks:\n        vectors = pooled if task[\"unit\"] == \"text\" else hidden\n        \
         weight, bias = heads[f\"{weight}\"], heads[f\"{bias}\"]\n        \
         logits = vectors @ weight.T + bias\n        \
         probabilities = logits.softmax(-1) if task[\"kind\"] == \"classes\" else logits.sigmoid()\n        print(task[\"name\"], task[\"labels\"], probabilities)\n```\n"
    )
}
