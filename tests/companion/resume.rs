//! Runs that are interrupted, and go on as if they had not been.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{complain, log, succeed, tiny_bert, undertone, write_data};

/// `undertone train` with dropout, into `out`, with a checkpoint after every batch.
fn arguments<'a>(base: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let common = [
        "train",
        "--base",
        base,
        "--out",
        out,
        "--task",
        "sentiment=aclImdb",
        "--task",
        "toxicity=comments",
        "--max-tokens",
        "32",
        "--learning-rate",
        "0.01",
        "--batch-size",
        "8",
        "--checkpoint-every",
        "0",
        "--threads",
        "2",
    ];
    common.iter().chain(more).copied().collect()
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    command.current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The run's losses and validations, without the times.
fn curve(folder: &Path, run: &str) -> Vec<Value> {
    let mut lines = log(folder, run);
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("seconds");
    }
    lines
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_as_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    succeed(folder, &arguments(base, "whole", &["--epochs", "6"]));

    let mut random = fastrand::Rng::with_seed(5);
    let mut kills_in_the_middle = 0;
    for attempt in 0.. {
        let resume = folder.join("killed/checkpoint.safetensors").exists();
        // What was killed before its first checkpoint is begun anew, as its user would.
        if !resume {
            let _ = fs::remove_dir_all(folder.join("killed"));
        }
        let mut child = start(
            folder,
            &arguments(base, "killed", if resume { &["--epochs", "6", "--resume"] } else { &["--epochs", "6"] }),
        );
        if attempt < 12 {
            std::thread::sleep(Duration::from_millis(random.u64(20..250)));
            child.kill().unwrap();
            kills_in_the_middle += usize::from(resume);
        }
        let ended = child.wait().unwrap().success();
        if ended || attempt >= 12 {
            assert!(ended, "the last attempt was not killed, and failed");
            break;
        }
    }
    assert!(kills_in_the_middle >= 3, "only {kills_in_the_middle} kills came after a checkpoint");
    assert_eq!(curve(folder, "killed"), curve(folder, "whole"));
    let model = |run: &str| fs::read(folder.join(run).join("model.safetensors")).unwrap();
    assert!(model("killed") == model("whole"), "the models differ");
    assert!(!folder.join("whole/checkpoint.safetensors").exists(), "a finished run needs no checkpoint");
    assert!(
        complain(folder, &arguments(base, "whole", &["--epochs", "6", "--resume"])).contains("its run has finished")
    );
}

#[test]
fn a_run_is_resumed_only_as_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let mut child = start(folder, &arguments(base, "run", &["--epochs", "1000"]));
    while !folder.join("run/checkpoint.safetensors").exists() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = complain(folder, &arguments(base, "run", &["--epochs", "1000", "--resume"]));
    assert!(second.contains("another process is training in run"), "{second}");

    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert!(child.wait().unwrap().success(), "Ctrl-C ends a run at a checkpoint");

    let recipe = complain(folder, &arguments(base, "run", &["--epochs", "2", "--resume"]));
    assert!(recipe.contains("another recipe (epochs was 1000 and is now 2)"), "{recipe}");
    fs::write(folder.join("aclImdb/train/pos/0_9.txt"), "another movie").unwrap();
    let data = complain(folder, &arguments(base, "run", &["--epochs", "1000", "--resume"]));
    assert!(data.contains("other tasks or data"), "{data}");
    fs::write(folder.join("run/checkpoint.safetensors"), b"nonsense").unwrap();
    let damaged = complain(folder, &arguments(base, "run", &["--epochs", "1000", "--resume"]));
    assert!(damaged.contains("the checkpoint cannot be read, so the run cannot go on"), "{damaged}");
    let nothing = undertone(folder, &arguments(base, "nowhere", &["--resume"]));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("there is nothing to resume in nowhere"));
    assert!(!folder.join("nowhere").exists());
}
