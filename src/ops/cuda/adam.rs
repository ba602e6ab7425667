//! Adam's step on a GPU, in place: a kernel for each moment of a variable and one for the variable.

use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::PushKernelArg;
use candle_core::{CpuStorage, CudaStorage, InplaceOp2, InplaceOp3, Layout, Result, Tensor, Var, bail};

use super::launch::{Threads, function, not_here, values};
use crate::kernels::adam::Step;

/// Moves both moments of a variable by its gradient, and the variable by the moments.
pub fn adam_step(step: Step, variable: &Var, gradient: &Tensor, moments: [&Tensor; 2]) -> Result<()> {
    let gradient = gradient.contiguous()?;
    for (moment, is_second) in moments.into_iter().zip([false, true]) {
        moment.inplace_op2(&gradient, &MoveMoment { step, is_second })?;
    }
    variable.inplace_op3(moments[0], moments[1], &MoveParameters(step))
}

struct MoveMoment {
    step: Step,
    is_second: bool,
}

impl InplaceOp2 for MoveMoment {
    fn name(&self) -> &'static str {
        "Adam's moments on CUDA"
    }

    fn cpu_fwd(&self, _: &mut CpuStorage, _: &Layout, _: &CpuStorage, _: &Layout) -> Result<()> {
        not_here(self.name())
    }

    fn cuda_fwd(
        &self,
        moment: &mut CudaStorage,
        layout: &Layout,
        gradient: &CudaStorage,
        gradient_layout: &Layout,
    ) -> Result<()> {
        let (count, start) = place(layout, [gradient_layout])?;
        let function = function(&gradient.device, "adam_moment".into())?;
        let stream = gradient.device.cuda_stream();
        let gradient = values(gradient, gradient_layout)?;
        let mut moment = moment.as_cuda_slice_mut::<f32>()?.slice_mut(start..start + count);
        let beta = if self.is_second { self.step.beta2 } else { self.step.beta1 };
        let is_second = u32::from(self.is_second);
        let threads = Threads::Elements(count);
        let mut arguments = stream.launch_builder(&function);
        arguments.arg(&count).arg(&mut moment).arg(&gradient);
        arguments.arg(&beta).arg(&self.step.gradient_scale).arg(&is_second);
        // SAFETY: the arguments are those of the kernel's signature, and both tensors have the `count` elements that it touches.
        unsafe { arguments.launch(threads.grid()) }.w()?;
        Ok(())
    }
}

struct MoveParameters(Step);

impl InplaceOp3 for MoveParameters {
    fn name(&self) -> &'static str {
        "Adam's parameters on CUDA"
    }

    fn cpu_fwd(
        &self,
        _: &mut CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<()> {
        not_here(self.name())
    }

    fn cuda_fwd(
        &self,
        parameters: &mut CudaStorage,
        layout: &Layout,
        first: &CudaStorage,
        first_layout: &Layout,
        second: &CudaStorage,
        second_layout: &Layout,
    ) -> Result<()> {
        let (count, start) = place(layout, [first_layout, second_layout])?;
        let function = function(&first.device, "adam_parameters".into())?;
        let stream = first.device.cuda_stream();
        let (first, second) = (values(first, first_layout)?, values(second, second_layout)?);
        let mut parameters = parameters.as_cuda_slice_mut::<f32>()?.slice_mut(start..start + count);
        let Step { rate, adaptive, epsilon, decay, .. } = self.0;
        let adaptive = adaptive.unwrap_or(0.0);
        let threads = Threads::Elements(count);
        let mut arguments = stream.launch_builder(&function);
        arguments.arg(&count).arg(&mut parameters).arg(&first).arg(&second);
        arguments.arg(&rate).arg(&adaptive).arg(&epsilon).arg(&decay);
        // SAFETY: the arguments are those of the kernel's signature, and all tensors have the `count` elements that it touches.
        unsafe { arguments.launch(threads.grid()) }.w()?;
        Ok(())
    }
}

/// How many elements a tensor has, and where they start, if the others have as many.
fn place<const N: usize>(layout: &Layout, others: [&Layout; N]) -> Result<(usize, usize)> {
    let count = layout.shape().elem_count();
    match layout.contiguous_offsets() {
        Some((start, _)) if others.iter().all(|other| other.shape().elem_count() == count) => Ok((count, start)),
        _ => bail!("the optimiser needs contiguous variables, and moments and gradients of their sizes"),
    }
}
