//! `model.safetensors`: a model's tensors in the precision that the manifest states.
//!
//! As int8, each row of a matrix becomes integers in −127..127 times one f32 scale, kept beside it as `<name>.scale`: a row
//! is what one output of a linear layer, or one word, is computed from, so an outlier in one costs the others nothing.
//! Vectors (biases, layer normalisation) stay f32: together they are 0.5% of the bytes.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, View};

use super::Precision;
use crate::bert::{Weights, float_values};
use crate::{Error, Result};

const SCALE: &str = ".scale";

/// Writes `weights` in `precision` as the content of a safetensors file.
///
/// # Errors
/// A tensor has values that are not finite, or is not of floating-point type.
pub fn encode(weights: Weights, precision: Precision) -> Result<Vec<u8>> {
    let mut stored = Vec::new();
    for (name, tensor) in weights {
        let shape = tensor.dims().to_vec();
        let values: Vec<f32> = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::invalid(format!(
                "the tensor {name} has values that are not finite; it cannot be exported"
            )));
        }
        match (precision, shape.len()) {
            (Precision::F16, _) => {
                let halves = values.iter().flat_map(|&value| half::f16::from_f32(value).to_le_bytes());
                stored.push((name, Stored { dtype: Dtype::F16, bytes: halves.collect(), shape }));
            }
            (Precision::Int8, 2) => {
                let (integers, scales) = quantise_rows(&values, shape[1]);
                let bytes = integers.into_iter().map(|value| value as u8).collect();
                stored.push((format!("{name}{SCALE}"), Stored::f32(&scales, vec![shape[0]])));
                stored.push((name, Stored { dtype: Dtype::I8, bytes, shape }));
            }
            (Precision::F32 | Precision::Int8, _) => stored.push((name, Stored::f32(&values, shape))),
        }
    }
    safetensors::serialize(stored, None::<HashMap<_, _>>)
        .map_err(|error| Error::invalid(format!("the weights cannot be written as safetensors: {error}")))
}

/// Reads what [`encode`] wrote, widened to f32.
///
/// # Errors
/// The file is malformed, or int8 values lack their scales.
pub fn decode(bytes: &[u8], device: &Device) -> Result<Weights> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| Error::invalid(format!("the bundle's weights are no readable safetensors file: {error}")))?;
    let mut weights = Weights::default();
    for (name, view) in file.iter() {
        let values = match view.dtype() {
            Dtype::I8 => {
                let scales = file.tensor(&format!("{name}{SCALE}")).ok().and_then(|scales| float_values(&scales));
                let scales = scales.filter(|scales| view.shape().first() == Some(&scales.len()));
                let scales = scales
                    .ok_or_else(|| Error::invalid(format!("the bundle's tensor {name} lacks a scale for each row")))?;
                let width = (view.data().len() / scales.len().max(1)).max(1);
                let rows = view.data().chunks_exact(width).zip(scales);
                rows.flat_map(|(row, scale)| row.iter().map(move |&value| f32::from(value as i8) * scale)).collect()
            }
            _ if name.ends_with(SCALE) => continue,
            _ => float_values(&view).ok_or_else(|| {
                Error::invalid(format!(
                    "the bundle's tensor {name} is of type {:?}, which is not supported",
                    view.dtype()
                ))
            })?,
        };
        weights.insert(name, Tensor::from_vec(values, view.shape(), device)?)?;
    }
    Ok(weights)
}

/// Each row as integers and the scale that gives the row back.
fn quantise_rows(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let rows = values.chunks_exact(width);
    let scales: Vec<f32> =
        rows.clone().map(|row| row.iter().fold(0.0f32, |highest, value| highest.max(value.abs())) / 127.0).collect();
    let integers = rows.zip(&scales).flat_map(|(row, &scale)| {
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        row.iter().map(move |value| (value * inverse).round().clamp(-127.0, 127.0) as i8)
    });
    (integers.collect(), scales)
}

/// A tensor on its way into a safetensors file.
pub(crate) struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Stored {
    /// 32-bit floats.
    pub(crate) fn f32(values: &[f32], shape: Vec<usize>) -> Self {
        Self { dtype: Dtype::F32, shape, bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect() }
    }
}

impl View for Stored {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        self.bytes.as_slice().into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored_and_read(tensor: &Tensor, precision: Precision) -> Vec<f32> {
        let bytes = encode([("a.weight".to_owned(), tensor.clone())].into_iter().collect(), precision).unwrap();
        let mut weights = decode(&bytes, &Device::Cpu).unwrap();
        let read = weights.take("a.weight", tensor.dims()).unwrap();
        weights.finish().unwrap();
        read.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn each_precision_keeps_its_digits() {
        let values = [0.1f32, -3.0, 0.0, 1e-4, 500.0, 250.3, 0.0, 0.0, 0.0];
        let tensor = Tensor::from_slice(&values, (3, 3), &Device::Cpu).unwrap();
        assert_eq!(stored_and_read(&tensor, Precision::F32), values);
        for (stored, value) in stored_and_read(&tensor, Precision::F16).iter().zip(values) {
            assert!((stored - value).abs() <= value.abs() * 5e-4 + 1e-7, "{stored} for {value}");
        }
        let row_scales = [3.0 / 127.0, 500.0 / 127.0, 0.0];
        for (i, (stored, value)) in stored_and_read(&tensor, Precision::Int8).iter().zip(values).enumerate() {
            assert!((stored - value).abs() <= row_scales[i / 3] * 0.5001, "{stored} for {value}");
        }
    }

    #[test]
    fn vectors_stay_exact_in_int8() {
        let tensor = Tensor::new(&[0.1f32, -3.3, 1e-9], &Device::Cpu).unwrap();
        assert_eq!(stored_and_read(&tensor, Precision::Int8), [0.1, -3.3, 1e-9]);
    }

    #[test]
    fn what_is_not_finite_is_not_exported() {
        let tensor = Tensor::new(&[f32::NAN], &Device::Cpu).unwrap();
        let error = encode([("a".to_owned(), tensor)].into_iter().collect(), Precision::Int8).unwrap_err();
        assert!(error.to_string().contains("tensor a has values that are not finite"), "{error}");
    }
}
