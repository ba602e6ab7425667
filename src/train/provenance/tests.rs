use std::path::Path;

use super::*;
use crate::bert::Checkpoint;
use crate::bundle::HeadKind;

fn base() -> (Weights, Tokenizer) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert");
    let weights = Checkpoint::read(&folder, &Device::Cpu).unwrap().weights;
    (weights, Tokenizer::from_checkpoint(&folder, 32).unwrap())
}

fn task() -> TaskData {
    let example = |text: &str, target: f32| Example {
        text: text.to_owned(),
        second: None,
        targets: vec![target],
        spans: Vec::new(),
        weight: 1.0,
    };
    TaskData {
        name: "mail".to_owned(),
        labels: vec!["spam".to_owned()],
        unit: Unit::Text,
        kind: HeadKind::Labels,
        disguise: 0.0,
        loss_weight: 1.0,
        passes: 1,
        train: vec![example("win a prize", 1.0), example("see you at noon", 0.0)],
        validation: None,
    }
}

#[test]
fn what_differs_is_named() {
    let (weights, tokenizer) = base();
    let started = Provenance::new(&weights, &tokenizer, &[task()]).unwrap();
    started.check_same(&Provenance::new(&weights, &tokenizer, &[task()]).unwrap()).unwrap();

    let change = |weights: &Weights, tokenizer: &Tokenizer, changed: TaskData| {
        let now = Provenance::new(weights, tokenizer, &[changed]).unwrap();
        now.check_same(&started).unwrap_err().to_string()
    };
    let name = "encoder.layer.1.output.dense.bias";
    let moved: Weights = weights
        .clone()
        .into_iter()
        .map(|(tensor, values)| if tensor == name { (tensor, (values + 1e-3).unwrap()) } else { (tensor, values) })
        .collect();
    assert!(change(&moved, &tokenizer, task()).contains("started with another base model: give it the same"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert");
    let shorter = Tokenizer::from_checkpoint(&folder, 16).unwrap();
    assert!(change(&weights, &shorter, task()).contains("started with another tokenizer: "));
    for edit in [
        (|task: &mut TaskData| task.train[0].text.push('!')) as fn(&mut TaskData),
        |task| task.train[1].targets[0] = 1.0,
        |task| task.train[1].weight = 2.0,
        |task| task.train.reverse(),
        |task| task.validation = Some(vec![task.train.remove(0)]),
    ] {
        let mut changed = task();
        edit(&mut changed);
        let said = change(&weights, &tokenizer, changed);
        assert!(said.contains("started with other texts of mail: "), "{said}");
    }
    for edit in [
        (|task: &mut TaskData| task.labels[0].push('s')) as fn(&mut TaskData),
        |task| task.unit = Unit::Token,
        |task| task.disguise = 0.1,
        |task| task.loss_weight = 2.0,
        |task| task.passes = 2,
    ] {
        let mut changed = task();
        edit(&mut changed);
        let said = change(&weights, &tokenizer, changed);
        assert!(said.contains("started with other labels or settings of mail: "), "{said}");
    }
    let said = change(&weights, &tokenizer, TaskData { name: "post".to_owned(), ..task() });
    assert!(said.contains("started with the tasks mail instead of post"), "{said}");
}

#[test]
fn where_a_run_was_computed_is_told_when_it_changes() {
    let before = Environment::new(0, &Device::Cpu, TrainingPrecision::F32);
    assert_eq!(Environment::new(7, &Device::Cpu, TrainingPrecision::F32).change_from(&before), None);
    let now = Environment { threads: before.threads + 1, precision: TrainingPrecision::Bf16, ..before.clone() };
    let told = now.change_from(&before).unwrap();
    let threads = format!("{} threads instead of {} threads", now.threads, before.threads);
    assert_eq!(told, format!("precision bf16 instead of precision f32, {threads}"));
}
