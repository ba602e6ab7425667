use std::path::Path;

use super::*;

/// The tiny BERT as a run with these tasks would have left it: row `i` of a head is `i` everywhere, and its bias `10 i`.
fn base(heads: &[(&str, Unit, &[&str])]) -> Base {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert");
    let mut base = Base::read(&folder, &Device::Cpu).unwrap();
    let hidden = base.checkpoint.architecture.hidden_size;
    for (task, unit, labels) in heads {
        let [weight, bias] = names::head_tensors(task);
        let rows: Vec<Vec<f32>> = (0..labels.len()).map(|row| vec![row as f32; hidden]).collect();
        let biases: Vec<f32> = (0..labels.len()).map(|row| 10.0 * row as f32).collect();
        base.checkpoint.weights.insert(weight, Tensor::new(rows, &Device::Cpu).unwrap()).unwrap();
        base.checkpoint.weights.insert(bias, Tensor::new(biases, &Device::Cpu).unwrap()).unwrap();
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        base.heads.push(Head { task: (*task).to_owned(), unit: *unit, kind: HeadKind::Labels, labels });
    }
    base
}

fn task(name: &str, unit: Unit, labels: &[&str]) -> TaskData {
    TaskData {
        name: name.to_owned(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        unit,
        kind: HeadKind::Labels,
        disguise: 0.0,
        loss_weight: 1.0,
        passes: 1,
        train: Vec::new(),
        validation: None,
    }
}

/// The first weight and the bias of each of a head's labels.
fn head(weights: &mut Weights, name: &str, labels: usize) -> Vec<(f32, f32)> {
    let [weight, bias] = names::head_tensors(name);
    let rows = weights.take(&weight, &[labels, 32]).unwrap().to_vec2::<f32>().unwrap();
    let biases = weights.take(&bias, &[labels]).unwrap().to_vec1::<f32>().unwrap();
    rows.iter().map(|row| row[0]).zip(biases).collect()
}

#[test]
fn labels_are_found_by_their_names() {
    let base = base(&[("mail", Unit::Text, &["spam", "urgent", "private"])]);
    let tasks = [task("mail", Unit::Text, &["private", "new", "spam"])];
    let (mut weights, notes) = base.weights(&tasks, 1).unwrap();
    let rows = head(&mut weights, "mail", 3);
    assert_eq!((rows[0], rows[2]), ((2.0, 20.0), (0.0, 0.0)));
    assert!(rows[1].0 != 0.0 && rows[1].0.abs() < 0.1 && rows[1].1 == 0.0, "a fresh row: {:?}", rows[1]);
    assert_eq!(
        notes,
        ["mail: the label new is new to the base model", "mail: the base model's label urgent is left out"]
    );
}

#[test]
fn a_head_of_independent_labels_serves_no_exclusive_classes() {
    let labels = ["news", "sport"];
    for [before, now] in [[HeadKind::Labels, HeadKind::Classes], [HeadKind::Classes, HeadKind::Labels]] {
        let mut base = base(&[("topic", Unit::Text, &labels)]);
        base.heads[0].kind = before;
        let (weights, notes) =
            base.weights(&[TaskData { kind: now, ..task("topic", Unit::Text, &labels) }], 1).unwrap();
        assert!(!weights.names().any(|name| name.starts_with("heads.")), "{now:?} by rows of {before:?}");
        let [before, now] = [before, now].map(kind_in_words);
        assert_eq!(notes, [format!("topic: the base model's head is one of {before}, not of {now}, and is left out")]);
    }
}

#[test]
fn heads_that_do_not_fit_are_left_out_and_said() {
    let base =
        base(&[("mail", Unit::Text, &["spam"]), ("words", Unit::Text, &["toxic"]), ("tone", Unit::Text, &["warm"])]);
    let tasks = [
        task("letters", Unit::Text, &["spam"]),
        task("words", Unit::Token, &["toxic"]),
        task("tone", Unit::Text, &["warm"]),
    ];
    let (weights, notes) = base.weights(&tasks, 1).unwrap();
    let heads: Vec<&str> = weights.names().filter(|name| name.starts_with("heads.")).collect();
    assert_eq!(heads, ["heads.tone.bias", "heads.tone.weight"]);
    assert_eq!(
        notes,
        [
            "words: the base model's head scores texts, not tokens, and is left out",
            "the base model's head mail is left out, since no task here has that name",
        ]
    );
}

#[test]
fn a_head_whose_labels_nobody_tells_is_left_out() {
    let mut base = base(&[("mail", Unit::Text, &["spam"])]);
    base.heads.clear();
    let (weights, notes) = base.weights(&[task("mail", Unit::Text, &["spam"])], 1).unwrap();
    assert!(!weights.contains("heads.mail.weight"));
    assert_eq!(notes, ["the base model's head mail is left out: no run.json beside it tells its labels"]);
}
