//! Dropout (Srivastava et al. 2014): each value survives with probability 1 − p and is then divided by it.
//!
//! Which values survive is a hash of a key and their index, not a stream of random numbers: the backward pass finds the
//! same mask again without storing it, threads need no common state, and a run with the same seed is the same run. The hash
//! of each index is cheap, two rounds of 32 bits, and is good only with keys whose bits have nothing in common, as those of
//! [`crate::random`]: with keys that count up the masks of all steps were one, in another order.

use super::vectorized;
use crate::random::Key;

/// One application of dropout: its probability and the key of its mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mask {
    survival: f32,
    /// A value survives if its hash is at least this.
    threshold: u32,
    key: Key,
}

impl Mask {
    /// The mask that `key` stands for; `probability` in [0, 1) is that of a value being dropped.
    pub fn new(probability: f32, key: Key) -> Self {
        let threshold = (f64::from(probability) * 2f64.powi(32)) as u32;
        Self { survival: 1.0 - probability, threshold, key }
    }

    /// A mask of its own for one part of what this mask is for.
    pub fn part(&self, part: u32) -> Self {
        Self { key: self.key.with(u64::from(part)), ..*self }
    }

    /// The halves of the key, with which indices are hashed.
    pub fn halves(&self) -> [u32; 2] {
        [self.key.bits() as u32, (self.key.bits() >> 32) as u32]
    }

    /// What the hash of a value that survives is at least.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// What a value that survives is multiplied by.
    pub fn scale(&self) -> f32 {
        1.0 / self.survival
    }

    /// Multiplies `values` by the mask, whose part for them starts at index `first`. A gradient passes through the same way.
    pub fn apply(&self, values: &mut [f32], first: u32) {
        let scale = self.scale();
        let halves = self.halves();
        vectorized(
            #[inline(always)]
            || {
                for (i, value) in values.iter_mut().enumerate() {
                    let survives = hash(halves, first.wrapping_add(i as u32)) >= self.threshold;
                    *value *= if survives { scale } else { 0.0 };
                }
            },
        );
    }
}

/// Two rounds of the "lowbias32" finaliser (C. Wellons' search for 32-bit hashes), one for each half of a key.
#[inline(always)]
fn hash(halves: [u32; 2], index: u32) -> u32 {
    let mut h = index;
    for half in halves {
        h ^= half;
        h ^= h >> 16;
        h = h.wrapping_mul(0x7feb_352d);
        h ^= h >> 15;
        h = h.wrapping_mul(0x846c_a68b);
        h ^= h >> 16;
    }
    h
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::random::Purpose;

    fn step(number: u64) -> Key {
        Key::new(1, Purpose::Dropout).with(number)
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn drops_its_share_and_keeps_the_mean() {
        for probability in [0.1, 0.5] {
            let mut values = vec![1.0; 1 << 20];
            Mask::new(probability, step(7)).apply(&mut values, 0);
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
            Mask::new(0.3, step(key)).apply(&mut values, first);
            values
        };
        assert_eq!(masked(1, 0, 100)[40..], masked(1, 40, 60));
        assert_ne!(masked(1, 0, 100), masked(2, 0, 100));
        assert_ne!(masked(1, 0, 100), masked(1 << 32, 0, 100));
    }

    /// A word for each 64 values, with a bit for each that is dropped.
    fn dropped(key: Key) -> Vec<u64> {
        let mut values = vec![1.0; VALUES];
        Mask::new(0.5, key).apply(&mut values, 0);
        let word = |values: &[f32]| values.iter().rev().fold(0, |word, &value| word << 1 | u64::from(value == 0.0));
        values.chunks_exact(64).map(word).collect()
    }

    const VALUES: usize = 1 << 16;

    /// Masks of neighbouring steps, sites, parts and seeds agree on half of their values, also where one of them is read from
    /// another place or with some bits of its index turned over.
    #[wasm_bindgen_test(unsupported = test)]
    fn masks_have_nothing_in_common() {
        let key = |seed, step, site| Key::new(seed, Purpose::Dropout).with(step).with(site);
        let keys: Vec<Key> = (0..9).map(|step| key(1, step, 4)).collect();
        let others = [key(2, 0, 4), key(3, 0, 4), key(1, 0, 5), key(1, 0, 6), Mask::new(0.5, key(1, 0, 4)).part(1).key];
        let masks: Vec<Vec<u64>> = keys.into_iter().chain(others).map(dropped).collect();
        for (number, one) in masks.iter().enumerate() {
            for other in &masks[..number] {
                for (flipped, shift) in (0..64).map(|flip| (flip, 0)).chain((1..64).map(|shift| (0, shift))) {
                    let words = one.iter().enumerate();
                    let differing: u32 = words
                        .map(|(i, word)| {
                            let moved = flip(other[i], flipped).rotate_right(shift);
                            (word ^ moved).count_ones()
                        })
                        .sum();
                    // Five standard deviations of a sum of so many fair bits; chance gives that once in a million.
                    let distance = (f64::from(differing) - VALUES as f64 / 2.0).abs();
                    assert!(distance < 5.5 * (VALUES as f64).sqrt() / 2.0, "{differing} of {VALUES} differ");
                }
            }
        }
    }

    /// The bits of `word`, each moved from its place to that place with the bits of `places` turned over.
    fn flip(mut word: u64, places: u32) -> u64 {
        const LOWER: [u64; 6] = [
            0x5555_5555_5555_5555,
            0x3333_3333_3333_3333,
            0x0f0f_0f0f_0f0f_0f0f,
            0x00ff_00ff_00ff_00ff,
            0x0000_ffff_0000_ffff,
            0x0000_0000_ffff_ffff,
        ];
        for (bit, lower) in LOWER.into_iter().enumerate() {
            if places >> bit & 1 == 1 {
                word = (word & lower) << (1 << bit) | (word >> (1 << bit)) & lower;
            }
        }
        word
    }

    /// How many values of a block are dropped is another number at each step, spread as chance spreads it.
    #[wasm_bindgen_test(unsupported = test)]
    fn blocks_of_values_are_not_dropped_in_lockstep() {
        const BLOCK: usize = 4096;
        let (steps, probability) = (400, 0.1f32);
        let counts: Vec<f64> = (0..steps)
            .map(|number| {
                let mut values = vec![1.0; BLOCK];
                Mask::new(probability, step(number)).apply(&mut values, 0);
                values.iter().filter(|&&value| value == 0.0).count() as f64
            })
            .collect();
        let mean = counts.iter().sum::<f64>() / steps as f64;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (steps - 1) as f64;
        let (share, length) = (f64::from(probability), BLOCK as f64);
        let expected = length * share * (1.0 - share);
        assert!((mean - length * share).abs() < 5.0 * (expected / steps as f64).sqrt(), "{mean} on average");
        // The variance of so many counts is off by √(2 ÷ 400) = 7% as a standard deviation.
        assert!(
            (variance / expected - 1.0).abs() < 0.35,
            "a variance of {variance}, and {expected} for independent ones"
        );
    }
}
