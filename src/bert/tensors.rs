//! The tensors of a safetensors file, copied one by one from wherever the file lies.
//!
//! In a browser that is outside of WebAssembly's memory. A file that is brought in as a whole is there twice as soon as a model is
//! made of it, and a memory that has grown is never given back.

use bytemuck::{Pod, cast_slice_mut, zeroed_vec};
use half::{bf16, f16};
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};

/// No header may have more bytes: a BERT's has some hundred for each tensor.
pub const HEADER_LIMIT: u64 = 1 << 24;

/// What is in a file.
pub trait Content {
    /// How many bytes there are.
    fn length(&self) -> usize;

    /// Fills `target` with the bytes from `start` on.
    ///
    /// # Panics
    /// There are not as many.
    fn copy(&self, start: usize, target: &mut [u8]);
}

impl<B: AsRef<[u8]>> Content for B {
    fn length(&self) -> usize {
        self.as_ref().len()
    }

    fn copy(&self, start: usize, target: &mut [u8]) {
        target.copy_from_slice(&self.as_ref()[start..][..target.len()]);
    }
}

/// A safetensors file whose header has been read.
pub struct Tensors<'a> {
    content: &'a dyn Content,
    header: Metadata,
    /// Where the header ends.
    start: usize,
}

/// One of its tensors.
pub struct StoredTensor<'a> {
    content: &'a dyn Content,
    info: &'a TensorInfo,
    start: usize,
}

impl<'a> Tensors<'a> {
    /// The tensors in `content`.
    ///
    /// # Errors
    /// It is no safetensors file, or not a whole one.
    pub fn of(content: &'a dyn Content) -> Result<Self, SafeTensorError> {
        let length = content.length();
        let mut size = [0; 8];
        if length < size.len() {
            return Err(SafeTensorError::HeaderTooSmall);
        }
        content.copy(0, &mut size);
        let size = u64::from_le_bytes(size);
        if size > HEADER_LIMIT {
            return Err(SafeTensorError::HeaderTooLarge);
        }
        let size = size as usize;
        if size > length - 8 {
            return Err(SafeTensorError::InvalidHeaderLength);
        }
        let (mut header, start) = (vec![0; size], 8 + size);
        content.copy(8, &mut header);
        // That the tensors' sizes are those of their shapes, without a gap, is checked with it.
        let header: Metadata =
            serde_json::from_slice(&header).map_err(SafeTensorError::InvalidHeaderDeserialization)?;
        if header.data_len() != length - start {
            return Err(SafeTensorError::MetadataIncompleteBuffer);
        }
        Ok(Self { content, header, start })
    }

    /// All tensors and their names, in the order in which they lie.
    pub fn iter(&self) -> impl Iterator<Item = (String, StoredTensor<'_>)> {
        self.header.offset_keys().into_iter().filter_map(|name| self.get(&name).map(|tensor| (name, tensor)))
    }

    /// The tensor `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<StoredTensor<'_>> {
        let info = self.header.info(name)?;
        Some(StoredTensor { content: self.content, info, start: self.start + info.data_offsets.0 })
    }
}

impl<'a> StoredTensor<'a> {
    /// What type its values are of.
    pub fn dtype(&self) -> Dtype {
        self.info.dtype
    }

    /// Its sizes.
    pub fn shape(&self) -> &'a [usize] {
        &self.info.shape
    }

    /// Its bytes, as values of a type that they are whole ones of. safetensors has the lowest byte first, as has every processor
    /// that this is compiled for.
    ///
    /// # Panics
    /// They are not whole ones.
    pub fn values<T: Pod>(&self) -> Vec<T> {
        let (start, end) = self.info.data_offsets;
        let mut values = zeroed_vec((end - start) / size_of::<T>());
        let target = cast_slice_mut(&mut values);
        assert_eq!(target.len(), end - start, "whole values");
        self.content.copy(self.start, target);
        values
    }

    /// Its values as f32, if they are of floating-point type.
    pub fn floats(&self) -> Option<Vec<f32>> {
        Some(match self.dtype() {
            Dtype::F32 => self.values(),
            Dtype::F16 => self.values::<f16>().into_iter().map(f16::to_f32).collect(),
            Dtype::F64 => self.values::<f64>().into_iter().map(|value| value as f32).collect(),
            Dtype::BF16 => self.values::<bf16>().into_iter().map(bf16::to_f32).collect(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use safetensors::SafeTensors;
    use safetensors::tensor::TensorView;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn file() -> Vec<u8> {
        let floats: Vec<u8> = [1.5f32, -2.0, 0.25].iter().flat_map(|value| value.to_le_bytes()).collect();
        let halves: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
        let tensors = [
            ("floats", TensorView::new(Dtype::F32, vec![3], &floats).unwrap()),
            ("halves", TensorView::new(Dtype::F16, vec![1, 2], &halves).unwrap()),
            ("bytes", TensorView::new(Dtype::I8, vec![5], &[1, 2, 3, 4, 255]).unwrap()),
        ];
        safetensors::serialize(tensors, None::<HashMap<_, _>>).unwrap()
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn each_tensor_is_where_safetensors_says() {
        let file = file();
        let (tensors, reference) = (Tensors::of(&file).unwrap(), SafeTensors::deserialize(&file).unwrap());
        let mut names = Vec::new();
        for (name, read) in tensors.iter() {
            let expected = reference.tensor(&name).unwrap();
            assert_eq!((read.dtype(), read.shape()), (expected.dtype(), expected.shape()));
            assert_eq!(read.values::<u8>(), expected.data());
            names.push(name);
        }
        names.sort();
        assert_eq!(names, ["bytes", "floats", "halves"]);
        assert_eq!(tensors.get("floats").unwrap().floats().unwrap(), [1.5, -2.0, 0.25]);
        assert_eq!(tensors.get("halves").unwrap().floats().unwrap(), [1.5, -2.0]);
        assert!(tensors.get("bytes").unwrap().floats().is_none());
        assert!(tensors.get("others").is_none());
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn what_safetensors_refuses_is_refused() {
        let file = file();
        let longer = [&file[..], &[0]].concat();
        for content in (0..file.len()).map(|end| &file[..end]).chain([&longer[..]]) {
            assert!(SafeTensors::deserialize(content).is_err() && Tensors::of(&content).is_err());
        }
        // Every byte of the header once as another: sizes, offsets, types and names.
        let start = 8 + u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        for place in 0..start {
            for other in [b'0', b'9', b'"', b',', 0, 255] {
                let mut changed = file.clone();
                changed[place] = other;
                let (ours, theirs) = (Tensors::of(&changed), SafeTensors::deserialize(&changed));
                assert_eq!(ours.is_err(), theirs.is_err(), "byte {place} is {other}");
            }
        }
    }
}
