//! The texts, as token ids.

use std::path::Path;

use fastrand::Rng;

use crate::Result;
use crate::words::Words;

/// The lengths of the texts that come alone, in tokens.
const TOKENS: [usize; 6] = [16, 32, 64, 128, 256, 512];
/// How many texts there are to come together.
const TEXTS: usize = 256;

pub struct Texts {
    /// Each of another length.
    pub single: Vec<Vec<u32>>,
    /// As long as comments are.
    pub many: Vec<Vec<u32>>,
}

impl Texts {
    pub fn new(bundle: &Path) -> Result<Self> {
        let words = Words::new(bundle)?;
        let mut random = Rng::with_seed(1);
        let mut text = |tokens: usize| Ok::<_, crate::Error>(words.text(&mut random, tokens)?.1);
        let single = TOKENS.into_iter().map(&mut text).collect::<Result<_>>()?;
        let mut random = Rng::with_seed(2);
        let many = (0..TEXTS).map(|_| text(comment_length(&mut random))).collect::<Result<_>>()?;
        Ok(Self { single, many })
    }

    /// All of the many texts in batches of `size`, from the shortest to the longest: padding adds little then.
    pub fn in_batches(&self, size: usize) -> Vec<Vec<Vec<u32>>> {
        let mut sorted = self.many.clone();
        sorted.sort_by_key(Vec::len);
        sorted.chunks(size).map(<[_]>::to_vec).collect()
    }

    /// How many tokens the many texts have together.
    pub fn many_tokens(&self) -> usize {
        self.many.iter().map(Vec::len).sum()
    }
}

/// Lengths whose logarithm is normally distributed around that of 50, within 8 to 300 tokens.
fn comment_length(random: &mut Rng) -> usize {
    let normal = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
    (50.0 * (0.8 * normal).exp()).round().clamp(8.0, 300.0) as usize
}
