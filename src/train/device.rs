//! Where a model is trained: on the processor with our own fused operations, or on a GPU with candle's.

use candle_core::{Device, utils};
use serde::{Deserialize, Serialize};

use crate::ops::ProductPrecision;
use crate::{Error, Result};

/// The device `name`: `cpu`, `cuda`, `cuda:1` (the second one), `metal`, or `auto`, which is a GPU if this build can use one
/// and there is one.
///
/// # Errors
/// There is no such device, or this build cannot use it; the sentence says what to install or to build.
pub fn device(name: &str) -> Result<Device> {
    match name {
        "auto" => Ok(automatic()),
        "cpu" => Ok(Device::Cpu),
        "metal" if utils::metal_is_available() => Device::new_metal(0).map_err(|error| absent("Metal", &error)),
        "metal" => {
            Err(Error::invalid("this build of undertone cannot use Metal: build it on a Mac with the feature metal"))
        }
        _ => {
            let number = name.strip_prefix("cuda").map(|rest| rest.strip_prefix(':').unwrap_or(rest));
            let number = match number {
                Some("") if !name.ends_with(':') => Some(0),
                Some(number) if name.starts_with("cuda:") => number.parse().ok(),
                _ => None,
            };
            let Some(number) = number else {
                return Err(Error::invalid(format!(
                    "there is no device \"{name}\": name auto, cpu, cuda, cuda:1 (the second one) or metal"
                )));
            };
            if !utils::cuda_is_available() {
                return Err(Error::invalid(
                    "this build of undertone cannot use CUDA: install NVIDIA's CUDA toolkit and build it with \
                     the feature cuda, or train on the device cpu (see docs/GPU.md)",
                ));
            }
            new_cuda(number).map_err(|error| absent(name, &error))
        }
    }
}

/// What the factors of the linear layers' products are rounded to. Weights, gradients and sums are f32 in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum TrainingPrecision {
    /// Nothing: 24 significant bits.
    F32,
    /// NVIDIA's TF32, 11 significant bits, in all products of f32.
    Tf32,
    /// bfloat16, 8 significant bits.
    Bf16,
}

impl TrainingPrecision {
    /// Its name, as `--precision` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
        }
    }

    /// Prepares `device` for it, and gives what the operations are to be built with.
    ///
    /// # Errors
    /// The device does not have it.
    pub fn on(self, device: &Device) -> Result<ProductPrecision> {
        match self {
            Self::F32 => Ok(ProductPrecision::F32),
            Self::Bf16 => Ok(ProductPrecision::Bf16),
            Self::Tf32 if device.is_cuda() => {
                candle_core::cuda::set_gemm_reduced_precision_f32(true);
                Ok(ProductPrecision::F32)
            }
            Self::Tf32 => Err(Error::invalid("only CUDA devices have tf32: use f32 or bf16")),
        }
    }
}

/// The first GPU that answers, else the processor.
fn automatic() -> Device {
    let cuda = || utils::cuda_is_available().then(|| new_cuda(0).ok()).flatten();
    let metal = || utils::metal_is_available().then(|| Device::new_metal(0).ok()).flatten();
    cuda().or_else(metal).unwrap_or(Device::Cpu)
}

/// NVIDIA's GPU of that number, ready to train on.
fn new_cuda(number: usize) -> candle_core::Result<Device> {
    let device = Device::new_cuda(number)?;
    #[cfg(feature = "cuda")]
    crate::ops::cuda::prepare(device.as_cuda_device()?)?;
    Ok(device)
}

fn absent(name: &str, error: &candle_core::Error) -> Error {
    Error::invalid(format!("{name} cannot be used ({error}): is its driver installed? The device cpu always works"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_there_is_named_with_what_to_do() {
        assert!(device("cpu").unwrap().is_cpu());
        device("auto").unwrap();
        assert!(
            TrainingPrecision::Tf32.on(&Device::Cpu).unwrap_err().to_string().contains("only CUDA devices have tf32")
        );
        for name in ["gpu", "cuda:", "cuda:x", "cuda1", "cuda:-1", ""] {
            let said = device(name).unwrap_err().to_string();
            assert!(said.contains("there is no device"), "{name}: {said}");
        }
        for (name, available, feature) in [
            ("cuda", utils::cuda_is_available(), "cuda"),
            ("cuda:1", utils::cuda_is_available(), "cuda"),
            ("metal", utils::metal_is_available(), "metal"),
        ] {
            if !available {
                let said = device(name).unwrap_err().to_string();
                assert!(said.contains(&format!("the feature {feature}")), "{name}: {said}");
            }
        }
    }
}
