use super::*;
use crate::desk::{Detail, Journal, Runs};
use crate::protocol::{HeadKind, Label as TaskLabel, Model, Reason, Task};
use crate::rows::Format;
use crate::rows::encoding::Encoding;
use crate::rows::texts::Texts;

const COMMA: Format = Format::Table { separator: b',' };

fn model() -> Model {
    let label = |name: &str| TaskLabel { threshold: 0.5, ..TaskLabel::new(name) };
    let task = |name: &str, kind, labels: &[&str]| Task {
        kind,
        labels: labels.iter().map(|name| label(name)).collect(),
        ..Task::new(name, &[""; 0])
    };
    Model {
        name: "m".into(),
        licence: "none".into(),
        sha256: "ab".into(),
        description: String::new(),
        examples: Vec::new(),
        max_tokens: 8,
        tasks: vec![task("tox", HeadKind::Labels, &["insult"]), task("topic", HeadKind::Classes, &["news", "art"])],
        build: "baseline".into(),
        documents: Vec::new(),
        is_kept: false,
    }
}

/// A file's rows, and an export of it.
fn export(content: &str, format: Format, kind: As) -> (Vec<TextRow>, Export) {
    let mut texts = Texts::coming(format, Some(Encoding::Utf8), None);
    texts.push(content.as_bytes());
    texts.end();
    let mut rows = Vec::new();
    while let Some(row) = texts.next_text() {
        rows.push(row.unwrap());
    }
    let names = texts.rows().header().map(<[String]>::to_vec).unwrap_or_default();
    let columns = texts.rows().header().map(|names| csv::Columns {
        separator: texts.rows().separator().unwrap(),
        written: texts.rows().header_written().unwrap().to_vec(),
        names: names.to_vec(),
        text: 0,
    });
    let layout = Layout { format, column: texts.column().unwrap().name.clone(), columns };
    let labels = Labels::of(&model());
    let thresholds = vec![0.25, 0.5, 0.5];
    (rows, Export::new(kind, layout, &names, labels, thresholds, ("m", "ab")))
}

/// Of four rows the first is removed for a reason that begins like a formula, the second scored, the third cannot be.
fn state() -> (Scores, Journal) {
    let mut scores = Scores::new(4, 3);
    scores.set(0, &[0.75, 0.125, 0.875], Detail { tokens: 3, truncated: true, reason: None });
    let reason = Some(Reason::NoWords);
    scores.set(1, &[0.25, f32::NAN, f32::NAN], Detail { tokens: 2, truncated: false, reason });
    scores.fail(2, "no memory left");
    let mut journal = Journal::new(4);
    journal.decide(&[0], Some(Decision::Remove), Some("=rude".into()), 1_795_675_785_120).unwrap();
    journal.decide(&[1, 2], Some(Decision::Keep), None, 1_795_675_785_121).unwrap();
    (scores, journal)
}

#[test]
fn a_table_keeps_its_bytes_and_our_cells_are_no_formulas() {
    let (rows, export) = export("text,n\r\n\"=a, b\", 1\r\nc,\n d ,3\n\"x\"y,4\n", COMMA, As::Csv);
    let (scores, journal) = state();
    let written: Vec<u8> =
        export.header().into_iter().chain(rows.iter().flat_map(|row| export.row(row, &scores, &journal))).collect();
    let tail = "m,ab,tox.insult=0.25 topic.news=0.5 topic.art=0.5";
    let expected = [
        "text,n,row,line,tox.insult,topic,topic.news,topic.art,tokens,truncated,reason,error,decision,decision_reason,decided,model,model_sha256,thresholds".to_owned(),
        format!("\"=a, b\", 1,1,2,0.75,art,0.125,0.875,3,true,,,remove,'=rude,2026-11-26T06:49:45.120Z,{tail}"),
        format!("c,,2,3,0.25,,,,2,false,no_words,,keep,,2026-11-26T06:49:45.121Z,{tail}"),
        format!(" d ,3,3,4,,,,,,,,no memory left,keep,,2026-11-26T06:49:45.121Z,{tail}"),
    ];
    let written = String::from_utf8(written).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[..4], expected);
    assert!(lines[4].starts_with("\"\"\"x\"\"y,4\",,4,5,,,,,,,,\"a text that begins with a quote"), "{}", lines[4]);
}

#[test]
fn json_lines_have_the_same_and_names_of_the_file_are_left_to_it() {
    let (rows, export) = export("{\"text\": \"a\", \"row\": 7}\n{\"text\": \"b\"}\n", Format::JsonLines, As::JsonLines);
    let (scores, journal) = state();
    let line = |export: &Export, row: usize| -> Value {
        serde_json::from_slice(&export.row(&rows[row], &scores, &journal)).unwrap()
    };
    let first = line(&export, 0);
    assert_eq!(
        (&first["tox"], &first["topic"]["art"], &first["classes"]),
        (&json!({ "insult": 0.75 }), &json!(0.875), &json!({ "topic": "art" }))
    );
    assert_eq!(
        (&first["decision"], &first["decision_reason"], &first["thresholds"]["tox"]),
        (&json!("remove"), &json!("=rude"), &json!({ "insult": 0.25 }))
    );
    assert_eq!(line(&export, 1)["topic"], json!({ "news": null, "art": null }));
    let export = Export::new(
        As::JsonLines,
        Layout { format: Format::JsonLines, column: "text".into(), columns: None },
        &["text".to_owned(), "row".to_owned()],
        Labels::of(&model()),
        vec![0.5; 3],
        ("m", "ab"),
    );
    assert_eq!(export.prefix(), "undertone_");
    let first = line(&export, 0);
    assert_eq!((&first["row"], &first["undertone_row"], &first["text"]), (&json!(7), &json!(1), &json!("a")));
}

#[test]
fn plain_lines_become_a_table_of_one_column() {
    let (rows, export) = export("a, b\nc\n", Format::Lines, As::Csv);
    let (scores, journal) = state();
    assert!(export.header().starts_with(b"text,row,line,"));
    assert!(export.row(&rows[0], &scores, &journal).starts_with(b"\"a, b\",1,1,0.75,art,"));
}

#[test]
fn the_log_has_every_step_and_examples_what_was_kept_or_removed() {
    let (_, mut journal) = state();
    journal.undo(1_795_675_785_122).unwrap();
    let labels = Labels::of(&model());
    let log = String::from_utf8(log("a.csv", &journal, &labels, &labels.thresholds(), ("m", "ab"))).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["file"], &lines[0]["model_sha256"]), (&json!("a.csv"), &json!("ab")));
    assert_eq!(
        lines[1],
        json!({ "time": "2026-11-26T06:49:45.120Z", "step": "decide", "rows": [[1, 1]], "decision": "remove", "reason": "=rude" })
    );
    assert_eq!((&lines[2]["rows"], &lines[3]["step"]), (&json!([[2, 2]]), &json!("undo")));
    assert_eq!(Runs::of(&[1, 2]).pairs().collect::<Vec<_>>(), [(1, 2)]);
    let (rows, _) = export("text\n\"a\"\"b\"\nc\n", COMMA, As::Csv);
    assert_eq!(example(&rows[0], &journal).unwrap(), b"{\"removed\":1,\"text\":\"a\\\"b\"}\n");
    assert_eq!(example(&rows[1], &journal), None);
}

#[test]
fn labels_are_flat_and_only_those_that_are_found_mark_a_text() {
    let labels = Labels::of(&model());
    let scores = |reason| crate::protocol::Scores {
        tokens: 4,
        truncated: false,
        reason,
        tasks: vec![vec![0.9], vec![0.25, 0.75]],
    };
    let (probabilities, detail) = labels.probabilities(&scores(None));
    assert_eq!((probabilities, detail.tokens), (vec![0.9, 0.25, 0.75], 4));
    let (probabilities, _) = labels.probabilities(&scores(Some(Reason::NoWords)));
    assert!(probabilities[0] == 0.9 && probabilities[1].is_nan() && probabilities[2].is_nan());
    assert_eq!(labels.classes(&[0.9, 0.25, 0.75]), [None, Some("art")]);
    assert_eq!(labels.foremost(), 0);
    assert!(labels.is_marked(&[0.6, 0.0, 0.0], &[0.5; 3]) && !labels.is_marked(&[0.4, 0.9, 0.9], &[0.5; 3]));
}
