//! Platt's fit is held to scikit-learn's and SciPy's results in `tests/fixtures/platt.json`; see `make_fixtures.py`.

use serde_json::Value;

use super::*;

fn samples(logits: &[f32], targets: &[f32], weights: &[f32]) -> Vec<Sample> {
    let rows = logits.iter().zip(targets).zip(weights);
    let sample = |(text, ((&logit, &target), &weight)): (usize, ((&f32, &f32), &f32))| Sample {
        logit,
        target,
        weight: weight.into(),
        text,
    };
    rows.enumerate().map(sample).collect()
}

fn numbers(values: &Value) -> Vec<f32> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect()
}

/// Texts with a label whose logits are `positives`, and others without it.
fn two_classes(positives: &[f32], negatives: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let logits = positives.iter().chain(negatives).copied().collect();
    let targets = positives.iter().map(|_| 1.0).chain(negatives.iter().map(|_| 0.0)).collect();
    (logits, targets)
}

/// `count` logits around `middle`, 2 wide on either side.
fn around(middle: f32, count: usize) -> Vec<f32> {
    (0..count).map(|i| middle - 2.0 + 4.0 * i as f32 / (count - 1) as f32).collect()
}

fn calibrated(positives: &[f32], negatives: &[f32], options: &CalibrationOptions) -> Calibrated {
    let (logits, targets) = two_classes(positives, negatives);
    let weights = vec![1.0; logits.len()];
    let names = ["threat".to_owned()];
    let predictions =
        Predictions { logits: &logits, targets: &targets, weights: &weights, labels: &names, ..Predictions::default() };
    calibrate(&Task::new("t", &names), &predictions, options).unwrap().labels.remove(0)
}

#[test]
fn the_line_is_that_of_scikit_learn() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/platt.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let of = |key: &str| case[key].as_f64().unwrap();
        let samples = samples(&numbers(&case["logits"]), &numbers(&case["targets"]), &numbers(&case["weights"]));
        let line = platt::fit(&samples).unwrap();
        let close = |measured: f64, expected: f64| (measured - expected).abs() < 1e-6 * expected.abs().max(1.0);
        assert!(close(line.scale, of("scale")) && close(line.bias, of("bias")), "{}: {line:?}", case["name"]);
        let line = platt::fit_bias(&samples);
        assert!(line.scale == 1.0 && close(line.bias, of("bias_alone")), "{}: {line:?}", case["name"]);
    }
}

#[test]
fn what_has_no_best_slope_is_given_a_bias() {
    for (positives, negatives, why) in [
        (around(10.0, 30), around(0.0, 40), "do not overlap"),
        (around(-10.0, 30), around(0.0, 40), "do not overlap"),
        (around(0.0, 30), around(1.0, 40), "do not score higher"),
        (vec![1.0; 30], vec![1.0; 40], "do not overlap"),
    ] {
        let fitted = calibrated(&positives, &negatives, &CalibrationOptions::default());
        assert_eq!(fitted.label.calibration.scale, 1.0);
        assert!(fitted.notes.len() == 1 && fitted.notes[0].contains(why), "{:?}", fitted.notes);
        let (logits, targets) = two_classes(&positives, &negatives);
        let calibrated = logits.iter().map(|&logit| f64::from(fitted.label.calibration.apply(logit)));
        let expected: f64 = calibrated.map(|logit| 1.0 / (1.0 + (-logit).exp())).sum();
        assert!((expected - f64::from(targets.iter().sum::<f32>())).abs() < 1e-3, "as many as there are: {expected}");
    }
}

#[test]
fn few_examples_get_a_bias_or_nothing() {
    let negatives = around(-1.0, 200);
    let fitted = calibrated(&around(0.0, 19), &negatives, &CalibrationOptions::default());
    assert!(fitted.label.calibration.scale == 1.0 && fitted.label.calibration.bias < -0.1, "{fitted:?}");
    assert_eq!(
        fitted.notes,
        [
            "threat: only its bias was fitted, since 19 texts with the label and 200 without are too few for a slope and a threshold"
        ]
    );
    assert_eq!(fitted.label.threshold, 0.5);
    assert_ne!(calibrated(&around(0.0, 20), &negatives, &CalibrationOptions::default()).label.calibration.scale, 1.0);
    let rates = BTreeMap::from([("threat".to_owned(), 0.003)]);
    let fitted =
        calibrated(&around(0.0, 4), &negatives, &CalibrationOptions { rates, objective: ThresholdObjective::BestF1 });
    assert_eq!(fitted.label, Label::new("threat"));
    assert!(fitted.notes[0].starts_with("threat: left as it was, since 4 texts with the label"), "{:?}", fitted.notes);
    let fitted = calibrated(&[], &negatives, &CalibrationOptions::default());
    assert_eq!((fitted.label, fitted.decisions.recall), (Label::new("threat"), 0.0));
}

#[test]
fn a_rate_moves_the_odds() {
    assert!((prior_shift(0.5, 0.1) - (1.0f64 / 9.0).ln()).abs() < 1e-12);
    assert!((prior_shift(0.2, 0.02) + prior_shift(0.02, 0.2)).abs() < 1e-12);
    let (positives, negatives) = (around(1.0, 100), around(-1.0, 100));
    let plain = calibrated(&positives, &negatives, &CalibrationOptions::default());
    let rates = BTreeMap::from([("threat".to_owned(), 0.1)]);
    let moved =
        calibrated(&positives, &negatives, &CalibrationOptions { rates, objective: ThresholdObjective::BestF1 });
    let shift = moved.label.calibration.bias - plain.label.calibration.bias;
    assert!((shift - (1.0f32 / 9.0).ln()).abs() < 1e-5, "{shift}");
    assert_eq!(moved.label.calibration.scale, plain.label.calibration.scale);
    // With the texts weighted to the rate, the negatives count nine times as much.
    let all = moved.decisions;
    let positives = all.true_positives + all.false_negatives;
    let negatives = all.false_positives + all.true_negatives;
    assert!((negatives / positives - 9.0).abs() < 1e-9);
    assert!(moved.loss_after.unwrap() < moved.loss_before.unwrap());
}

#[test]
fn the_best_f1_is_the_best_of_all_cuts() {
    let (logits, targets) = two_classes(&around(1.0, 50), &around(-1.0, 150));
    let samples = samples(&logits, &targets, &vec![1.0; 200]);
    let choice = threshold::choose(&samples, ThresholdObjective::BestF1).unwrap();
    let f1 = |threshold: f32| Decisions::of(&samples, threshold).f1;
    let best = samples.iter().map(|sample| f1(sample.probability() as f32)).fold(0.0, f64::max);
    assert_eq!(f1(choice.threshold), best);
    // Halfway between two probabilities, a little more or less changes nothing.
    assert_eq!([0.9999, 1.0001].map(|factor| f1(choice.threshold * factor)), [best; 2]);
}

#[test]
fn a_wanted_precision_is_kept_with_the_most_recall() {
    // Precision by falling threshold: 1, 1/2, 2/3, 3/4, 3/5, 4/6.
    let logits = [5.0, 4.0, 3.0, 2.0, 1.0, 0.0];
    let targets = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
    let samples = samples(&logits, &targets, &[1.0; 6]);
    let chosen = |wanted: f64| {
        let choice = threshold::choose(&samples, ThresholdObjective::Precision(wanted)).unwrap();
        let decisions = Decisions::of(&samples, choice.threshold);
        (choice.reached, decisions.precision, decisions.recall)
    };
    assert_eq!(chosen(0.7), (true, 0.75, 0.75));
    assert_eq!(chosen(0.9), (true, 1.0, 0.25));
    assert_eq!(chosen(0.6), (true, 4.0 / 6.0, 1.0));
    let without_first = &samples[1..];
    let choice = threshold::choose(without_first, ThresholdObjective::Precision(0.9)).unwrap();
    assert!(!choice.reached);
    assert_eq!(Decisions::of(without_first, choice.threshold).precision, 2.0 / 3.0, "the best there is");
    assert_eq!(threshold::choose(&samples[1..2], ThresholdObjective::BestF1), None);
}

#[test]
fn a_precision_out_of_reach_is_said() {
    let fitted = calibrated(&around(0.0, 30), &around(0.5, 30), &CalibrationOptions::default());
    assert!(fitted.decisions.recall > 0.0);
    let options =
        CalibrationOptions { objective: ThresholdObjective::Precision(0.99), ..CalibrationOptions::default() };
    let fitted = calibrated(&around(0.0, 30), &around(0.1, 30), &options);
    let note = fitted.notes.last().unwrap();
    assert!(note.starts_with("threat: no threshold has the precision 0.99; the best there is, 0."), "{note}");
    assert!(fitted.decisions.recall > 0.0);
}

#[test]
fn unknown_targets_and_empty_weights_are_no_evidence() {
    let (mut logits, mut targets) = two_classes(&around(1.0, 30), &around(-1.0, 30));
    let mut weights = vec![1.0; 60];
    let names = ["threat".to_owned()];
    let fit = |logits: &[f32], targets: &[f32], weights: &[f32]| {
        let predictions = Predictions { logits, targets, weights, labels: &names, ..Predictions::default() };
        calibrate(&Task::new("t", &names), &predictions, &CalibrationOptions::default()).unwrap().labels.remove(0).label
    };
    let before = fit(&logits, &targets, &weights);
    logits.extend([9.0, -9.0]);
    targets.extend([f32::NAN, 1.0]);
    weights.extend([1.0, 0.0]);
    assert_eq!(fit(&logits, &targets, &weights), before);
}

#[test]
fn wishes_that_cannot_be_followed_are_refused() {
    let said = |rates: &[(&str, f64)], objective| {
        let rates = rates.iter().map(|(name, rate)| ((*name).to_owned(), *rate)).collect();
        CalibrationOptions { rates, objective }.check(&["toxic", "threat"]).unwrap_err().to_string()
    };
    assert_eq!(
        said(&[("treat", 0.1)], ThresholdObjective::BestF1),
        "the rate treat=0.1 is of no label: the labels are toxic, threat"
    );
    for rate in [0.0, 1.0, -0.5, f64::NAN] {
        assert!(said(&[("toxic", rate)], ThresholdObjective::BestF1).contains("is no rate: give the share"), "{rate}");
    }
    assert!(said(&[], ThresholdObjective::Precision(1.5)).contains("1.5 is no precision"));
    assert!(CalibrationOptions::default().check(&[]).is_ok());
}

#[test]
fn tokens_of_one_text_are_one_piece_of_evidence() {
    let (mut logits, mut targets) = two_classes(&around(1.0, 60), &around(-1.0, 60));
    let names = ["bad".to_owned()];
    let fit = |logits: &[f32], targets: &[f32], texts: &[usize]| {
        let weights = vec![1.0; logits.len()];
        let predictions = Predictions {
            logits,
            targets,
            weights: &weights,
            labels: &names,
            texts: Some(texts),
            ..Predictions::default()
        };
        calibrate(&Task::new("t", &names), &predictions, &CalibrationOptions::default()).unwrap().labels.remove(0)
    };
    let each_alone: Vec<usize> = (0..120).collect();
    assert_ne!(fit(&logits, &targets, &each_alone).label.calibration.scale, 1.0);
    // Sixty marked tokens in twelve texts, and as many others.
    let in_tens: Vec<usize> = (0..120).map(|token| token / 5).collect();
    let fitted = fit(&logits, &targets, &in_tens);
    assert_eq!((fitted.label.calibration.scale, fitted.label.threshold), (1.0, 0.5));
    let note = "bad: only its bias was fitted, since 12 texts with tokens that have the label and 12 with tokens that have it not";
    assert!(fitted.notes[0].starts_with(note), "{:?}", fitted.notes);
    logits.truncate(62);
    targets.truncate(62);
    let fitted = fit(&logits, &targets, &in_tens[..62]);
    assert!(fitted.notes[0].starts_with("bad: left as it was, since 12 texts with tokens"), "{:?}", fitted.notes);
}

#[test]
fn a_rate_moves_shares_as_the_texts_that_they_stand_for() {
    let sample = |target: f32, weight: f64| Sample { logit: 0.0, target, weight, text: 0 };
    let moved = to_rate(&[sample(0.25, 4.0), sample(1.0, 1.0), sample(0.0, 3.0)], 0.5);
    let apart = to_rate(&[sample(1.0, 1.0), sample(0.0, 3.0), sample(1.0, 1.0), sample(0.0, 3.0)], 0.5);
    let sums = |samples: &[Sample]| {
        let positive: f64 = samples.iter().map(|sample| sample.weight * f64::from(sample.target)).sum();
        (positive, samples.iter().map(|sample| sample.weight).sum::<f64>())
    };
    let (moved, apart) = (sums(&moved), sums(&apart));
    assert!((moved.0 - apart.0).abs() < 1e-6 && (moved.1 - apart.1).abs() < 1e-12, "{moved:?} {apart:?}");
    assert!((apart.0 / apart.1 - 0.5).abs() < 1e-12);
}

#[test]
fn the_temperature_is_that_of_scipy() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/classes.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in cases {
        let names: Vec<String> = serde_json::from_value(case["labels"].clone()).unwrap();
        let classes: Vec<i64> = serde_json::from_value(case["classes"].clone()).unwrap();
        let raw: Vec<Vec<f32>> = serde_json::from_value(case["logits"].clone()).unwrap();
        let mut logits = raw.concat();
        logits.chunks_exact_mut(4).for_each(crate::logistic::one_against_rest);
        let target = |class: i64, of: i64| if class < 0 { f32::NAN } else { f32::from(u8::from(class == of)) };
        let targets: Vec<f32> = classes.iter().flat_map(|&class| (0..4).map(move |of| target(class, of))).collect();
        let weights = numbers(&case["weights"]);
        let kind = HeadKind::Classes;
        let predictions =
            Predictions { logits: &logits, targets: &targets, weights: &weights, labels: &names, kind, texts: None };
        let expected = 1.0 / case["scale"].as_f64().unwrap();
        let temperature = temperature::fit(&predictions).unwrap();
        assert!((temperature - expected).abs() < 1e-4 * expected, "{}: {temperature} not {expected}", case["name"]);

        let task = Task { kind, ..Task::new("topic", &names) };
        let fitted = calibrate(&task, &predictions, &CalibrationOptions::default()).unwrap();
        let known = classes.iter().filter(|class| **class >= 0).count();
        assert_eq!(fitted.is_fitted(), known >= FOR_A_SLOPE, "{:?}", fitted.notes);
        if !fitted.is_fitted() {
            assert_eq!(fitted.temperature, 1.0);
            continue;
        }
        let hotter = Task { temperature: fitted.temperature, ..task };
        let mut logits = raw.concat();
        logits.chunks_exact_mut(4).for_each(|row| hotter.calibrate(row));
        let loss = mean(&Predictions { logits: &logits, ..predictions }.believed(), Sample::loss).unwrap();
        let expected = case["loss_at_scale"].as_f64().unwrap();
        assert!((loss - expected).abs() < 1e-6, "{}: {loss} not {expected}", case["name"]);
    }
}

#[test]
fn classes_without_a_best_temperature_stay_as_they_were() {
    let names = ["art", "news"].map(str::to_owned);
    let task = Task { kind: HeadKind::Classes, ..Task::new("topic", &names) };
    let fit = |logit: f32, options: &CalibrationOptions| {
        let logits: Vec<f32> =
            (0..40).flat_map(|text| if text % 2 == 0 { [logit, -logit] } else { [-logit, logit] }).collect();
        let targets: Vec<f32> = (0..40).flat_map(|text| if text % 2 == 0 { [1.0, 0.0] } else { [0.0, 1.0] }).collect();
        let kind = HeadKind::Classes;
        let weights = [1.0; 40];
        let predictions =
            Predictions { logits: &logits, targets: &targets, weights: &weights, labels: &names, kind, texts: None };
        calibrate(&task, &predictions, options)
    };
    for (logit, why) in [(2.0, "is always the right one"), (-2.0, "are not likelier than others")] {
        let fitted = fit(logit, &CalibrationOptions::default()).unwrap();
        assert!(
            !fitted.is_fitted() && fitted.temperature == 1.0 && fitted.notes[0].contains(why),
            "{:?}",
            fitted.notes
        );
    }
    let rates = BTreeMap::from([("art".to_owned(), 0.1)]);
    let said = fit(2.0, &CalibrationOptions { rates, objective: ThresholdObjective::BestF1 }).unwrap_err().to_string();
    assert!(said.starts_with("the rate of art is of a class that excludes others"), "{said}");
}
