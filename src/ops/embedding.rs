//! The sum of word, position and token type embeddings.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::Lookup;
use super::view::{Values, slice, tensor};
use crate::kernels::parts::build;

/// So many rows a thread takes at once.
const ROWS: usize = 64;

pub struct EmbeddingOp {
    pub lookup: Lookup,
}

impl CustomOp3 for EmbeddingOp {
    fn name(&self) -> &'static str {
        "embedding"
    }

    fn cpu_fwd(
        &self,
        words: &CpuStorage,
        words_layout: &Layout,
        positions: &CpuStorage,
        positions_layout: &Layout,
        token_types: &CpuStorage,
        token_types_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, width) = words_layout.shape().dims2()?;
        let Lookup { words: word_ids, positions: position_ids, token_types: token_type_ids } = &self.lookup;
        for (table, ids, layout) in [
            ("word", word_ids, words_layout),
            ("position", position_ids, positions_layout),
            ("token type", token_type_ids, token_types_layout),
        ] {
            let entries = layout.shape().dims2()?.0;
            if let Some(id) = ids.iter().find(|&&id| id as usize >= entries) {
                bail!("there is no {table} embedding {id}: the table has {entries} rows");
            }
        }
        let (words, positions, token_types) =
            (slice(words, words_layout)?, slice(positions, positions_layout)?, slice(token_types, token_types_layout)?);
        let row = |id: u32| id as usize * width..(id as usize + 1) * width;
        let (y, _) = build(word_ids.len() * width, ROWS * width, |part, y: &mut [f32]| {
            for (i, y) in (part * ROWS..).zip(y.chunks_exact_mut(width)) {
                let word = &words[row(word_ids[i])];
                let position = &positions[row(position_ids[i])];
                let token_type = &token_types[row(token_type_ids[i])];
                for (((y, word), position), token_type) in y.iter_mut().zip(word).zip(position).zip(token_type) {
                    *y = word + position + token_type;
                }
            }
        });
        Ok((CpuStorage::F32(y), (word_ids.len(), width).into()))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn bwd(
        &self,
        words: &Tensor,
        positions: &Tensor,
        token_types: &Tensor,
        _y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (_, width) = words.dims2()?;
        let gradient = gradient.contiguous()?;
        let gradient = Values::of(&gradient)?;
        let scatter = |table: &Tensor, ids: &[u32]| {
            let mut sums = vec![0.0; table.elem_count()];
            for (&id, row) in ids.iter().zip(gradient.chunks_exact(width)) {
                let entry = &mut sums[id as usize * width..(id as usize + 1) * width];
                entry.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            tensor(sums, table.shape()).map(Some)
        };
        Ok((
            scatter(words, &self.lookup.words)?,
            scatter(positions, &self.lookup.positions)?,
            scatter(token_types, &self.lookup.token_types)?,
        ))
    }
}
