//! Rows of few bits: groups of [`WEIGHT_GROUP`] neighbours as small integers times one f16 scale each.
//!
//! With so few steps each counts. The integers of b bits go from −2^(b−1) to 2^(b−1) − 1, and the value furthest from zero
//! gets the lowest of them, whatever its sign, since a scale may be negative: that leaves no step unused. And as the scale
//! that reaches this value is coarse for all others, of some smaller ones, which cut it off, the one with the least squared
//! error is taken. An integer is stored plus 2^(b−1), the lowest bits first, so that a group is whole bytes.

use half::f16;

/// How many values share a scale. With 4 bits, half as many take 11% more bytes for 11% less error, and twice as many 6% fewer
/// for 10% more (docs/SIZE.md).
pub const WEIGHT_GROUP: usize = 32;

/// The scales that are tried, in percent of the one that reaches the value furthest from zero.
const CANDIDATES: std::ops::RangeInclusive<u8> = 55..=100;

/// `values`, whole groups, in integers of `bits` bits, and the scale of each group.
pub fn quantise(values: &[f32], bits: u32) -> (Vec<u8>, Vec<f16>) {
    let scales: Vec<f16> = values.chunks_exact(WEIGHT_GROUP).map(|group| best_scale(group, bits)).collect();
    let groups = values.chunks_exact(WEIGHT_GROUP).zip(&scales);
    let integers = groups.flat_map(|(group, scale)| group.iter().map(|&value| integer(value, scale.to_f32(), bits)));
    (pack(integers, bits), scales)
}

/// Writes the values that [`quantise`] made `packed` and `scales` of.
pub fn widen(packed: &[u8], scales: &[f16], bits: u32, output: &mut [f32]) {
    let groups =
        output.chunks_exact_mut(WEIGHT_GROUP).zip(packed.chunks_exact(WEIGHT_GROUP * bits as usize / 8)).zip(scales);
    for ((values, packed), scale) in groups {
        let scale = scale.to_f32();
        for (value, integer) in values.iter_mut().zip(unpack(packed, bits)) {
            *value = integer as f32 * scale;
        }
    }
}

fn best_scale(group: &[f32], bits: u32) -> f16 {
    let furthest =
        group.iter().fold(0.0f32, |furthest, &value| if value.abs() > furthest.abs() { value } else { furthest });
    let widest = furthest / lowest(bits) as f32;
    let candidates = CANDIDATES.rev().step_by(3).map(|percent| nearest(widest * f32::from(percent) / 100.0));
    let error = |scale: f32| -> f32 {
        group.iter().map(|&value| (integer(value, scale, bits) as f32 * scale - value).powi(2)).sum()
    };
    let errors = candidates.map(|scale| (error(scale.to_f32()), scale));
    errors.min_by(|(a, _), (b, _)| a.total_cmp(b)).map_or(f16::ZERO, |(_, scale)| scale)
}

/// The f16 nearest to `value`, which is never infinite.
fn nearest(value: f32) -> f16 {
    f16::from_f32(value.clamp(f16::MIN.to_f32(), f16::MAX.to_f32()))
}

/// The lowest integer of `bits` bits.
fn lowest(bits: u32) -> i32 {
    -(1 << (bits - 1))
}

fn integer(value: f32, scale: f32, bits: u32) -> i32 {
    let lowest = lowest(bits);
    if scale == 0.0 { 0 } else { ((value / scale).round() as i32).clamp(lowest, -lowest - 1) }
}

fn pack(integers: impl Iterator<Item = i32>, bits: u32) -> Vec<u8> {
    let (mut packed, mut waiting, mut held) = (Vec::new(), 0u32, 0);
    for integer in integers {
        waiting |= ((integer - lowest(bits)) as u32) << held;
        held += bits;
        while held >= 8 {
            packed.push(waiting as u8);
            waiting >>= 8;
            held -= 8;
        }
    }
    packed
}

fn unpack(packed: &[u8], bits: u32) -> impl Iterator<Item = i32> {
    let (mut bytes, mut waiting, mut held) = (packed.iter(), 0u32, 0);
    std::iter::from_fn(move || {
        while held < bits {
            waiting |= u32::from(*bytes.next()?) << held;
            held += 8;
        }
        let integer = waiting & ((1 << bits) - 1);
        waiting >>= bits;
        held -= bits;
        Some(integer as i32 + lowest(bits))
    })
}

#[cfg(test)]
mod tests {
    #[cfg(not(target_arch = "wasm32"))]
    use proptest::prelude::*;

    use super::*;

    fn bell(count: usize) -> Vec<f32> {
        let mut random = fastrand::Rng::with_seed(4);
        (0..count).map(|_| (0..12).map(|_| random.f32()).sum::<f32>() - 6.0).collect()
    }

    fn squared_error(values: &[f32], bits: u32) -> f32 {
        let (packed, scales) = quantise(values, bits);
        let mut read = vec![0.0; values.len()];
        widen(&packed, &scales, bits, &mut read);
        read.iter().zip(values).map(|(read, value)| (read - value).powi(2)).sum::<f32>() / values.len() as f32
    }

    #[test]
    fn integers_survive_their_packing() {
        for bits in [4, 6] {
            let all: Vec<i32> = (lowest(bits)..-lowest(bits)).cycle().take(2 * WEIGHT_GROUP).collect();
            let packed = pack(all.iter().copied(), bits);
            assert_eq!(packed.len(), 2 * WEIGHT_GROUP * bits as usize / 8);
            assert_eq!(unpack(&packed, bits).collect::<Vec<_>>(), all);
        }
        assert_eq!(pack([-7, 7].into_iter(), 4), [0xf1]);
    }

    #[test]
    fn more_bits_are_closer() {
        let values = bell(64 * WEIGHT_GROUP);
        let (four, six) = (squared_error(&values, 4), squared_error(&values, 6));
        assert!(four < 0.008 && six < 0.0006, "{four} {six}");
    }

    #[test]
    fn a_scale_that_cuts_an_outlier_off_is_found() {
        let mut values = vec![1.0; WEIGHT_GROUP];
        values[0] = 9.6;
        // Up to 9.6 in 8 steps, each of the others would be off by 0.2.
        assert!(squared_error(&values, 4) < 0.8 * 0.2 * 0.2, "{}", squared_error(&values, 4));
    }

    #[test]
    fn the_furthest_value_reaches_the_lowest_integer_whatever_its_sign() {
        for sign in [1.0, -1.0] {
            let values: Vec<f32> =
                (0..WEIGHT_GROUP).map(|place| sign * (place % 16) as f32 / 2.0 - sign * 3.5).collect();
            assert_eq!(squared_error(&values, 4), 0.0, "16 steps from {} on", values[0]);
        }
    }

    #[test]
    fn nothing_but_zeros_stays_so() {
        assert_eq!(squared_error(&[0.0; WEIGHT_GROUP], 4), 0.0);
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn any_integers_survive_their_packing(
            (bits, integers) in (4u32..=6).prop_flat_map(|bits| {
                (Just(bits), proptest::collection::vec(lowest(bits)..-lowest(bits), 1..100))
            }),
        ) {
            // Whole bytes, as groups are.
            let whole = &integers[..integers.len() / 8 * 8];
            let packed = pack(whole.iter().copied(), bits);
            prop_assert_eq!(packed.len() * 8, whole.len() * bits as usize);
            prop_assert_eq!(unpack(&packed, bits).collect::<Vec<_>>(), whole);
        }

        #[test]
        fn any_values_come_back_within_half_a_step_or_what_was_cut_off(
            values in proptest::collection::vec(-1e4f32..1e4, WEIGHT_GROUP..=WEIGHT_GROUP),
            bits in proptest::sample::select(vec![4u32, 6]),
        ) {
            let (packed, scales) = quantise(&values, bits);
            let mut read = vec![0.0; WEIGHT_GROUP];
            widen(&packed, &scales, bits, &mut read);
            let step = scales[0].to_f32().abs();
            let (least, most) = (step * lowest(bits) as f32, step * -lowest(bits) as f32);
            for (read, value) in read.into_iter().zip(values) {
                let is_cut = value <= least + step || value >= most - step;
                prop_assert!(is_cut || (read - value).abs() <= step * 0.501, "{} for {}, steps of {}", read, value, step);
            }
        }
    }
}
