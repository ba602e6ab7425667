//! The hyperbolic tangent: the pooler's non-linearity, of one row for each text.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::view::{Values, slice, tensor};

pub struct TanhOp;

impl CustomOp1 for TanhOp {
    fn name(&self) -> &'static str {
        "tanh"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let y = slice(x, layout)?.iter().map(|x| x.tanh()).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn bwd(&self, x: &Tensor, y: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        let (y, gradient) = (Values::of(y)?, Values::of(&gradient)?);
        tensor(y.iter().zip(&gradient[..]).map(|(y, gradient)| gradient * (1.0 - y * y)).collect(), x.shape()).map(Some)
    }
}
