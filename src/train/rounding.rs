//! Which integers a linear layer's weights become, chosen by what the layer is to give for texts.
//!
//! The nearest integer is the best for each weight alone, but not for a layer's outputs: a BERT's inputs are correlated, so that
//! the error of one weight can make up for that of another. Here a row's integers are chosen one after the other, and each makes
//! up for the errors so far (Frantar et al. 2022, GPTQ: the `columns` of this module). The layers are taken in order. A layer's
//! inputs are those that the rounded layers before it give, and its target is the float model's output (Li et al. 2025, GPTAQ:
//! the `moments`). What is left of the mean error goes into its bias (Nagel et al. 2019).
//!
//! Where an input is normalised values, of which a few are ten times as large as all others, it is smoothed before (Xiao et al.
//! 2022, SmoothQuant: the `smoothing`), since activations of 7 bits share a scale with their neighbours.
//!
//! Integers stay bytes and keep to what the kernels' sums have room for ([`Headroom`](crate::kernels::int8::Headroom)), so that
//! nobody who reads the bundle sees how it was rounded.

use std::path::PathBuf;

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::Progress;
use super::data::Example;
use super::prune;
use super::tokenized::TokenizedDataset;
use crate::bert::{Architecture, Batch, Layer, Model, Pooling, Stage, Weights, names};
use crate::bundle::weights::{Storage, decode, encode};
use crate::kernels::int8::quantise_rows;
use crate::kernels::quantised::QuantisedMatrix;
use crate::ops::{Ops, ProductPrecision};
use crate::random::{Key, Purpose};
use crate::{Error, Result};
use columns::Columns;
use moments::Moments;

mod columns;
mod moments;
mod smoothing;

/// How many texts are taken, equally many of each source.
pub const TEXTS: usize = 512;
/// To how many tokens they are cut.
pub const TOKENS: usize = 256;

/// Texts that go through the model at once.
const BATCH: usize = 16;
const OPS: Ops = Ops::Fused(ProductPrecision::F32);

/// Reads texts to fit to from `paths`, as [`prune::texts`] does; `seed` picks them.
///
/// # Errors
/// As for [`prune::texts`].
pub fn texts(paths: &[PathBuf], seed: u64) -> Result<Vec<Example>> {
    let mut texts = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        let mut examples = prune::texts(std::slice::from_ref(path), super::data::Split::Train)?.examples;
        Key::new(seed, Purpose::Samples).with(number as u64).generator().shuffle(&mut examples);
        examples.truncate(TEXTS.div_ceil(paths.len()));
        texts.append(&mut examples);
    }
    Ok(texts)
}

/// `weights` with the layers' matrices as integers that are fitted to `texts`, and the biases that go with them; the rest is
/// to be stored as `storage` says.
///
/// # Errors
/// The weights cannot be stored so ([`encode`]) or do not fit the architecture.
pub fn fit(
    weights: Weights,
    storage: Storage,
    architecture: &Architecture,
    texts: &TokenizedDataset,
    progress: &mut dyn Progress,
) -> Result<Weights> {
    let stored = decode(&encode(weights.clone(), storage)?)?;
    let batches = batches(texts)?;
    let mut fit = Fit {
        architecture,
        float: Stream::new(architecture, &weights, &batches)?,
        rounded: Stream::new(architecture, &stored.into_iter().collect(), &batches)?,
        batches,
        weights,
    };
    progress.begin("Fitting the rounding", architecture.num_hidden_layers * Stage::ALL.len());
    for layer in 0..architecture.num_hidden_layers {
        fit.layer(&names::layer(layer), progress)?;
    }
    progress.end();
    Ok(fit.weights)
}

fn batches(texts: &TokenizedDataset) -> Result<Vec<Batch>> {
    texts.by_length().chunks(BATCH).map(|indices| Ok(texts.batch(indices)?.inputs)).collect()
}

/// The model as it was trained and the one that is being rounded, on their way through the same texts.
struct Fit<'a> {
    architecture: &'a Architecture,
    batches: Vec<Batch>,
    float: Stream,
    rounded: Stream,
    /// The float model's, which become integers one after the other.
    weights: Weights,
}

/// A model as far as its texts have come.
struct Stream {
    weights: Weights,
    /// What the next layer is given, of each batch.
    x: Vec<Tensor>,
}

/// What is known of the input of some linear layers.
struct Inputs {
    moments: Moments,
    columns: Columns,
    /// What it is multiplied by; the moments are of the products.
    factors: Vec<f32>,
}

impl Fit<'_> {
    fn layer(&mut self, name: &str, progress: &mut dyn Progress) -> Result<()> {
        let float = self.float.layer(self.architecture, name)?;
        for stage in Stage::ALL {
            let mut moments = self.moments(&float, &self.rounded.layer(self.architecture, name)?, stage)?;
            let mut factors = vec![1.0; moments.width()];
            if let Some(smoothing) = stage.smoothing() {
                factors = smoothing::factors(&moments.peaks());
                moments.multiply(&factors);
                self.weights.insert(format!("{name}.{smoothing}"), Tensor::new(&factors[..], &Device::Cpu)?)?;
            }
            let inputs = Inputs { columns: Columns::new(&moments), moments, factors };
            for linear in stage.linears() {
                self.linear(&format!("{name}.{linear}"), stage.shape(self.architecture), &inputs)?;
            }
            progress.advance(1, "");
        }
        self.float.advance(&float, &self.batches)?;
        let rounded = self.rounded.layer(self.architecture, name)?;
        self.rounded.advance(&rounded, &self.batches)
    }

    fn moments(&self, float: &Layer, rounded: &Layer, stage: Stage) -> Result<Moments> {
        let [_, width] = stage.shape(self.architecture);
        let mut moments = Moments::new(width);
        for (batch, (float_x, rounded_x)) in self.batches.iter().zip(self.float.x.iter().zip(&self.rounded.x)) {
            let input = |layer: &Layer, x: &Tensor| {
                let input = layer.input(OPS, x, batch.offsets(), stage)?;
                Ok::<_, Error>(input.flatten_all()?.to_vec1::<f32>()?)
            };
            moments.add(&input(float, float_x)?, &input(rounded, rounded_x)?);
        }
        if moments.are_finite() {
            Ok(moments)
        } else {
            Err(Error::invalid(
                "the model's values for the texts are not finite, so that no rounding can be fitted to them",
            ))
        }
    }

    /// Rounds one linear layer, in `weights` and in the rounded stream.
    fn linear(&mut self, name: &str, shape: [usize; 2], inputs: &Inputs) -> Result<()> {
        let [outputs, width] = shape;
        let Inputs { moments, columns, factors } = inputs;
        let names = [format!("{name}.weight"), format!("{name}.bias")];
        let values: Vec<f32> = self.weights.take(&names[0], &shape)?.flatten_all()?.to_vec1()?;
        let biases: Vec<f32> = self.weights.take(&names[1], &[outputs])?.to_vec1()?;
        let fitted = values.par_chunks_exact(width).zip(biases).map(|(row, bias)| {
            let row: Vec<f32> = row.iter().zip(factors).map(|(weight, factor)| weight / factor).collect();
            let target = columns.target(&row);
            let narrowed: Vec<f32> = target.iter().map(|&value| value as f32).collect();
            let scale = quantise_rows(&narrowed, width).1[0];
            let integers = columns.round(&target, scale);
            let bias = f64::from(bias) + moments.mean_error(&row, &integers, scale);
            (integers, (scale, bias as f32))
        });
        let (integers, vectors): (Vec<Vec<i8>>, Vec<(f32, f32)>) = fitted.unzip();
        let (scales, biases): (Vec<f32>, Vec<f32>) = vectors.into_iter().unzip();
        let matrix = QuantisedMatrix::from_rows(integers.concat(), scales, width)
            .ok_or_else(|| Error::invalid(format!("the rows of {} are not of one length", names[0])))?;
        let bias = Tensor::new(biases, &Device::Cpu)?;
        self.rounded.weights.take(&names[0], &shape)?;
        self.rounded.weights.take(&names[1], &[outputs])?;
        let plain = Tensor::from_vec(matrix.values(), &shape[..], &Device::Cpu)?;
        let plain = plain.broadcast_mul(&Tensor::new(&factors[..], &Device::Cpu)?)?;
        self.rounded.weights.insert(&names[0], plain)?;
        self.rounded.weights.insert(&names[1], bias.clone())?;
        self.weights.insert_quantised(&names[0], matrix)?;
        self.weights.insert(&names[1], bias)
    }
}

impl Stream {
    fn new(architecture: &Architecture, weights: &Weights, batches: &[Batch]) -> Result<Self> {
        let embeddings = weights.clone().into_iter().filter(|(name, _)| name.starts_with("embeddings."));
        let none = architecture.with(|sizes| sizes.num_hidden_layers = 0)?;
        let model = Model::new(&none, Pooling::Mean, &[], embeddings.collect(), OPS)?;
        let x = batches.iter().map(|batch| model.embedded(batch)).collect::<Result<_>>()?;
        Ok(Self { weights: weights.clone(), x })
    }

    /// The layer `name` as its weights are now.
    fn layer(&self, architecture: &Architecture, name: &str) -> Result<Layer> {
        Layer::take(&mut self.weights.clone(), name, architecture, None)
    }

    /// Lets the texts through `layer`.
    fn advance(&mut self, layer: &Layer, batches: &[Batch]) -> Result<()> {
        for (x, batch) in self.x.iter_mut().zip(batches) {
            *x = layer.forward(OPS, x, batch.offsets(), None, 0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
