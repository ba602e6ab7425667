//! `scripts/taught` on small answers: what teachers agree on is what is learnt, and nothing that one of them has no opinion of.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn taught(folder: &Path, arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/taught");
    Command::new("python3").arg(script).args(arguments).current_dir(folder).output().expect("python3 runs")
}

fn write(folder: &Path, name: &str, content: &str) {
    fs::write(folder.join(name), content).expect("it can be written");
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("the script has written it")
}

#[test]
fn the_mean_of_the_teachers_is_taught_where_all_have_an_opinion() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let folder = folder.path();
    write(folder, "one.csv", "text,row,sentiment.positive\n\"good, really\",1,0.9\n?!,2,\nbad,3,0.2\n");
    write(folder, "other.csv", "text,sentiment.positive\n\"good, really\",0.7\n?!,0.5\nbad,0.1\n");
    let done = taught(folder, &["mean", "sentiment.positive", "one.csv", "other.csv", "reviews.csv"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(read(folder, "reviews.csv"), "text,positive\n\"good, really\",0.8000\nbad,0.1500\n");

    write(folder, "turned.csv", "text,sentiment.positive\nbad,0.1\n?!,0.5\n\"good, really\",0.7\n");
    for (arguments, expected) in [
        (["mean", "sentiment.positive", "one.csv", "turned.csv", "no.csv"], "are of different rows"),
        (["mean", "sentiment.negative", "one.csv", "other.csv", "no.csv"], "no column is called sentiment.negative"),
    ] {
        let refused = taught(folder, &arguments);
        assert!(!refused.status.success() && !folder.join("no.csv").exists());
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn the_same_texts_are_picked_every_time() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let folder = folder.path();
    let rows: String = (0..100).map(|number| format!("{number},\"text {number}, é\"\n")).collect();
    write(folder, "texts.csv", &format!("id,text\n{rows}"));
    for out in ["first.csv", "again.csv"] {
        assert!(taught(folder, &["pick", "10", "texts.csv", out]).status.success());
    }
    let first = read(folder, "first.csv");
    assert_eq!(first, read(folder, "again.csv"));
    assert!(first.starts_with("text\n") && first.lines().count() == 11, "{first}");
    assert!(first.lines().skip(1).all(|line| rows.contains(line)), "{first}");
}
