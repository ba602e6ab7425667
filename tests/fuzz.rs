//! What was found by `make fuzz`, or is where it starts: nothing minds it any more.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

/// The inputs of the target `name`.
fn inputs(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{name} has inputs to start from");
    paths
}

#[test]
fn inputs_that_were_found_do_no_harm() {
    for (name, target) in targets::TARGETS {
        for path in inputs(name) {
            // The last line before a panic says whose it is.
            println!("{}", path.display());
            target(&fs::read(&path).expect("an input can be read"));
        }
    }
}

/// The same, changed here and there: a few of what `make fuzz` tries millions of, knowing where they lead.
/// `UNDERTONE_MUTATIONS` says how many for each input.
#[test]
fn changed_inputs_do_no_harm() {
    let count = std::env::var("UNDERTONE_MUTATIONS").map_or(100, |count| count.parse().expect("a number"));
    for (name, target) in targets::TARGETS {
        let inputs: Vec<_> =
            inputs(name).into_iter().map(|path| fs::read(path).expect("an input can be read")).collect();
        let mut random = fastrand::Rng::with_seed(11);
        for number in 0..count * inputs.len() {
            let input = changed(&mut random, &inputs, number % inputs.len());
            let outcome = std::panic::catch_unwind(|| target(&input));
            if outcome.is_err() {
                let path = std::env::temp_dir().join(format!("undertone-{name}-{number}"));
                fs::write(&path, &input).expect("the input can be kept");
                panic!("{name} minds {}: mend it, and put the input into tests/fuzz/{name}", path.display());
            }
        }
    }
}

/// The input number `which` after one to eight changes: bytes replaced, removed, repeated, or taken over from another input.
fn changed(random: &mut fastrand::Rng, inputs: &[Vec<u8>], which: usize) -> Vec<u8> {
    const TELLING: &[u8] = b"\0\x01\x7f\x80\xff\"'\\{}[]:,;<>\n\r\t 0-9e.";
    let mut input = inputs[which].clone();
    for _ in 0..random.usize(1..=8) {
        let start = random.usize(0..=input.len());
        let longest = if random.bool() { 4 } else { 60 };
        let end = (start + random.usize(0..=longest)).min(input.len());
        match random.u8(0..6) {
            0 => input[start..end].fill_with(|| random.u8(..)),
            1 => input[start..end].fill_with(|| TELLING[random.usize(..TELLING.len())]),
            2 => drop(input.drain(start..end)),
            3 => {
                let part = input[start..end].to_vec();
                input.splice(start..start, part.into_iter().cycle().take(random.usize(0..200)));
            }
            4 => input.insert(start, TELLING[random.usize(..TELLING.len())]),
            _ => {
                let other = &inputs[random.usize(..inputs.len())];
                let first = random.usize(0..=other.len());
                let last = (first + random.usize(0..=60)).min(other.len());
                input.splice(start..end, other[first..last].iter().copied());
            }
        }
    }
    input
}
