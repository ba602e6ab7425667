//! Texts that are paired with another.

use super::*;

fn pairs() -> Schema {
    Schema { second: Some("reply".to_owned()), ..schema(&["agrees"]) }
}

fn seconds(examples: &[Example]) -> Vec<Option<&str>> {
    examples.iter().map(|example| example.second.as_deref()).collect()
}

#[test]
fn the_second_text_may_be_missing_from_a_row() {
    let csv = "text,reply,agrees\na,\"b, c\",1\nd,,0\n";
    let json = r#"{"text": "e", "reply": "f", "agrees": 1}
        {"text": "g", "reply": null, "agrees": 0}
        {"text": "h", "reply": "", "agrees": 0}
        {"text": "i", "agrees": 0}"#;
    let dataset = read_files(&[("a.csv", csv), ("b.jsonl", json)], &pairs(), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["a", "d", "e", "g", "h", "i"]);
    assert_eq!(seconds(&dataset.examples), [Some("b, c"), None, Some("f"), None, None, None]);
    let note = "rows without a second text, which are read as single texts";
    assert_eq!(dataset.notes, [format!("a.csv: {note}: 1"), format!("b.jsonl: {note}: 3")]);
}

#[test]
fn the_second_text_is_read_where_it_was_asked_for() {
    let dataset = read_files(&[("a.csv", "text,reply,agrees\na,b,1\n")], &schema(&["agrees"]), BadRows::Refuse);
    assert_eq!(seconds(&dataset.unwrap().examples), [None]);
    let missing = read_files(&[("a.csv", "text,agrees\na,1\n")], &pairs(), BadRows::Skip).unwrap_err();
    assert!(missing.starts_with("a.csv, line 1: there is no column `reply`"), "{missing}");
    let missing = read_files(&[("a.jsonl", "{\"text\": \"a\", \"agrees\": 1}")], &pairs(), BadRows::Refuse);
    assert!(missing.unwrap_err().starts_with("a.jsonl: no row has a key `reply`"));
    let number =
        read_files(&[("a.jsonl", "{\"text\": \"a\", \"reply\": 1, \"agrees\": 1}")], &pairs(), BadRows::Refuse);
    assert_eq!(number.unwrap_err(), "a.jsonl, line 1: `reply` is `1`; put the text in quotes");
}

#[test]
fn a_repeat_repeats_both_texts() {
    let csv = "text,reply,agrees\na,b,1\na,c,0\nab,,0\na,b,1\n,,\n";
    let dataset = read_files(&[("a.csv", csv)], &pairs(), BadRows::Refuse).unwrap();
    assert_eq!(seconds(&dataset.examples), [Some("b"), Some("c"), None]);
    assert_eq!((dataset.left_out.repeated_texts, dataset.left_out.contradicting), (1, 0));
    assert_eq!(dataset.left_out.unlabelled, 1);
}
