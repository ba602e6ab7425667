//! Every layout is built in a temporary folder, read, and broken in each way that has a sentence of its own.

use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use super::*;

mod encodings;
mod held_out;
mod json_lines;
mod labels;
mod pairs;
mod repeats;
mod reviews;
mod samples;
mod skipping;
mod sources;
mod tables;
mod text;
mod unknown;
mod writing;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn labels(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn texts(examples: &[Example]) -> Vec<&str> {
    examples.iter().map(|example| example.text.as_str()).collect()
}

fn targets(examples: &[Example]) -> Vec<&[f32]> {
    examples.iter().map(|example| example.targets.as_slice()).collect()
}

/// A task with these labels and nothing else of its own.
fn schema(names: &[&str]) -> Schema {
    Schema { labels: names.iter().map(|name| LabelRule::named(name)).collect(), ..Schema::default() }
}

fn source(path: &Path) -> Source {
    Source { path: path.to_owned(), ..Source::default() }
}

fn all_negative(path: &Path) -> Source {
    Source { all: Some(0.0), ..source(path) }
}

fn read_one(path: &Path, names: &[&str], split: Split) -> Result<Dataset> {
    read(&[source(path)], &schema(names), split, BadRows::Refuse, 1)
}

/// Reads files of these names and contents to learn from, one after the other. What comes before the names in a sentence
/// changes from run to run and is taken off.
fn read_files(files: &[(&str, &str)], schema: &Schema, bad_rows: BadRows) -> Result<Dataset, String> {
    let contents: Vec<_> = files.iter().map(|(name, content)| (*name, content.as_bytes())).collect();
    let folder = folder(&contents);
    let sources: Vec<_> = files.iter().map(|(name, _)| source(&folder.path().join(name))).collect();
    let short = |sentence: String| sentence.replace(&format!("{}/", folder.path().display()), "");
    let mut dataset = read(&sources, schema, Split::Train, bad_rows, 1).map_err(|error| short(error.to_string()))?;
    dataset.left_out.bad_rows = dataset.left_out.bad_rows.into_iter().map(short).collect();
    dataset.notes = dataset.notes.into_iter().map(short).collect();
    Ok(dataset)
}

/// The sentence with which reading fails.
fn failure(path: &Path, names: &[&str], split: Split) -> String {
    read_one(path, names, split).unwrap_err().to_string()
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    assert_eq!(failure(Path::new("no/such/data"), &["toxic"], Split::Train), "no/such/data does not exist");
}

#[test]
fn an_unknown_kind_of_file_is_refused() {
    let folder = folder(&[
        ("notes.md", b"toxic"),
        ("texts.txt", b"toxic"),
        ("data.zip", b"PK\x03\x04rest"),
        ("empty", b""),
        ("t.xlsx", b"PK\x03\x04rest"),
        ("a.json", b"{}"),
        ("b.csv.gz", b"\x1f\x8brest"),
    ]);
    let notes = failure(&folder.path().join("notes.md"), &["toxic"], Split::Train);
    assert!(
        notes.ends_with(
            "notes.md is neither a .csv, .tsv, .jsonl or .txt file nor the aclImdb archive as .tar.gz or .tar.xz"
        ),
        "{notes}"
    );
    let plain = failure(&folder.path().join("texts.txt"), &["toxic"], Split::Train);
    assert!(plain.contains("texts.txt has a text in each line and no labels"), "{plain}");
    let zip = failure(&folder.path().join("data.zip"), &["toxic"], Split::Train);
    assert!(zip.ends_with("data.zip is a zip archive: unpack it and name the folder"), "{zip}");
    let empty = failure(&folder.path().join("empty"), &["toxic"], Split::Train);
    assert!(empty.contains("is neither a .csv"), "{empty}");
    for (name, sentence) in [
        ("t.xlsx", "t.xlsx is a spreadsheet: save it as CSV with UTF-8 encoding"),
        ("a.json", "a.json is taken for one JSON value: if it has one object a line, name it .jsonl"),
        ("b.csv.gz", "b.csv.gz is compressed: unpack it first"),
    ] {
        let said = failure(&folder.path().join(name), &["toxic"], Split::Train);
        assert!(said.ends_with(sentence), "{said}");
    }
}

#[test]
fn a_folder_without_data_is_refused() {
    let folder = folder(&[("test.csv", b"id,text,toxic\n1,a,0\n")]);
    let sentence = failure(folder.path(), &["toxic"], Split::Train);
    assert!(sentence.ends_with("nor train.csv, as Kaggle's data have, nor train.tsv or train.jsonl"), "{sentence}");
    assert!(sentence.contains("has neither train/pos and train/neg"), "{sentence}");
}

#[test]
fn a_folder_may_have_one_file_of_rows_for_a_split() {
    let folder = folder(&[("train.jsonl", b"{\"text\": \"a\", \"toxic\": 0}"), ("test.tsv", b"text\ttoxic\nb\t1\n")]);
    assert_eq!(texts(&read_one(folder.path(), &["toxic"], Split::Train).unwrap().examples), ["a"]);
    assert_eq!(texts(&read_one(folder.path(), &["toxic"], Split::Test).unwrap().examples), ["b"]);
    std::fs::write(folder.path().join("train.csv"), "text,toxic\nc,0\n").unwrap();
    let sentence = failure(folder.path(), &["toxic"], Split::Train);
    assert!(sentence.starts_with("there are both ") && sentence.ends_with("train.jsonl: name the one to read"));
}

#[test]
fn labels_are_named_and_named_once() {
    let twice = failure(Path::new("x"), &["toxic", "threat", "toxic"], Split::Train);
    assert_eq!(twice, "the label `toxic` was named twice: name it once");
    assert!(failure(Path::new("x"), &[], Split::Train).starts_with("no label was named"));
    let nothing = read(&[], &schema(&["toxic"]), Split::Train, BadRows::Refuse, 1).unwrap_err().to_string();
    assert!(nothing.starts_with("no data was named"), "{nothing}");
}

#[test]
fn a_name_stands_for_one_thing() {
    for name in ["", "text", "comment_text", "second", "id", "weight"] {
        let sentence = failure(Path::new("x"), &["toxic", name], Split::Train);
        assert!(sentence.starts_with(&format!("a label cannot be called `{name}`")), "{sentence}");
    }
    let refused = |schema: Schema| {
        read(&[source(Path::new("x"))], &schema, Split::Train, BadRows::Refuse, 1).unwrap_err().to_string()
    };
    let text = Schema { text: Some("tone".to_owned()), ..schema(&["tone"]) };
    assert_eq!(refused(text), "`tone` was named as a label and as a text: name another one");
    let second = Schema { second: Some("reply".to_owned()), ..schema(&["reply"]) };
    assert!(refused(second).starts_with("`reply` was named as a label"));
    let same = Schema { second: Some("text".to_owned()), ..schema(&["tone"]) };
    assert!(refused(same).ends_with("cannot be the same: name two"));
}
