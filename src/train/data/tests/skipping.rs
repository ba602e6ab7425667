//! Wrong rows that are counted instead of refused.

use super::*;

#[test]
fn wrong_rows_are_counted_and_named() {
    let csv = "id,text,toxic\n1,a,0\n2,\"b\nb\",maybe\n3,,1\n4,c,0,1\n5,d,1\n";
    let json = "{\"text\": \"e\", \"toxic\": 1}\n{\"text\": \"f\", \n{\"toxic\": 1}\n{\"text\": \"g\", \"toxic\": 2}\n";
    let dataset = read_files(&[("a.csv", csv), ("b.jsonl", json)], &schema(&["toxic"]), BadRows::Skip).unwrap();
    assert_eq!(texts(&dataset.examples), ["a", "d", "e"]);
    assert_eq!(dataset.left_out.bad, 6);
    assert_eq!(
        dataset.left_out.bad_rows,
        [
            "a.csv, line 3: the label `toxic` is `maybe`; a label is 0 or 1, or a share between them, and empty or null where it is unknown; of words, say which one means 1, as in `toxic=yes`",
            "a.csv, line 5: the text is empty; remove the row",
            "a.csv, line 6: the row has 4 fields where the header has 3; put texts with separators, quotes or line breaks in quotes",
            "b.jsonl, line 2: the JSON object does not end in its line; write each object on one line",
            "b.jsonl, line 3: there is no `comment_text` nor `text`; the keys are `toxic`",
            "b.jsonl, line 4: the label `toxic` is `2`; a label is 0 or 1, or a share between them, and empty or null where it is unknown; of other numbers, say from which on it applies, as in `toxic>=3`",
        ]
    );
    assert_eq!(dataset.left_out.sentence().unwrap(), "Rows left out: 6 that cannot be used");
}

#[test]
fn only_the_first_are_named() {
    let rows = (0..50).fold("text,toxic\na,0\n".to_owned(), |rows, _| rows + ",1\n");
    let left_out = read_files(&[("a.csv", &rows)], &schema(&["toxic"]), BadRows::Skip).unwrap().left_out;
    assert_eq!((left_out.bad, left_out.bad_rows.len()), (50, 20));
    assert!(left_out.bad_rows[19].starts_with("a.csv, line 22: "), "{}", left_out.bad_rows[19]);
}

#[test]
fn what_is_wrong_with_the_whole_file_is_refused() {
    for (content, sentence) in [
        ("text\na\n", "there is no column `toxic`"),
        ("text,toxic\na,0\n\"b,1\nc,0\n", "line 3: a quote (\") opens in this row and is never closed"),
        ("text,toxic\n", "has no row below its header"),
        ("", "is empty"),
    ] {
        let said = read_files(&[("a.csv", content)], &schema(&["toxic"]), BadRows::Skip).unwrap_err();
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn a_file_of_wrong_rows_is_refused() {
    let said = read_files(&[("a.csv", "text,toxic\na,2\nb,3\n")], &schema(&["toxic"]), BadRows::Skip).unwrap_err();
    assert_eq!(
        said,
        "no labelled text is left of a.csv. Rows left out: 2 that cannot be used. The first that cannot be used: \
         a.csv, line 2: the label `toxic` is `2`; a label is 0 or 1, or a share between them, and empty or null where it is unknown; \
         of other numbers, say from which on it applies, as in `toxic>=3`"
    );
}

#[test]
fn a_wrong_row_of_the_labels_file_is_counted_once() {
    let folder = folder(&[
        ("test.csv", b"id,text\n1,a\n2,b\n3,c\n4,d\n"),
        ("test_labels.csv", b"id,toxic\n1,0\n2,maybe\n3,1\n3,0\n"),
    ]);
    let dataset = read(&[source(folder.path())], &schema(&["toxic"]), Split::Test, BadRows::Skip, 1).unwrap();
    assert_eq!(texts(&dataset.examples), ["a", "c"]);
    assert_eq!(targets(&dataset.examples), [[0.0], [1.0]]);
    let ends = [
        "line 3: the label `toxic` is `maybe`",
        "line 5: the id `3` was there before",
        "line 5: the labels of the id `4`",
    ];
    assert_eq!(dataset.left_out.bad, ends.len());
    for (sentence, end) in dataset.left_out.bad_rows.iter().zip(ends) {
        assert!(sentence.contains(end), "{sentence}");
    }
}

#[test]
fn wrong_reviews_are_counted() {
    let folder = folder(&[
        ("train/neg/0_1.txt", b"Bad."),
        ("train/neg/1_1.txt", b"Bad.\nAnd \xff worse."),
        ("train/pos/0_9.txt", b""),
        ("train/pos/1_9.txt", b"Good."),
    ]);
    let dataset = read(&[source(folder.path())], &schema(&["positive"]), Split::Train, BadRows::Skip, 1).unwrap();
    assert_eq!(texts(&dataset.examples), ["Bad.", "Good."]);
    assert_eq!(dataset.left_out.bad, 2);
    assert!(dataset.left_out.bad_rows[0].contains("neg/1_1.txt, line 2: this is not UTF-8"));
    assert!(dataset.left_out.bad_rows[1].contains("pos/0_9.txt, line 1: the review is empty"));
}
