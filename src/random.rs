//! Where everything random comes from: keys made of a seed, a purpose and numbers such as a step's and a site's.
//!
//! What is drawn is a function of its key alone, so that a resumed run needs no generator's state, threads share none, and
//! nothing that draws more or less often moves what others draw. Each part of a key goes through the mixer of SplitMix64
//! (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators"; constants: D. Stafford's "Mix13"), in
//! which every bit of the input moves every bit of the output: keys whose numbers are neighbours have nothing in common.

/// What something random is for. The numbers are part of what a seed stands for, so they stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Which values a training step drops.
    Dropout = 1,
    /// In which order a task's texts are gone through.
    Order = 2,
    /// Which texts are held out.
    HoldOut = 3,
    /// Which of more texts than wanted are taken.
    Samples = 4,
    /// Which texts are disguised, and how.
    Disguise = 5,
    /// What a fresh head starts from.
    Heads = 6,
    /// Which texts a resample of the bootstrap has.
    Resamples = 7,
    /// Which words are left out to compare with those that matter.
    Words = 8,
}

/// What something random is a function of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(u64);

/// What SplitMix64 adds to its state for each number: 2⁶⁴ divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Key {
    /// The key of a seed for one purpose.
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        Self(mix(seed.wrapping_add(GOLDEN))).with(purpose as u64)
    }

    /// The key of one of the things that this key is for: a step, a site, a round.
    pub fn with(self, number: u64) -> Self {
        Self(mix((self.0 ^ number).wrapping_add(GOLDEN)))
    }

    /// 64 bits that look like chance.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// A generator of as many random numbers as are needed.
    #[cfg(all(feature = "train", not(target_arch = "wasm32")))]
    pub fn generator(self) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.0)
    }
}

/// SplitMix64's mixer, a bijection.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published first numbers of SplitMix64 from the seeds 1234567 and 0.
    #[test]
    fn the_mixer_is_splitmix64s() {
        let first = |seed: u64| -> Vec<u64> {
            (1..=5).map(|number: u64| mix(seed.wrapping_add(GOLDEN.wrapping_mul(number)))).collect()
        };
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(first(1_234_567), expected);
        assert_eq!(first(0)[..3], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }

    #[test]
    fn neighbouring_keys_differ_in_half_of_their_bits() {
        let key = |seed, step, site| Key::new(seed, Purpose::Dropout).with(step).with(site).bits();
        let pairs = (0..1000).flat_map(|number| {
            let here = key(1, number, 7);
            [
                key(1, number + 1, 7),
                key(1, number, 8),
                key(2, number, 7),
                Key::new(1, Purpose::Order).with(number).with(7).bits(),
            ]
            .map(|other| (here ^ other).count_ones())
        });
        let (count, differing) = pairs.fold((0, 0), |(count, sum), bits| (count + 1, sum + u64::from(bits)));
        let mean = differing as f64 / f64::from(count);
        // The mean of 4000 sums of 64 fair bits has a standard deviation of 4 / √4000 = 0.06.
        assert!((mean - 32.0).abs() < 0.3, "{mean} bits of 64 differ");
    }

    #[test]
    fn what_a_seed_stands_for_stays() {
        assert_eq!(Key::new(1, Purpose::Dropout).bits(), 16_860_738_450_190_168_606);
    }
}
