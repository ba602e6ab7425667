use super::super::Metrics;
use super::*;
use crate::train::fixtures::{self, LabelledLogits};

/// Texts with two labels, the second of them rare, whose logits tell something of their targets.
fn data(texts: usize) -> LabelledLogits {
    let mut random = fastrand::Rng::with_seed(7);
    let (mut logits, mut targets, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for text in 0..texts {
        for rate in [0.4, 0.1] {
            let positive = random.f32() < rate;
            let noise = random.f32() + random.f32() + random.f32() - 1.5;
            // Eighths, so that some tie.
            logits.push((8.0 * (2.0 * noise + if positive { 0.5 } else { -0.5 })).round() / 8.0);
            targets.push(if text % 9 == 0 && rate < 0.2 { f32::NAN } else { f32::from(u8::from(positive)) });
        }
        weights.push(if text % 3 == 0 { 8.25 } else { 1.0 });
    }
    LabelledLogits::new(&["insult", "threat"], logits, targets).weighing(weights)
}

/// Every text as often as `counts` says.
fn repeated(data: &LabelledLogits, counts: &[u32]) -> LabelledLogits {
    let rows: Vec<usize> = counts.iter().enumerate().flat_map(|(text, &count)| (0..count).map(move |_| text)).collect();
    let pairs = |values: &[f32]| -> Vec<f32> { rows.iter().flat_map(|row| values[2 * row..][..2].to_vec()).collect() };
    let weights: Vec<f32> = rows.iter().map(|&row| data.weights[row]).collect();
    LabelledLogits::new(&["insult", "threat"], pairs(&data.logits), pairs(&data.targets)).weighing(weights)
}

#[test]
fn intervals_of_tokens_are_those_of_their_texts_by_scikit_learn() {
    let expected = fixtures::json("bootstrap.json");
    let data = LabelledLogits::from_fixture(&expected);
    let predictions = data.predictions();
    let metrics = Metrics::of(&predictions).unwrap();
    assert_eq!((metrics.samples as u64, metrics.tokens.map(|count| count as u64)), (40, expected["tokens"].as_u64()));
    for (i, label) in data.labels.iter().enumerate() {
        assert_eq!(metrics.labels[label].positives as u64, expected["positives"][i], "{label}");
        assert_eq!(metrics.labels[label].unknown as u64, expected["unknown"][i], "{label}");
    }
    let resampler = Resampler::of(&predictions);
    assert_eq!(resampler.draw(Key::new(1, Purpose::Resamples)).len(), 40, "texts are drawn, not tokens");
    let counts: Vec<Vec<u32>> = serde_json::from_value(expected["counts"].clone()).unwrap();
    let figures: Vec<Figures> = counts.iter().map(|counts| resampler.figures(counts)).collect();
    let measured = resampler.intervals(&figures, &data.labels);
    for (name, interval) in [
        ("loss", measured.loss),
        ("accuracy", measured.accuracy),
        ("auc_macro", measured.auc_macro),
        ("auc_micro", measured.auc_micro),
        ("bad", measured.labels["bad"]),
        ("odd", measured.labels["odd"]),
    ] {
        let Interval { low, high } = interval.unwrap();
        let [expected_low, expected_high] = [0, 1].map(|end| expected["intervals"][name][end].as_f64().unwrap());
        let close = |measured: f64, expected: f64| (measured - expected).abs() < 1e-9;
        assert!(close(low, expected_low) && close(high, expected_high), "{name}: {interval:?}");
    }
}

fn all(intervals: &Intervals) -> Vec<Interval> {
    let figures = [intervals.loss, intervals.accuracy, intervals.auc_macro, intervals.auc_micro];
    figures.into_iter().chain(intervals.labels.values().copied()).map(Option::unwrap).collect()
}

#[test]
fn a_resample_is_measured_as_its_repeated_rows() {
    let data = data(200);
    let resampler = Resampler::of(&data.predictions());
    for seed in 0..5 {
        let counts = resampler.draw(Key::new(seed, Purpose::Resamples));
        assert_eq!(counts.iter().sum::<u32>(), 200);
        let figures = resampler.figures(&counts);
        let repeated = repeated(&data, &counts);
        let expected = Metrics::of(&repeated.predictions()).unwrap();
        for (measured, expected) in [
            (figures.loss, Some(expected.loss)),
            (figures.accuracy, expected.accuracy),
            (figures.auc_micro, expected.auc_micro),
            (resampler.auc_macro(&figures), expected.auc_macro),
            (figures.aucs[0], expected.labels["insult"].auc),
            (figures.aucs[1], expected.labels["threat"].auc),
        ] {
            assert!((measured.unwrap() - expected.unwrap()).abs() < 1e-12, "{measured:?} not {expected:?}");
        }
    }
}

#[test]
fn a_weight_is_as_good_as_a_repetition() {
    let data = data(100);
    let counts: Vec<u32> = (0..100).map(|text| 1 + text % 3).collect();
    let weights: Vec<f32> = data.weights.iter().zip(&counts).map(|(weight, &count)| weight * count as f32).collect();
    let weighted = data.clone().weighing(weights);
    let (repeated, weighted) = (Resampler::of(&data.predictions()), Resampler::of(&weighted.predictions()));
    let (repeated, weighted) = (repeated.figures(&counts), weighted.figures(&[1; 100]));
    let pairs = [
        (repeated.loss, weighted.loss),
        (repeated.accuracy, weighted.accuracy),
        (repeated.auc_micro, weighted.auc_micro),
        (repeated.aucs[1], weighted.aucs[1]),
    ];
    for (repeated, weighted) in pairs {
        assert!((repeated.unwrap() - weighted.unwrap()).abs() < 1e-12, "{repeated:?} not {weighted:?}");
    }
}

#[test]
fn intervals_contain_the_estimate_and_shrink_with_more_texts() {
    let mut widths = Vec::new();
    for texts in [300, 4_800] {
        let data = data(texts);
        let metrics = Metrics::of(&data.predictions()).unwrap();
        let intervals = data.predictions().intervals(200, 1).unwrap();
        let estimates =
            [metrics.loss, metrics.accuracy.unwrap(), metrics.auc_macro.unwrap(), metrics.auc_micro.unwrap()];
        let estimates = estimates.into_iter().chain(metrics.labels.values().map(|label| label.auc.unwrap()));
        for (estimate, interval) in estimates.zip(all(&intervals)) {
            assert!(interval.low < estimate && estimate < interval.high, "{estimate} not in {interval:?}");
        }
        widths.push(all(&intervals).into_iter().map(|interval| interval.high - interval.low).collect::<Vec<_>>());
    }
    // Sixteen times the texts, a quarter of the width.
    for (few, many) in widths[0].iter().zip(&widths[1]) {
        assert!((2.5..7.0).contains(&(few / many)), "{few} and {many}");
    }
}

#[test]
fn the_interval_of_a_mean_is_that_of_the_normal_distribution() {
    let logits: Vec<f32> = (0..1_000).map(|text| if text < 800 { 1.0 } else { -1.0 }).collect();
    let data = LabelledLogits::new(&["positive"], logits, [1.0; 1_000]);
    let intervals = data.predictions().intervals(2_000, 1).unwrap();
    let accuracy = intervals.accuracy.unwrap();
    let half = 1.96 * (0.8_f64 * 0.2 / 1_000.0).sqrt();
    assert!(
        (accuracy.low - (0.8 - half)).abs() < 0.003 && (accuracy.high - (0.8 + half)).abs() < 0.003,
        "{accuracy:?}"
    );
    assert_eq!((intervals.auc_micro, intervals.labels["positive"]), (None, None));
}

#[test]
fn the_same_seed_draws_the_same_resamples() {
    let data = data(300);
    let with = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| data.predictions().intervals(100, seed)).unwrap()
    };
    assert_eq!(with(1, 1), with(3, 1));
    assert_ne!(with(1, 1), with(1, 2));
}

#[test]
fn a_rare_label_that_is_not_drawn_is_left_out() {
    let mut targets = vec![0.0; 80];
    (targets[0], targets[1], targets[2]) = (1.0, 1.0, 1.0);
    let logits: Vec<f32> = (0..80).map(|i| (i * 7 % 11) as f32).collect();
    let data = LabelledLogits::new(&["insult", "threat"], logits, targets);
    let predictions = data.predictions();
    let resampler = Resampler::of(&predictions);
    let without = Figures { loss: None, accuracy: None, auc_micro: None, aucs: vec![Some(0.9), None] };
    assert_eq!(resampler.auc_macro(&without), None);
    assert!(predictions.intervals(50, 1).unwrap().labels["threat"].is_some());
    assert!(predictions.intervals(0, 1).unwrap_err().to_string().contains("ask for 1,000"));
}
