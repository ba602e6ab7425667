//! Held to scikit-learn's results in `tests/fixtures/metrics.json` and PyTorch's in `bce.json`; see `make_fixtures.py`.

use serde_json::Value;

use super::*;
use crate::train::fixtures::{self, LabelledLogits, assert_close};

/// Calls `check` with the name, the predictions and the expected values of each case.
fn for_each_case(check: impl Fn(&str, Predictions, &Value)) {
    let cases = fixtures::json("metrics.json");
    assert_eq!(cases.as_array().unwrap().len(), 12);
    for case in cases.as_array().unwrap() {
        check(case["name"].as_str().unwrap(), LabelledLogits::from_fixture(case).predictions(), case);
    }
}

#[test]
fn metrics_are_those_of_scikit_learn() {
    for_each_case(|name, predictions, expected| {
        let metrics = Metrics::of(&predictions).unwrap();
        assert_eq!(metrics.samples as u64, expected["n"].as_u64().unwrap());
        for (key, measured) in [
            ("loss", Some(metrics.loss)),
            ("calibration_error", metrics.ece),
            ("accuracy", metrics.accuracy),
            ("auc_macro", metrics.auc_macro),
            ("auc_micro", metrics.auc_micro),
        ] {
            assert_close(&format!("{name}: {key}"), measured, &expected[key]);
        }
        assert_eq!(metrics.labels.len(), predictions.labels.len());
        for (label, measured) in &metrics.labels {
            let expected = &expected["per_label"][label];
            assert_close(&format!("{name}: auc of {label}"), measured.auc, &expected["auc"]);
            let precision = measured.average_precision;
            assert_close(&format!("{name}: average precision of {label}"), precision, &expected["average_precision"]);
            assert_close(&format!("{name}: loss of {label}"), measured.loss, &expected["loss"]);
            assert_close(&format!("{name}: ECE of {label}"), measured.ece, &expected["calibration_error"]);
            for (what, measured) in
                [("positives", measured.positives), ("unknown", measured.unknown), ("undecided", measured.undecided)]
            {
                assert_eq!(measured as u64, expected[what].as_u64().unwrap(), "{name}: {what} of {label}");
            }
        }
    });
}

#[test]
fn texts_weighted_to_a_rate_count_as_if_there_were_as_many() {
    // A fifth is toxic; at a rate of a half each of them stands for 2.5 texts, and each other for .625.
    let logits: Vec<f32> = (0..200).map(|i| ((i * 37) % 101) as f32 / 25.0 - 2.0 + (i % 5 / 4) as f32).collect();
    let targets: Vec<f32> = (0..200).map(|i| (i % 5 / 4) as f32).collect();
    let data = LabelledLogits::new(&["toxic"], logits, targets.clone());
    let as_many = targets.iter().map(|target| if *target == 1.0 { 2.5 } else { 0.625 });
    let as_many =
        LabelledLogits { weights: as_many.collect(), ..LabelledLogits::new(&["toxic"], data.logits.clone(), targets) };
    let factors = data.predictions().factors_to(&[("toxic".to_owned(), 0.5)].into()).unwrap();
    let no_label = data.predictions().factors_to(&[("toxicc".to_owned(), 0.5)].into()).unwrap_err().to_string();
    assert!(no_label.contains("is of no label"), "{no_label}");
    let weighted = Predictions { factors: Some(&factors), ..data.predictions() };
    let (weighted, expected) = (Metrics::of(&weighted).unwrap(), Metrics::of(&as_many.predictions()).unwrap());
    assert!((weighted.loss - expected.loss).abs() < 1e-9, "{weighted:?} {expected:?}");
    assert!((weighted.ece.unwrap() - expected.ece.unwrap()).abs() < 1e-9);
    assert!((weighted.accuracy.unwrap() - expected.accuracy.unwrap()).abs() < 1e-9);
    assert!((weighted.loss - Metrics::of(&data.predictions()).unwrap().loss).abs() > 0.01);
}

#[test]
fn decisions_are_those_of_scikit_learn() {
    for_each_case(|name, predictions, expected| {
        for (i, threshold) in [0.25, 0.5, 0.7].into_iter().enumerate() {
            let decisions = predictions.decisions(&vec![threshold; predictions.labels.len()]).unwrap();
            assert_eq!(decisions.len(), predictions.labels.len());
            for (label, measured) in decisions {
                let expected = &expected["per_label"][&label]["at"][i];
                let what = format!("{name}: {label} at {threshold}");
                assert_eq!(Some(expected["threshold"].as_f64().unwrap() as f32), measured.threshold);
                assert_close(&what, Some(measured.precision), &expected["precision"]);
                assert_close(&what, Some(measured.recall), &expected["recall"]);
                assert_close(&what, Some(measured.f1), &expected["f1"]);
                let [negatives, alarms] = [0, 1].map(|cell| expected["confusion"][cell].as_f64().unwrap());
                let false_alarms = if negatives + alarms > 0.0 { alarms / (negatives + alarms) } else { 0.0 };
                assert_close(&what, measured.false_positive_rate, &false_alarms.into());
                let counts = [
                    measured.true_negatives,
                    measured.false_positives,
                    measured.false_negatives,
                    measured.true_positives,
                ];
                for (measured, expected) in counts.into_iter().zip(expected["confusion"].as_array().unwrap()) {
                    assert_close(&what, Some(measured), expected);
                }
            }
        }
    });
}

#[test]
fn every_label_is_decided_by_its_own_threshold() {
    let data = LabelledLogits::new(&["toxic", "threat"], [1.0, 1.0], [1.0, 1.0]);
    let predictions = data.predictions();
    let decisions = predictions.decisions(&[0.5, 0.9]).unwrap();
    assert_eq!((decisions["toxic"].recall, decisions["threat"].recall), (1.0, 0.0));
    let sentence = predictions.decisions(&[0.5]).unwrap_err().to_string();
    assert_eq!(sentence, "there are 1 thresholds for 2 labels: give one for each label");
}

#[track_caller]
fn assert_points<const N: usize>(
    what: &str,
    measured: impl ExactSizeIterator<Item = [Option<f64>; N]>,
    expected: &Value,
) {
    let expected = expected.as_array().unwrap();
    assert_eq!(measured.len(), expected.len(), "{what}: the number of points");
    for (i, (measured, expected)) in measured.zip(expected).enumerate() {
        for (part, measured) in measured.into_iter().enumerate() {
            assert_close(&format!("{what}: part {part} of point {i}"), measured, &expected[part]);
        }
    }
}

fn assert_curves(what: &str, measured: &LabelCurves, expected: &Value) {
    let roc = measured.roc.iter();
    let roc = roc.map(|point| [Some(point.false_positive_rate), Some(point.true_positive_rate), point.threshold]);
    assert_points(&format!("{what}: ROC"), roc, &expected["roc"]);
    let precision_recall = measured.precision_recall.iter();
    let precision_recall =
        precision_recall.map(|point| [Some(point.recall), Some(point.precision), Some(point.threshold)]);
    assert_points(&format!("{what}: precision-recall"), precision_recall, &expected["precision_recall"]);
}

#[test]
fn curves_are_those_of_scikit_learn() {
    for_each_case(|name, predictions, expected| {
        let curves = predictions.curves().unwrap();
        assert_curves(&format!("{name}: micro"), &curves.micro, &expected["curves"]);
        for (label, measured) in predictions.labels.iter().zip(&curves.labels) {
            assert_curves(&format!("{name}: {label}"), measured, &expected["per_label"][label]["curves"]);
        }
        let macro_roc = curves.macro_roc.iter();
        let macro_roc = macro_roc.map(|point| [Some(point.false_positive_rate), Some(point.true_positive_rate)]);
        assert_points(&format!("{name}: macro"), macro_roc, &expected["macro_roc"]);
        let trapezoid = |pair: &[RocPoint]| {
            (pair[1].false_positive_rate - pair[0].false_positive_rate)
                * (pair[0].true_positive_rate + pair[1].true_positive_rate)
                / 2.0
        };
        let area: f64 = curves.macro_roc.windows(2).map(trapezoid).sum();
        let area = (!curves.macro_roc.is_empty()).then_some(area);
        assert_close(&format!("{name}: area under macro"), area, &expected["auc_macro"]);
    });
}

#[test]
fn reliability_is_that_of_scikit_learn() {
    for_each_case(|name, predictions, expected| {
        let reliability = predictions.reliability(BINS).unwrap();
        let assert_bins = |what: &str, bins: &[Bin], expected: &Value| {
            let bins = bins.iter().map(|bin| [bin.probability, bin.positives, bin.weight].map(Some));
            assert_points(&format!("{name}: {what}"), bins, &expected["reliability"]);
        };
        assert_bins("all", &reliability.all, expected);
        for (label, bins) in predictions.labels.iter().zip(&reliability.labels) {
            assert_bins(label, bins, &expected["per_label"][label]);
        }
        assert!(predictions.reliability(0).is_err());
    });
}

#[test]
fn certain_probabilities_belong_to_the_last_bin() {
    let data = LabelledLogits::new(&["toxic"], [200.0, -200.0], [0.0, 0.0]).weighing([1.0, 3.0]);
    let predictions = data.predictions();
    let bins = predictions.reliability(10).unwrap().all;
    assert_eq!(bins.iter().map(|bin| bin.samples).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(Metrics::of(&predictions).unwrap().ece, Some(0.25));
}

#[test]
fn what_older_versions_wrote_is_read() {
    let json = r#"{"n":2,"loss":0.5,"accuracy":1.0,"auc_macro":null,"auc_micro":null,
        "labels":{"toxic":{"auc":null,"average_precision":null,"positives":2}}}"#;
    let metrics: Metrics = serde_json::from_str(json).unwrap();
    assert_eq!((metrics.ece, metrics.labels["toxic"].unknown), (None, 0));
}

#[test]
fn extreme_logits_have_the_loss_that_pytorch_gives_them() {
    let reference = &fixtures::json("bce.json")["f64"];
    let field = |name: &str| -> Vec<f64> { serde_json::from_value(reference[name].clone()).unwrap() };
    for ((logit, target), loss) in field("logits").into_iter().zip(field("targets")).zip(field("loss")) {
        // The two logits that f32 cannot hold tell nothing here that their neighbours do not.
        if f64::from(logit as f32) != logit {
            continue;
        }
        let data = LabelledLogits::new(&["toxic"], [logit as f32], [target as f32]);
        let measured = Metrics::of(&data.predictions()).unwrap().loss;
        // PyTorch's formula is exact for target 1 only; for target 0 it cancels the logit against itself.
        let tolerance = if target == 1.0 { 1e-12 * loss.max(1e-30) } else { 1e-14 * logit.abs().max(1.0) };
        assert!((measured - loss).abs() <= tolerance, "{logit} for {target}: {measured:e} not {loss:e}");
    }
}

#[test]
fn zeros_of_either_sign_tie() {
    let samples = [(0.0, 1.0), (-0.0, 0.0)];
    let sample = |(logit, target)| Sample::new(logit, target, 1.0, 0);
    let samples = samples.map(sample);
    assert_eq!(ranking::roc_auc(&samples), Some(0.5));
    assert_eq!(ranking::average_precision(&samples), Some(0.5));
}

#[test]
fn json_is_what_evaluate_promises() {
    let data = LabelledLogits::new(&["toxic", "threat"], [0.0, -1.0, -2.0, 1.0], [1.0, 0.0, 0.0, 0.0]);
    let json = serde_json::to_value(Metrics::of(&data.predictions()).unwrap()).unwrap();
    assert_eq!(json["n"], 2);
    assert_eq!(json["accuracy"], 0.75);
    assert_eq!(json["auc_macro"], 1.0);
    assert_eq!(json["auc_micro"], 2.0 / 3.0);
    assert_eq!(json["labels"]["toxic"]["auc"], 1.0);
    assert_eq!(json["labels"]["threat"]["auc"], Value::Null);
    assert!(json["loss"].is_f64());
}

#[track_caller]
fn assert_refused(logits: &[f32], targets: &[f32], weights: &[f32], sentence: &str) {
    let data = LabelledLogits::new(&["toxic", "threat"], logits, targets).weighing(weights);
    let refused = Metrics::of(&data.predictions()).unwrap_err().to_string();
    assert!(refused.starts_with(sentence), "{refused}");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    for logit in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let sentence = format!("the model's logit for label `threat` of text 2 is {logit}: the training diverged");
        assert_refused(&[0.0, 0.0, 0.0, logit], &[0.0; 4], &[1.0; 2], &sentence);
    }
    assert_refused(&[0.0; 4], &[0.0, 0.0, 1.5, 0.0], &[1.0; 2], "the target for label `toxic` of text 2 is 1.5");
    assert_refused(&[0.0; 4], &[0.0; 4], &[1.0, -1.0], "the weight of text 2 is -1");
    assert_refused(&[0.0; 4], &[0.0; 4], &[0.0; 2], "every text has the weight 0");
    let unknown = [f32::NAN, f32::NAN, 1.0, 1.0];
    assert_refused(&[0.0; 4], &unknown, &[1.0, 0.0], "there is nothing to measure: of no text with a weight above 0");
    assert_refused(&[0.0; 3], &[0.0; 4], &[1.0; 2], "2 texts with 2 labels need 4 logits and targets");
    assert_refused(&[], &[], &[], "there is nothing to measure");
}

#[test]
fn what_is_on_neither_side_has_a_loss_and_no_accuracy() {
    let data = LabelledLogits::new(&["positive"], [0.0, 1.0], [0.5; 2]);
    let predictions = data.predictions();
    let metrics = Metrics::of(&predictions).unwrap();
    let loss = |p: f64| -(p.ln() + (1.0 - p).ln()) / 2.0;
    assert!((metrics.loss - (loss(0.5) + loss(1.0 / (1.0 + (-1f64).exp()))) / 2.0).abs() < 1e-12);
    assert_eq!((metrics.accuracy, metrics.auc_macro, metrics.labels["positive"].undecided), (None, None, 2));
    let intervals = predictions.intervals(10, 1).unwrap();
    assert!(intervals.accuracy.is_none() && intervals.loss.is_some());
    assert!(predictions.curves().unwrap().micro.roc.is_empty());
    assert_eq!(metrics.notes(), ["how well positive is told apart cannot be measured, since it is decided of no text"]);
}

#[test]
fn exclusive_classes_are_measured_as_by_scikit_learn() {
    let cases = fixtures::json("classes.json");
    assert_eq!(cases.as_array().unwrap().len(), 3);
    for case in cases.as_array().unwrap() {
        let data = LabelledLogits::from_classes(case);
        let predictions = data.predictions();
        let metrics = Metrics::of(&predictions).unwrap();
        let decisions = predictions.decisions(&[]).unwrap();
        let mut figures = vec![
            ("loss", Some(metrics.loss), &case["loss"]),
            ("accuracy", metrics.accuracy, &case["accuracy"]),
            ("f1_macro", metrics.f1_macro, &case["f1_macro"]),
            ("auc_macro", metrics.auc_macro, &case["auc_macro"]),
            ("auc_micro", metrics.auc_micro, &case["auc_micro"]),
            ("calibration_error", metrics.ece, &case["calibration_error"]),
        ];
        for (class, name) in predictions.labels.iter().enumerate() {
            assert_eq!(decisions[name].threshold, None);
            figures.extend([
                ("precision", Some(decisions[name].precision), &case["precision"][class]),
                ("recall", Some(decisions[name].recall), &case["recall"][class]),
                ("f1", Some(decisions[name].f1), &case["f1"][class]),
                ("auc", metrics.labels[name].auc, &case["aucs"][class]),
            ]);
        }
        for (what, measured, expected) in figures {
            // Logits of each class against the rest are rounded to f32.
            let (measured, expected) = (measured.unwrap(), expected.as_f64().unwrap());
            assert!((measured - expected).abs() < 1e-6, "{}, {what}: {measured} not {expected}", case["name"]);
        }
        let intervals = predictions.intervals(50, 1).unwrap();
        let contains = |interval: Option<Interval>, figure: f64| {
            interval.is_some_and(|interval| interval.low <= figure && figure <= interval.high)
        };
        assert!(contains(intervals.loss, metrics.loss) && contains(intervals.accuracy, metrics.accuracy.unwrap()));
        let of_bins: usize = predictions.reliability(BINS).unwrap().all.iter().map(|bin| bin.samples).sum();
        assert_eq!(
            of_bins,
            predictions.targets.chunks(4).filter(|row| !row[0].is_nan()).count(),
            "one likeliest class a text"
        );
    }
}

#[test]
fn a_text_of_two_classes_is_refused() {
    for targets in [[1.0, 1.0], [0.0, 0.0], [0.5, 0.5], [1.0, f32::NAN]] {
        let data = LabelledLogits::new(&["art", "news"], [0.0; 2], targets).exclusive();
        assert!(Metrics::of(&data.predictions()).unwrap_err().to_string().contains("has not one class"), "{targets:?}");
    }
}

#[test]
fn texts_are_counted_whatever_their_tokens_are() {
    // The first text has two marked tokens, the second none, of the third nobody knows, and the fourth is half marked.
    let targets = [1.0, 1.0, 0.0, 0.0, f32::NAN, 0.5, f32::NAN];
    let data = LabelledLogits::new(&["bad"], [0.5; 7], targets).of_texts(&[0, 0, 0, 1, 2, 3, 3]);
    let predictions = data.predictions();
    let metrics = Metrics::of(&predictions).unwrap();
    let label = &metrics.labels["bad"];
    assert_eq!((metrics.samples, metrics.tokens, metrics.counted()), (4, Some(5), "4 texts with 5 tokens".to_owned()));
    assert_eq!((label.positives, label.unknown, label.undecided), (1, 1, 1));
    let bins = predictions.reliability(BINS).unwrap().all;
    assert_eq!((bins[0].samples, bins[0].texts()), (5, 3));
    for texts in [&[0, 0, 0, 1, 3, 4, 4][..], &[1, 1, 1, 1, 1, 1, 1], &[0, 0, 0, 1, 0, 0, 0], &[0; 6]] {
        let wrong = Predictions { texts: Some(texts), ..predictions };
        assert!(Metrics::of(&wrong).unwrap_err().to_string().contains("do not follow each other"), "{texts:?}");
    }
}

#[test]
fn operating_points_are_few_and_the_curves_are_the_same_to_the_eye() {
    // 4,000 texts of which a tenth is toxic, with logits that tell it rather well.
    let toxic = |i: usize| i.is_multiple_of(10);
    let logits: Vec<f32> =
        (0..4000).map(|i| ((i * 7919) % 4001) as f32 / 1000.0 - 2.0 + if toxic(i) { 1.5 } else { 0.0 }).collect();
    let targets: Vec<f32> = (0..4000).map(|i| f32::from(u8::from(toxic(i)))).collect();
    let data = LabelledLogits::new(&["toxic"], logits, targets);
    let predictions = data.predictions();
    let points = &predictions.operating_points().unwrap()["toxic"];
    assert!((60..400).contains(&points.len()), "{}", points.len());
    assert!(points.is_sorted_by(|a, b| a.threshold >= b.threshold && a.recall <= b.recall));
    let label = crate::card::LabelCard { operating_points: points.clone(), ..Default::default() };
    for threshold in [0.15, 0.3, 0.5, 0.7] {
        let exact = predictions.decisions(&[threshold]).unwrap()["toxic"];
        let near = label.at(threshold).unwrap();
        for (near, exact) in [
            (near.recall, exact.recall),
            (near.precision, exact.precision),
            (near.false_positive_rate, exact.false_positive_rate.unwrap()),
        ] {
            assert!((f64::from(near) - exact).abs() < 0.012, "{threshold}: {near} {exact}");
        }
    }
    let last = points.last().unwrap();
    assert_eq!((last.recall, last.false_positive_rate, last.precision), (1.0, 1.0, 0.1));
    let alike = LabelledLogits::new(&["toxic"], [0.0, 1.0], [1.0, 1.0]);
    assert!(alike.predictions().operating_points().unwrap().is_empty());
}
