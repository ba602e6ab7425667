//! Labels that nobody gave.

use super::*;

#[test]
fn an_empty_label_is_unknown() {
    let csv = "text,toxic,threat\na,1,\nb,, \nc,0,-1\nd,-1,-1\ne,1,0\nf,-1,\n";
    let dataset = read_files(&[("a.csv", csv)], &schema(&["toxic", "threat"]), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["a", "c", "e"]);
    let expected = [[1.0, UNKNOWN], [0.0, UNKNOWN], [1.0, 0.0]];
    for (example, expected) in dataset.examples.iter().zip(expected) {
        assert_eq!(example, &Example { targets: expected.to_vec(), ..example.clone() });
    }
    let left_out = LeftOut { unscored: 2, unlabelled: 1, partly_unknown: 2, ..LeftOut::default() };
    assert_eq!(dataset.left_out, left_out);
    assert_eq!(
        left_out.sentence().unwrap(),
        "Rows left out: 2 unscored (-1), 1 without any known label. Rows with some label unknown: 2"
    );
    assert_eq!(LeftOut::default().sentence(), None);
}

#[test]
fn unknown_labels_equal_each_other_and_nothing_else() {
    let example =
        |target| Example { text: "a".to_owned(), second: None, targets: vec![target], spans: vec![], weight: 1.0 };
    assert_eq!(example(UNKNOWN), example(UNKNOWN));
    assert_ne!(example(UNKNOWN), example(0.0));
    assert_ne!(example(1.0), example(0.0));
    assert_ne!(example(1.0), Example { targets: vec![1.0, 1.0], ..example(1.0) });
    assert_ne!(example(1.0), Example { second: Some("b".to_owned()), ..example(1.0) });
    assert_ne!(example(1.0), Example { weight: 2.0, ..example(1.0) });
}

#[test]
fn marks_that_nobody_gave_are_unknown() {
    let words = Schema { spans: Some("spans".to_owned()), ..schema(&["toxic"]) };
    let csv = "text,spans\nyou fool,\"[4, 5, 6, 7]\"\nyou idiot,\na kind word,[]\n";
    let json = "{\"text\": \"you clown\", \"spans\": null}\n{\"text\": \"b\", \"spans\": [0]}";
    let dataset = read_files(&[("a.csv", csv), ("b.jsonl", json)], &words, BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["you fool", "a kind word", "b"]);
    assert_eq!(dataset.left_out.unlabelled, 2);
}
