//! Sources whose labels are all the same, and sources without the texts of others.

use super::*;

fn constant(path: &Path, share: f32) -> Source {
    Source { all: Some(share), ..source(path) }
}

#[test]
fn all_texts_may_have_one_target() {
    let folder =
        folder(&[("a.txt", "first line\r\n\r\n  zweite, Zeile \n".as_bytes()), ("b.csv", b"text,toxic\nc,1\n")]);
    let sources = [constant(&folder.path().join("a.txt"), 0.5), source(&folder.path().join("b.csv"))];
    let dataset = read(&sources, &schema(&["toxic"]), Split::Train, BadRows::Refuse, 1).unwrap();
    assert_eq!(texts(&dataset.examples), ["first line", "  zweite, Zeile ", "c"]);
    assert_eq!(targets(&dataset.examples), [[0.5], [0.5], [1.0]]);
    for share in [-0.1, 1.5, f32::NAN] {
        let refused =
            read(&[constant(Path::new("a.txt"), share)], &schema(&["toxic"]), Split::Train, BadRows::Refuse, 1);
        let sentence = refused.unwrap_err().to_string();
        assert!(sentence.contains("is no label: give 0, 1 or a share between them"), "{sentence}");
    }
    let words = Schema { spans: Some("spans".to_owned()), ..schema(&["toxic"]) };
    assert!(read(&[constant(Path::new("a.txt"), 1.0)], &words, Split::Train, BadRows::Refuse, 1).is_err());
}

#[test]
fn a_source_may_leave_out_the_texts_of_others() {
    let folder = folder(&[
        ("all.csv", b"text,toxic\na  b,0\nc,1\nd,maybe\ne,1\nf,0\n"),
        ("one.csv", b"text,other\n\"a\n b\",7\n"),
        ("two.jsonl", b"{\"text\": \"d\"}"),
        ("both/train.csv", b"text\nf\n"),
        ("both/test.csv", b"text\nx\n"),
    ]);
    let path = |name: &str| folder.path().join(name);
    let except = vec![path("one.csv"), path("two.jsonl"), path("both")];
    let sources = [Source { except: except.clone(), ..source(&path("all.csv")) }];
    let dataset = read(&sources, &schema(&["toxic"]), Split::Train, BadRows::Refuse, 1).unwrap();
    assert_eq!(texts(&dataset.examples), ["c", "e"]);
    assert_eq!(dataset.left_out.excepted, 3);
    assert_eq!(dataset.left_out.sentence().unwrap(), "Rows left out: 3 whose text was to be left out");
    // It may call its text otherwise than this file does.
    std::fs::write(path("own.csv"), "body,toxic\nd,0\ne,1\n").unwrap();
    let schema = Schema { text: Some("body".to_owned()), ..schema(&["toxic"]) };
    let sources = [Source { except, ..source(&path("own.csv")) }];
    assert_eq!(texts(&read(&sources, &schema, Split::Train, BadRows::Refuse, 1).unwrap().examples), ["e"]);
    let nowhere = [Source { except: vec![path("nowhere.csv")], ..source(&path("own.csv")) }];
    let sentence = read(&nowhere, &schema, Split::Train, BadRows::Refuse, 1).unwrap_err().to_string();
    assert!(sentence.ends_with("nowhere.csv does not exist"), "{sentence}");
}

#[test]
fn rows_that_are_to_be_chosen_have_to_be_there() {
    let folder = folder(&[("a.csv", b"text,toxic,source\na,0,Forum\nb,1, mail\n")]);
    let chosen = |values: &[&str]| {
        let only = Only { column: "source".to_owned(), values: labels(values) };
        let sources = [Source { only: Some(only), ..source(&folder.path().join("a.csv")) }];
        read(&sources, &schema(&["toxic"]), Split::Train, BadRows::Refuse, 1)
    };
    assert_eq!(texts(&chosen(&["forum"]).unwrap().examples), ["a"]);
    assert_eq!(texts(&chosen(&["forum", "mail"]).unwrap().examples), ["a", "b"]);
    for values in [&["letters"][..], &[]] {
        let sentence = chosen(values).unwrap_err().to_string();
        assert!(sentence.contains("in the column `source`, by which rows are chosen"), "{sentence}");
    }
}
