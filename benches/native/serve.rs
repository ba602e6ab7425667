//! The contenders in Rust, at the other end of the pipe.

use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use candle_core::{DType, Device, Module, Tensor};
use candle_nn::{Linear, VarBuilder};
use candle_transformers::models::bert::BertModel;
use undertone::bert::{Batch, TokenIds, Unit};
use undertone::bundle::Bundle;
use undertone::classify::Classifier;
use undertone::ops::Rounding;

use crate::contender::{Answer, Kind, Question};
use crate::{Models, Result};

/// Answers questions as the contender `name` until there are no more.
pub fn serve(name: &str, models: &Models) -> Result<()> {
    let rounding = match name {
        _ if name == Kind::Undertone.name() => Some(Rounding::Wide),
        _ if name == Kind::UndertoneNarrow.name() => Some(Rounding::Narrow),
        _ => None,
    };
    if let Some(rounding) = rounding {
        let classifier = Classifier::with_rounding(&Bundle::read(&models.bundle)?, rounding)?;
        answer(|texts| ours(&classifier, texts))
    } else {
        let candle = Candle::read(&models.peer)?;
        answer(|texts| candle.probabilities(texts))
    }
}

/// `classify` gets a batch and gives the probabilities of its texts, one text after the other.
fn answer(classify: impl Fn(&[Vec<u32>]) -> Result<Vec<Vec<f32>>> + Sync) -> Result<()> {
    for line in std::io::stdin().lock().lines() {
        let batches: Question = serde_json::from_str(&line?)?;
        // As in benches/train: on a thread of the pool.
        let answer = rayon::scope(|_| {
            classify(batches.first().ok_or("a question has a batch")?)?;
            let start = Instant::now();
            let answers = batches.iter().map(|batch| classify(batch)).collect::<Result<Vec<_>>>()?;
            let seconds = start.elapsed().as_secs_f64();
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Answer { seconds, probabilities: answers.concat() })
        })?;
        println!("{}", serde_json::to_string(&answer)?);
    }
    Ok(())
}

fn ours(classifier: &Classifier, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
    let tokens = |text: &Vec<u32>| TokenIds { input_ids: text.clone(), token_type_ids: vec![0; text.len()] };
    let tokens: Vec<TokenIds> = texts.iter().map(tokens).collect();
    let logits = classifier.logits(&Batch::pack(&tokens)?)?;
    let mut probabilities = vec![Vec::new(); texts.len()];
    for (task, logits) in classifier.manifest().tasks.iter().zip(logits).filter(|(task, _)| task.unit == Unit::Text) {
        for (text, logits) in probabilities.iter_mut().zip(logits.chunks_exact(task.labels.len())) {
            text.extend(logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())));
        }
    }
    Ok(probabilities)
}

/// candle-transformers' encoder, mean pooling and the heads.
struct Candle {
    encoder: BertModel,
    heads: Linear,
}

impl Candle {
    fn read(folder: &Path) -> Result<Self> {
        let missing = |file: &Path| format!("{} cannot be read: make bench-native makes it.", file.display());
        let (config, weights) = (folder.join("config.json"), folder.join("model.safetensors"));
        let config = std::fs::read(&config).map_err(|_| missing(&config))?;
        let mut tensors = candle_core::safetensors::load(&weights, &Device::Cpu).map_err(|_| missing(&weights))?;
        let mut head = |part: &str| tensors.remove(&format!("classifier.{part}")).ok_or_else(|| missing(&weights));
        let heads = Linear::new(head("weight")?, Some(head("bias")?));
        let builder = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        Ok(Self { encoder: BertModel::load(builder, &serde_json::from_slice(&config)?)?, heads })
    }

    fn probabilities(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        let columns = texts.iter().map(Vec::len).max().unwrap_or(0);
        let padded = |value: fn(u32) -> u32| {
            let row = |text: &Vec<u32>| {
                let mut row: Vec<u32> = text.iter().map(|&word| value(word)).collect();
                row.resize(columns, 0);
                row
            };
            Tensor::from_vec(texts.iter().flat_map(row).collect::<Vec<_>>(), (texts.len(), columns), &Device::Cpu)
        };
        let (words, mask, types) = (padded(|word| word)?, padded(|_| 1)?, padded(|_| 0)?);
        let tokens = self.encoder.forward(&words, &types, Some(&mask))?;
        let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let pooled = tokens.broadcast_mul(&mask)?.sum(1)?.broadcast_div(&mask.sum(1)?)?;
        Ok(candle_nn::ops::sigmoid(&self.heads.forward(&pooled)?)?.to_vec2()?)
    }
}
