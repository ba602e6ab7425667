//! `scripts/dist` on made-up parts, and `scripts/third_party.py` on what the crate is really built of.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};

use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(program));
    // As of a commit of 2026, whatever folder this is.
    command.args(arguments).env("SOURCE_DATE_EPOCH", "1790000000").env("CARGO", env!("CARGO"));
    command.output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn succeed(program: &str, arguments: &[&str]) -> String {
    let output = run(program, arguments);
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

/// Parts as they are given to `scripts/dist`, written in another order where they are `turned`.
fn release(turned: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut files =
        ["site/index.html", "site/models/undertone/manifest.json", "site/engine-1/a.wasm", "undertone", "package.tgz"];
    if turned {
        files.reverse();
    }
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, file).expect("it can be written");
    }
    let part = |name: &str| folder.path().join(name).to_str().expect("it is of ASCII").to_owned();
    succeed("scripts/dist", &[&part("site"), &part("undertone"), &part("package.tgz"), &part("out")]);
    folder
}

/// The files of an archive, with their modes and owners.
fn unpacked(archive: &[u8]) -> BTreeMap<String, (Vec<u8>, u32, u64)> {
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    let entries = archive.entries().expect("it is an archive").map(|entry| {
        let mut entry = entry.expect("it is whole");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("it is whole");
        let header = entry.header();
        let name = entry.path().expect("it has a name").to_string_lossy().into_owned();
        (name, (content, header.mode().expect("it has one"), header.uid().expect("it has one")))
    });
    entries.collect()
}

#[test]
fn two_releases_of_the_same_parts_have_the_same_bytes_and_all_of_the_parts() {
    let (one, other) = (release(false), release(true));
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(one.path().join("out")).expect("there is a release") {
        let name = entry.expect("it can be listed").file_name().into_string().expect("it is of ASCII");
        let content = fs::read(one.path().join("out").join(&name)).expect("it can be read");
        assert!(content == fs::read(other.path().join("out").join(&name)).expect("both have it"), "{name}");
        files.insert(name, content);
    }
    let sums = String::from_utf8(files.remove("SHA256SUMS").expect("there are sums")).expect("they are text");
    let sum = |(name, content): (&String, &Vec<u8>)| format!("{:x}  {name}\n", Sha256::digest(content));
    assert_eq!(sums, files.iter().map(sum).collect::<String>());

    let named =
        |end: &str| &files.iter().find(|(name, _)| name.ends_with(end)).unwrap_or_else(|| panic!("no {end}")).1[..];
    let site = unpacked(named("-site.tar.gz"));
    let top = format!("undertone-{}-site", env!("CARGO_PKG_VERSION"));
    for file in [
        "index.html",
        "models/undertone/manifest.json",
        "engine-1/a.wasm",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "THIRD_PARTY.md",
    ] {
        let (_, mode, owner) =
            site.get(&format!("{top}/{file}")).unwrap_or_else(|| panic!("no {file} in {:?}", site.keys()));
        assert_eq!((*mode, *owner), (0o644, 0), "{file}");
    }
    assert_eq!(site.len(), 6);
    let companion =
        files.keys().find(|name| name.ends_with(".tar.gz") && !name.ends_with("-site.tar.gz")).expect("there is one");
    let top = companion.trim_end_matches(".tar.gz");
    let companion = unpacked(&files[companion]);
    assert_eq!(companion[&format!("{top}/undertone")], (b"undertone".to_vec(), 0o755, 0));
    for file in ["site/index.html", "README.md", "docs/HOSTING.md", "contrib/undertone.service", "THIRD_PARTY.md"] {
        assert!(companion.contains_key(&format!("{top}/{file}")), "{file}");
    }
    assert_eq!(named(".tgz"), b"package.tgz");
}

#[test]
fn a_folder_with_somebodys_files_is_left_as_it_is() {
    let folder = release(false);
    let part = |name: &str| folder.path().join(name).to_str().expect("it is of ASCII").to_owned();
    let again = || run("scripts/dist", &[&part("site"), &part("undertone"), &part("package.tgz"), &part("out")]);
    assert!(again().status.success(), "an earlier release is replaced");
    fs::write(folder.path().join("out/notes.txt"), "mine").expect("it can be written");
    let before = fs::read_dir(folder.path().join("out")).expect("it can be listed").count();
    let refused = again();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("has what is of no release, notes.txt"));
    assert_eq!(fs::read_dir(folder.path().join("out")).expect("it can be listed").count(), before);
}

#[test]
fn what_is_no_site_is_not_released() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let place = folder.path().to_str().expect("it is of ASCII");
    let output = run("scripts/dist", &[place, "Cargo.toml", "Cargo.toml", &format!("{place}/out")]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not the built site"));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn all_that_is_shipped_has_its_licence_its_digest_and_its_needs() {
    let licences = succeed("scripts/third_party.py", &["licences"]);
    let bill: Value = serde_json::from_str(&succeed("scripts/third_party.py", &["sbom"])).expect("it is JSON");
    let components = bill["components"].as_array().expect("there are some");
    let mut known: BTreeSet<_> =
        components.iter().map(|component| component["bom-ref"].as_str().expect("each has one")).collect();
    assert_eq!(known.len(), components.len());
    for name in ["candle-core", "leptos", "tokenizers", "axum", "wasm-bindgen"] {
        assert!(components.iter().any(|component| component["name"] == name), "{name} is shipped");
    }
    for name in ["proptest", "rten", "candle-transformers", "wasm-bindgen-test"] {
        assert!(components.iter().all(|component| component["name"] != name), "{name} is not shipped");
    }
    for component in components {
        let name = component["name"].as_str().expect("each has one");
        assert_eq!(component["hashes"][0]["content"].as_str().expect("each has one").len(), 64, "{name}");
        let expression = component["licenses"][0]["expression"].as_str().expect("each has one");
        if component["type"] == "library" {
            let row = format!("| {name} {} | {expression} |", component["version"].as_str().expect("each has one"));
            let row = licences.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("no {row}"));
            let texts: Vec<_> =
                row.rsplit(" | ").next().expect("a row has cells").trim_end_matches(" |").split(", ").collect();
            for text in texts {
                assert!(licences.contains(&format!("\n## {text}: ")), "{row}");
            }
        }
    }
    known.insert(bill["metadata"]["component"]["bom-ref"].as_str().expect("the crate has one"));
    let edges = bill["dependencies"].as_array().expect("there are some");
    for edge in edges {
        for end in edge["dependsOn"].as_array().expect("a list").iter().chain([&edge["ref"]]) {
            assert!(known.contains(end.as_str().expect("a name")), "{end}");
        }
    }
    assert_eq!(edges.len(), known.len() - 1, "all but the model are said to need something, or nothing");
}
