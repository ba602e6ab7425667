//! Rows from files and streams: they stay what they are, in their order, with what is said of each; broken ones take no other along.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{complain, succeed, tiny_bert, train_arguments, undertone, write_data};

fn shipped() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("public/models/undertone").to_str().unwrap().to_owned()
}

fn predict(folder: &Path, arguments: &[&str]) -> Output {
    let bundle = shipped();
    undertone(folder, &[&["predict", "--bundle", &bundle], arguments].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn objects(output: &[u8]) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Rows with other columns, quotes, a line break, lost and empty last fields, and four that are broken.
const ROWS: &[u8] = b"id;Comment;n;\r\n\
    007;\"You are; an \"\"idiot\"\"\";=1+1;\r\n\
    2;\"two\r\nlines\";1.50\r\n\
    3;\"stray;2;\r\n\
    4;I like it;3;;;\r\n\
    5;a;b;c;d;e\r\n\
    6;bad byte \xff;4;\r\n\
    7;\"said \"so\" twice\";5;\r\n\
    8;thanks;6;\r\n";

#[test]
fn rows_of_a_table_stay_as_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("rows.csv"), ROWS).unwrap();
    let output = predict(folder, &["rows.csv"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("4 of 8 rows are broken, and in the output with the reason; row 3, line 5: "), "{said}");
    let lines: Vec<&[u8]> = output.stdout.split(|byte| *byte == b'\n').collect();
    assert!(lines[0].starts_with(b"id;Comment;n;;row;line;sentiment.positive;toxicity.toxic;"), "{:?}", text(lines[0]));
    assert!(lines[1].starts_with(b"007;\"You are; an \"\"idiot\"\"\";=1+1;;1;2;0."));
    assert!(lines[2] == b"2;\"two\r" && lines[3].starts_with(b"lines\";1.50;;2;3;0."));
    assert!(
        lines[4].starts_with(b";\"3;\"\"stray;2;\";;;3;5;;") && text(lines[4]).contains("another one in its middle")
    );
    assert!(lines[5].starts_with(b"4;I like it;3;;4;6;0."));
    assert!(lines[6].starts_with(b";\"5;a;b;c;d;e\";;;5;7;;"));
    assert!(
        lines[7].starts_with(b"6;bad byte \xff;4;;6;8;;") && lines[7].ends_with(b"save the file with UTF-8 encoding\"")
    );
    assert!(lines[8].starts_with(b";\"7;\"\"said \"\"so\"\" twice\"\";5;\";;;7;9;;"));
    assert!(lines[9].starts_with(b"8;thanks;6;;8;10;0."));
    assert_eq!(lines.len(), 11);

    let answers = objects(&predict(folder, &["rows.csv", "--format", "jsonl", "--text", "comment"]).stdout);
    assert_eq!(
        answers.iter().map(|answer| answer["row"].as_u64().unwrap()).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7, 8]
    );
    assert_eq!((&answers[0]["id"], &answers[0]["Comment"]), (&"007".into(), &"You are; an \"idiot\"".into()));
    assert!(answers[0]["toxicity"]["toxic"].as_f64() > answers[7]["toxicity"]["toxic"].as_f64());
    assert_eq!((&answers[2]["line"], &answers[2]["written"]), (&5.into(), &"3;\"stray;2;".into()));
    assert!(
        answers[2]["error"].as_str().unwrap().contains("another one in its middle")
            && answers[2]["sentiment"].is_null()
    );
}

#[test]
fn objects_stay_as_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows = "{\"n\": 1.10, \"text\": \"good\", \"big\": 12345678901234567890123}\n\nnot json\n\
        { \"text\" : \"bad \\ud83d\", \"x\": NaN }\n{\"n\": 2}\n{\"text\": \"fine\", \"row\": 7}\n{\"text\": null}\n";
    fs::write(folder.join("rows.jsonl"), rows).unwrap();
    let output = predict(folder, &["rows.jsonl"]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stdout);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("{\"n\": 1.10, \"text\": \"good\", \"big\": 12345678901234567890123, \""), "{said}");
    assert!(lines[2].starts_with("{ \"text\" : \"bad \\ud83d\", \"x\": NaN, \""), "{said}");
    let answer = |line: usize| serde_json::from_str::<Value>(lines[line]).unwrap();
    assert_eq!(
        (&answer(1)["row"], &answer(1)["line"], &answer(1)["written"]),
        (&2.into(), &3.into(), &"not json".into())
    );
    assert_eq!(answer(3)["error"], "there is no key `text`; the keys are `n`");
    assert!(answer(4)["error"].as_str().unwrap().contains("--prefix"), "{said}");
    assert_eq!((&answer(5)["reason"], lines.len()), (&"no_words".into(), 6));

    // A column of a name that is ours is said before anything is done.
    fs::write(folder.join("taken.csv"), "review,sentiment\ngood,positive\n").unwrap();
    let out = ["taken.csv", "--out", "scores.jsonl"];
    let refused = predict(folder, &out);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("there is a column `sentiment` already"), "{}", text(&refused.stderr));
    assert!(!folder.join("scores.jsonl").exists());
    assert!(predict(folder, &[&out[..], &["--prefix", "our_"]].concat()).status.success());
    let answers = objects(&fs::read(folder.join("scores.jsonl")).unwrap());
    assert_eq!(answers[0]["sentiment"], "positive");
    assert!(answers[0]["our_sentiment"]["positive"].as_f64().unwrap() > 0.0 && answers[0]["our_row"] == 1);

    // Objects become a table by the keys of the first one.
    fs::write(
        folder.join("rows.jsonl"),
        "{\"a\": 1, \"text\": \"x, y\"}\n{\"text\": \"z\"}\n{\"text\": \"z\", \"b\": 1}\n",
    )
    .unwrap();
    let table = text(&predict(folder, &["rows.jsonl", "--format", "csv"]).stdout);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("a,text,row,line,") && lines[1].starts_with("1,\"x, y\",1,1,0."), "{table}");
    assert!(lines[2].starts_with(",z,2,2,0.") && lines[3].contains("the key `b` is none of the columns"), "{table}");
}

#[test]
fn an_interrupted_output_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut rows = "text\tn\n".to_owned();
    for number in 0..300 {
        rows.push_str(&format!("what a {} day\t{number}\n", ["lovely", "awful", "\"long"][number % 3]));
    }
    fs::write(folder.join("rows.tsv"), &rows).unwrap();
    let whole = predict(folder, &["rows.tsv", "--out", "whole.tsv"]);
    assert!(whole.status.success() && text(&whole.stderr).is_empty(), "{}", text(&whole.stderr));
    let whole = fs::read_to_string(folder.join("whole.tsv")).unwrap();
    assert_eq!(whole.lines().count(), 301);
    for (number, (answer, row)) in whole.lines().zip(rows.lines()).enumerate().skip(1) {
        assert!(answer.starts_with(&format!("{row}\t{number}\t{}\t0.", number + 1)), "{answer}");
    }
    let again = complain(folder, &["predict", "--bundle", &shipped(), "rows.tsv", "--out", "whole.tsv"]);
    assert!(again.contains("whole.tsv is there already"), "{again}");

    let half: String = whole.lines().take(118).map(|line| format!("{line}\n")).collect();
    fs::write(folder.join("half.tsv"), format!("{half}what a")).unwrap();
    let skip = ["rows.tsv", "--out", "half.tsv", "--skip", "117"];
    assert!(text(&predict(folder, &skip).stderr).contains("half.tsv ends in the middle of a row"));
    fs::write(folder.join("half.tsv"), &half).unwrap();
    assert!(predict(folder, &skip).status.success());
    assert_eq!(fs::read_to_string(folder.join("half.tsv")).unwrap(), whole, "to the byte");
    let nothing = predict(folder, &["rows.tsv", "--skip", "1000"]);
    assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(0), 0));
    assert!(text(&nothing.stderr).contains("has 300 rows, and all of them are skipped"));
}

#[test]
fn exit_codes_tell_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, content) in [
        ("good.txt", "good\n\nbad\n"),
        ("no-text.csv", "a,b\n1,2\n"),
        ("empty.csv", ""),
        ("array.jsonl", "[{\"text\": \"a\"}]"),
        ("rows.dat", "a\n"),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
    let latin = b"text\ncaf\xe9 is fine\nna\xefve\n";
    fs::write(folder.join("latin.csv"), latin).unwrap();
    for (arguments, code, said) in [
        (&["good.txt"][..], 0, ""),
        (&["missing.csv"], 1, "missing.csv"),
        (&["no-text.csv"], 1, "the columns, separated by commas, are `a`, `b`"),
        (&["empty.csv"], 1, "the file is empty"),
        (&["array.jsonl"], 1, "this is one JSON array"),
        (&["rows.dat"], 1, "say it by --input"),
        (&["good.txt", "--out", "scores"], 1, "say it by --format"),
        (&["good.txt", "--format", "xml"], 2, "xml"),
        (&["latin.csv"], 3, "2 of 2 rows are broken"),
        (&["latin.csv", "--encoding", "windows-1252"], 0, "is read as Windows-1252"),
    ] {
        let output = predict(folder, arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
}

/// A bundle that answers fast and says nothing.
fn tiny_bundle(folder: &Path) -> PathBuf {
    write_data(folder);
    let base = tiny_bert();
    succeed(folder, &train_arguments(base.to_str().unwrap(), &["--task", "toxicity=comments", "--epochs", "1"]));
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    folder.join("bundle")
}

/// The most memory that so many rows take, in KiB, and the first answer before the second row is there.
#[cfg(target_os = "linux")]
fn peak_memory(bundle: &Path, rows: usize) -> usize {
    let mut child = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .args(["predict", "--input", "csv", "--bundle", bundle.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    input.write_all(b"id,text\n0,the movie was good\n").unwrap();
    assert!(answers.next().unwrap().unwrap().starts_with("id,text,row,line,"));
    assert!(answers.next().unwrap().unwrap().starts_with("0,the movie was good,1,2,"), "who types is answered");
    let writer = std::thread::spawn(move || {
        for number in 1..rows {
            let row = match number % 1000 {
                999 => format!("{number},\"stray quote\n"),
                _ => format!("{number},the movie {number} was {}\n", ["good", "bad"][number % 2]),
            };
            input.write_all(row.as_bytes()).unwrap();
        }
        input
    });
    for number in 1..rows - 1 {
        let answer = answers.next().unwrap().unwrap();
        let own = if number % 1000 == 999 { String::new() } else { format!("{number},the movie {number} was ") };
        assert!(answer.starts_with(&own) && answer.contains(&format!(",{},{},", number + 1, number + 2)), "{answer}");
    }
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(writer.join().unwrap());
    assert!(answers.next().unwrap().is_ok() && answers.next().is_none());
    assert_eq!(child.wait().unwrap().code(), Some(3));
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = tiny_bundle(folder.path());
    let (few, many) = (peak_memory(&bundle, 5_000), peak_memory(&bundle, 50_000));
    println!("{few} KiB for 5,000 rows and {many} for 50,000");
    assert!(many < few + few / 10 + 4096, "{few} KiB for 5,000 rows and {many} for 50,000");
}
