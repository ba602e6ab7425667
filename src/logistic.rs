//! Logits and the probabilities that they stand for, for everyone who turns the one into the other or decides by them.
//!
//! Everything is computed in f64: in f32 the probability that a threshold was chosen by and the one that is compared with it
//! may differ in their last bit, and a text that stands exactly at the threshold would be marked by one and not by the other.

/// σ(x) = 1 / (1 + e⁻ˣ), the probability that the logit x stands for.
pub fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// The probability of a model's logit, as it is shown, stored and compared with a threshold.
pub fn probability(logit: f32) -> f32 {
    sigmoid(f64::from(logit)) as f32
}

/// ln(p / (1 − p)), the logit that stands for the probability p.
pub fn log_odds(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

/// ln(1 + eˣ) = −ln σ(−x), in the form that neither overflows nor cancels.
#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Makes logits of exclusive classes those of each class against all others: ln(p / (1 − p)) of its softmax probability p, which is
/// xᵢ − ln Σⱼ≠ᵢ eˣʲ. So the probability of a class, too, is the sigmoid of its logit, and logits of different texts can be ranked, which
/// those under a softmax cannot. There are at least two classes.
pub fn one_against_rest(logits: &mut [f32]) {
    let Some(top) = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])) else { return };
    let highest = f64::from(logits[top]);
    let others = || logits.iter().enumerate().filter(|(class, _)| *class != top).map(|(_, logit)| f64::from(*logit));
    // The others' ln Σ eˣ, from their own highest logit, so that it does not vanish beside the top one.
    let second = others().fold(f64::NEG_INFINITY, f64::max);
    let rest = second + others().map(|logit| (logit - second).exp()).sum::<f64>().ln();
    let of_all = 1.0 + (rest - highest).exp();
    for (class, logit) in logits.iter_mut().enumerate() {
        let above = f64::from(*logit) - highest;
        // With the top class among them, what the others add up to is at least 1: nothing cancels.
        let log_odds = if class == top { highest - rest } else { above - (of_all - above.exp()).max(1.0).ln() };
        *logit = log_odds as f32;
    }
}

/// Whether a label with this probability counts as present: from its threshold on.
pub fn is_present(probability: f32, threshold: f32) -> bool {
    probability >= threshold
}

#[cfg(all(test, feature = "train", not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn extreme_logits_stay_finite() {
        assert_eq!([-1e30, 0.0, 1e30].map(sigmoid), [0.0, 0.5, 1.0]);
        assert_eq!([-1e30, 1e30].map(softplus), [0.0, 1e30]);
        assert!((softplus(0.0) - std::f64::consts::LN_2).abs() < 1e-16);
        let x = (-17f64).exp();
        assert!((softplus(-17.0) - (x - x * x / 2.0)).abs() < 1e-22);
        assert!((log_odds(sigmoid(3.25)) - 3.25).abs() < 1e-12);
    }

    #[test]
    fn each_class_against_the_rest_has_its_softmax_probability() {
        for logits in [vec![1.0f32, -2.0, 0.5, 1.0], vec![0.0, 0.0], vec![30.0, -1.0, 29.0], vec![-1000.0, 2.0, 1.5]] {
            let powers: Vec<f64> = logits.iter().map(|logit| (f64::from(*logit) - 30.0).exp()).collect();
            let sum: f64 = powers.iter().sum();
            let mut against = logits.clone();
            one_against_rest(&mut against);
            for (logit, power) in against.iter().zip(&powers) {
                let (measured, expected) = (f64::from(*logit), (power / (sum - power)).ln());
                let close = (measured - expected).abs() < 1e-5 * expected.abs().max(1.0);
                assert!(close || (*power == 0.0 && measured < -900.0), "{logits:?}: {measured} not {expected}");
            }
            assert!((against.iter().map(|logit| sigmoid((*logit).into())).sum::<f64>() - 1.0).abs() < 1e-6);
        }
        let mut far = [3000.0, -3000.0, 0.0];
        one_against_rest(&mut far);
        assert_eq!(far, [3000.0, -6000.0, -3000.0]);
    }

    #[test]
    fn a_threshold_is_part_of_what_it_marks() {
        let at = probability(0.3);
        assert!(is_present(at, at) && !is_present(at.next_down(), at));
    }
}
