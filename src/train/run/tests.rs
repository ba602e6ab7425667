use candle_core::Device;

use super::*;
use crate::bert::Checkpoint;
use crate::text::WordCounts;
use crate::train::recipe::Recipe;

const FILES: [&str; 4] = [RECORD, WEIGHTS, TOKENIZER, CONFIG];

/// Keeps the tiny BERT in `folder` as the best model of step `step`, with weights and a tokenizer that only this step has.
fn keep(folder: &Path, step: usize) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert");
    let Checkpoint { architecture, mut weights, .. } = Checkpoint::read(&base, &Device::Cpu).unwrap();
    let bias = candle_core::Tensor::new(&[step as f32], &Device::Cpu).unwrap();
    weights.insert("heads.task.bias", bias).unwrap();
    let provenance = Provenance { base: String::new(), tokenizer: String::new(), tasks: Vec::new() };
    let recipe = Recipe { dropout: (step as f32 / 10.0, 0.0), ..Recipe::default() };
    let mut record = Record {
        recipe,
        provenance,
        environments: Vec::new(),
        architecture,
        tasks: Vec::new(),
        best_epoch: 1,
        best_step: step,
        files: BTreeMap::new(),
    };
    let run = OpenRun::lock(folder).unwrap();
    run.keep(&mut record, weights, format!("tokenizer {step}").as_bytes(), &WordCounts::default()).unwrap();
}

fn contents(folder: &Path) -> Vec<Vec<u8>> {
    FILES.iter().map(|name| std::fs::read(folder.join(name)).unwrap()).collect()
}

#[test]
fn a_run_that_is_refused_leaves_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join(LOCK);
    keep(folder.path(), 1);
    std::fs::remove_file(&lock).unwrap();
    assert!(matches!(OpenRun::create(folder.path()), Err(Error::RunExists { .. })));
    assert!(!lock.exists(), "it would say that the run has not ended");
    assert!(matches!(OpenRun::resume(folder.path()), Err(Error::NothingToResume { .. })));
    // A base model, or a bundle.
    std::fs::remove_file(folder.path().join(RECORD)).unwrap();
    let said = OpenRun::create(folder.path()).unwrap_err().to_string();
    assert!(said.contains("holds a model already") && !lock.exists(), "{said}");
}

/// A process may be killed before the first file of a model is renamed, and after each.
#[test]
fn a_model_whose_replacement_is_cut_short_is_the_old_or_the_new() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    keep(folder.path(), 1);
    keep(other.path(), 2);
    let (old, new) = (contents(folder.path()), contents(other.path()));
    assert!(old.iter().zip(&new).all(|(old, new)| old != new));
    for renamed in 0..=FILES.len() {
        for (index, name) in FILES.iter().enumerate() {
            let path = folder.path().join(name);
            std::fs::write(&path, &old[index]).unwrap();
            std::fs::write(files::beside(&path), &new[index]).unwrap();
            if index < renamed {
                std::fs::rename(files::beside(&path), &path).unwrap();
            }
        }
        let run = RunFolder::open(folder.path()).unwrap();
        run.verify().unwrap();
        assert_eq!(run.record().best_step, if renamed == 0 { 1 } else { 2 });
        assert_eq!(contents(folder.path()), if renamed == 0 { &old[..] } else { &new[..] }, "{renamed} renamed");
    }
}

#[test]
fn a_file_that_is_not_what_the_run_kept_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    keep(folder.path(), 1);
    let run = RunFolder::open(folder.path()).unwrap();
    assert_eq!(run.tokenizer().unwrap(), b"tokenizer 1");
    std::fs::write(folder.path().join(TOKENIZER), "another").unwrap();
    let said = run.tokenizer().unwrap_err().to_string();
    assert!(said.contains("tokenizer.json is not the file that run.json beside it tells of"), "{said}");
    assert!(run.verify().is_err() && run.weights().is_ok());
}
