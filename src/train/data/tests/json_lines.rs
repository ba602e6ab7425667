//! JSON lines.

use super::*;

fn read_lines(content: &str, names: &[&str]) -> Result<Dataset, String> {
    read_files(&[("a.jsonl", content)], &schema(names), BadRows::Refuse)
}

#[track_caller]
fn assert_refused(line: &str, reason: &str) {
    let content = format!("{{\"text\": \"first\", \"rude\": 0}}\n\n{line}\n");
    assert_eq!(read_lines(&content, &["rude"]).unwrap_err(), format!("a.jsonl, line 3: {reason}"));
}

#[test]
fn labels_are_numbers_truth_values_or_unknown() {
    let content = r#"
        {"text": "one \"two\"\nthree", "rude": 1, "kind": false, "other": {"a": []}}
        {"comment_text": "é", "rude": true, "kind": 0.0, "text": "not this"}
        {"text": "a", "kind": 1}
        {"text": "b", "rude": 0, "kind": null}
        {"text": "c", "rude": -1, "kind": 1.0}
        {"text": "d", "rude": "1", "kind": 0.25}
        {"text": "e", "rude": NaN, "kind": "false"}
    "#;
    let dataset = read_lines(content, &["rude", "kind"]).unwrap();
    assert_eq!(texts(&dataset.examples), ["one \"two\"\nthree", "é", "a", "b", "c", "d", "e"]);
    let expected =
        [[1.0, 0.0], [1.0, 0.0], [UNKNOWN, 1.0], [0.0, UNKNOWN], [UNKNOWN, 1.0], [1.0, 0.25], [UNKNOWN, 0.0]];
    for (example, expected) in dataset.examples.iter().zip(expected) {
        assert_eq!(example, &Example { targets: expected.to_vec(), ..example.clone() }, "{}", example.text);
    }
    assert_eq!(dataset.left_out, LeftOut { partly_unknown: 4, ..LeftOut::default() });
}

#[test]
fn weights_and_ids_are_read_where_there_are_any() {
    let content = r#"{"text": "a", "rude": 1, "weight": 8.28, "id": 7}
        {"text": "b", "rude": 1, "weight": null, "id": "x"}
        {"text": "c", "rude": 1, "id": null}"#;
    let dataset = read_files(
        &[("a.jsonl", content), ("b.csv", "id,text,rude\n7,A!,1\nx,b,0\n,new,1\n")],
        &schema(&["rude"]),
        BadRows::Refuse,
    );
    let dataset = dataset.unwrap();
    assert_eq!(texts(&dataset.examples), ["a", "b", "c", "new"]);
    assert_eq!(dataset.examples.iter().map(|example| example.weight).collect::<Vec<_>>(), [8.28, 1.0, 1.0, 1.0]);
    assert_eq!(dataset.left_out.repeated_ids, 2);
}

#[test]
fn a_row_that_is_wrong_is_named() {
    let labels = "a label is 0 or 1, or a share between them, and empty or null where it is unknown";
    let cut = "of other numbers, say from which on it applies, as in `rude>=3`";
    assert_refused(r#"{"text": "a", "rude": 1.7}"#, &format!("the label `rude` is `1.7`; {labels}; {cut}"));
    let word = "of words, say which one means 1, as in `rude=yes`";
    assert_refused(r#"{"text": "a", "rude": "very"}"#, &format!("the label `rude` is `very`; {labels}; {word}"));
    assert_refused(r#"{"text": "a", "rude": [1]}"#, &format!("the label `rude` is `[1]`; {labels}; {word}"));
    assert_refused(r#"{"text": "", "rude": 1}"#, "the text is empty; remove the row");
    assert_refused(r#"{"text": null, "rude": 1}"#, "the text is empty; remove the row");
    assert_refused(r#"{"text": NaN, "rude": 1}"#, "the text is empty; remove the row");
    assert_refused(r#"{"text": 5, "rude": 1}"#, "`text` is `5`; put the text in quotes");
    assert_refused(r#"{"rude": 1}"#, "there is no `comment_text` nor `text`; the keys are `rude`");
    for (weight, shown) in [("-1", "-1"), ("\"much\"", "much"), ("1e300", "1e+300"), ("true", "true")] {
        let line = format!(r#"{{"text": "a", "rude": 1, "weight": {weight}}}"#);
        assert_refused(&line, &format!("the weight is `{shown}`; a weight is a number, and not below 0"));
    }
    assert_refused(r#"{"text": "a", "id": [1]}"#, "the id is `[1]`; an id is a string or a number");
}

#[test]
fn a_line_that_is_no_object_is_named() {
    assert_refused(
        r#"{"text": "a" "rude": 1}"#,
        "this is not a JSON object (expected `,` or `}` at column 14); write one object a line",
    );
    assert_refused("text,rude", "this is not a JSON object (expected ident at column 2); write one object a line");
    assert_refused("{\n\"text\": \"a\"}", "the JSON object does not end in its line; write each object on one line");
    let sentence = read_lines("3\n", &["rude"]).unwrap_err();
    assert!(sentence.starts_with("a.jsonl, line 1: this is not a JSON object (invalid type"), "{sentence}");
    let array = read_lines(" [\n{\"text\": \"a\", \"rude\": 1}]", &["rude"]).unwrap_err();
    assert!(array.starts_with("a.jsonl, line 1: this is one JSON array; write its objects one a line"), "{array}");
    assert_eq!(read_lines("\n\n", &["rude"]).unwrap_err(), "a.jsonl is empty");
}

#[test]
fn a_key_that_no_row_has_is_an_error() {
    let content = r#"{"text": "a", "rude": 1}
        {"text": "b", "rude": 0, "kind": null}"#;
    assert!(read_lines(content, &["rude", "kind"]).is_ok());
    assert_eq!(
        read_lines(content, &["rude", "kin"]).unwrap_err(),
        "a.jsonl: no row has a key `kin`; the keys of the first row are `rude`, `text`; \
         for a label that nobody gave, write null"
    );
    let texts = Schema { text: Some("body".to_owned()), ..schema(&["rude"]) };
    let sentence = read_files(&[("a.jsonl", content)], &texts, BadRows::Skip).unwrap_err();
    assert!(sentence.starts_with("a.jsonl: no row has a key `body`"), "{sentence}");
}

#[test]
fn all_negative_lines_need_no_labels() {
    let folder = folder(&[("a.ndjson", b"{\"text\": \"a\", \"rude\": \"very\"}\n{\"text\": \"b\"}")]);
    let source = all_negative(&folder.path().join("a.ndjson"));
    let dataset = read(&[source], &schema(&["rude", "kind"]), Split::Train, BadRows::Refuse, 1).unwrap();
    assert_eq!(targets(&dataset.examples), [[0.0, 0.0], [0.0, 0.0]]);
}
