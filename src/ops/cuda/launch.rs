//! How a kernel is compiled, given its arguments and launched.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
use candle_core::cuda::cudarc::driver::{CudaFunction, CudaSlice, CudaView, LaunchConfig, PushKernelArg, result};
use candle_core::cuda::cudarc::nvrtc::{CompileError, compile_ptx};
use candle_core::op::BackpropOp;
use candle_core::{CudaDevice, CudaStorage, Layout, Result, Shape, Storage, Tensor, bail};

const KERNELS: &str = include_str!("kernels.cu");
const ATTENTION: &str = include_str!("attention.cu");

/// Threads in a block, and in a warp.
const BLOCK: usize = 128;
const WARP: usize = 32;

/// How the work is shared out: the kernel's first argument.
#[derive(Clone, Copy)]
pub enum Threads {
    /// A thread for each of so many elements.
    Elements(usize),
    /// A warp for each of so many rows.
    Rows(usize),
}

/// Which kernel.
#[derive(Clone, Copy)]
pub enum Kernel {
    /// One of kernels.cu.
    Plain(&'static str),
    /// One of attention.cu, which is compiled for heads of so many columns.
    OfHeads { name: &'static str, width: usize },
}

/// What a kernel is given after the tensors.
pub enum Constant {
    U32(u32),
    F32(f32),
    Numbers(Numbers),
}

/// Numbers on the device.
#[derive(Clone)]
pub struct Numbers(Arc<CudaSlice<u32>>);

/// Makes `device` fit for training: it keeps memory that tensors have freed, instead of asking the driver for it anew after each
/// time that the processor waits, and leaves out what only work on several streams needs.
pub fn prepare(device: &CudaDevice) -> Result<()> {
    // SAFETY: all tensors of a device are used on the one stream that candle has for it.
    unsafe { device.disable_event_tracking() };
    let mut all = u64::MAX;
    // SAFETY: the pool is the one that the driver has for this device, and the attribute is a 64-bit number.
    unsafe {
        let pool = result::device::get_default_mem_pool(device.cuda_stream().context().cu_device()).w()?;
        result::mem_pool::set_attribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, (&raw mut all).cast()).w()
    }
}

impl From<&'static str> for Kernel {
    fn from(name: &'static str) -> Self {
        Self::Plain(name)
    }
}

impl Numbers {
    /// Copies them there.
    pub fn new(device: &CudaDevice, numbers: impl IntoIterator<Item = u32>) -> Result<Self> {
        let numbers: Vec<u32> = numbers.into_iter().collect();
        Ok(Self(Arc::new(device.clone_htod(&numbers[..])?)))
    }
}

impl Threads {
    /// The kernel's first argument.
    pub fn count(self) -> usize {
        match self {
            Self::Elements(count) | Self::Rows(count) => count,
        }
    }

    /// A grid of as many threads.
    pub fn grid(self) -> LaunchConfig {
        let threads = match self {
            Self::Elements(count) => count,
            Self::Rows(count) => count * WARP,
        };
        LaunchConfig {
            grid_dim: (threads.div_ceil(BLOCK).max(1) as u32, 1, 1),
            block_dim: (BLOCK as u32, 1, 1),
            shared_mem_bytes: 0,
        }
    }
}

/// Runs `kernel` on contiguous f32 inputs, for an output of `length` numbers.
pub fn launch<const N: usize>(
    kernel: impl Into<Kernel>,
    threads: Threads,
    inputs: &[(&CudaStorage, &Layout)],
    length: usize,
    constants: [Constant; N],
) -> Result<CudaStorage> {
    let device = &inputs[0].0.device;
    let function = function(device, kernel.into())?;
    let inputs = inputs.iter().map(|(storage, layout)| values(storage, layout)).collect::<Result<Vec<_>>>()?;
    // SAFETY: every kernel writes every element of its output before anything reads it.
    let mut output = unsafe { device.alloc::<f32>(length)? };
    let count = threads.count();
    let stream = device.cuda_stream();
    let mut arguments = stream.launch_builder(&function);
    arguments.arg(&count);
    inputs.iter().for_each(|input| {
        arguments.arg(input);
    });
    arguments.arg(&mut output);
    for constant in &constants {
        match constant {
            Constant::U32(number) => arguments.arg(number),
            Constant::F32(number) => arguments.arg(number),
            Constant::Numbers(numbers) => arguments.arg(&*numbers.0),
        };
    }
    // SAFETY: the arguments are those of the kernel's signature, and it stays within `count` elements or rows, as which the
    // shapes of inputs and output are counted where it is launched.
    unsafe { arguments.launch(threads.grid()) }.w()?;
    drop(arguments);
    Ok(CudaStorage::wrap_cuda_slice(output, device.clone()))
}

/// As [`launch`], from tensors to a tensor that has no gradient itself.
pub fn gradient<const N: usize>(
    kernel: impl Into<Kernel>,
    threads: Threads,
    inputs: &[&Tensor],
    shape: Shape,
    constants: [Constant; N],
) -> Result<Tensor> {
    let locked: Vec<_> = inputs.iter().map(|tensor| tensor.storage_and_layout()).collect();
    let on_gpu = locked.iter().map(|(storage, layout)| match &**storage {
        Storage::Cuda(storage) => Ok((storage, *layout)),
        _ => bail!("the tensors of a kernel for CUDA are elsewhere"),
    });
    let output = launch(kernel, threads, &on_gpu.collect::<Result<Vec<_>>>()?, shape.elem_count(), constants)?;
    Ok(Tensor::from_storage(Storage::Cuda(output), shape, BackpropOp::none(), false))
}

/// The kernel of that name.
pub fn function(device: &CudaDevice, kernel: Kernel) -> Result<CudaFunction> {
    // By the width of heads, which is 0 for those that know none.
    static COMPILED: Mutex<BTreeMap<usize, std::result::Result<String, String>>> = Mutex::new(BTreeMap::new());
    let (name, width) = match kernel {
        Kernel::Plain(name) => (name, 0),
        Kernel::OfHeads { name, width } => (name, width),
    };
    let compile = || {
        let source = match kernel {
            Kernel::Plain(_) => KERNELS.to_owned(),
            Kernel::OfHeads { width, .. } => format!("#define WIDTH {width}\n{KERNELS}{ATTENTION}"),
        };
        compile_ptx(source).map(|ptx| ptx.to_src()).map_err(|error| match error {
            CompileError::CompileError { log, .. } => log.to_string_lossy().into_owned(),
            error => error.to_string(),
        })
    };
    match COMPILED.lock().unwrap_or_else(PoisonError::into_inner).entry(width).or_insert_with(compile) {
        Ok(ptx) => Ok(device.get_or_load_custom_func(name, &format!("undertone-{width}"), ptx)?.into_cuda_function()),
        Err(error) => bail!("NVRTC cannot compile the kernels for CUDA: {error}"),
    }
}

/// The numbers that `layout` describes.
pub fn values<'a>(storage: &'a CudaStorage, layout: &Layout) -> Result<CudaView<'a, f32>> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(storage.as_cuda_slice::<f32>()?.slice(start..end)),
        None => bail!("kernels need contiguous tensors"),
    }
}

/// What an operation that only a GPU has answers on the processor.
pub fn not_here<T>(operation: &str) -> Result<T> {
    bail!("there is {operation} alone, and the tensor is on the processor")
}
