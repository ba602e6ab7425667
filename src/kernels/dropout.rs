//! Dropout (Srivastava et al. 2014): each value survives with probability 1 − p and is then divided by it.
//!
//! Which values survive is a hash of a key and their index, not a stream of random numbers: the backward pass finds the
//! same mask again without storing it, threads need no common state, and a run with the same seed is the same run.

use super::vectorized;

/// One application of dropout: its probability and the key of its mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mask {
    survival: f32,
    /// A value survives if its hash is at least this.
    threshold: u32,
    key: [u32; 2],
}

impl Mask {
    /// The mask that `key` stands for; `probability` in [0, 1) is that of a value being dropped.
    pub fn new(probability: f32, key: u64) -> Self {
        let threshold = (f64::from(probability) * 2f64.powi(32)) as u32;
        Self { survival: 1.0 - probability, threshold, key: [key as u32, (key >> 32) as u32] }
    }

    /// A mask of its own for one part of what this mask is for.
    pub fn part(&self, part: u32) -> Self {
        Self { key: [self.key[0].wrapping_add(part.wrapping_mul(0x9e37_79b9)), self.key[1] ^ part], ..*self }
    }

    /// Multiplies `values` by the mask, whose part for them starts at index `first`. A gradient passes through the same way.
    pub fn apply(&self, values: &mut [f32], first: u32) {
        let scale = 1.0 / self.survival;
        vectorized(
            #[inline(always)]
            || {
                for (i, value) in values.iter_mut().enumerate() {
                    let survives = self.hash(first.wrapping_add(i as u32)) >= self.threshold;
                    *value *= if survives { scale } else { 0.0 };
                }
            },
        );
    }

    /// Two rounds of the "lowbias32" finaliser (C. Wellons' search for 32-bit hashes), one for each half of the key.
    #[inline(always)]
    fn hash(&self, index: u32) -> u32 {
        let mut h = index;
        for half in self.key {
            h ^= half;
            h ^= h >> 16;
            h = h.wrapping_mul(0x7feb_352d);
            h ^= h >> 15;
            h = h.wrapping_mul(0x846c_a68b);
            h ^= h >> 16;
        }
        h
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn drops_its_share_and_keeps_the_mean() {
        for probability in [0.1, 0.5] {
            let mut values = vec![1.0; 1 << 20];
            Mask::new(probability, 7).apply(&mut values, 0);
            let dropped = values.iter().filter(|&&v| v == 0.0).count() as f32 / values.len() as f32;
            let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
            assert!((dropped - probability).abs() < 2e-3, "{dropped} of {probability} dropped");
            assert!((mean - 1.0).abs() < 5e-3, "mean {mean}");
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn is_a_function_of_key_and_index() {
        let masked = |key, first, length| {
            let mut values = vec![1.0; length];
            Mask::new(0.3, key).apply(&mut values, first);
            values
        };
        assert_eq!(masked(1, 0, 100)[40..], masked(1, 40, 60));
        assert_ne!(masked(1, 0, 100), masked(2, 0, 100));
        assert_ne!(masked(1, 0, 100), masked(1 << 32, 0, 100));
    }
}
