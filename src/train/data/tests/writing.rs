//! Texts that are written to be read again.

use super::*;

fn examples() -> Vec<Example> {
    let example = |text: &str, second: Option<&str>, targets: &[f32], weight| Example {
        text: text.to_owned(),
        second: second.map(str::to_owned),
        targets: targets.to_vec(),
        spans: Vec::new(),
        weight,
    };
    vec![
        example("one, \"two\"\r\nthree\u{2028}\u{feff}", Some("a\tb"), &[1.0, UNKNOWN], 8.28),
        example("\u{feff}é 😀 \\ \u{0}", None, &[0.0, 1.0], 0.0),
        example(" .", Some("x"), &[UNKNOWN, 0.0], 1.0 / 3.0),
        example("shares", None, &[1.0 / 3.0, 0.1], 1.0),
    ]
}

#[test]
fn what_is_written_reads_back_equal() {
    let folder = folder(&[]);
    let path = folder.path().join("held_out.jsonl");
    let schema = Schema { second: Some("second".to_owned()), ..schema(&["toxic", "a \"label\""]) };
    write_jsonl(&path, &examples(), &schema).unwrap();
    let dataset = read(&[source(&path)], &schema, Split::Test, BadRows::Refuse, 1).unwrap();
    assert_eq!(dataset.examples, examples());
    let names: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["held_out.jsonl"]);
}

#[test]
fn a_line_is_as_people_read_it() {
    let folder = folder(&[]);
    let path = folder.path().join("a.jsonl");
    let mut example = examples().swap_remove(0);
    example.text = "a".to_owned();
    let with_second = Schema { second: Some("second".to_owned()), ..schema(&["toxic", "threat"]) };
    write_jsonl(&path, &[example.clone()], &with_second).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "{\"text\":\"a\",\"second\":\"a\\tb\",\"toxic\":1,\"threat\":null,\"weight\":8.28}\n"
    );
    example.second = None;
    write_jsonl(&path, &[example], &schema(&["toxic", "threat"])).unwrap();
    assert!(!std::fs::read_to_string(&path).unwrap().contains("second"));
}

#[test]
fn labels_that_would_be_another_key_are_refused() {
    let sentence = write_jsonl(Path::new("x.jsonl"), &examples(), &schema(&["text", "b"])).unwrap_err().to_string();
    assert!(sentence.starts_with("a label cannot be called `text`"), "{sentence}");
    let nowhere = write_jsonl(Path::new("no/such/folder/x.jsonl"), &examples(), &schema(&["a", "b"]));
    assert!(nowhere.unwrap_err().to_string().starts_with("no/such/folder/x.jsonl: "));
}

#[test]
fn texts_without_any_mark_read_back_equal() {
    let folder = folder(&[]);
    let path = folder.path().join("held_out.jsonl");
    let schema = Schema { spans: Some("spans".to_owned()), ..schema(&["bad"]) };
    let example = |text: &str, spans: &[std::ops::Range<usize>]| Example {
        text: text.to_owned(),
        second: None,
        targets: vec![if spans.is_empty() { 0.0 } else { 1.0 }],
        spans: spans.to_vec(),
        weight: 1.0,
    };
    for examples in [
        vec![example("nothing", &[]), example("here", &[])],
        vec![example("é so bad", std::slice::from_ref(&(6..9))), example("fine", &[])],
    ] {
        write_jsonl(&path, &examples, &schema).unwrap();
        let dataset = read(&[source(&path)], &schema, Split::Test, BadRows::Refuse, 1).unwrap();
        assert_eq!(dataset.examples, examples);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 100, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_written_reads_back_equal(
        // Line breaks of HTML are read as such, so that what has them does not come back.
        rows in proptest::collection::vec(("(?s)[^<]{0,40}", 0f32..=1.0, proptest::option::of(0f32..=1.0), 0f32..1e6), 1..20),
    ) {
        let folder = folder(&[]);
        let path = folder.path().join("held_out.jsonl");
        let schema = schema(&["toxic", "threat"]);
        let example = |(number, (text, toxic, threat, weight)): (usize, (String, f32, Option<f32>, f32))| Example {
            text: format!("{number}: {text}"),
            second: None,
            targets: vec![toxic, threat.unwrap_or(UNKNOWN)],
            spans: Vec::new(),
            weight,
        };
        let examples: Vec<Example> = rows.into_iter().enumerate().map(example).collect();
        write_jsonl(&path, &examples, &schema).unwrap();
        let dataset = read(&[source(&path)], &schema, Split::Test, BadRows::Refuse, 1).unwrap();
        proptest::prop_assert_eq!(dataset.examples, examples);
    }
}
