use std::path::PathBuf;

use super::*;

const SUITE: &str = r#"
task = "toxicity"
[slots]
name = ["Ann", "Bo"]
[[test]]
name = "insults"
capability = "vocabulary"
labels = ["toxic"]
expect = "present"
texts = ["{name}: bad", "fine"]
[[test]]
name = "politeness"
capability = "vocabulary"
expect = "absent"
texts = ["fine", "bad"]
[[test]]
name = "names"
capability = "fairness"
within = 0.1
pairs = [["Ann", "Bo"], ["fine", "bad"]]
[[test]]
name = "an insult more"
capability = "vocabulary"
labels = ["toxic"]
moves = "up"
by = 0.3
pairs = [["fine", "fine, bad"], ["bad", "fine"]]
"#;

fn task(labels: &[(&str, f32)]) -> Task {
    let label = |&(name, threshold): &(&str, f32)| serde_json::json!({ "name": name, "threshold": threshold });
    let labels: Vec<_> = labels.iter().map(label).collect();
    serde_json::from_value(serde_json::json!({ "name": "toxicity", "labels": labels })).unwrap()
}

/// Toxic .9 with "bad" and .2 without; a threat .3 in any case.
fn logits(texts: &[&str]) -> Result<Vec<f32>> {
    let logit = |p: f32| (p / (1.0 - p)).ln();
    Ok(texts.iter().flat_map(|text| [logit(if text.contains("bad") { 0.9 } else { 0.2 }), logit(0.3)]).collect())
}

#[test]
fn cases_are_judged_by_what_is_expected_of_them() {
    let suite = Suite::parse(SUITE).unwrap();
    let examination = suite.examine(&task(&[("toxic", 0.5), ("threat", 0.5)]), logits).unwrap();
    let tallies: Vec<_> = examination.tests.iter().map(|test| (test.tally.passed, test.tally.cases)).collect();
    assert_eq!(tallies, [(2, 3), (1, 2), (1, 2), (1, 2)]);
    let failed: Vec<_> = examination.tests.iter().map(|test| test.failures[0].texts.join(" / ")).collect();
    assert_eq!(failed, ["fine", "bad", "fine / bad", "bad / fine"]);
    let last = &examination.tests[3].failures[0];
    assert_eq!((last.label.as_str(), last.probabilities.len()), ("toxic", 2));
    assert!((last.probabilities[0] - 0.9).abs() < 1e-6 && (last.probabilities[1] - 0.2).abs() < 1e-6);
    assert_eq!((examination.all.passed, examination.all.cases), (5, 9));
    let capabilities: Vec<_> =
        examination.capabilities.iter().map(|of| (of.capability.as_str(), of.tally.passed, of.tally.cases)).collect();
    assert_eq!(capabilities, [("vocabulary", 4, 7), ("fairness", 1, 2)]);
    assert_eq!(examination.tests[0].expected, "toxic present");
    assert_eq!(examination.tests[2].expected, "every label within 0.1");
}

#[test]
fn thresholds_are_the_labels_own_and_all_labels_count() {
    let suite = Suite::parse(SUITE).unwrap();
    let examination = suite.examine(&task(&[("toxic", 0.95), ("threat", 0.25)]), logits).unwrap();
    assert_eq!(examination.tests[0].tally.passed, 0);
    assert_eq!(examination.tests[1].failures[0].label, "threat");
}

#[test]
fn what_is_expected_is_met_at_the_limit() {
    let at = |expectation: Expectation, probabilities: &[f32]| expectation.missed_by(probabilities, 0.5);
    assert_eq!(at(Expectation::Side(Side::Present), &[0.5]), None);
    assert_eq!(at(Expectation::Side(Side::Absent), &[0.5]), Some(0.0));
    assert_eq!(at(Expectation::Within(0.25), &[0.5, 0.25]), None);
    assert_eq!(at(Expectation::Within(0.25), &[0.5, 0.0]), Some(0.25));
    assert_eq!(at(Expectation::Moves(Direction::Down, 0.25), &[0.75, 0.5]), None);
    assert_eq!(at(Expectation::Moves(Direction::Up, 0.25), &[0.75, 0.5]), Some(0.5));
}

#[test]
fn what_is_no_suite_is_refused() {
    let refused = |test: &str| {
        let head = "task = \"toxicity\"\n[[test]]\nname = \"a\"\ncapability = \"b\"\n";
        Suite::parse(&format!("{head}{test}")).unwrap_err().to_string()
    };
    let either = "the test \"a\" needs texts and expect, or pairs and within, or pairs, moves and by";
    assert_eq!(refused("texts = [\"x\"]"), either);
    assert_eq!(refused("texts = [\"x\"]\nwithin = 0.1"), either);
    assert_eq!(refused("pairs = [[\"x\", \"y\"]]\nmoves = \"up\""), either);
    assert_eq!(refused("texts = [\"x\"]\nexpect = \"absent\"\nby = 0.1"), either);
    assert!(refused("pairs = [[\"x\", \"x\"]]\nwithin = 0.1").contains("compares \"x\" with itself"));
    assert!(refused("pairs = [[\"x\", \"y\"]]\nwithin = 0.0").contains("has 0 for a difference"));
    assert!(refused("expect = \"absent\"").contains("has no case"));
    assert!(refused("texts = [\"{x}\"]\nexpect = \"absent\"").contains("the slot {x}"));
    assert!(refused("txts = []").contains("txts"));

    let suite = Suite::parse(SUITE).unwrap();
    let unknown = suite.examine(&task(&[("positive", 0.5)]), logits).unwrap_err().to_string();
    assert_eq!(unknown, "the test \"insults\" names toxic, which is no label of toxicity");
}

#[test]
fn the_suites_of_this_project_have_hundreds_of_cases() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/behaviour");
    for task in ["sentiment", "toxicity"] {
        let suite = Suite::read(&folder.join(format!("{task}.toml"))).unwrap();
        assert_eq!(suite.task, task);
        assert!(suite.tests.iter().map(|test| test.cases.len()).sum::<usize>() >= 300);
        let has = |kind: fn(&Expectation) -> bool| suite.tests.iter().any(|test| kind(&test.expectation));
        assert!(has(|expectation| matches!(expectation, Expectation::Side(Side::Present))));
        assert!(has(|expectation| matches!(expectation, Expectation::Side(Side::Absent))));
        assert!(has(|expectation| matches!(expectation, Expectation::Within(_))));
        assert!(has(|expectation| matches!(expectation, Expectation::Moves(..))));
    }
}
