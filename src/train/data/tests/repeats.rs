//! Rows that were there before.

use super::*;

const CSV: [(&str, &str); 3] = [
    ("a.csv", "id,text,toxic\n1,first,0\n1,same file,1\n,no id,0\n"),
    ("b.csv", "text,toxic,id\nsecond,1,2\nfirst,0,1\n\"First, \",1,1\nno id either,1,\n"),
    ("c.csv", "text,toxic\nthird,1\n"),
];

#[test]
fn several_paths_follow_each_other_and_ids_count_once() {
    let dataset = read_files(&CSV, &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["first", "same file", "no id", "second", "no id either", "third"]);
    assert_eq!(dataset.left_out, LeftOut { repeated_ids: 2, ..LeftOut::default() });
}

#[test]
fn ids_that_start_anew_are_no_repeats() {
    let mail = |month: &str| {
        (0..12).fold("id,text,toxic\n".to_owned(), |rows, i| {
            rows + format!("{i},{month} mail no {i},{}\n", i % 2).as_str()
        })
    };
    let (may, june) = (mail("May"), mail("June") + "3,may mail no 3,1\n");
    let dataset = read_files(&[("a.csv", &may), ("b.csv", &june)], &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(dataset.examples.len(), 24);
    assert_eq!((dataset.left_out.repeated_ids, dataset.left_out.renumbered), (1, 12));
    assert!(
        dataset
            .left_out
            .sentence()
            .unwrap()
            .ends_with("Rows kept although an earlier file has their id, for another text: 12")
    );
    // Numbers alone make texts different.
    let orders = |first: usize| {
        (0..5).fold("id,text,toxic\n".to_owned(), |rows, i| rows + format!("{i},order {},0\n", first + i).as_str())
    };
    let (first, second) = (orders(100), orders(200));
    let dataset = read_files(&[("a.csv", &first), ("b.csv", &second)], &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(dataset.examples.len(), 10);
}

#[test]
fn a_cleaning_of_known_comments_repeats_them() {
    let raw = "id,text,toxic\n1,\"It's 5 o'clock, folks!\",0\n2,I can't say.,1\n3,Well...,0\n4,new here,0\n";
    let cleaned = "id,text,toxic\n1,it s o clock folks,0\n2,i can not say,1\n3,well,0\n5,not seen,1\n";
    let dataset = read_files(&[("a.csv", raw), ("b.csv", cleaned)], &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["It's 5 o'clock, folks!", "I can't say.", "Well...", "new here", "not seen"]);
    assert_eq!((dataset.left_out.repeated_ids, dataset.left_out.renumbered), (3, 0));
}

#[test]
fn an_id_counts_where_its_row_was_taken() {
    let files = [
        ("a.csv", "id,text,toxic\n1,a,-1\n2,b,\n3,c,0\n4,c,0\n"),
        ("b.csv", "id,text,toxic\n1,a,1\n2,b,1\n3,C,1\n4,c.,1\n"),
    ];
    let dataset = read_files(&files, &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["c", "a", "b"]);
    let left_out = dataset.left_out;
    assert_eq!((left_out.unscored, left_out.unlabelled, left_out.repeated_ids, left_out.repeated_texts), (1, 1, 2, 1));
}

#[test]
fn a_text_counts_once_within_and_across_sources() {
    let json = "{\"text\": \"a\", \"toxic\": 0}\n{\"text\": \"c\", \"toxic\": 1}\n{\"text\": \"A\", \"toxic\": 1}\n";
    let files = [("a.csv", "text,toxic\na,0\nb,1\na,0\nb,0\n"), ("b.jsonl", json)];
    let dataset = read_files(&files, &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["a", "b", "c", "A"]);
    assert_eq!(targets(&dataset.examples), [[0.0], [1.0], [1.0], [1.0]]);
    assert_eq!((dataset.left_out.repeated_texts, dataset.left_out.contradicting), (3, 1));
    assert_eq!(
        dataset.left_out.sentence().unwrap(),
        "Rows left out: 3 whose text was there before (1 of them labelled otherwise the first time)"
    );
}

#[test]
fn a_repeat_tells_what_the_first_did_not_know() {
    let csv = "text,toxic,threat\na,1,\nb,1,\na,,0\nb,0,1\na,,1\n";
    let dataset = read_files(&[("a.csv", csv)], &schema(&["toxic", "threat"]), BadRows::Refuse).unwrap();
    assert_eq!(dataset.examples[0].targets, [1.0, 0.0]);
    assert_eq!(dataset.examples[1].targets[0], 1.0);
    assert!(dataset.examples[1].targets[1].is_nan(), "nothing is taken from a row that contradicts");
    assert_eq!((dataset.left_out.repeated_texts, dataset.left_out.contradicting), (3, 2));
    assert_eq!(dataset.left_out.partly_unknown, 1);
}

#[test]
fn all_negative_texts_are_repeats_too() {
    let folder = folder(&[("a.csv", b"text,toxic\na,1\nb,0\n"), ("b.csv", b"text\na\nb\nc\n")]);
    let sources = [source(&folder.path().join("a.csv")), all_negative(&folder.path().join("b.csv"))];
    let dataset = read(&sources, &schema(&["toxic"]), Split::Train, BadRows::Refuse, 1).unwrap();
    assert_eq!(targets(&dataset.examples), [[1.0], [0.0], [0.0]]);
    assert_eq!((dataset.left_out.repeated_texts, dataset.left_out.contradicting), (2, 1));
}

#[test]
fn what_is_measured_on_keeps_its_repeats() {
    let folder = folder(&[("a.csv", b"text,toxic\na,1\na,1\na,0\n")]);
    let path = folder.path().join("a.csv");
    assert_eq!(read_one(&path, &["toxic"], Split::Test).unwrap().examples.len(), 3);
    assert_eq!(read_one(&path, &["toxic"], Split::Train).unwrap().examples.len(), 1);
}
