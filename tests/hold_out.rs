//! `scripts/hold-out` on small data: what it holds out is the same for whoever asks, and nothing of it is learnt.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use undertone::rows::{Format, Rows};

/// A folder with the script, where it has a list of its own, and with data of each kind that it tells apart.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/hold-out");
    for name in ["scripts", "recipes", "data"] {
        fs::create_dir(folder.path().join(name)).expect("it can be made");
    }
    fs::copy(script, folder.path().join("scripts/hold-out")).expect("the script is there");
    write(folder.path(), false);
    folder
}

/// Makes the row of a number.
type Row<'a> = &'a dyn Fn(usize) -> String;

/// Writes the data, with rows in the other order where they are `turned`.
fn write(folder: &Path, turned: bool) {
    let words = ["apple", "bridge", "cloud", "drum", "eagle", "forest", "garden", "harbour"];
    let text = |number: usize| format!("the {} near the {} was {number}", words[number % 8], words[number / 8 % 8]);
    let of_template = |number: usize| format!("template {},\"{}, number {number}\",x\n", number % 30, text(number));
    let single = |number: usize| format!("{} {},x\n", ["plain", "Plain", "PLAIN!"][number % 3], text(number / 3));
    let pair = |number: usize| {
        let (kind, word) = [("toxic", "awful"), ("neutral", "poor"), ("neutral", "weak")][number % 3];
        format!("{word} {} {},pairs {kind}\n", text(number / 3), words[number / 3 % 7])
    };
    // The texts that another file has, too.
    let again = |number: usize| format!("{}\u{2026},y\n", text(number).to_uppercase());
    let kinds: [(&str, &str, Row); 4] = [
        ("a_templates", "template,text,source\n", &of_template),
        ("b_single", "text,source\n", &single),
        ("c_paradetox", "text,source\n", &pair),
        ("d_again", "text,source\n", &again),
    ];
    for (name, header, row) in kinds {
        let mut rows: Vec<String> = (0..240).map(row).collect();
        // The sides of a pair belong together by their order.
        if turned && name != "c_paradetox" {
            rows.reverse();
        }
        fs::write(folder.join(format!("data/{name}.csv")), header.to_owned() + rows.concat().as_str())
            .expect("it can be written");
    }
}

fn hold_out(folder: &Path, out: &str, more: &[&str]) -> Output {
    let arguments = [&["scripts/hold-out", "data", out][..], more].concat();
    Command::new("python3").current_dir(folder).args(arguments).output().expect("python3 runs")
}

/// For each file of a part, its texts, in order.
fn part(folder: &Path, part: &str) -> BTreeMap<String, Vec<String>> {
    let entries = fs::read_dir(folder.join(part)).expect("the part was written");
    let read = |path: &Path| {
        let content = fs::read(path).expect("it can be read");
        let mut rows = Rows::new(content, Format::Table { separator: b',' }, &["text"]).expect("it has rows");
        let column = rows.column("text").expect("its header is right").expect("it has texts");
        let mut texts = Vec::new();
        while let Some(row) = rows.next_row() {
            let row = row.expect("a row is right");
            texts.push(row.cell(&column).expect("a text is right").written().expect("there is one").into_owned());
        }
        texts
    };
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    paths.map(|path| (path.file_stem().expect("it has a name").to_string_lossy().into_owned(), read(&path))).collect()
}

/// A text's words, without signs and numbers.
fn letters(text: &str) -> String {
    let words = text.split(|character: char| !character.is_alphabetic()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[test]
fn nothing_that_is_held_out_is_learnt() {
    let folder = folder();
    let output = hold_out(folder.path(), "out", &["--write"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (learnt, held_out) = (part(folder.path(), "out/train"), part(folder.path(), "out/held-out"));
    for (name, texts) in &held_out {
        let (kept, out) = (learnt[name].len(), texts.len());
        assert!(
            (10..100).contains(&out),
            "a fifth of the groups of {name} are held out, and not {out} of {} rows",
            kept + out
        );
    }
    let all = |part: &BTreeMap<String, Vec<String>>| {
        part.values().flatten().map(|text| letters(text)).collect::<BTreeSet<_>>()
    };
    let both: Vec<_> = all(&learnt).intersection(&all(&held_out)).cloned().collect();
    assert!(both.is_empty(), "{both:?}");
    // Rows of one template, and both sides of a pair, are on the same side.
    let number =
        |text: &String| text.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok()).map(|n| n % 30);
    let templates =
        |part: &BTreeMap<String, Vec<String>>| part["a_templates"].iter().filter_map(number).collect::<BTreeSet<_>>();
    assert!(!templates(&held_out).is_empty() && templates(&learnt).is_disjoint(&templates(&held_out)));
    let pairs = |part: &BTreeMap<String, Vec<String>>| {
        part["c_paradetox"].iter().filter_map(|text| Some(text.split_once(' ')?.1.to_owned())).collect::<BTreeSet<_>>()
    };
    assert!(pairs(&learnt).is_disjoint(&pairs(&held_out)));
    assert_eq!(held_out["c_paradetox"].len() % 3, 0);
}

#[test]
fn what_is_held_out_depends_on_the_texts_alone() {
    let folder = folder();
    assert!(hold_out(folder.path(), "out", &["--write"]).status.success());
    let list = fs::read(folder.path().join("recipes/held-out.txt")).expect("it was written");
    let sorted = |out: &str| {
        let mut held_out = part(folder.path(), out);
        held_out.values_mut().for_each(|texts| texts.sort());
        held_out
    };
    write(folder.path(), true);
    let output = hold_out(folder.path(), "turned", &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(sorted("out/held-out"), sorted("turned/held-out"));
    assert_eq!(sorted("out/train"), sorted("turned/train"));

    // Other files would hold out what was learnt before: that stops the script, and the list stays.
    let path = folder.path().join("data/b_single.csv");
    let content = fs::read_to_string(&path).expect("it is there");
    fs::write(&path, content.replace("plain", "common").replace("Plain", "common")).expect("it can be written");
    let output = hold_out(folder.path(), "other", &[]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not what held-out.txt lists"), "it says so");
    assert_eq!(fs::read(folder.path().join("recipes/held-out.txt")).expect("it is there"), list);
}
