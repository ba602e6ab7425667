//! Named tensors on their way into a model, each accounted for.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::{Error, Result};

/// Tensors by name, of which a model takes each exactly once.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    tensors: BTreeMap<String, Tensor>,
}

impl FromIterator<(String, Tensor)> for Weights {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        Self { tensors: tensors.into_iter().collect() }
    }
}

impl IntoIterator for Weights {
    type Item = (String, Tensor);
    type IntoIter = std::collections::btree_map::IntoIter<String, Tensor>;

    fn into_iter(self) -> Self::IntoIter {
        self.tensors.into_iter()
    }
}

impl Weights {
    /// Reads a safetensors file of floating-point tensors, widened to f32.
    ///
    /// # Errors
    /// The file is malformed, or a tensor is not of floating-point type.
    pub fn from_safetensors(bytes: &[u8], device: &Device) -> Result<Self> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| Error::invalid(format!("the weights are no readable safetensors file: {error}")))?;
        let mut weights = Self::default();
        for (name, view) in file.iter() {
            // The buffer that older PyTorch checkpoints carry: 0, 1, 2, …
            if name.ends_with("embeddings.position_ids") {
                continue;
            }
            let values = float_values(&view).ok_or_else(|| {
                Error::invalid(format!("the weights' tensor {name} is of type {:?}, not a float", view.dtype()))
            })?;
            weights.insert(name, Tensor::from_vec(values, view.shape(), device)?)?;
        }
        Ok(weights)
    }

    /// Adds a tensor.
    ///
    /// # Errors
    /// There already is one of that name.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) -> Result<()> {
        let name = name.into();
        match self.tensors.insert(name.clone(), tensor) {
            None => Ok(()),
            Some(_) => Err(Error::invalid(format!("the weights have two tensors named {name}"))),
        }
    }

    /// The tensors under the names that [`super::Model`] knows: without the `bert.` prefix, with `weight` and `bias` for the
    /// `gamma` and `beta` of TensorFlow's layer normalisation, and without the heads of pre-training.
    ///
    /// # Errors
    /// Two tensors have the same name thereafter.
    pub fn with_current_names(self) -> Result<Self> {
        let mut renamed = Self::default();
        for (name, tensor) in self {
            if name.starts_with("cls.predictions.") || name.starts_with("cls.seq_relationship.") {
                continue;
            }
            let bare = name.strip_prefix("bert.").unwrap_or(&name);
            let current = match bare.rsplit_once("LayerNorm.") {
                Some((path, "gamma")) => format!("{path}LayerNorm.weight"),
                Some((path, "beta")) => format!("{path}LayerNorm.bias"),
                _ => bare.to_owned(),
            };
            renamed.insert(current, tensor)?;
        }
        Ok(renamed)
    }

    /// Leaves out the tensors whose names start with `prefix`.
    pub fn without(mut self, prefix: &str) -> Self {
        self.tensors.retain(|name, _| !name.starts_with(prefix));
        self
    }

    /// Whether there is a tensor `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Takes the tensor `name`, which must be of `shape`.
    ///
    /// # Errors
    /// It is missing or misshapen.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let tensor = self
            .tensors
            .remove(name)
            .ok_or_else(|| Error::invalid(format!("the weights lack the tensor {name} (shape {shape:?})")))?;
        if tensor.dims() != shape {
            return Err(Error::invalid(format!(
                "the weights' tensor {name} has shape {:?} where the model's is {shape:?}",
                tensor.dims()
            )));
        }
        Ok(tensor)
    }

    /// Checks that every tensor was taken.
    ///
    /// # Errors
    /// Some are left over.
    pub fn finish(self) -> Result<()> {
        let left: Vec<_> = self.tensors.into_keys().collect();
        match &left[..] {
            [] => Ok(()),
            [name] => {
                Err(Error::invalid(format!("the weights have the tensor {name}, for which the model has no use")))
            }
            [first, rest @ ..] => Err(Error::invalid(format!(
                "the weights have the tensor {first} and {} more, for which the model has no use",
                rest.len()
            ))),
        }
    }
}

/// The values of a floating-point tensor as f32; none if it is of another type.
pub fn float_values(view: &TensorView) -> Option<Vec<f32>> {
    let data = view.data();
    let halves = || data.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    Some(match view.dtype() {
        Dtype::F32 => {
            data.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
        }
        Dtype::F16 => halves().map(|pair| half::f16::from_le_bytes(pair).to_f32()).collect(),
        Dtype::BF16 => halves().map(|pair| half::bf16::from_le_bytes(pair).to_f32()).collect(),
        _ => return None,
    })
}
