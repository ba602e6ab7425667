//! The files in which a checkpoint's tensors are stored: safetensors or PyTorch's own format, in one file or in several that an
//! index lists.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use candle_core::pickle::PthTensors;
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use crate::bert::tensors::Tensors;
use crate::{Error, Result, lfs};

/// The files that a folder may have, the one that is read where there are several first.
const SAFETENSORS: &str = "model.safetensors";
const SAFETENSORS_INDEX: &str = "model.safetensors.index.json";
const TORCH: &str = "pytorch_model.bin";
const TORCH_INDEX: &str = "pytorch_model.bin.index.json";

/// Weights that others read: their files, and how they become ones that are read here.
const ELSEWHERE: [(&str, &str); 6] = [
    ("adapter_model.safetensors", "merge the adapter into its base, in peft by merge_and_unload()"),
    ("adapter_model.bin", "merge the adapter into its base, in peft by merge_and_unload()"),
    ("tf_model.h5", "convert it, in transformers 4 by from_pretrained(…, from_tf=True) and save_pretrained()"),
    ("flax_model.msgpack", "convert it, in transformers 4 by from_pretrained(…, from_flax=True) and save_pretrained()"),
    ("bert_model.ckpt.index", "convert it, in transformers 4 by transformers-cli convert"),
    ("model.onnx", "take the weights that it was made of"),
];

/// The keys under which training scripts keep the tensors beside other things.
const WRAPPINGS: [&str; 3] = ["state_dict", "model_state_dict", "model"];

/// A checkpoint's tensors where they are stored.
pub(super) struct Stored {
    files: Vec<(PathBuf, Content)>,
}

enum Content {
    Safetensors(Vec<u8>),
    Torch(PthTensors),
}

impl Stored {
    /// Opens the files in `folder`.
    ///
    /// # Errors
    /// There is none, one is missing or malformed, or an index lists a tensor that no file has.
    pub fn open(folder: &Path) -> Result<Self> {
        for (file, index) in [(SAFETENSORS, SAFETENSORS_INDEX), (TORCH, TORCH_INDEX)] {
            if folder.join(file).exists() {
                return Ok(Self { files: vec![Content::open(folder.join(file))?] });
            }
            if folder.join(index).exists() {
                return Self::open_shards(folder, index);
            }
        }
        let found = ELSEWHERE.iter().find(|(file, _)| folder.join(file).exists());
        Err(Error::invalid(match found {
            Some((file, advice)) => {
                format!("{} has {file} but no {SAFETENSORS}, which is what can be read: {advice}", folder.display())
            }
            None => format!(
                "{} has no weights: {SAFETENSORS}, {TORCH}, or one of them in parts with its index.json",
                folder.display()
            ),
        }))
    }

    fn open_shards(folder: &Path, index: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Index {
            weight_map: BTreeMap<String, String>,
        }
        let path = folder.join(index);
        let Index { weight_map } = serde_json::from_slice(&lfs::read(&path)?)
            .map_err(|error| Error::invalid(format!("{}: {error}", path.display())))?;
        let mut names: Vec<&String> = weight_map.values().collect();
        names.sort();
        names.dedup();
        let files = names.into_iter().map(|name| {
            let part = folder.join(name);
            if !part.exists() {
                return Err(Error::invalid(format!(
                    "{} lists {name}, which is not beside it: fetch all parts of the checkpoint",
                    path.display()
                )));
            }
            Content::open(part)
        });
        let stored = Self { files: files.collect::<Result<_>>()? };
        let found = stored.names()?;
        match weight_map.keys().find(|name| !found.contains(name)) {
            None => Ok(stored),
            Some(missing) => Err(Error::invalid(format!(
                "{} lists the tensor {missing}, which none of its files has: fetch the parts of one and the same checkpoint",
                path.display()
            ))),
        }
    }

    /// The names of all tensors.
    ///
    /// # Errors
    /// A file is malformed.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for (path, content) in &self.files {
            match content {
                Content::Safetensors(bytes) => names.extend(opened(path, bytes)?.iter().map(|(name, _)| name)),
                Content::Torch(file) => names.extend(file.tensor_infos().keys().cloned()),
            }
        }
        Ok(names)
    }

    /// The tensors that `kept` has a name for, under that name, widened to f32.
    ///
    /// # Errors
    /// A file is malformed, or a tensor of them is of no floating-point type or has a value that is no finite number.
    pub fn read(&self, kept: impl Fn(&str) -> Option<String>, device: &Device) -> Result<Vec<(String, Tensor)>> {
        let mut tensors = Vec::new();
        for (path, content) in &self.files {
            match content {
                Content::Safetensors(bytes) => {
                    for (name, tensor) in opened(path, bytes)?.iter() {
                        let Some(current) = kept(&name) else { continue };
                        let values = tensor.floats().ok_or_else(|| no_float(path, &name, tensor.dtype()))?;
                        check_finite(path, &name, &values)?;
                        tensors.push((current, Tensor::from_vec(values, tensor.shape(), device)?));
                    }
                }
                Content::Torch(file) => {
                    // In the order of their names, since those of a pickle have none.
                    let names: BTreeMap<_, _> = file.tensor_infos().iter().collect();
                    for (name, info) in names {
                        let Some(current) = kept(name) else { continue };
                        if !matches!(info.dtype, DType::F32 | DType::F16 | DType::BF16 | DType::F64) {
                            return Err(no_float(path, name, info.dtype));
                        }
                        let tensor = read_torch(path, file, name)?.to_dtype(DType::F32)?;
                        check_finite(path, name, &tensor.flatten_all()?.to_vec1()?)?;
                        tensors.push((current, tensor.contiguous()?.to_device(device)?));
                    }
                }
            }
        }
        Ok(tensors)
    }
}

impl Content {
    fn open(path: PathBuf) -> Result<(PathBuf, Self)> {
        let is_torch = path.extension().is_some_and(|extension| extension != "safetensors");
        let content = if is_torch { Self::Torch(open_torch(&path)?) } else { Self::Safetensors(lfs::read(&path)?) };
        Ok((path, content))
    }
}

fn opened<'a>(path: &Path, bytes: &'a Vec<u8>) -> Result<Tensors<'a>> {
    Tensors::of(bytes)
        .map_err(|error| Error::invalid(format!("{} is no readable safetensors file: {error}", path.display())))
}

/// Opens a file that `torch.save` wrote, with the tensors at its top or under one of the usual keys.
fn open_torch(path: &Path) -> Result<PthTensors> {
    lfs::check(path)?;
    let bytes = std::fs::metadata(path).map_err(Error::io(path))?.len();
    let open = |key| guarded(path, || PthTensors::new(path, key));
    let mut file = open(None)?;
    for key in WRAPPINGS {
        if file.tensor_infos().is_empty() {
            file = open(Some(key)).unwrap_or(file);
        }
    }
    if file.tensor_infos().is_empty() {
        return Err(unreadable(path, "it has no tensors by name"));
    }
    // Sizes are what the file says, and the reader makes room for them before it reads.
    let fits = |dims: &[usize], dtype: DType| {
        let size = |bytes: usize, dim: &usize| bytes.checked_mul(*dim);
        dims.iter()
            .try_fold(dtype.size_in_bytes(), size)
            .is_some_and(|size| u64::try_from(size).is_ok_and(|size| size <= bytes))
    };
    match file.tensor_infos().values().find(|info| !fits(info.layout.dims(), info.dtype)) {
        Some(info) => Err(unreadable(path, &format!("it is too short for its tensor {}", info.name))),
        None => Ok(file),
    }
}

fn read_torch(path: &Path, file: &PthTensors, name: &str) -> Result<Tensor> {
    guarded(path, || file.get(name))?.ok_or_else(|| unreadable(path, &format!("its tensor {name} is not there")))
}

/// candle's reader of pickles takes what it expects out of lists without asking for their lengths.
fn guarded<T>(path: &Path, read: impl FnOnce() -> candle_core::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| unreadable(path, &error.to_string())),
        Err(_) => Err(unreadable(path, "its pickle is malformed")),
    }
}

fn unreadable(path: &Path, why: &str) -> Error {
    let folder = path.parent().unwrap_or(path).display();
    Error::invalid(format!(
        "{} cannot be read ({why}): convert it to safetensors, as by python -c \"from transformers import AutoModel; \
         AutoModel.from_pretrained('{folder}').save_pretrained('{folder}')\"",
        path.display()
    ))
}

fn no_float(path: &Path, name: &str, dtype: impl std::fmt::Debug) -> Error {
    Error::invalid(format!(
        "{}: the tensor {name} is of type {dtype:?}, not a float: take the weights as they were before they were quantised",
        path.display()
    ))
}

fn check_finite(path: &Path, name: &str, values: &[f32]) -> Result<()> {
    match values.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => Err(Error::invalid(format!(
            "{}: the tensor {name} has the value {value}: the checkpoint is damaged, or its training diverged",
            path.display()
        ))),
    }
}
