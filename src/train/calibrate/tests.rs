//! Platt's fit is held to scikit-learn's and SciPy's results in `tests/fixtures/platt.json`; see `make_fixtures.py`.

use super::*;
use crate::logistic::sigmoid;
use crate::train::fixtures::{self, LabelledLogits, numbers};

fn samples(logits: &[f32], targets: &[f32], weights: &[f32]) -> Vec<Sample> {
    let rows = logits.iter().zip(targets).zip(weights);
    let sample = |(text, ((&logit, &target), &weight)): (usize, ((&f32, &f32), &f32))| {
        Sample::new(logit, target, weight.into(), text)
    };
    rows.enumerate().map(sample).collect()
}

/// Texts with the label "threat" whose logits are `positives`, and others without it.
fn two_classes(positives: &[f32], negatives: &[f32]) -> LabelledLogits {
    let targets = [vec![1.0; positives.len()], vec![0.0; negatives.len()]].concat();
    LabelledLogits::new(&["threat"], [positives, negatives].concat(), targets)
}

/// `count` logits around `middle`, 2 wide on either side.
fn around(middle: f32, count: usize) -> Vec<f32> {
    (0..count).map(|i| middle - 2.0 + 4.0 * i as f32 / (count - 1) as f32).collect()
}

fn calibrated(positives: &[f32], negatives: &[f32], options: &CalibrationOptions) -> Calibrated {
    fit(&two_classes(positives, negatives), options)
}

/// The one label's calibration.
fn fit(data: &LabelledLogits, options: &CalibrationOptions) -> Calibrated {
    calibrate(&Task::new("t", &data.labels), &data.predictions(), options).unwrap().labels.remove(0)
}

#[test]
fn the_line_is_that_of_scikit_learn() {
    let cases = fixtures::json("platt.json");
    assert_eq!(cases.as_array().unwrap().len(), 10);
    for case in cases.as_array().unwrap() {
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
        let LabelledLogits { logits, targets, .. } = two_classes(&positives, &negatives);
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
fn a_threshold_that_is_not_chosen_anew_decides_as_it_did() {
    let mut task = Task::new("t", &["threat"]);
    let before = Calibration { scale: 0.8, bias: -1.0 };
    task.labels[0] = Label { threshold: 0.7, calibration: before, ..task.labels[0].clone() };
    let data = two_classes(&around(0.0, 19), &around(-1.0, 200));
    let fitted = calibrate(&task, &data.predictions(), &CalibrationOptions::default()).unwrap().labels.remove(0);
    let now = fitted.label.calibration;
    assert!(fitted.is_fitted && !fitted.is_chosen && now != before, "{fitted:?}");
    for logit in [1.0, 2.3, 2.31, 2.5, 4.0] {
        let counts = |calibration: Calibration, threshold: f32| {
            sigmoid(f64::from(calibration.apply(logit))) >= f64::from(threshold)
        };
        assert_eq!(counts(now, fitted.label.threshold), counts(before, 0.7), "{logit}: {fitted:?}");
    }
}

#[test]
fn what_was_not_fitted_is_recorded_as_it_was_made_before() {
    let json = include_bytes!("../../../public/models/undertone/manifest.json");
    let mut manifest = Manifest::parse(json).unwrap();
    let before = manifest.tasks[1].calibration.clone().unwrap();
    let fitted = calibrated(&around(1.0, 100), &around(-1.0, 100), &CalibrationOptions::default());
    let of = |label: &Label, is_fitted: bool| Calibrated {
        label: label.clone(),
        is_fitted,
        is_chosen: is_fitted,
        notes: Vec::new(),
        ..fitted.clone()
    };
    let labels = manifest.tasks[1].labels.iter().map(|label| of(label, label.name == "threat")).collect();
    let task = CalibratedTask { temperature: 1.0, labels, notes: Vec::new() };
    let rates = BTreeMap::from([("threat".to_owned(), 0.01), ("insult".to_owned(), 0.3)]);
    let options = CalibrationOptions { rates, objective: ThresholdObjective::Precision(0.9) };
    record(&mut manifest, 1, &task, "mail.csv", 200, &options).unwrap();
    let now = manifest.tasks[1].calibration.clone().unwrap();
    assert_eq!(now.rates, BTreeMap::from_iter(before.rates.into_iter().chain([("threat".to_owned(), 0.01)])));
    let both = now.thresholds.starts_with(&options.objective.words())
        && now.thresholds.ends_with(&format!("({})", before.thresholds));
    assert!(both && now.thresholds.contains(" for threat; else as before "), "{}", now.thresholds);
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
    let data = two_classes(&around(1.0, 50), &around(-1.0, 150));
    let samples = samples(&data.logits, &data.targets, &data.weights);
    let choice = threshold::choose(judged(&samples), ThresholdObjective::BestF1).unwrap();
    let f1 = |threshold: f32| Decisions::of(judged(&samples), threshold).f1;
    let best = samples.iter().map(|sample| f1(sample.probability() as f32)).fold(0.0, f64::max);
    assert_eq!(f1(choice.threshold), best);
    // Halfway between two probabilities, a little more or less changes nothing.
    assert_eq!([0.9999, 1.0001].map(|factor| f1(choice.threshold * factor)), [best; 2]);
}

#[test]
fn near_the_best_f1_the_lowest_threshold_is_taken() {
    // F1 by falling threshold: 2/5, 2/6, 4/7, 6/8, 6/9, 8/10, 8/11, 8/12.
    let logits = [5.0, 4.0, 3.0, 2.0, 1.0, 0.0, -1.0, -2.0];
    let targets = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0];
    let samples = samples(&logits, &targets, &[1.0; 8]);
    let marked = |cost: f64| {
        let choice = threshold::choose(judged(&samples), ThresholdObjective::NearBestF1(cost)).unwrap();
        logits.iter().filter(|&&logit: &&f32| sigmoid(f64::from(logit)) as f32 >= choice.threshold).count()
    };
    assert_eq!([0.0, 0.07, 0.08, 0.13, 0.14].map(marked), [6, 6, 7, 7, 8]);
    for cost in [-0.1, 1.0, f64::NAN] {
        assert!(ThresholdObjective::NearBestF1(cost).check().is_err(), "{cost}");
    }
}

#[test]
fn a_wanted_precision_is_kept_with_the_most_recall() {
    // Precision by falling threshold: 1, 1/2, 2/3, 3/4, 3/5, 4/6.
    let logits = [5.0, 4.0, 3.0, 2.0, 1.0, 0.0];
    let targets = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
    let samples = samples(&logits, &targets, &[1.0; 6]);
    let chosen = |wanted: f64| {
        let choice = threshold::choose(judged(&samples), ThresholdObjective::Precision(wanted)).unwrap();
        let decisions = Decisions::of(judged(&samples), choice.threshold);
        (choice.reached, decisions.precision, decisions.recall)
    };
    assert_eq!(chosen(0.7), (true, 0.75, 0.75));
    assert_eq!(chosen(0.9), (true, 1.0, 0.25));
    assert_eq!(chosen(0.6), (true, 4.0 / 6.0, 1.0));
    let without_first = &samples[1..];
    let choice = threshold::choose(judged(without_first), ThresholdObjective::Precision(0.9)).unwrap();
    assert!(!choice.reached);
    assert_eq!(Decisions::of(judged(without_first), choice.threshold).precision, 2.0 / 3.0, "the best there is");
    assert_eq!(threshold::choose(judged(&samples[1..2]), ThresholdObjective::BestF1), None);
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
    let mut data = two_classes(&around(1.0, 30), &around(-1.0, 30));
    let before = fit(&data, &CalibrationOptions::default()).label;
    data.logits.extend([9.0, -9.0]);
    data.targets.extend([f32::NAN, 1.0]);
    data.weights.extend([1.0, 0.0]);
    assert_eq!(fit(&data, &CalibrationOptions::default()).label, before);
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
    let tokens = two_classes(&around(1.0, 60), &around(-1.0, 60));
    let fit_texts = |count: usize, texts: &[usize]| {
        let [logits, targets] = [&tokens.logits[..count], &tokens.targets[..count]];
        fit(&LabelledLogits::new(&["bad"], logits, targets).of_texts(texts), &CalibrationOptions::default())
    };
    let each_alone: Vec<usize> = (0..120).collect();
    assert_ne!(fit_texts(120, &each_alone).label.calibration.scale, 1.0);
    // Sixty marked tokens in twelve texts, and as many others.
    let in_tens: Vec<usize> = (0..120).map(|token| token / 5).collect();
    let fitted = fit_texts(120, &in_tens);
    assert_eq!((fitted.label.calibration.scale, fitted.label.threshold), (1.0, 0.5));
    let note = "bad: only its bias was fitted, since 12 texts with tokens that have the label and 12 with tokens that have it not";
    assert!(fitted.notes[0].starts_with(note), "{:?}", fitted.notes);
    let fitted = fit_texts(62, &in_tens[..62]);
    assert!(fitted.notes[0].starts_with("bad: left as it was, since 12 texts with tokens"), "{:?}", fitted.notes);
}

#[test]
fn a_rate_moves_shares_as_the_texts_that_they_stand_for() {
    let sample = |target: f32, weight: f64| Sample::new(0.0, target, weight, 0);
    let to_rate = |samples: &[Sample], rate| -> Vec<Sample> {
        let factors = factors(samples, rate);
        samples.iter().map(|sample| sample.reweighted(factors)).collect()
    };
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
    let cases = fixtures::json("classes.json");
    for case in cases.as_array().unwrap() {
        let data = LabelledLogits::from_classes(case);
        let predictions = data.predictions();
        let expected = 1.0 / case["scale"].as_f64().unwrap();
        let temperature = temperature::fit(&predictions).unwrap();
        assert!((temperature - expected).abs() < 1e-4 * expected, "{}: {temperature} not {expected}", case["name"]);

        let task = Task { kind: HeadKind::Classes, ..Task::new("topic", &data.labels) };
        let fitted = calibrate(&task, &predictions, &CalibrationOptions::default()).unwrap();
        let known = data.targets.chunks(data.labels.len()).filter(|row| !row[0].is_nan()).count();
        assert_eq!(fitted.is_fitted(), known >= FOR_A_SLOPE, "{:?}", fitted.notes);
        if !fitted.is_fitted() {
            assert_eq!(fitted.temperature, 1.0);
            continue;
        }
        let hotter = Task { temperature: fitted.temperature, ..task };
        let mut logits: Vec<f32> = serde_json::from_value::<Vec<Vec<f32>>>(case["logits"].clone()).unwrap().concat();
        logits.chunks_exact_mut(4).for_each(|row| hotter.calibrate(row));
        let loss = mean(&Predictions { logits: &logits, ..predictions }.believed(), Sample::loss).unwrap();
        let expected = case["loss_at_scale"].as_f64().unwrap();
        assert!((loss - expected).abs() < 1e-6, "{}: {loss} not {expected}", case["name"]);
    }
}

#[test]
fn classes_without_a_best_temperature_stay_as_they_were() {
    let task = Task { kind: HeadKind::Classes, ..Task::new("topic", &["art", "news"]) };
    let fit = |logit: f32, options: &CalibrationOptions| {
        let logits: Vec<f32> =
            (0..40).flat_map(|text| if text % 2 == 0 { [logit, -logit] } else { [-logit, logit] }).collect();
        let targets: Vec<f32> = (0..40).flat_map(|text| if text % 2 == 0 { [1.0, 0.0] } else { [0.0, 1.0] }).collect();
        let data = LabelledLogits::new(&["art", "news"], logits, targets).exclusive();
        calibrate(&task, &data.predictions(), options)
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
