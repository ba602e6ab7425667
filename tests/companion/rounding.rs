//! `export --rounding-texts`.

use std::fs;

use crate::support::{complain, succeed, tiny_bert, train_arguments, write_data};

#[test]
fn rounding_is_fitted_to_texts_and_always_alike() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    succeed(folder, &train_arguments(base.to_str().unwrap(), &["--task", "sentiment=aclImdb", "--epochs", "1"]));
    let export = |rest: &[&str]| {
        succeed(folder, &[&["export", "--run", "run", "--out", "bundle"], rest].concat());
        fs::read(folder.join("bundle/model.safetensors")).unwrap()
    };
    let texts = ["--rounding-texts", "aclImdb", "comments/train.csv"];
    let (nearest, fitted) = (export(&[]), export(&texts));
    assert!(nearest != fitted && fitted == export(&texts), "fitted, and the same bytes each time");
    succeed(folder, &["evaluate", "--bundle", "bundle", "--task", "sentiment", "--data", "aclImdb"]);

    let refused = |rest: &[&str]| complain(folder, &[&["export", "--run", "run", "--out", "none"], rest].concat());
    let said = refused(&["--rounding-texts", "aclImdb", "--precision", "f16"]);
    assert!(said.contains("texts to fit the rounding to are for int8 weights alone"), "{said}");
    let said = refused(&["--rounding-texts", "nowhere.csv"]);
    assert!(said.contains("nowhere.csv"), "{said}");
    assert!(!folder.join("none").exists());
}
