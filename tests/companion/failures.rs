//! Runs that fail half-way: what they say, and that nothing is damaged.

use std::fs;
use std::process::Command;

use crate::support::{complain, losses, succeed, tiny_bert, write_data};

fn arguments<'a>(base: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let common = ["train", "--base", base, "--out", out, "--task", "toxicity=comments", "--max-tokens", "32"];
    let constant = ["--schedule", "constant", "--warm-up", "0", "--weight-decay", "0"];
    let rest = [&["--batch-size", "8", "--checkpoint-every", "0"][..], &constant].concat();
    [&common[..], &rest, more].concat()
}

#[test]
fn a_run_that_diverges_stops_and_says_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let said = complain(
        folder,
        &arguments(base, "nan", &["--learning-rate", "1e30", "--head-learning-rate", "1e30", "--optimizer", "radam"]),
    );
    assert!(said.contains("training has diverged. The last checkpoint is of step"), "{said}");
    assert!(said.contains("Start anew with a lower learning-rate"), "{said}");
    assert!(losses(folder, "nan").iter().all(|loss| loss.is_finite()), "what is not finite is not logged as done");

    // Finite all the way, and ever worse.
    let said = complain(
        folder,
        &arguments(
            base,
            "high",
            &[
                "--learning-rate",
                "3",
                "--head-learning-rate",
                "3",
                "--clip-norm",
                "1",
                "--epochs",
                "40",
                "--optimizer",
                "adamw",
            ],
        ),
    );
    assert!(said.contains("worse than knowing nothing: training has diverged"), "{said}");
    assert!(said.contains("and the best model, of step"), "{said}");
}

#[test]
fn a_disk_that_is_full_costs_no_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let with_dropout = |out, more: &[&'static str]| arguments(base, out, &[&["--dropout", "0.1"], more].concat());
    succeed(folder, &with_dropout("whole", &["--threads", "1"]));
    // No file may grow beyond 40 blocks of 512 or 1024 bytes: checkpoints are larger, the log is not.
    let limited = "trap '' XFSZ; ulimit -f 40; exec \"$@\"";
    let mut command = Command::new("bash");
    command.current_dir(folder).args(["-c", limited, "bash", env!("CARGO_BIN_EXE_undertone")]);
    let output = command.args(with_dropout("run", &["--threads", "1"])).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(said.contains("run/checkpoint.safetensors: File too large"), "{said}");
    assert!(said.contains("The run stopped at step 1; once that is mended, start it again"), "{said}");
    assert!(
        !folder.join("run/checkpoint.safetensors").exists()
            && !folder.join("run/checkpoint.safetensors.partial").exists()
    );

    // A run with a checkpoint goes on from it.
    fs::remove_dir_all(folder.join("run")).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .current_dir(folder)
        .args(with_dropout("run", &["--threads", "1"]))
        .spawn()
        .unwrap();
    while !folder.join("run/checkpoint.safetensors").exists() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended by itself");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let checkpoint = fs::read(folder.join("run/checkpoint.safetensors")).unwrap();
    let mut command = Command::new("bash");
    command.current_dir(folder).args(["-c", limited, "bash", env!("CARGO_BIN_EXE_undertone")]);
    let output = command.args(with_dropout("run", &["--threads", "1", "--resume"])).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("once that is mended, the run can be resumed after step"), "{said}");
    assert!(fs::read(folder.join("run/checkpoint.safetensors")).unwrap() == checkpoint, "the checkpoint is untouched");
    succeed(folder, &with_dropout("run", &["--threads", "1", "--resume"]));
    assert_eq!(losses(folder, "run"), losses(folder, "whole"));
}

#[test]
fn a_folder_that_cannot_be_written_is_said_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    fs::write(folder.join("file"), "").unwrap();
    let said = complain(folder, &arguments(base.to_str().unwrap(), "file/run", &[]));
    assert!(said.contains("file/run: ") && !said.contains("step"), "{said}");
    if cfg!(target_os = "linux") {
        let said = complain(folder, &arguments(base.to_str().unwrap(), "/proc/undertone", &[]));
        assert!(said.contains("/proc/undertone: "), "{said}");
    }
}
