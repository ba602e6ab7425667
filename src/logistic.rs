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
#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
pub fn log_odds(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

/// ln(1 + eˣ) = −ln σ(−x), in the form that neither overflows nor cancels.
#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
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
        // The first terms of ln(1 + x) at x = e⁻¹⁷.
        let x = (-17f64).exp();
        assert!((softplus(-17.0) - (x - x * x / 2.0)).abs() < 1e-22);
        assert!((log_odds(sigmoid(3.25)) - 3.25).abs() < 1e-12);
    }

    #[test]
    fn a_threshold_is_part_of_what_it_marks() {
        let at = probability(0.3);
        assert!(is_present(at, at) && !is_present(at.next_down(), at));
    }
}
