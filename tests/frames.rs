//! What frames teach is not what the suites of `tests/behaviour` ask: no template of `recipes/frames` shares four words in a row with one of
//! their texts. Words that meet only where a slot is filled are the business of `scripts/frames`, which drops such texts.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use undertone::rows::{Format, Rows};
use undertone::train::bias::Probe;
use undertone::train::examine::Suite;

/// So many words in a row are a phrase that can be recognised.
const LENGTH: usize = 4;

#[test]
fn no_frame_shares_four_words_in_a_row_with_a_text_that_is_measured_on() {
    let mut measured: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for text in behaviour() {
        measured.extend(runs(&text).into_iter().map(|run| (run, text.clone())));
    }
    let frames = frames();
    assert!(measured.len() > 1000 && frames.len() > 1000, "{} runs, {} frames", measured.len(), frames.len());
    let shared: Vec<String> = frames
        .iter()
        .flat_map(|frame| literal(frame).into_iter().flat_map(|words| runs(&words)).map(move |run| (run, frame)))
        .filter_map(|(run, frame)| measured.get(&run).map(|text| format!("\"{frame}\" shares {run:?} with \"{text}\"")))
        .collect();
    assert!(shared.is_empty(), "{}", shared.join("\n"));
}

#[test]
fn what_stands_between_slots_is_held_against() {
    assert_eq!(literal("Is {the {thing}|it} good, {name}?"), ["Is ", " good, ", "?"]);
    assert_eq!(runs("I don’t KNOW, do you?"), [["i", "dont", "know", "do"], ["dont", "know", "do", "you"]]);
    assert!(runs("Hi there, you.").is_empty());
}

/// All texts of the suites, filled.
fn behaviour() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/behaviour");
    let mut texts = Vec::new();
    for path in files(&folder) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("names are UTF-8");
        if name == "identities.toml" {
            texts.extend(
                Probe::read(&path)
                    .expect("the probe is right")
                    .texts()
                    .expect("it can be filled")
                    .into_iter()
                    .map(|text| text.text),
            );
        } else if name.ends_with(".csv") {
            let content = fs::read(&path).expect("the file can be read");
            let mut rows = Rows::new(content, Format::Table { separator: b',' }, &["text"]).expect("it has rows");
            let column = rows.column("text").expect("its header can be read").expect("it has texts");
            while let Some(row) = rows.next_row() {
                let row = row.expect("a row can be read");
                let cell = row.cell(&column).expect("a row has a text");
                texts.push(cell.written().expect("a text is written").into_owned());
            }
        } else {
            let suite = Suite::read(&path).expect("the suite is right");
            texts.extend(suite.tests.into_iter().flat_map(|test| test.cases).flatten());
        }
    }
    texts
}

/// All strings of `recipes/frames`: templates and what they are filled with.
fn frames() -> Vec<String> {
    let mut strings = Vec::new();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/frames")) {
        let content = fs::read_to_string(&path).expect("the file can be read");
        let table: toml::Table = content.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        gather(&toml::Value::Table(table), &mut strings);
    }
    strings
}

fn gather(value: &toml::Value, strings: &mut Vec<String>) {
    match value {
        toml::Value::String(string) => strings.push(string.clone()),
        toml::Value::Array(values) => values.iter().for_each(|value| gather(value, strings)),
        toml::Value::Table(table) => table.values().for_each(|value| gather(value, strings)),
        _ => {}
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.sort();
    paths
}

/// What a template says itself, between its slots and choices, which may have slots in them.
fn literal(template: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0_usize);
    for character in template.chars() {
        match character {
            '{' => {
                if depth == 0 {
                    parts.push(String::new());
                }
                depth += 1;
            }
            '}' => depth -= 1,
            _ if depth == 0 => parts.last_mut().expect("there is one from the start").push(character),
            _ => {}
        }
    }
    parts
}

/// All runs of four words in a row, in lower case, letters and digits.
fn runs(text: &str) -> Vec<Vec<String>> {
    let text: String = text.to_lowercase().chars().filter(|character| !"'’ʼ`".contains(*character)).collect();
    let words: Vec<String> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(String::from)
        .collect();
    words.windows(LENGTH).map(<[String]>::to_vec).collect()
}
