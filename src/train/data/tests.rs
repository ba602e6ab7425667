//! Every layout is built in a temporary folder, read, and broken in each way that has a sentence of its own.

use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use super::*;

mod reviews;
mod tables;

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

/// The sentence with which reading fails.
fn failure(path: &Path, names: &[&str], split: Split) -> String {
    read(path, &labels(names), split).unwrap_err().to_string()
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    assert_eq!(failure(Path::new("no/such/data"), &["toxic"], Split::Train), "no/such/data does not exist");
}

#[test]
fn an_unknown_kind_of_file_is_refused() {
    let folder = folder(&[("notes.txt", b"toxic"), ("data.zip", b"PK\x03\x04rest"), ("empty", b"")]);
    let notes = failure(&folder.path().join("notes.txt"), &["toxic"], Split::Train);
    assert!(
        notes.ends_with("notes.txt is neither a .csv file nor the aclImdb archive as .tar.gz or .tar.xz"),
        "{notes}"
    );
    let zip = failure(&folder.path().join("data.zip"), &["toxic"], Split::Train);
    assert!(zip.ends_with("data.zip is a zip archive: unpack it and name the folder"), "{zip}");
    let empty = failure(&folder.path().join("empty"), &["toxic"], Split::Train);
    assert!(empty.contains("is neither a .csv file"), "{empty}");
}

#[test]
fn a_folder_without_data_is_refused() {
    let folder = folder(&[("test.csv", b"id,text,toxic\n1,a,0\n")]);
    let sentence = failure(folder.path(), &["toxic"], Split::Train);
    assert!(sentence.ends_with("nor train.csv, as Kaggle's data have"), "{sentence}");
    assert!(sentence.contains("has neither train/pos and train/neg"), "{sentence}");
}

#[test]
fn labels_are_named_and_named_once() {
    let twice = failure(Path::new("x"), &["toxic", "threat", "toxic"], Split::Train);
    assert_eq!(twice, "the label `toxic` was named twice: name it once");
    assert!(failure(Path::new("x"), &[], Split::Train).starts_with("no label was named"));
    assert!(read_all(&[], &labels(&["toxic"]), Split::Train).unwrap_err().to_string().starts_with("no data was named"));
}

#[test]
fn several_paths_follow_each_other_and_ids_count_once() {
    let folder = folder(&[
        ("a.csv", b"id,text,toxic\n1,first,0\n1,same file,1\n,no id,0\n"),
        ("b.csv", b"text,toxic,id\nsecond,1,2\nagain,0,1\n,1,1\nno id either,1,\n"),
        ("c.csv", b"text,toxic\nfirst,1\n"),
    ]);
    let paths: Vec<_> = ["a.csv", "b.csv", "c.csv"].iter().map(|name| folder.path().join(name)).collect();
    let dataset = read_all(&paths, &labels(&["toxic"]), Split::Train).unwrap();
    assert_eq!(texts(&dataset.examples), ["first", "same file", "no id", "second", "no id either", "first"]);
    assert_eq!(dataset.left_out, LeftOut { unscored: 0, repeated: 2 });
}

fn example(i: usize, targets: &[f32]) -> Example {
    Example { text: i.to_string(), targets: targets.to_vec(), weight: 1.0 }
}

/// 100 rows with no label, 30 with the first, 7 with both, and three combinations of their own.
fn unbalanced() -> Vec<Example> {
    let mut examples: Vec<_> = (0..137)
        .map(|i| {
            example(
                i,
                if i % 19 == 5 {
                    &[1.0, 1.0, 0.0]
                } else if i % 4 == 1 {
                    &[1.0, 0.0, 0.0]
                } else {
                    &[0.0; 3]
                },
            )
        })
        .collect();
    examples.extend((137..140).zip([[0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]).map(|(i, t)| example(i, &t)));
    examples
}

#[test]
fn every_combination_of_labels_gives_its_share() {
    let examples = unbalanced();
    let (rest, held_out) = hold_out(examples.clone(), 0.25, 7);
    assert_eq!((rest.len(), held_out.len()), (105, 35));
    for targets in [[0.0; 3], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0; 3]] {
        let count = |part: &[Example]| part.iter().filter(|example| example.targets == targets).count() as f64;
        assert!((count(&held_out) - 0.25 * count(&examples)).abs() < 1.0, "{targets:?}: {}", count(&held_out));
    }
    let mut all: Vec<_> = rest.iter().chain(&held_out).map(|example| example.text.parse::<usize>().unwrap()).collect();
    all.sort_unstable();
    assert_eq!(all, (0..140).collect::<Vec<_>>());
}

#[test]
fn rare_combinations_do_not_all_round_to_nothing() {
    let examples: Vec<_> =
        (0..16).map(|i| example(i, &[0, 1, 2, 3].map(|bit| f32::from((i >> bit & 1) as u8)))).collect();
    assert_eq!(hold_out(examples, 0.25, 1).1.len(), 4);
}

#[test]
fn the_seed_decides_and_the_order_stays() {
    let parts = |seed| hold_out(unbalanced(), 0.1, seed);
    assert_eq!(parts(3), parts(3));
    assert_ne!(parts(3), parts(4));
    let in_order = |part: &[Example]| part.is_sorted_by_key(|example| example.text.parse::<usize>().unwrap());
    assert!(in_order(&parts(3).0) && in_order(&parts(3).1));
}

#[test]
fn all_or_nothing_can_be_held_out() {
    for (fraction, count) in [(0.0, 0), (1.0, 140), (f64::NAN, 0), (-1.0, 0), (7.0, 140)] {
        let (rest, held_out) = hold_out(unbalanced(), fraction, 1);
        assert_eq!((rest.len(), held_out.len()), (140 - count, count), "{fraction}");
    }
    assert_eq!(hold_out(Vec::new(), 0.5, 1), (Vec::new(), Vec::new()));
}
