//! CSV files.

use super::*;

const HEADER: &str = "id,comment_text,toxic,threat\n";

/// Reads `content` as a file of its own.
fn read_table(content: impl AsRef<[u8]>, names: &[&str]) -> Result<Dataset, String> {
    let folder = folder(&[("train.csv", content.as_ref())]);
    let path = folder.path().join("train.csv");
    read_one(&path, names, Split::Test).map_err(|error| {
        let sentence = error.to_string();
        // What comes before the file's name changes from run to run.
        sentence.replace(&format!("{}/", folder.path().display()), "")
    })
}

#[track_caller]
fn assert_refused(content: impl AsRef<[u8]>, sentence: &str) {
    assert_eq!(read_table(content, &["toxic", "threat"]).unwrap_err(), sentence);
}

#[test]
fn texts_keep_their_quotes_commas_and_lines() {
    let content = format!("{HEADER}a,\"one, \"\"two\"\"\nthree\",1,0\nb,  four ,0,1\n\n\nc,\"\n5\",0.0,1.0");
    let dataset = read_table(content, &["threat", "toxic"]).unwrap();
    assert_eq!(texts(&dataset.examples), ["one, \"two\"\nthree", "  four ", "\n5"]);
    let targets: Vec<_> = dataset.examples.iter().map(|example| example.targets.clone()).collect();
    assert_eq!(targets, [[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]);
    assert!(dataset.examples.iter().all(|example| example.weight == 1.0));
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_no_content() {
    let content = "\u{feff}text,toxic\r\n\"a\r\nb\",1\r\nc,0\r\n";
    let dataset = read_table(content, &["toxic"]).unwrap();
    assert_eq!(texts(&dataset.examples), ["a\r\nb", "c"]);
    assert_eq!(dataset.examples[1].targets, [0.0]);
    let quoted = read_table("\u{feff}\"text\",\"toxic\"\n\"a\",\"1\"\n", &["toxic"]).unwrap();
    assert_eq!(texts(&quoted.examples), ["a"]);
}

#[test]
fn weights_are_read_where_there_are_any() {
    let dataset = read_table("text,toxic,weight\na,1,8.28\nb,0,0\n", &["toxic"]).unwrap();
    assert_eq!(dataset.examples.iter().map(|example| example.weight).collect::<Vec<_>>(), [8.28, 0.0]);
    let missing = read_table("text,toxic,weight\na,1,2\nb,0,\nc,1, \nd,0,NaN\ne,0,NA\nf,0\n", &["toxic"]).unwrap();
    assert_eq!(
        missing.examples.iter().map(|example| example.weight).collect::<Vec<_>>(),
        [2.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    );
    for weight in ["-1", "inf", "much"] {
        let sentence = read_table(format!("text,toxic,weight\na,1,1\nb,0,{weight}\n"), &["toxic"]).unwrap_err();
        let expected = format!("train.csv, line 3: the weight is `{weight}`; a weight is a number, and not below 0");
        assert_eq!(sentence, expected);
    }
}

#[test]
fn a_folder_is_read_by_its_split() {
    let folder = folder(&[
        ("train.csv", b"id,comment_text,toxic,threat\n1,a,0,0\n"),
        ("test.csv", b"id,comment_text\n9,unscored\n8,scored\n7,also\n"),
        ("test_labels.csv", b"id,toxic,threat\n7,1,0\n8,0,1\n9,-1,-1\n6,0,0\n"),
    ]);
    let names = ["toxic", "threat"];
    assert_eq!(texts(&read_one(folder.path(), &names, Split::Train).unwrap().examples), ["a"]);
    let from_folder = read_one(folder.path(), &names, Split::Test).unwrap();
    assert_eq!(texts(&from_folder.examples), ["scored", "also"]);
    assert_eq!(from_folder.examples[0].targets, [0.0, 1.0]);
    assert_eq!(from_folder.left_out, LeftOut { unscored: 1, ..LeftOut::default() });
    assert_eq!(read_one(&folder.path().join("test.csv"), &names, Split::Train).unwrap(), from_folder);
}

#[test]
fn labels_in_the_file_itself_come_first() {
    let folder =
        folder(&[("test.csv", b"id,text,toxic\n1,a,1\n2,b,-1\n3,c,0\n"), ("test_labels.csv", b"id,toxic\n1,0\n2,0\n")]);
    let dataset = read_one(folder.path(), &["toxic"], Split::Test).unwrap();
    assert_eq!(texts(&dataset.examples), ["a", "c"]);
    assert_eq!(targets(&dataset.examples), [[1.0], [0.0]]);
    assert_eq!(dataset.left_out.unscored, 1);
}

#[test]
fn labels_that_cannot_be_joined_are_refused() {
    let joined = |test: &[u8], test_labels: &[u8]| {
        let folder = folder(&[("test.csv", test), ("test_labels.csv", test_labels)]);
        failure(folder.path(), &["toxic"], Split::Test).replace(&format!("{}/", folder.path().display()), "")
    };
    assert_eq!(
        joined(b"id,text\n1,\"a\nb\"\n2,c\n", b"id,toxic\n1,0\n"),
        "test.csv, line 4: the labels of the id `2` are not in test_labels.csv"
    );
    assert_eq!(
        joined(b"text\na\n", b"id,toxic\n1,0\n"),
        "test.csv, line 2: the row has no id by which to find its labels in test_labels.csv"
    );
    assert_eq!(
        joined(b"id,text\n1,a\n", b"id,toxic\n1,0\n1,1\n"),
        "test_labels.csv, line 3: the id `1` was there before; remove one of the rows"
    );
    assert_eq!(
        joined(b"id,text\n1,a\n", b"id,threat\n1,0\n"),
        "test_labels.csv, line 1: there is no column `toxic`; the columns, separated by commas, are `id`, `threat`; \
         for a label that nobody gave, add its column and leave it empty"
    );
    let unscored = joined(b"id,text\n1,a\n", b"id,toxic\n1,-1\n");
    assert!(unscored.contains("Rows left out: 1 unscored (-1)"), "{unscored}");
    assert!(unscored.contains("test_labels.csv that was published after the competition"), "{unscored}");
}

#[test]
fn a_missing_column_is_named() {
    assert_refused(
        "id,comment_text,toxic\n1,a,0\n",
        "train.csv, line 1: there is no column `threat`; the columns, separated by commas, are `id`, `comment_text`, `toxic`; \
         for a label that nobody gave, add its column and leave it empty",
    );
    assert_refused(
        "id;toxic;threat\n1;0;0\n",
        "train.csv, line 1: there is no column `comment_text` nor `text`; the columns, separated by semicolons, are \
         `id`, `toxic`, `threat`",
    );
}

#[test]
fn a_label_that_is_no_share_is_named() {
    let (cut, word) = (
        "of other numbers, say from which on it applies, as in `threat>=3`",
        "of words, say which one means 1, as in `threat=yes`",
    );
    for (label, reason, advice) in [
        ("1.01", "is `1.01`", cut),
        ("-0.5", "is `-0.5`", cut),
        ("inf", "is `inf`", cut),
        ("yes", "is `yes`", word),
        ("a whole comment of more than forty characters", "is `a whole comment of more than forty chara…`", word),
    ] {
        for newline in ["\n", "\r\n"] {
            let content = format!("\u{feff}{HEADER}1,\"a\nb\nc\",0,0\n\n2,d,0,{label}\n").replace('\n', newline);
            assert_refused(
                content,
                &format!(
                    "train.csv, line 6: the label `threat` {reason}; a label is 0 or 1, or a share between them, and empty or null \
                     where it is unknown; {advice}"
                ),
            );
        }
    }
}

#[test]
fn an_empty_text_is_named() {
    assert_refused(format!("{HEADER}1,a,0,0\n2,\"\",0,1\n"), "train.csv, line 3: the text is empty; remove the row");
}

#[test]
fn broken_encoding_is_named() {
    let mut content = format!("{HEADER}1,déjà,0,0\n2,caf").into_bytes();
    content.extend(b"\xe9,0,1\n");
    assert_refused(
        content,
        "train.csv, line 3: the column `comment_text` is not UTF-8; save the file with UTF-8 encoding",
    );
}

#[test]
fn a_row_of_another_length_is_named() {
    assert_refused(
        format!("{HEADER}1,a,0,0\n2,well, no,0,1\n"),
        "train.csv, line 3: the row has 5 fields where the header has 4; put texts with separators, quotes or line breaks in quotes",
    );
}

#[test]
fn a_file_that_broke_off_within_quotes_is_refused() {
    for end in ["", "\n", ",1,0\n3,d,0,0\n"] {
        assert_refused(
            format!("{HEADER}1,a,0,0\n2,\"b\nc{end}"),
            "train.csv, line 3: a quote (\") opens in this row and is never closed; is the file complete?",
        );
    }
}

#[test]
fn a_file_without_rows_is_refused() {
    assert_refused("", "train.csv is empty");
    assert_refused("\u{feff}", "train.csv is empty");
    assert_refused(HEADER, "train.csv has no row below its header");
}

#[test]
fn true_and_false_are_labels_too() {
    let dataset = read_table("text,toxic\na,True\nb,false\nc, TRUE \n", &["toxic"]).unwrap();
    assert_eq!(targets(&dataset.examples), [[1.0], [0.0], [1.0]]);
}

#[test]
fn tabs_separate_the_fields_of_a_tsv() {
    let content = "text\ttoxic\n\"one,\ttwo\"\t1\nthree, four\t0\n";
    let dataset = read_files(&[("a.tsv", content)], &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["one,\ttwo", "three, four"]);
    let sentence = read_files(&[("a.tsv", "body\ttoxic\na\t1\n")], &schema(&["toxic"]), BadRows::Refuse).unwrap_err();
    assert!(sentence.contains("the columns, separated by tabs, are `body`, `toxic`"), "{sentence}");
}

#[test]
fn the_schema_names_the_text() {
    let own = Schema { text: Some("Kommentar".to_owned()), ..schema(&["rude"]) };
    let content = "text,Kommentar,rude\nnot this,this,1\n";
    assert_eq!(texts(&read_files(&[("a.csv", content)], &own, BadRows::Refuse).unwrap().examples), ["this"]);
    let sentence = read_files(&[("a.csv", "text,rude\na,1\n")], &own, BadRows::Refuse).unwrap_err();
    assert_eq!(
        sentence,
        "a.csv, line 1: there is no column `Kommentar`; the columns, separated by commas, are `text`, `rude`"
    );
}

#[test]
fn a_column_that_is_there_twice_is_refused() {
    assert_refused(
        "text,toxic,threat,toxic\na,0,0,1\n",
        "train.csv, line 1: there are two columns `toxic`; rename or remove one",
    );
}

#[test]
fn an_all_negative_table_needs_no_labels() {
    let folder = folder(&[("own.csv", b"id,text,toxic\n1,a,maybe\n2,b,1\n"), ("test.csv", b"text\nc\n")]);
    let sources = ["own.csv", "test.csv"].map(|name| all_negative(&folder.path().join(name)));
    let dataset = read(&sources, &schema(&["toxic", "threat"]), Split::Train, BadRows::Refuse, 1).unwrap();
    assert_eq!(texts(&dataset.examples), ["a", "b", "c"]);
    assert!(dataset.examples.iter().all(|example| example.targets == [0.0, 0.0]));
}

#[test]
fn minus_one_for_no_is_refused() {
    let sentence = read_table("text,toxic\na,1\nb,-1\n", &["toxic"]).unwrap_err();
    assert!(sentence.contains("labels are 1 or -1 and never 0"), "{sentence}");
    assert!(sentence.ends_with("write 0 where a label does not apply"), "{sentence}");
}

#[test]
fn what_stands_in_columns_without_a_name_is_said() {
    let csv = "v1,v2,,\nspam,Your free ringtone, PO Box 5249,\nham,hello,,\n";
    let schema = Schema { text: Some("v2".to_owned()), ..schema(&[]) };
    let schema = Schema { labels: vec!["v1=spam".parse().unwrap()], ..schema };
    let dataset = read_files(&[("spam.csv", csv)], &schema, BadRows::Refuse).unwrap();
    let note = "spam.csv: rows with something behind the last column that has a name, which is not read: does a text go on there?: 1";
    assert!(dataset.notes.contains(&note.to_owned()), "{:?}", dataset.notes);
    // The rows' numbers, as pandas writes them, are no text.
    let csv = ",v1,v2\n0,spam,a\n1,ham,b\n";
    let dataset = read_files(&[("spam.csv", csv)], &schema, BadRows::Refuse).unwrap();
    assert!(!dataset.notes.iter().any(|note| note.contains("name")), "{:?}", dataset.notes);
}

#[test]
fn a_pointer_in_place_of_a_file_is_said_to_be_one() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2\nsize 12345\n";
    for name in ["a.csv", "a.tsv", "a.jsonl", "a.txt"] {
        let folder = folder(&[(name, pointer.as_bytes())]);
        let read =
            read(&[all_negative(&folder.path().join(name))], &schema(&["toxic"]), Split::Train, BadRows::Skip, 1);
        let sentence = read.unwrap_err().to_string();
        assert!(sentence.contains("is a Git LFS pointer"), "{name}: {sentence}");
    }
}
