//! Labels in columns of other names, in words, and cut from numbers.

use super::*;

fn told(rules: &[&str], text: &str) -> Schema {
    let labels = rules.iter().map(|rule| rule.parse().unwrap()).collect();
    Schema { labels, text: (!text.is_empty()).then(|| text.to_owned()), ..Schema::default() }
}

fn read_with(rules: &[&str], text: &str, file: (&str, &str)) -> Result<Dataset, String> {
    read_files(&[file], &told(rules, text), BadRows::Refuse)
}

#[test]
fn a_rule_is_written_in_a_few_ways() {
    let rule =
        |name: &str, column: &str, reading| LabelRule { name: name.to_owned(), column: column.to_owned(), reading };
    let words = |words: &[&str]| Reading::Words(labels(words));
    for (written, expected) in [
        ("spam", rule("spam", "spam", Reading::Share)),
        (" spam : is spam ", rule("spam", "is spam", Reading::Share)),
        ("v1=spam", rule("spam", "v1", words(&["spam"]))),
        ("junk:v1 = spam", rule("junk", "v1", words(&["spam"]))),
        ("rude:class=hate|very rude", rule("rude", "class", words(&["hate", "very rude"]))),
        ("target>=0.5", rule("target", "target", Reading::From(0.5))),
        ("toxic:target >= .25", rule("toxic", "target", Reading::From(0.25))),
    ] {
        assert_eq!(written.parse::<LabelRule>().unwrap(), expected, "{written}");
    }
    for wrong in ["", "a:", ":b", "a=", "class=hate|insult", "a>=", "a>=much", "a>=inf", "x:a=b|"] {
        let sentence = wrong.parse::<LabelRule>().unwrap_err().to_string();
        assert!(sentence.contains("write it as spam, spam:v1=spam or toxic:target>=0.5"), "{sentence}");
    }
    let long = "labels = [\"v1=spam\", { name = \"a:b\", values = [\"x=y\", \"1\"] }, { name = \"t\", column = \"c\", from = 3 }]";
    let task: crate::train::task::TaskSettings = toml::from_str(&format!("name = \"t\"\n{long}")).unwrap();
    let expected = [
        rule("spam", "v1", words(&["spam"])),
        rule("a:b", "a:b", words(&["x=y", "1"])),
        rule("t", "c", Reading::From(3.0)),
    ];
    assert_eq!(task.labels, expected);
    let both = toml::from_str::<crate::train::task::TaskSettings>(
        "name = \"t\"\nlabels = [{ name = \"t\", values = [\"a\"], from = 1 }]",
    );
    assert!(both.is_err());
}

#[test]
fn a_word_in_a_column_is_a_label() {
    let csv = "review,sentiment\n\"One of the best.<br /><br />Go!\",positive\nSlow., Negative \nWarm.,POSITIVE\nWhat?,\nWell.,NaN\nSo so.,neutral\n";
    let dataset = read_with(&["sentiment=positive"], "review", ("IMDB Dataset.csv", csv)).unwrap();
    assert_eq!(dataset.labels, ["positive"]);
    assert_eq!(texts(&dataset.examples), ["One of the best.\n\nGo!", "Slow.", "Warm.", "So so."]);
    assert_eq!(targets(&dataset.examples), [[1.0], [0.0], [1.0], [0.0]]);
    assert_eq!(dataset.left_out.unlabelled, 2);
    assert_eq!(
        dataset.notes,
        [
            "The label positive is 1 where `sentiment` is `POSITIVE` (1), `positive` (1), and 0 where it is `Negative` (1), `neutral` (1)"
        ]
    );
    let json = "{\"text\": \"a\", \"stars\": 5}\n{\"text\": \"b\", \"stars\": \"4.0\"}\n{\"text\": \"c\", \"stars\": 1}\n{\"text\": \"d\", \"stars\": null}";
    let dataset = read_with(&["good:stars=4|5"], "", ("a.jsonl", json)).unwrap();
    assert_eq!(targets(&dataset.examples), [[1.0], [1.0], [0.0]]);
    let dataset = read_with(&["known:stars=none"], "", ("a.csv", "text,stars\na,none\nb,NA\nc,3\n")).unwrap();
    assert_eq!(targets(&dataset.examples), [[1.0], [0.0]], "a word that is asked for is not a missing value");
}

#[test]
fn a_word_that_no_row_has_is_refused() {
    let csv = "v1,v2\nham,a\nspam,b\nham,c\n";
    let sentence = read_with(&["v1=spma"], "v2", ("spam.csv", csv)).unwrap_err();
    assert_eq!(sentence, "no row has `spma` in the column `v1`, by which spma is told; it has `ham` (2), `spam` (1)");
    let folder = folder(&[("a.csv", b"v1,v2\nham,a\n")]);
    let only_one =
        read(&[source(&folder.path().join("a.csv"))], &told(&["v1=spam"], "v2"), Split::Test, BadRows::Refuse, 1);
    assert_eq!(only_one.unwrap().notes, ["The label spam is 1 where `v1` is nothing, and 0 where it is `ham` (1)"]);
}

#[test]
fn a_label_that_is_a_word_elsewhere_is_pointed_to() {
    let csv = "review,sentiment\nDull.,negative\nFine.,Positive\n";
    let sentence = read_with(&["positive"], "review", ("a.csv", csv)).unwrap_err();
    assert!(
        sentence.ends_with(
            "; `sentiment` has the word `positive` in line 3: name the label as `positive:sentiment=positive`"
        ),
        "{sentence}"
    );
}

#[test]
fn a_number_is_cut_or_a_share() {
    let csv = "text,target,stars\na,0.0,1\nb,0.8333333,5\nc,.5,3\nd,0.1666667,\n";
    let shares = read_with(&["target"], "", ("a.csv", csv)).unwrap();
    assert_eq!(targets(&shares.examples), [[0.0], [0.833_333_3], [0.5], [0.166_666_7]]);
    assert_eq!(shares.notes, ["Rows with a share between 0 and 1 as a label: 3"]);
    let cut = read_with(&["toxic:target>=0.5", "stars>=3"], "", ("a.csv", csv)).unwrap();
    assert_eq!(cut.labels, ["toxic", "stars"]);
    assert_eq!(targets(&cut.examples)[..3], [[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]]);
    assert!(cut.examples[3].targets[1].is_nan());
    let sentence = read_with(&["stars"], "", ("a.csv", csv)).unwrap_err();
    assert!(sentence.ends_with("of other numbers, say from which on it applies, as in `stars>=3`"), "{sentence}");
    let sentence = read_with(&["toxic:target>=0.5"], "", ("a.csv", "text,target\na,high\n")).unwrap_err();
    assert_eq!(
        sentence,
        "a.csv, line 2: the label `toxic` is `high`, where `target>=0.5` wants a number; leave it empty where it is unknown"
    );
}

#[test]
fn kaggle_s_spam_csv_is_read_in_its_layout() {
    let csv = b"v1,v2,,,\r\nham,\"See you at five, then...\",,,\r\nspam,\"WIN \xa31000 now, text WIN\",,,\r\nham,\"He said \"\"ok\"\"\",\" and left\",,\r\nham,Fine\r\n";
    let folder = folder(&[("spam.csv", csv)]);
    let dataset =
        read(&[source(&folder.path().join("spam.csv"))], &told(&["v1=spam"], "v2"), Split::Train, BadRows::Refuse, 1)
            .unwrap();
    assert_eq!(
        texts(&dataset.examples),
        ["See you at five, then...", "WIN £1000 now, text WIN", "He said \"ok\"", "Fine"]
    );
    assert_eq!(targets(&dataset.examples), [[0.0], [1.0], [0.0], [0.0]]);
    assert!(
        dataset.remarks().iter().any(|line| line.contains("is read as Windows-1252 (Latin-1)")),
        "{:?}",
        dataset.remarks()
    );
}

#[test]
fn none_and_null_are_words_as_others() {
    let csv = "text,label\na,none\nb,racism\nc,NULL\nd,NA\ne,\n";
    let dataset = read_with(&["abuse:label=racism"], "", ("a.csv", csv)).unwrap();
    assert_eq!(targets(&dataset.examples), [[0.0], [1.0], [0.0]]);
    assert_eq!(dataset.left_out.unlabelled, 2);
    // Of numbers they are what nobody knows.
    let dataset = read_with(&["toxic"], "", ("a.csv", "text,toxic\na,none\nb,1\nc,null\n")).unwrap();
    assert_eq!(texts(&dataset.examples), ["b"]);
}

#[test]
fn codes_are_no_numbers() {
    let csv = "text,author\na,1234567890123456781\nb,1234567890123456782\nc,007\nd,7\ne,1e2\nf,100\ng,7.0\n";
    for (rule, expected) in [
        ("x:author=1234567890123456781", [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        ("x:author=7", [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]),
        ("x:author=100", [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
    ] {
        let dataset = read_with(&[rule], "", ("a.csv", csv)).unwrap();
        assert_eq!(targets(&dataset.examples).concat(), expected, "{rule}");
    }
}

#[test]
fn several_words_in_one_cell_are_pointed_at() {
    let csv = "text,label\na,spam\nb,\"spam, urgent\"\nc,ham\n";
    let dataset = read_with(&["label=spam"], "", ("a.csv", csv)).unwrap();
    assert_eq!(targets(&dataset.examples), [[1.0], [0.0], [0.0]]);
    let note = "A row of `label` has `spam, urgent`, which is another word than `spam` and read as 0";
    assert!(dataset.notes.iter().any(|line| line.starts_with(note)), "{:?}", dataset.notes);
    let plain = read_with(&["label=spam"], "", ("a.csv", "text,label\na,spam\nb,ham\n")).unwrap();
    assert!(!plain.notes.iter().any(|line| line.starts_with("A row")), "{:?}", plain.notes);
}

#[test]
fn a_weight_that_is_a_label_weighs_nothing_and_one_that_is_none_is_said() {
    let dataset = read_with(&["Weight"], "", ("a.csv", "text,Weight\na,0\nb,1\n")).unwrap();
    assert_eq!(dataset.examples.iter().map(|example| example.weight).collect::<Vec<_>>(), [1.0, 1.0]);
    let dataset = read_with(&["toxic"], "", ("a.csv", "text,toxic,Weight\na,0,2\nb,1,0.5\n")).unwrap();
    assert_eq!(dataset.examples.iter().map(|example| example.weight).collect::<Vec<_>>(), [2.0, 0.5]);
    assert!(dataset.notes.contains(&"a.csv: each row counts as much as its `Weight` says".to_owned()));
}
