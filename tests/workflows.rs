//! What can be known of GitHub's workflows without GitHub: that they run nobody's code but what was looked at, with no more rights than they need, and
//! call what there is.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::Path;

/// The workflows, by their files' names.
fn workflows() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let entries =
        fs::read_dir(folder).expect("there are workflows").map(|entry| entry.expect("the folder can be read"));
    let read = |entry: fs::DirEntry| fs::read_to_string(entry.path()).expect("a workflow can be read");
    let mut all: Vec<_> =
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), read(entry))).collect();
    all.sort();
    assert!(all.len() >= 5, "{all:?}");
    all
}

/// What follows `key` in its lines, less quotes.
fn values<'a>(workflow: &'a str, key: &str) -> Vec<&'a str> {
    let lines = workflow.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).collect()
}

/// A tag can be moved to other code, a commit cannot; Dependabot reads the version behind it.
#[test]
fn actions_are_pinned_by_their_commits_with_their_versions_behind() {
    for (name, workflow) in workflows() {
        let actions = values(&workflow, "uses");
        assert!(!actions.is_empty(), "{name}");
        for action in actions {
            let (_, pinned) = action.split_once('@').unwrap_or_else(|| panic!("{name}: {action} has no version"));
            let (commit, version) = pinned.split_once(" # v").unwrap_or_else(|| panic!("{name}: {action}"));
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}: {action}");
            assert_eq!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{name}: {action}");
        }
    }
}

#[test]
fn a_workflow_reads_and_only_the_jobs_that_publish_write() {
    for (name, workflow) in workflows() {
        assert!(workflow.contains("\npermissions:\n  contents: read\n\n"), "{name}");
        let writes = workflow.lines().filter(|line| line.ends_with(": write")).count();
        let expected = match name.as_str() {
            "pages.yml" => 2,
            "release.yml" => 3,
            _ => 0,
        };
        assert_eq!(writes, expected, "{name}");
        // What runs code of a change has no token in its clone.
        assert_eq!(
            workflow.matches("actions/checkout@").count(),
            workflow.matches("persist-credentials: false").count(),
            "{name}"
        );
        assert!(!workflow.contains("pull_request_target"), "{name}");
        assert_eq!(workflow.matches("runs-on:").count(), workflow.matches("timeout-minutes:").count(), "{name}");
    }
}

#[test]
fn what_a_workflow_calls_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("it can be read");
    let (makefile, tools) = (read("Makefile"), read("scripts/tools"));
    let mut called = 0;
    for (name, workflow) in workflows() {
        for command in values(&workflow, "run") {
            let words: Vec<&str> = command.split(' ').collect();
            match words[..] {
                ["make", target] => assert!(makefile.contains(&format!("\n{target}: ")), "{name}: {command}"),
                ["scripts/tools", ref names @ ..] => {
                    for tool in names {
                        assert!(tools.contains(&format!("\n#   {tool} ")), "{name}: {command}");
                    }
                }
                [script] if script.contains('/') => assert!(root.join(script).is_file(), "{name}: {command}"),
                _ => continue,
            }
            called += 1;
        }
    }
    assert!(called >= 5, "{called}");
}
