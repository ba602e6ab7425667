//! A transformer layer, of float weights or of int8.

use candle_core::Tensor;

use super::dropout::Dropout;
use super::modules::{LayerNorm, Linear};
use super::names::{self, LINEARS, NORMS, SMOOTHING};
use super::{Activation, Architecture, Weights};
use crate::ops::{
    AttentionSettings, FeedForwardSettings, FusedWeights, Int8Layer, Int8Linear, Ops, Rounding, SequenceOffsets,
};
use crate::{Error, Result};

#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
mod stage;

#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
pub use stage::Stage;

/// A transformer layer (Vaswani et al. 2017, figure 1, left; normalised after each residual).
#[derive(Debug, Clone)]
pub struct Layer {
    sub_layers: SubLayers,
    heads: usize,
    epsilon: f32,
}

#[derive(Debug, Clone)]
enum SubLayers {
    Float { attention: FusedWeights, feed_forward: FeedForward },
    Int8(Int8Layer, Rounding),
}

#[derive(Debug, Clone)]
struct FeedForward {
    first: Tensor,
    /// All weights but the first.
    rest: FusedWeights,
    activation: Activation,
}

impl Layer {
    /// Takes the layer whose tensors' names begin with `name`. With a rounding of the activations int8 weights stay so.
    ///
    /// # Errors
    /// A tensor is missing or misshapen.
    pub fn take(
        weights: &mut Weights,
        name: &str,
        architecture: &Architecture,
        rounding: Option<Rounding>,
    ) -> Result<Self> {
        let (heads, epsilon) = (architecture.num_attention_heads, architecture.layer_norm_eps as f32);
        let is_int8 = LINEARS.iter().all(|part| weights.has_rows(&names::weight(&format!("{name}.{part}"))));
        let sub_layers = match rounding {
            Some(rounding) if is_int8 && architecture.hidden_act == Activation::Gelu => {
                let linears = linears(weights, name, architecture, take_int8)?;
                let norms = norms(weights, name, architecture)?.map(|norm| [norm.weight, norm.bias]);
                let smoothing = smoothing(weights, name, architecture)?;
                SubLayers::Int8(Int8Layer::new(linears, norms, smoothing, heads, epsilon)?, rounding)
            }
            _ => SubLayers::float(weights, name, architecture)?,
        };
        Ok(Self { sub_layers, heads, epsilon })
    }

    /// The same layer, which shares its weights with this one, with activations that meet int8 weights rounded as `rounding` says.
    pub fn rounding(&self, rounding: Rounding) -> Self {
        match &self.sub_layers {
            SubLayers::Int8(layer, _) => Self { sub_layers: SubLayers::Int8(layer.clone(), rounding), ..*self },
            SubLayers::Float { .. } => self.clone(),
        }
    }

    /// x (rows, hidden) one layer further. `site` is the first of the three numbers of the places where it drops values.
    ///
    /// # Errors
    /// Values are to be dropped, and the weights are int8; or a tensor operation fails.
    pub fn forward(
        &self,
        ops: Ops,
        x: &Tensor,
        offsets: &SequenceOffsets,
        dropout: Option<Dropout>,
        site: u32,
    ) -> Result<Tensor> {
        let (attention, feed_forward) = match &self.sub_layers {
            SubLayers::Float { attention, feed_forward } => (attention, feed_forward),
            SubLayers::Int8(layer, rounding) if dropout.is_none() => return Ok(layer.forward(x, offsets, *rounding)?),
            SubLayers::Int8(..) => return Err(Error::invalid("a model of int8 weights cannot be trained")),
        };
        let mask = |site| dropout.and_then(|dropout| dropout.mask(dropout.hidden, site));
        let settings = AttentionSettings {
            offsets: offsets.clone(),
            heads: self.heads,
            epsilon: self.epsilon,
            probability_dropout: dropout.and_then(|dropout| dropout.mask(dropout.attention, site)),
            dropout: mask(site + 1),
        };
        let x = ops.attention(x, attention, settings)?;
        let FeedForward { first, rest, activation } = feed_forward;
        let settings = FeedForwardSettings { activation: *activation, epsilon: self.epsilon, dropout: mask(site + 2) };
        Ok(ops.feed_forward(&x, first, rest, settings)?)
    }
}

impl SubLayers {
    fn float(weights: &mut Weights, name: &str, architecture: &Architecture) -> Result<Self> {
        let [before_attention, before_inner] = smoothing(weights, name, architecture)?;
        let [query, key, value, attended, first, second] = linears(weights, name, architecture, Linear::take)?;
        let [query, key, value] = [query, key, value].map(|linear| linear.smoothed(before_attention.as_ref()));
        let (query, key, value, first) = (query?, key?, value?, first.smoothed(before_inner.as_ref())?);
        let [attention_norm, output_norm] = norms(weights, name, architecture)?;
        let attention = FusedWeights::attention([
            query.weight,
            key.weight,
            value.weight,
            attended.weight,
            query.bias,
            key.bias,
            value.bias,
            attended.bias,
            attention_norm.weight,
            attention_norm.bias,
        ])?;
        let rest = [second.weight, first.bias, second.bias, output_norm.weight, output_norm.bias];
        let feed_forward = FeedForward {
            first: first.weight,
            rest: FusedWeights::feed_forward(rest)?,
            activation: architecture.hidden_act,
        };
        Ok(Self::Float { attention, feed_forward })
    }
}

/// [`LINEARS`], each taken by `take`, which is given name, outputs and inputs.
fn linears<L>(
    weights: &mut Weights,
    name: &str,
    architecture: &Architecture,
    take: impl Fn(&mut Weights, &str, usize, usize) -> Result<L>,
) -> Result<[L; 6]> {
    let (hidden, inner) = (architecture.hidden_size, architecture.intermediate_size);
    let mut linear =
        |part: usize, outputs, inputs| take(weights, &format!("{name}.{}", LINEARS[part]), outputs, inputs);
    Ok([
        linear(0, hidden, hidden)?,
        linear(1, hidden, hidden)?,
        linear(2, hidden, hidden)?,
        linear(3, hidden, hidden)?,
        linear(4, inner, hidden)?,
        linear(5, hidden, inner)?,
    ])
}

fn take_int8(weights: &mut Weights, name: &str, outputs: usize, inputs: usize) -> Result<Int8Linear> {
    let weight_name = names::weight(name);
    let weight = weights.take_quantised(&weight_name, &[outputs, inputs])?;
    let weight = weight.ok_or_else(|| Error::invalid(format!("the weights lack the tensor {weight_name} as int8")))?;
    Ok((weight, weights.take(&names::bias(name), &[outputs])?))
}

fn smoothing(weights: &mut Weights, name: &str, architecture: &Architecture) -> Result<[Option<Tensor>; 2]> {
    let mut factors = |part| {
        let name = format!("{name}.{part}");
        weights.contains(&name).then(|| weights.take(&name, &[architecture.hidden_size])).transpose()
    };
    Ok([factors(SMOOTHING[0])?, factors(SMOOTHING[1])?])
}

fn norms(weights: &mut Weights, name: &str, architecture: &Architecture) -> Result<[LayerNorm; 2]> {
    let epsilon = architecture.layer_norm_eps as f32;
    let mut norm = |part| LayerNorm::take(weights, &format!("{name}.{part}"), architecture.hidden_size, epsilon);
    Ok([norm(NORMS[0])?, norm(NORMS[1])?])
}
