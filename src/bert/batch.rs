//! Model inputs, packed: texts end to end, without padding.

use crate::ops::{Lookup, SequenceOffsets};
use crate::{Error, Result};

/// One text as the model reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenIds {
    /// The vocabulary's index of each token, `[CLS]` and `[SEP]` included.
    pub input_ids: Vec<u32>,
    /// 0 for tokens of the first text, 1 for those of the second of a pair.
    pub token_type_ids: Vec<u32>,
}

/// Texts end to end, with the rows of the embedding tables that their tokens look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub(super) lookup: Lookup,
    pub(super) offsets: SequenceOffsets,
}

impl Batch {
    /// Packs `texts`, every token of each.
    ///
    /// # Errors
    /// There is no text, or a text has no token.
    pub fn pack<'a>(texts: impl IntoIterator<Item = &'a TokenIds>) -> Result<Self> {
        let mut packed = Rows::default();
        for text in texts {
            packed.push((0..).zip(text.input_ids.iter().copied().zip(text.token_type_ids.iter().copied())));
        }
        packed.finish()
    }

    /// Packs a padded block: three matrices of `columns` columns, one text a row. Tokens where `attention_mask` is 0 are left
    /// out, wherever they stand; the others keep the positions of their columns.
    ///
    /// # Errors
    /// The matrices' sizes differ, or the mask leaves a text without a token.
    pub fn from_padded(
        input_ids: &[u32],
        token_type_ids: &[u32],
        attention_mask: &[u32],
        columns: usize,
    ) -> Result<Self> {
        let sizes = [token_type_ids.len(), attention_mask.len()];
        if columns == 0 || sizes != [input_ids.len(); 2] || !input_ids.len().is_multiple_of(columns) {
            return Err(Error::invalid("input ids, token types and attention mask must be of one size"));
        }
        let rows = input_ids.chunks(columns).zip(token_type_ids.chunks(columns)).zip(attention_mask.chunks(columns));
        let mut packed = Rows::default();
        for ((input_ids, token_type_ids), mask) in rows {
            let tokens = (0..).zip(input_ids.iter().copied().zip(token_type_ids.iter().copied()));
            packed.push(tokens.zip(mask).filter(|(_, mask)| **mask != 0).map(|(token, _)| token));
        }
        packed.finish()
    }

    /// Where each text lies.
    pub fn offsets(&self) -> &SequenceOffsets {
        &self.offsets
    }

    /// How many texts there are.
    pub fn texts(&self) -> usize {
        self.offsets.texts()
    }

    /// How many tokens all texts have together.
    pub fn tokens(&self) -> usize {
        self.offsets.rows()
    }
}

#[derive(Default)]
struct Rows {
    words: Vec<u32>,
    positions: Vec<u32>,
    token_types: Vec<u32>,
    lengths: Vec<usize>,
}

impl Rows {
    /// Appends one text: (position, (word, token type)) of each token.
    fn push(&mut self, tokens: impl Iterator<Item = (u32, (u32, u32))>) {
        let before = self.words.len();
        for (position, (word, token_type)) in tokens {
            self.words.push(word);
            self.positions.push(position);
            self.token_types.push(token_type);
        }
        self.lengths.push(self.words.len() - before);
    }

    fn finish(self) -> Result<Batch> {
        if self.lengths.is_empty() || self.lengths.contains(&0) {
            return Err(Error::invalid("a batch needs at least one text, and each text at least one token"));
        }
        Ok(Batch {
            lookup: Lookup {
                words: self.words.into(),
                positions: self.positions.into(),
                token_types: self.token_types.into(),
            },
            offsets: SequenceOffsets::from_lengths(self.lengths),
        })
    }
}
