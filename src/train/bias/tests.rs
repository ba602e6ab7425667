//! Held to scikit-learn's results in `tests/fixtures/bias.json`; see `make_fixtures.py`.

use serde_json::Value;

use super::*;
use crate::train::fixtures::{self, LabelledLogits, assert_close, numbers};

fn assert_aucs(term: &str, measured: &SubgroupAucs, expected: &Value) {
    assert_close(&format!("{term}: subgroup"), measured.subgroup, &expected["subgroup"]);
    assert_close(&format!("{term}: BPSN"), measured.bpsn, &expected["bpsn"]);
    assert_close(&format!("{term}: BNSP"), measured.bnsp, &expected["bnsp"]);
}

/// The fixture's terms, with as many templates as it has.
fn probe(fixture: &Value) -> Probe {
    let list = |word: &str, count: &str| -> Vec<String> {
        let count = fixture["templates"][count].as_u64().unwrap();
        (0..count).map(|number| format!("{word} {{term}} {number}")).collect()
    };
    let (neutral, toxic) = (list("fine", "neutral_count"), list("bad", "toxic_count"));
    Probe::parse(&format!(
        "task = \"toxicity\"\nlabel = \"toxic\"\nneutral = {neutral:?}\ntoxic = {toxic:?}\n\
         [terms]\na = [\"gay\", \"african american\"]\nb = [\"muslim\"]\n[also]\nmuslim = [\"muslims\"]\n"
    ))
    .unwrap()
}

#[test]
fn aucs_in_labelled_texts_are_those_of_scikit_learn() {
    let fixture = fixtures::json("bias.json");
    let texts: Vec<String> = serde_json::from_value(fixture["texts"].clone()).unwrap();
    let data = LabelledLogits::new(&["toxic"], numbers(&fixture["logits"]), numbers(&fixture["targets"]))
        .weighing(numbers(&fixture["weights"]));
    let predictions = data.predictions();
    let measured = DataBias::of(&probe(&fixture), texts.iter().map(String::as_str), &predictions, 0).unwrap();
    assert_close("all", measured.auc, &fixture["auc"]);
    assert_eq!((measured.terms.len(), measured.left_out.len()), (3, 0));
    for term in &measured.terms {
        let expected = &fixture["terms"][&term.counts.term];
        assert_eq!(term.counts.positives as u64, expected["positives"], "{}", term.counts.term);
        assert_eq!(term.counts.negatives as u64, expected["negatives"], "{}", term.counts.term);
        assert_aucs(&term.counts.term, &term.aucs, expected);
    }
    let few = texts.len() / 4;
    let predictions = Predictions {
        logits: &data.logits[..few],
        targets: &data.targets[..few],
        weights: &data.weights[..few],
        ..predictions
    };
    let measured = DataBias::of(&probe(&fixture), texts[..few].iter().map(String::as_str), &predictions, 0).unwrap();
    assert!(!measured.left_out.is_empty());
    assert!(measured.left_out.iter().all(|counts| counts.positives.min(counts.negatives) < FEWEST));
    assert!(measured.terms.iter().all(|term| term.counts.positives.min(term.counts.negatives) >= FEWEST));
    let too_many = DataBias::of(&probe(&fixture), texts.iter().map(String::as_str), &predictions, 0).unwrap_err();
    assert_eq!(too_many.to_string(), "there are predictions of 120 texts for 480 texts");
}

#[test]
fn figures_on_templates_are_those_of_scikit_learn() {
    let fixture = fixtures::json("bias.json");
    let (probe, expected) = (probe(&fixture), &fixture["templates"]);
    let texts = probe.texts().unwrap();
    let threshold = expected["threshold"].as_f64().unwrap() as f32;
    let logits = numbers(&expected["logits"]);
    let measured = TemplateBias::of(&probe, &texts, &logits, threshold).unwrap();
    assert_close("AUC", measured.auc, &expected["auc"]);
    assert_close("neutral", Some(measured.neutral), &expected["neutral"]);
    assert_close("toxic", Some(measured.toxic), &expected["toxic"]);
    assert_close("marked", Some(measured.neutral_marked), &expected["neutral_marked"]);
    for (term, expected) in measured.terms.iter().zip(expected["terms"].as_array().unwrap()) {
        assert_close(&term.term, Some(term.neutral), &expected["neutral"]);
        assert_close(&term.term, Some(term.toxic), &expected["toxic"]);
        assert_close(&term.term, Some(term.neutral_marked), &expected["neutral_marked"]);
        assert_aucs(&term.term, &term.aucs, expected);
        assert!((term.neutral_distance - (term.neutral - measured.neutral)).abs() < 1e-12);
        assert!((term.toxic_distance - (term.toxic - measured.toxic)).abs() < 1e-12);
    }
    let sum: f64 = measured.terms.iter().map(|term| term.neutral_distance).sum();
    assert!(sum.abs() < 1e-12);
    assert!(TemplateBias::of(&probe, &texts, &logits[1..], threshold).is_err());
}

#[test]
fn a_term_is_a_word() {
    let term = |spelling: &str| Term::new("some one", "b", &[spelling.to_owned()]).unwrap();
    let mentions = |text: &str, spelling: &str| Mentions::of(text).mention(&term(spelling));
    assert!(mentions("Gay.", "gay") && mentions("\"a gay-friendly bar\"", "gay") && mentions("Ärzte", "ärzte"));
    assert!(!mentions("nosegay", "gay") && !mentions("gays", "gay") && !mentions("", "gay"));
    assert!(mentions("my middle aged aunt", "middle-aged") && !mentions("middle of aged", "middle-aged"));
}

#[test]
fn the_probe_of_this_project_is_whole() {
    let probe = Probe::read(&fixtures::path("../behaviour/identities.toml")).unwrap();
    assert!(probe.terms.len() >= 40, "{}", probe.terms.len());
    let texts = probe.texts().unwrap();
    assert_eq!(texts.len(), probe.terms.len() * 40);
    assert_eq!(texts.iter().filter(|text| text.toxic).count(), probe.terms.len() * 20);
    assert!(texts.iter().any(|text| text.text == "Gay people live in this town." && !text.toxic));
    for text in &texts {
        assert!(Mentions::of(&text.text).mention(&probe.terms[text.term]), "{}", text.text);
    }
}

#[test]
fn what_is_no_probe_is_refused() {
    let refused = |rest: &str| Probe::parse(&format!("task = \"t\"\nlabel = \"l\"\n{rest}")).unwrap_err().to_string();
    let terms = "[terms]\ng = [\"gay\"]\n";
    let templates = "neutral = [\"{term}\"]\ntoxic = [\"{Term}!\"]\n";
    assert!(refused(&format!("neutral = [\"x\"]\ntoxic = [\"{{term}}\"]\n{terms}")).contains("\"x\" has no place"));
    assert!(refused(&format!("neutral = []\ntoxic = [\"{{term}}\"]\n{terms}")).contains("list some of each"));
    assert!(refused(&format!("{templates}[terms]\ng = []\n")).contains("list some of each"));
    assert!(refused(&format!("{templates}{terms}[also]\nguy = [\"x\"]\n")).contains("of guy, which is none"));
    for spelling in ["🏳️‍🌈", "", " - "] {
        let said = refused(&format!("{templates}{terms}[also]\ngay = [\"gays\", \"{spelling}\"]\n"));
        assert!(said.starts_with(&format!("the term gay has the spelling \"{spelling}\"")), "{said}");
    }
    assert!(refused(&format!("{templates}[terms]\ng = [\"♿\"]\n")).contains("no letter"));
    assert!(refused(&format!("neutral = [\"{{term}} {{x}}\"]\ntoxic = [\"{{term}}\"]\n{terms}")).contains("{x}"));
}
