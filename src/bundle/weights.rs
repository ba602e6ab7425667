//! `model.safetensors`: a model's tensors in the precision that the manifest states.
//!
//! As int8, each row of a matrix becomes integers in −127..127 times one f32 scale, kept beside it as `<name>.scale`: a row is
//! what one output of a linear layer, or one word, is computed from, so an outlier in one costs the others nothing. The
//! layers' scales are such that the kernels' sums cannot overflow ([`quantise_rows`]); elsewhere nothing is summed
//! ([`quantise_table`]).
//!
//! The layers' integers lie as the kernels read them, in panels of eight outputs and quads of four inputs ([`Panels`]): a
//! tensor of shape (outputs / 8, inputs / 4, 8, 4), from which `transpose(0, 2, 1, 3)` makes the rows again, and beside it
//! `<name>.sums`, the sums of each output's integers over 128 inputs, of shape (outputs / 8, inputs / 128 rounded up, 8). A matrix
//! whose sizes do not divide so stays in rows.
//!
//! Vectors (biases, layer normalisation, token types) stay f32: together they are 0.5% of the bytes.
//!
//! The word vectors, of which a text needs one for each token, bear coarser steps than the layers do, and are stored in fewer
//! bits where the manifest says so ([`quantise_groups`]): as bytes of shape (words, groups, bytes of a group), whose last size tells
//! the bits, with f16 scales of shape (words, groups).

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use half::f16;
use safetensors::tensor::{Dtype, View};

use super::{EmbeddingPrecision, Precision};
use crate::bert::names::{TOKEN_TYPE_EMBEDDINGS, WORD_EMBEDDINGS, layer_of};
use crate::bert::{Content, StoredTensor, Tensors, Weights};
use crate::kernels::are_finite;
use crate::kernels::int8::{ACTIVATION_GROUP, Panels, quantise_rows};
use crate::kernels::quantised::{QuantisedMatrix, WEIGHT_GROUP, quantise_groups, quantise_table};
use crate::kernels::simd::LANES;
use crate::{Error, Result};

const SCALE: &str = ".scale";
const SUMS: &str = ".sums";

/// How the tensors of a model are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// All of them, unless it says otherwise below.
    pub precision: Precision,
    /// The word vectors; like the rest where none is given.
    pub embeddings: Option<EmbeddingPrecision>,
}

impl From<Precision> for Storage {
    fn from(precision: Precision) -> Self {
        Self { precision, embeddings: None }
    }
}

/// Writes `weights` as the content of a safetensors file. What is of rows of integers already stays so.
///
/// # Errors
/// A tensor has values that are not finite or would not be in their precision, or is not of floating-point type; or the model's
/// width does not divide into the groups of few bits.
pub fn encode(mut weights: Weights, storage: impl Into<Storage>) -> Result<Vec<u8>> {
    let Storage { precision, embeddings } = storage.into();
    let mut stored = Vec::new();
    for (name, matrix) in weights.take_rows() {
        let shape = matrix.shape().to_vec();
        if let Some((integers, scales)) = matrix.into_rows() {
            stored.extend(in_rows(name, integers, &scales, shape));
        }
    }
    for (name, tensor) in weights {
        let shape = tensor.dims().to_vec();
        let values: Vec<f32> = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::invalid(format!(
                "the tensor {name} has values that are not finite; it cannot be exported"
            )));
        }
        match embeddings.filter(|_| name == WORD_EMBEDDINGS) {
            None => stored.extend(with_precision(name, &values, shape, precision)?),
            Some(EmbeddingPrecision::Int8) => stored.extend(with_precision(name, &values, shape, Precision::Int8)?),
            Some(EmbeddingPrecision::Int6) => stored.extend(in_groups(name, &values, &shape, 6)?),
            Some(EmbeddingPrecision::Int4) => stored.extend(in_groups(name, &values, &shape, 4)?),
        }
    }
    safetensors::serialize(stored, None::<HashMap<_, _>>)
        .map_err(|error| Error::invalid(format!("the weights cannot be written as safetensors: {error}")))
}

/// Reads what [`encode`] wrote; what is stored in few bits stays so.
///
/// # Errors
/// The file is malformed, integers lack their scales or scales their integers, or a value or scale is not finite.
pub fn decode(content: &dyn Content) -> Result<Weights> {
    let file = Tensors::of(content)
        .map_err(|error| Error::invalid(format!("the bundle's weights are no readable safetensors file: {error}")))?;
    let mut weights = Weights::default();
    for (name, tensor) in file.iter() {
        if belongs_to_integers(&file, &name) {
            continue;
        }
        let scales = || file.get(&format!("{name}{SCALE}"));
        match tensor.dtype() {
            Dtype::I8 if tensor.shape().len() == 4 => {
                let sums = file.get(&format!("{name}{SUMS}"));
                weights.insert_quantised(&name, from_panels(&name, &tensor, scales(), sums)?)?;
            }
            Dtype::I8 => weights.insert_quantised(&name, from_rows(&name, &tensor, scales())?)?,
            Dtype::U8 => weights.insert_quantised(&name, from_groups(&name, &tensor, scales())?)?,
            _ => {
                let values = tensor.floats().ok_or_else(|| {
                    Error::invalid(format!(
                        "the bundle's tensor {name} is of type {:?}, which is not supported",
                        tensor.dtype()
                    ))
                })?;
                check_finite(&name, &values)?;
                weights.insert(name, Tensor::from_vec(values, tensor.shape(), &Device::Cpu)?)?;
            }
        }
    }
    Ok(weights)
}

/// Whether the tensor `name` is the scales or the sums of integers, which are read with them.
fn belongs_to_integers(file: &Tensors, name: &str) -> bool {
    let integers = |suffix: &str| name.strip_suffix(suffix).and_then(|of| file.get(of));
    integers(SCALE).is_some_and(|of| matches!(of.dtype(), Dtype::I8 | Dtype::U8))
        || integers(SUMS).is_some_and(|of| of.dtype() == Dtype::I8 && of.shape().len() == 4)
}

fn check_finite(name: &str, values: &[f32]) -> Result<()> {
    match are_finite(values) {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "the bundle's tensor {name} has values that are not finite, and no answer can come of them: export the bundle again"
        ))),
    }
}

/// The scales of `integers`, of `shape`; none where they are of another.
///
/// # Errors
/// One of them is not finite.
fn finite_scales(name: &str, scales: Option<StoredTensor>, shape: &[usize]) -> Result<Option<Vec<f32>>> {
    let scales = scales.filter(|scales| scales.shape() == shape).and_then(|scales| scales.floats());
    scales.as_ref().map_or(Ok(()), |scales| check_finite(&format!("{name}{SCALE}"), scales))?;
    Ok(scales)
}

/// `weights` with the word vectors, of `shape`, as a bundle that stores them in `precision` has them.
///
/// # Errors
/// As for [`encode`], or there are no word vectors of this shape.
pub fn with_rounded_embeddings(
    mut weights: Weights,
    shape: [usize; 2],
    precision: EmbeddingPrecision,
) -> Result<Weights> {
    let table = weights.take(WORD_EMBEDDINGS, &shape)?;
    let device = table.device().clone();
    let storage = Storage { precision: Precision::Int8, embeddings: Some(precision) };
    let rounded = decode(&encode([(WORD_EMBEDDINGS.to_owned(), table)].into_iter().collect(), storage)?)?;
    for (name, table) in rounded {
        weights.insert(name, table.to_device(&device)?)?;
    }
    Ok(weights)
}

/// A tensor, and its scales where it has some.
fn with_precision(
    name: String,
    values: &[f32],
    shape: Vec<usize>,
    precision: Precision,
) -> Result<Vec<(String, Stored)>> {
    Ok(match (precision, shape.len()) {
        (Precision::F16, _) => {
            let halves: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
            check_fits(&name, &halves)?;
            vec![(name, Stored::f16(halves, shape))]
        }
        // Of the token types one is added to every token: whatever rounding took from it would be missing everywhere.
        (Precision::Int8, 2) if name != TOKEN_TYPE_EMBEDDINGS => {
            let quantise = if layer_of(&name).is_some() { quantise_rows } else { quantise_table };
            let (integers, scales) = quantise(values, shape[1]);
            in_rows(name, integers, &scales, shape)
        }
        (Precision::F32 | Precision::Int8, _) => vec![(name, Stored::f32(values, shape))],
    })
}

/// Checks that what was finite has stayed so as f16, which ends at 65504.
fn check_fits(name: &str, stored: &[f16]) -> Result<()> {
    match stored.iter().all(|value| value.is_finite()) {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "the tensor {name} has values beyond 65504, where 16-bit floats end: export it as f32 or int8"
        ))),
    }
}

/// A matrix of `integers`, a layer's as the kernels read them, and the scales of its rows.
fn in_rows(name: String, integers: Vec<i8>, scales: &[f32], shape: Vec<usize>) -> Vec<(String, Stored)> {
    let scales = (format!("{name}{SCALE}"), Stored::f32(scales, vec![shape[0]]));
    let panels = (layer_of(&name).is_some() && Panels::are_whole(shape[0], shape[1]))
        .then(|| Panels::pack(&integers, shape[1]))
        .flatten();
    let mut stored = match panels {
        Some(panels) => in_panels(name, &panels),
        None => vec![(name, Stored::integers(integers.into_iter().map(|value| value as u8).collect(), shape))],
    };
    stored.push(scales);
    stored
}

/// Integers as the kernels read them, and their sums.
fn in_panels(name: String, panels: &Panels) -> Vec<(String, Stored)> {
    let (count, groups) = (panels.outputs() / LANES, panels.inputs().div_ceil(ACTIVATION_GROUP));
    let sums = panels.group_sums().flatten().flat_map(i16::to_le_bytes).collect();
    let sums = Stored { dtype: Dtype::I16, bytes: sums, shape: vec![count, groups, LANES] };
    let integers =
        Stored::integers(bytemuck::cast_slice(panels.quads()).to_vec(), vec![count, panels.inputs() / 4, LANES, 4]);
    vec![(format!("{name}{SUMS}"), sums), (name, integers)]
}

/// What [`in_panels`] stored.
fn from_panels(
    name: &str,
    tensor: &StoredTensor,
    scales: Option<StoredTensor>,
    sums: Option<StoredTensor>,
) -> Result<QuantisedMatrix> {
    let malformed = |what: &str| Error::invalid(format!("the bundle's tensor {name} {what}"));
    let &[panels, quads, LANES, 4] = tensor.shape() else {
        let shape = tensor.shape();
        return Err(malformed(&format!("has the shape {shape:?}, and is not in panels of eight outputs")));
    };
    let (Some(outputs), Some(inputs)) = (panels.checked_mul(LANES), quads.checked_mul(4)) else {
        return Err(malformed("has more outputs or inputs than can be counted"));
    };
    let wanted = [panels, inputs.div_ceil(ACTIVATION_GROUP), LANES];
    let sums = sums.filter(|sums| sums.dtype() == Dtype::I16 && sums.shape() == wanted);
    let sums = sums.ok_or_else(|| malformed("lacks the sums of its integers"))?;
    let panels = Panels::from_parts(outputs, inputs, tensor.values(), &sums.values())
        .ok_or_else(|| malformed("has integers that do not fit their sums, or the kernels'"))?;
    finite_scales(name, scales, &[outputs])?
        .and_then(|scales| QuantisedMatrix::from_panels(panels, scales))
        .ok_or_else(|| malformed("lacks a scale for each output"))
}

/// The table `values` in groups of integers of `bits` bits, and their scales.
fn in_groups(name: String, values: &[f32], shape: &[usize], bits: u32) -> Result<[(String, Stored); 2]> {
    let &[rows, width] = shape else {
        return Err(Error::invalid(format!("the tensor {name} has the shape {shape:?}, and is no table of words")));
    };
    if !width.is_multiple_of(WEIGHT_GROUP) {
        return Err(Error::invalid(format!(
            "word vectors of {width} values do not divide into groups of {WEIGHT_GROUP}: export them as int8"
        )));
    }
    // A group's scale, an f16, times the lowest integer.
    let furthest = f16::MAX.to_f32() * (1u32 << (bits - 1)) as f32;
    if values.iter().any(|value| value.abs() > furthest) {
        return Err(Error::invalid(format!(
            "the tensor {name} has values beyond {furthest}, where groups of {bits} bits end: export them as int8"
        )));
    }
    let (bytes, scales) = quantise_groups(values, bits);
    let groups = width / WEIGHT_GROUP;
    let scales = Stored::f16(scales, vec![rows, groups]);
    let packed = Stored { dtype: Dtype::U8, bytes, shape: vec![rows, groups, WEIGHT_GROUP * bits as usize / 8] };
    Ok([(format!("{name}{SCALE}"), scales), (name, packed)])
}

/// What [`in_groups`] stored.
fn from_groups(name: &str, tensor: &StoredTensor, scales: Option<StoredTensor>) -> Result<QuantisedMatrix> {
    let malformed = |what: &str| Error::invalid(format!("the bundle's tensor {name} {what}"));
    let shape = tensor.shape();
    let &[rows, _, bytes] = shape else {
        return Err(malformed("is stored in bytes, and not in groups of integers"));
    };
    let bits = [4, 6].into_iter().find(|&bits| bytes * 8 == WEIGHT_GROUP * bits as usize);
    let bits = bits.ok_or_else(|| malformed(&format!("has groups of {bytes} bytes, which no precision has")))?;
    let scales = scales.filter(|scales| scales.dtype() == Dtype::F16 && scales.shape() == &shape[..2]);
    let scales = scales.map(|scales| scales.values::<f16>());
    if scales.iter().flatten().any(|scale| !scale.is_finite()) {
        return Err(malformed(
            "has scales that are not finite, and no answer can come of them: export the bundle again",
        ));
    }
    scales
        .and_then(|scales| QuantisedMatrix::from_groups(tensor.values(), scales, bits, rows))
        .ok_or_else(|| malformed("lacks a scale for each group"))
}

/// A matrix that is stored as rows of integers.
fn from_rows(name: &str, tensor: &StoredTensor, scales: Option<StoredTensor>) -> Result<QuantisedMatrix> {
    let malformed = |what: &str| Error::invalid(format!("the bundle's tensor {name} {what}"));
    let &[rows, width] = tensor.shape() else {
        return Err(malformed("is stored as integers, and is no matrix"));
    };
    finite_scales(name, scales, &[rows])?
        .and_then(|scales| QuantisedMatrix::from_rows(tensor.values(), scales, width))
        .ok_or_else(|| malformed("lacks a scale for each row"))
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

    fn integers(bytes: Vec<u8>, shape: Vec<usize>) -> Self {
        Self { dtype: Dtype::I8, shape, bytes }
    }

    fn f16(values: Vec<f16>, shape: Vec<usize>) -> Self {
        Self { dtype: Dtype::F16, shape, bytes: values.into_iter().flat_map(f16::to_le_bytes).collect() }
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
mod tests;
