//! A run in progress on disk, from which it can go on as if nothing had happened.
//!
//! What a batch holds and which values dropout takes from it are functions of the seed and the batch's number, so the
//! state is small in kind: the variables, what the optimiser knows of each, and how many steps are done. What the best model is
//! so far says the run folder alone, so that the two cannot disagree.

use std::collections::{BTreeMap, HashMap};

use candle_core::Tensor;
use safetensors::SafeTensors;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::optimizer::{History, Optimizer};
use super::parameters::Parameters;
use super::provenance::{Environment, Provenance};
use super::recipe::Recipe;
use crate::bert::Tensors;
use crate::bundle::weights::Stored;
use crate::{Error, Result};

/// How far a run has come, beside its tensors.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Position {
    /// How many steps are done.
    pub step: usize,
    /// How long they took, in seconds, over all processes that worked on the run.
    pub seconds: f64,
    /// How the model is trained.
    pub recipe: Recipe,
    /// From what.
    pub provenance: Provenance,
    /// By what, up to this step.
    pub environments: Vec<Environment>,
}

const POSITION: &str = "position";
/// In how many steps each variable had a gradient.
const STEPS: &str = "steps";

/// The content of a checkpoint file.
///
/// # Errors
/// A variable is not f32.
pub fn encode(position: &Position, parameters: &Parameters, optimizer: &Optimizer) -> Result<Vec<u8>> {
    let (mut stored, mut counts) = (Vec::new(), BTreeMap::new());
    for ((name, variable), history) in parameters.variables().zip(optimizer.histories()) {
        let History { steps, moments: [first, second] } = history?;
        counts.insert(name, steps);
        let values: Vec<f32> = variable.flatten_all()?.to_vec1()?;
        let shape = variable.dims().to_vec();
        for (kind, values) in [("value", &values[..]), ("first", &first), ("second", &second)] {
            stored.push((format!("{kind}.{name}"), Stored::f32(values, shape.clone())));
        }
    }
    let json = |error: serde_json::Error| Error::invalid(format!("the checkpoint cannot be written: {error}"));
    let position = serde_json::to_string(position).map_err(json)?;
    let counts = serde_json::to_string(&counts).map_err(json)?;
    let metadata = HashMap::from([(POSITION.to_owned(), position), (STEPS.to_owned(), counts)]);
    safetensors::serialize(stored, Some(metadata))
        .map_err(|error| Error::invalid(format!("the checkpoint cannot be written: {error}")))
}

/// Reads how far the run of a checkpoint file has come.
///
/// # Errors
/// The content is no checkpoint.
pub fn position(bytes: &[u8]) -> Result<Position> {
    metadata(bytes, POSITION)
}

fn metadata<T: DeserializeOwned>(bytes: &[u8], name: &str) -> Result<T> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(&error))?;
    let json = header.metadata().as_ref().and_then(|metadata| metadata.get(name));
    let json = json.ok_or_else(|| damaged(&format!("it has no {name}")))?;
    serde_json::from_str(json).map_err(|error| damaged(&error))
}

/// Puts a checkpoint file's tensors into the variables and the optimiser.
///
/// # Errors
/// The content is no checkpoint of these parameters.
pub fn restore(bytes: &[u8], parameters: &Parameters, optimizer: &mut Optimizer) -> Result<()> {
    let file = Tensors::of(&bytes).map_err(|error| damaged(&error))?;
    let read = |kind: &str, name: &str, length: usize| {
        let values = file.get(&format!("{kind}.{name}")).and_then(|tensor| tensor.floats());
        values.filter(|values| values.len() == length).ok_or_else(|| damaged(&format!("it lacks the {kind} of {name}")))
    };
    let counts: BTreeMap<String, u32> = metadata(bytes, STEPS)?;
    let mut histories = Vec::new();
    for (name, variable) in parameters.variables() {
        let length = variable.elem_count();
        variable.set(&Tensor::from_vec(read("value", name, length)?, variable.shape(), variable.device())?)?;
        let steps = *counts.get(name).ok_or_else(|| damaged(&format!("it lacks the steps of {name}")))?;
        let moments = [read("first", name, length)?.into(), read("second", name, length)?.into()];
        histories.push(History { steps, moments });
    }
    optimizer.restore(histories)
}

fn damaged(why: &dyn std::fmt::Display) -> Error {
    Error::invalid(format!(
        "the checkpoint cannot be read, so the run cannot go on ({why}): start it anew in another folder"
    ))
}
