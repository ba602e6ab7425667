//! Runs that are interrupted, and go on as if they had not been.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use candle_core::Device;
use serde_json::Value;
use undertone::bert::{Ops, ProductPrecision};
use undertone::text::Tokenizer;
use undertone::train::Silent;
use undertone::train::base::Base;
use undertone::train::data::BadRows;
use undertone::train::device::TrainingPrecision;
use undertone::train::recipe::Recipe;
use undertone::train::run::RunFolder;
use undertone::train::task::{SourceSettings, TaskSettings};
use undertone::train::trainer::{Outcome, RunOptions, train as train_run};

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

/// The same, to listen to.
fn start_reading(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    command.current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
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
    let checkpoint = folder.join("killed/checkpoint.safetensors");
    for attempt in 0.. {
        let resume = folder.join("killed").exists();
        let more: &[&str] = if resume { &["--epochs", "6", "--resume"] } else { &["--epochs", "6"] };
        let mut child = start(folder, &arguments(base, "killed", more));
        if attempt < 12 {
            // Every third time at any moment, and else around one at which files are written.
            let written = || fs::metadata(&checkpoint).and_then(|file| file.modified()).ok();
            let before = written();
            while attempt % 3 > 0 && written() == before && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(random.u64(0..60)));
            child.kill().unwrap();
            kills_in_the_middle += usize::from(checkpoint.exists());
        }
        let ended = child.wait().unwrap().success();
        // A model that is there is one model, with its own figures.
        if RunFolder::is_one(&folder.join("killed")) {
            RunFolder::open(&folder.join("killed")).unwrap().verify().unwrap();
        }
        if ended || attempt >= 12 {
            assert!(ended, "the last attempt was not killed, and failed");
            break;
        }
    }
    assert!(kills_in_the_middle >= 3, "only {kills_in_the_middle} kills came after a checkpoint");
    assert_eq!(curve(folder, "killed"), curve(folder, "whole"));
    for name in ["model.safetensors", "held-out/sentiment.jsonl", "held-out/toxicity.jsonl"] {
        let content = |run: &str| fs::read(folder.join(run).join(name)).unwrap();
        assert!(content("killed") == content("whole"), "{name} differs");
    }
    let record = |run: &str| RunFolder::open(&folder.join(run)).unwrap().record().clone();
    let (killed, whole) = (record("killed"), record("whole"));
    assert_eq!(
        (killed.best_step, &killed.files, &killed.provenance),
        (whole.best_step, &whole.files, &whole.provenance)
    );
    assert!(!folder.join("whole/checkpoint.safetensors").exists(), "a finished run needs no checkpoint");
    assert!(
        complain(folder, &arguments(base, "whole", &["--epochs", "6", "--resume"])).contains("its run has finished")
    );
}

/// What was killed before it had a checkpoint has nothing to go on from: it starts, with --resume or without.
#[test]
fn a_run_that_was_killed_at_once_starts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    succeed(folder, &arguments(base, "whole", &["--epochs", "1"]));
    for (run, more) in [("anew", &["--epochs", "1"][..]), ("resumed", &["--epochs", "1", "--resume"])] {
        fs::create_dir(folder.join(run)).unwrap();
        fs::write(folder.join(run).join("run.lock"), "").unwrap();
        fs::write(folder.join(run).join("metrics.jsonl"), "{\"step\":1,\"loss\":9.0}\n{\"step\":2,\"lo").unwrap();
        succeed(folder, &arguments(base, run, more));
        assert_eq!(curve(folder, run), curve(folder, "whole"));
    }
    // Without the lock the log is of something else.
    fs::create_dir(folder.join("foreign")).unwrap();
    fs::write(folder.join("foreign/metrics.jsonl"), "mine").unwrap();
    assert!(complain(folder, &arguments(base, "foreign", &[])).contains("holds a run already"));
    assert_eq!(fs::read(folder.join("foreign/metrics.jsonl")).unwrap(), b"mine");
}

/// Ctrl-C while texts are tokenised.
#[test]
fn a_run_that_is_stopped_before_its_first_step_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let run = |out: &str, resume: bool, stop: bool| {
        let base = Base::read(&tiny_bert(), &Device::Cpu).unwrap();
        let recipe = Recipe { epochs: 1, max_tokens: 32, dropout: base.checkpoint.dropout, ..Recipe::default() };
        let tokenizer = Tokenizer::from_checkpoint(&tiny_bert(), recipe.max_tokens).unwrap();
        let train = vec![SourceSettings::Path("aclImdb".into())];
        let task = TaskSettings { name: "sentiment".to_owned(), train, ..TaskSettings::default() };
        let tasks = vec![task.read(folder, BadRows::Refuse, recipe.seed, &mut Silent).unwrap()];
        let options = RunOptions {
            out: &folder.join(out),
            resume,
            checkpoint_every: Duration::from_secs(600),
            stop: &|| stop,
            device: Device::Cpu,
            ops: Ops::Fused(ProductPrecision::F32),
            precision: TrainingPrecision::F32,
        };
        train_run(tasks, base, &tokenizer, &recipe, &options, &mut Silent).unwrap()
    };
    assert!(matches!(run("stopped", false, true), Outcome::Stopped { step: 0, .. }));
    assert!(matches!(run("stopped", true, true), Outcome::Stopped { step: 0, .. }), "as often as one likes");
    assert!(matches!(run("stopped", true, false), Outcome::Finished(_)));
    assert!(matches!(run("whole", false, false), Outcome::Finished(_)));
    assert_eq!(curve(folder, "stopped"), curve(folder, "whole"));
}

#[test]
fn a_run_is_resumed_only_as_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder);
    let base = tiny_bert();
    let base = base.to_str().unwrap();
    let mut child = start(folder, &arguments(base, "run", &["--epochs", "1000"]));
    while !folder.join("run/checkpoint.safetensors").exists() || !folder.join("run/run.json").exists() {
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
    // The same model but for its last weight, and the same words but for one.
    let other = folder.join("other");
    fs::create_dir(&other).unwrap();
    for entry in fs::read_dir(tiny_bert()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, other.join(path.file_name().unwrap())).unwrap();
    }
    let mut weights = fs::read(other.join("model.safetensors")).unwrap();
    let last = weights.len() - 4;
    weights[last..].copy_from_slice(&0.5f32.to_le_bytes());
    fs::write(other.join("model.safetensors"), weights).unwrap();
    let weights = complain(folder, &arguments("other", "run", &["--epochs", "1000", "--resume"]));
    assert!(weights.contains("the run was started with another base model: give it the same"), "{weights}");
    fs::copy(Path::new(base).join("model.safetensors"), other.join("model.safetensors")).unwrap();
    let words = fs::read_to_string(other.join("tokenizer.json")).unwrap().replace("\"terrible\"", "\"terribly\"");
    fs::write(other.join("tokenizer.json"), words).unwrap();
    let tokens = complain(folder, &arguments("other", "run", &["--epochs", "1000", "--resume"]));
    assert!(tokens.contains("the run was started with another tokenizer: give it the same"), "{tokens}");
    // The best model so far is part of what goes on.
    let model = folder.join("run/model.safetensors");
    let content = fs::read(&model).unwrap();
    fs::write(&model, "another").unwrap();
    let other = complain(folder, &arguments(base, "run", &["--epochs", "1000", "--resume"]));
    assert!(other.contains("model.safetensors is not the file that run.json beside it tells of"), "{other}");
    fs::remove_file(&model).unwrap();
    let lost = complain(folder, &arguments(base, "run", &["--epochs", "1000", "--resume"]));
    assert!(lost.contains("model.safetensors"), "{lost}");
    fs::write(&model, content).unwrap();
    // ProductPrecision and threads may change, which is told and written down.
    let mut child =
        start_reading(folder, &arguments(base, "run", &["--epochs", "1000", "--resume", "--precision", "bf16"]));
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("From here on precision bf16 instead of precision f32")));
    child.kill().unwrap();
    child.wait().unwrap();
    fs::write(folder.join("aclImdb/train/pos/0_9.txt"), "another movie").unwrap();
    let data = complain(folder, &arguments(base, "run", &["--epochs", "1000", "--resume"]));
    assert!(data.contains("the run was started with other texts of sentiment"), "{data}");
    fs::write(folder.join("run/checkpoint.safetensors"), b"nonsense").unwrap();
    let damaged = complain(folder, &arguments(base, "run", &["--epochs", "1000", "--resume"]));
    assert!(damaged.contains("the checkpoint cannot be read, so the run cannot go on"), "{damaged}");
    let nothing = undertone(folder, &arguments(base, "nowhere", &["--resume"]));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("there is nothing to resume in nowhere"));
    assert!(!folder.join("nowhere").exists());
}
