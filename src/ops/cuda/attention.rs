//! Attention on a GPU: one kernel forward and three back, none of which knows padding (attention.cu).

use candle_core::{CpuStorage, CudaStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::launch::{Constant, Kernel, Numbers, Threads, gradient, launch, not_here};
use crate::ops::AttentionSettings;

/// Whether there are kernels for heads of so many columns: they read four at a time, and keep some rows in registers.
pub fn has_attention(head_width: usize) -> bool {
    head_width.is_multiple_of(4) && head_width <= 128
}

/// dropout(softmax(q·kᵀ/√width))·v for each head of each text; all are (rows, hidden).
pub fn attention([queries, keys, values]: [&Tensor; 3], settings: &AttentionSettings) -> Result<Tensor> {
    let &AttentionSettings { ref offsets, heads, probability_dropout, .. } = settings;
    let (rows, hidden) = queries.dims2()?;
    if rows != offsets.rows() || [keys.dims2()?, values.dims2()?] != [(rows, hidden); 2] {
        bail!("texts of {} tokens in all, and a tensor {:?}", offsets.rows(), queries.shape());
    }
    let device = queries.device().as_cuda_device()?;
    let texts = offsets.ranges().zip(0..).flat_map(|(range, text)| std::iter::repeat_n(text, range.len()));
    let ends = offsets.ranges().map(|range| range.end as u32);
    let masks = (0..(offsets.texts() * heads) as u32)
        .flat_map(|part| probability_dropout.map_or([0; 2], |mask| mask.part(part).halves()));
    let op = Attention {
        texts: Numbers::new(device, texts)?,
        offsets: Numbers::new(device, std::iter::once(0).chain(ends))?,
        masks: Numbers::new(device, masks)?,
        heads,
        head_width: hidden / heads,
        threshold: probability_dropout.map_or(0, |mask| mask.threshold()),
        survivor: probability_dropout.map_or(1.0, |mask| mask.scale()),
    };
    queries.contiguous()?.apply_op3(&keys.contiguous()?, &values.contiguous()?, op)
}

struct Attention {
    /// The text of each row.
    texts: Numbers,
    /// Where each text begins, and where the last one ends.
    offsets: Numbers,
    /// The halves of the key of each head's mask, text by text.
    masks: Numbers,
    heads: usize,
    head_width: usize,
    /// Zero where nothing is dropped.
    threshold: u32,
    survivor: f32,
}

impl Attention {
    /// What all kernels are told of the texts.
    fn places(&self) -> [Constant; 5] {
        let scale = 1.0 / (self.head_width as f32).sqrt();
        let [texts, offsets, masks] =
            [&self.texts, &self.offsets, &self.masks].map(|numbers| Constant::Numbers(numbers.clone()));
        [texts, offsets, masks, Constant::U32(self.heads as u32), Constant::F32(scale)]
    }

    /// And of dropout.
    fn places_and_masks(&self) -> [Constant; 7] {
        let [texts, offsets, masks, heads, scale] = self.places();
        [texts, offsets, masks, heads, scale, Constant::U32(self.threshold), Constant::F32(self.survivor)]
    }

    fn kernel(&self, name: &'static str) -> Kernel {
        Kernel::OfHeads { name, width: self.head_width }
    }

    /// One for each row of each head.
    fn threads(&self, rows: usize) -> Threads {
        Threads::Elements(rows * self.heads)
    }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention on CUDA"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        not_here(self.name())
    }

    fn cuda_fwd(
        &self,
        queries: &CudaStorage,
        query_layout: &Layout,
        keys: &CudaStorage,
        key_layout: &Layout,
        values: &CudaStorage,
        value_layout: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        let shape = query_layout.shape();
        let inputs = [(queries, query_layout), (keys, key_layout), (values, value_layout)];
        let threads = self.threads(shape.dims2()?.0);
        let y = launch(self.kernel("attention"), threads, &inputs, shape.elem_count(), self.places_and_masks())?;
        Ok((y, shape.clone()))
    }

    fn bwd(
        &self,
        queries: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        y: &Tensor,
        upstream: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (rows, hidden) = queries.dims2()?;
        let (upstream, threads) = (&upstream.contiguous()?, self.threads(rows));
        let statistics = gradient(
            self.kernel("attention_statistics"),
            threads,
            &[queries, keys, y, upstream],
            (2, self.heads, rows).into(),
            self.places(),
        )?;
        let inputs = [queries, keys, values, upstream, &statistics];
        let of = |name, shape| gradient(self.kernel(name), threads, &inputs, shape, self.places_and_masks());
        let query_gradient = of("attention_query_gradient", (rows, hidden).into())?;
        let both = of("attention_key_value_gradients", (2, rows, hidden).into())?;
        Ok((Some(query_gradient), Some(both.get(0)?), Some(both.get(1)?)))
    }
}
