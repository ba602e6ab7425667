//! Named tensors on their way into a model, each accounted for.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};

use super::tensors::Tensors;
use crate::kernels::quantised::QuantisedMatrix;
use crate::{Error, Result};

/// Tensors by name, of which a model takes each exactly once.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    tensors: BTreeMap<String, Tensor>,
    /// Those that a bundle stores in few bits.
    quantised: BTreeMap<String, QuantisedMatrix>,
}

impl FromIterator<(String, Tensor)> for Weights {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        Self { tensors: tensors.into_iter().collect(), quantised: BTreeMap::new() }
    }
}

/// Widens what is in few bits.
impl IntoIterator for Weights {
    type Item = (String, Tensor);
    type IntoIter = std::collections::btree_map::IntoIter<String, Tensor>;

    fn into_iter(mut self) -> Self::IntoIter {
        self.tensors.extend(self.quantised.into_iter().map(|(name, matrix)| (name, widened(&matrix))));
        self.tensors.into_iter()
    }
}

impl Weights {
    /// Reads a safetensors file of floating-point tensors, widened to f32.
    ///
    /// # Errors
    /// The file is malformed, or a tensor is not of floating-point type.
    pub fn from_safetensors(bytes: &[u8], device: &Device) -> Result<Self> {
        let file = Tensors::of(&bytes)
            .map_err(|error| Error::invalid(format!("the weights are no readable safetensors file: {error}")))?;
        let mut weights = Self::default();
        for (name, tensor) in file.iter() {
            let values = tensor.floats().ok_or_else(|| {
                Error::invalid(format!("the weights' tensor {name} is of type {:?}, not a float", tensor.dtype()))
            })?;
            weights.insert(name, Tensor::from_vec(values, tensor.shape(), device)?)?;
        }
        Ok(weights)
    }

    /// Adds a tensor.
    ///
    /// # Errors
    /// There already is one of that name.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) -> Result<()> {
        let name = name.into();
        self.check_is_new(&name)?;
        self.tensors.insert(name, tensor);
        Ok(())
    }

    /// Adds a matrix of few bits.
    ///
    /// # Errors
    /// There already is a tensor of that name.
    pub fn insert_quantised(&mut self, name: impl Into<String>, matrix: QuantisedMatrix) -> Result<()> {
        let name = name.into();
        self.check_is_new(&name)?;
        self.quantised.insert(name, matrix);
        Ok(())
    }

    fn check_is_new(&self, name: &str) -> Result<()> {
        match self.contains(name) {
            false => Ok(()),
            true => Err(Error::invalid(format!("the weights have two tensors named {name}"))),
        }
    }

    /// Leaves out the tensors whose names start with `prefix`.
    pub fn without(mut self, prefix: &str) -> Self {
        self.tensors.retain(|name, _| !name.starts_with(prefix));
        self.quantised.retain(|name, _| !name.starts_with(prefix));
        self
    }

    /// The tensors' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().chain(self.quantised.keys()).map(String::as_str)
    }

    /// Whether there is a tensor `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name) || self.quantised.contains_key(name)
    }

    /// Whether there is a matrix `name` of rows of integers.
    pub fn has_rows(&self, name: &str) -> bool {
        self.quantised.get(name).is_some_and(QuantisedMatrix::has_rows)
    }

    /// Takes the tensor `name`, which must be of `shape`; widened where it is in few bits.
    ///
    /// # Errors
    /// It is missing or misshapen.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let tensor = match self.take_quantised(name, shape)? {
            Some(matrix) => widened(&matrix),
            None => self
                .tensors
                .remove(name)
                .ok_or_else(|| Error::invalid(format!("the weights lack the tensor {name} (shape {shape:?})")))?,
        };
        check_shape(name, tensor.dims(), shape)?;
        Ok(tensor)
    }

    /// Takes the matrix `name` if it is there in few bits; it must be of `shape`.
    ///
    /// # Errors
    /// It is misshapen.
    pub fn take_quantised(&mut self, name: &str, shape: &[usize]) -> Result<Option<QuantisedMatrix>> {
        let matrix = self.quantised.remove(name);
        if let Some(matrix) = &matrix {
            check_shape(name, &matrix.shape(), shape)?;
        }
        Ok(matrix)
    }

    /// Takes every matrix of rows of integers.
    pub fn take_rows(&mut self) -> BTreeMap<String, QuantisedMatrix> {
        let quantised = std::mem::take(&mut self.quantised).into_iter();
        let (rows, rest) = quantised.partition(|(_, matrix)| matrix.has_rows());
        self.quantised = rest;
        rows
    }

    /// Checks that every tensor was taken.
    ///
    /// # Errors
    /// Some are left over.
    pub fn finish(self) -> Result<()> {
        let left: Vec<_> = self.tensors.into_keys().chain(self.quantised.into_keys()).collect();
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

fn widened(matrix: &QuantisedMatrix) -> Tensor {
    let tensor = Tensor::from_vec(matrix.values(), &matrix.shape()[..], &Device::Cpu);
    // Cannot fail: a matrix has the values that its shape says, and the CPU has room for them.
    tensor.expect("a tensor on the CPU")
}

fn check_shape(name: &str, found: &[usize], expected: &[usize]) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::invalid(format!("the weights' tensor {name} has shape {found:?} where the model's is {expected:?}")))
}
