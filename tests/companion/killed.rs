//! Commands that are killed at any moment, or find the disk full: what they were replacing is the old or the new or is refused with a sentence,
//! and the same command, given again, ends as if nothing had been.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use undertone::bundle::Bundle;

use crate::support::{succeed, tiny_bert, train_arguments, write_data};

/// How often each command is killed.
const KILLS: u64 = 20;

/// Kills the command with these arguments after each of [`KILLS`] times, spread over what it takes when it is left alone, and has `check`
/// look at what is left. Before each time `output` goes, which the command wants to make itself.
fn kill_at_any_moment(folder: &Path, arguments: &[&str], output: Option<&Path>, mut check: impl FnMut(&str)) {
    let begun = Instant::now();
    succeed(folder, arguments);
    let whole = begun.elapsed();
    let mut random = fastrand::Rng::with_seed(7);
    for kill in 0..KILLS {
        output.iter().for_each(|output| fs::remove_file(output).unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
        let quiet = command.current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = quiet.spawn().unwrap();
        let moment = (kill as f64 + random.f64()) / KILLS as f64;
        std::thread::sleep(whole.mul_f64(moment));
        child.kill().unwrap();
        child.wait().unwrap();
        check(&format!("killed after {moment:.2} of its time"));
    }
}

fn manifest(bundle: &Path) -> Vec<u8> {
    fs::read(bundle.join("manifest.json")).unwrap()
}

#[test]
fn a_bundle_whose_export_is_killed_is_the_old_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    for run in ["old", "new"] {
        let seed = if run == "old" { "1" } else { "2" };
        let tasks = ["--task", "sentiment=aclImdb", "--epochs", "1", "--seed", seed];
        succeed(folder, &train_arguments(base.to_str().unwrap(), &tasks));
        fs::rename(folder.join("run"), folder.join(run)).unwrap();
        succeed(folder, &["export", "--run", run, "--out", &format!("{run}-bundle")]);
    }
    let [old, new] = ["old-bundle", "new-bundle"].map(|bundle| Bundle::read(folder.join(bundle)).unwrap());
    assert_ne!(old.weights, new.weights);

    let bundle = folder.join("bundle");
    let export = |run| ["export", "--run", run, "--out", "bundle"];
    succeed(folder, &export("old"));
    kill_at_any_moment(folder, &export("new"), None, |when| {
        match Bundle::read(&bundle) {
            Ok(left) => assert!([&old, &new].iter().any(|whole| whole.weights == left.weights), "{when}: neither"),
            Err(said) => {
                assert!(said.to_string().contains("is not the file that the manifest describes"), "{when}: {said}")
            }
        }
        succeed(folder, &export("new"));
        assert_eq!(Bundle::read(&bundle).unwrap().weights, new.weights, "{when}");
        succeed(folder, &export("old"));
        assert_eq!(fs::read_dir(&bundle).unwrap().count(), 3, "{when}: nothing is left beside the bundle");
    });

    // Files may have 20 blocks of 512 or 1024 bytes: the manifest fits, the weights do not.
    let mut command = Command::new("bash");
    command.current_dir(folder).args([
        "-c",
        "trap '' XFSZ; ulimit -f 20; exec \"$@\"",
        "bash",
        env!("CARGO_BIN_EXE_undertone"),
    ]);
    let output = command.args(export("new")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("bundle/model.safetensors: File too large"), "{said}");
    assert_eq!(Bundle::read(&bundle).unwrap().weights, old.weights);
    assert_eq!(fs::read_dir(&bundle).unwrap().count(), 3);
}

#[test]
fn a_manifest_whose_calibration_is_killed_is_the_old_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    succeed(folder, &train_arguments(base.to_str().unwrap(), &["--task", "sentiment=aclImdb", "--epochs", "2"]));
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    let bundle = folder.join("bundle");
    let calibrate = ["calibrate", "--bundle", "bundle", "--task", "sentiment", "--data", "aclImdb"];
    let old = manifest(&bundle);
    succeed(folder, &calibrate);
    let new = manifest(&bundle);
    assert_ne!(old, new);
    kill_at_any_moment(folder, &calibrate, None, |when| {
        assert!([&old, &new].contains(&&manifest(&bundle)), "{when}: neither the old nor the new manifest");
        Bundle::read(&bundle).unwrap_or_else(|said| panic!("{when}: {said}"));
        succeed(folder, &calibrate);
        assert_eq!(manifest(&bundle), new, "{when}");
        fs::write(bundle.join("manifest.json"), &old).unwrap();
    });
}

#[test]
fn what_predict_had_written_when_it_was_killed_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    succeed(folder, &train_arguments(base.to_str().unwrap(), &["--task", "sentiment=aclImdb", "--epochs", "1"]));
    succeed(folder, &["export", "--run", "run", "--out", "bundle"]);
    let rows: String = (0..4_000).map(|row| format!("{row},the movie {row} was good\n")).collect();
    fs::write(folder.join("rows.csv"), format!("id,text\n{rows}")).unwrap();
    let predict = ["predict", "--bundle", "bundle", "rows.csv"];
    succeed(folder, &[&predict[..], &["--out", "whole.csv"]].concat());
    let whole = fs::read_to_string(folder.join("whole.csv")).unwrap();
    let output = folder.join("out.csv");
    let to_output = [&predict[..], &["--out", "out.csv"]].concat();
    let mut in_the_middle = 0;
    kill_at_any_moment(folder, &to_output, Some(&output), |when| {
        let left = fs::read_to_string(&output).unwrap_or_default();
        assert!(whole.starts_with(&left), "{when}: what is there is as it will be");
        // As whoever goes on does: a row that is cut off goes, and the others but the header are skipped.
        let rows: String = left.split_inclusive('\n').filter(|row| row.ends_with('\n')).collect();
        let done = rows.lines().count().saturating_sub(1);
        fs::write(&output, &rows).unwrap();
        let skip = done.to_string();
        if rows.is_empty() {
            fs::remove_file(&output).unwrap();
            succeed(folder, &to_output);
        } else {
            succeed(folder, &[&to_output[..], &["--skip", &skip]].concat());
        }
        assert!(fs::read_to_string(&output).unwrap() == whole, "{when}: {done} rows had been written");
        in_the_middle += usize::from((1..4_000).contains(&done));
    });
    assert!(in_the_middle > 0, "no kill came while rows were written");
}
