//! Sources of which only some texts are taken.

use super::*;

fn rows(range: std::ops::Range<usize>) -> String {
    range.fold("id,text,toxic\n".to_owned(), |rows, i| rows + format!("{i},t{i},{}\n", i % 2).as_str())
}

fn read_some(folder: &Path, samples: [Option<usize>; 2], split: Split, seed: u64) -> Dataset {
    let sources: Vec<_> = ["a.csv", "b.csv"]
        .iter()
        .zip(samples)
        .map(|(name, samples)| Source { samples, ..source(&folder.join(name)) })
        .collect();
    read(&sources, &schema(&["toxic"]), split, BadRows::Refuse, seed).unwrap()
}

fn numbers(examples: &[Example]) -> Vec<usize> {
    examples.iter().map(|example| example.text[1..].parse().unwrap()).collect()
}

#[test]
fn the_seed_picks_and_the_order_stays() {
    let folder = folder(&[("a.csv", rows(0..100).as_bytes()), ("b.csv", rows(100..120).as_bytes())]);
    for split in [Split::Train, Split::Test] {
        let dataset = read_some(folder.path(), [Some(30), Some(20)], split, 5);
        let picked = numbers(&dataset.examples);
        assert!(picked.is_sorted());
        assert_eq!(picked.iter().filter(|number| **number < 100).count(), 30);
        assert_eq!((dataset.left_out.not_picked, picked.len()), (70, 50));
        assert_eq!(numbers(&read_some(folder.path(), [Some(30), Some(20)], split, 5).examples), picked);
        assert_ne!(numbers(&read_some(folder.path(), [Some(30), Some(20)], split, 6).examples), picked);
        assert!(picked[..30].windows(2).any(|pair| pair[1] - pair[0] > 1), "not the first ones: {picked:?}");
    }
}

#[test]
fn what_was_not_picked_may_come_from_elsewhere() {
    let folder = folder(&[("a.csv", rows(0..100).as_bytes()), ("b.csv", rows(0..100).as_bytes())]);
    let dataset = read_some(folder.path(), [Some(30), None], Split::Train, 5);
    let mut all = numbers(&dataset.examples);
    all.sort_unstable();
    assert_eq!(all, (0..100).collect::<Vec<_>>(), "each once");
    assert_eq!((dataset.left_out.not_picked, dataset.left_out.repeated_ids), (70, 30));

    // Without ids the texts tell; and what a later repeat adds goes to the right one.
    let text_rows = |labels: &dyn Fn(usize) -> String| {
        (0..100).fold("text,toxic,threat\n".to_owned(), |rows, i| rows + format!("t{i},{}\n", labels(i)).as_str())
    };
    std::fs::write(folder.path().join("a.csv"), text_rows(&|i| format!("{},", i % 2))).unwrap();
    std::fs::write(folder.path().join("b.csv"), text_rows(&|i| format!(",{}", i % 3 / 2))).unwrap();
    let sources = [("a.csv", 30), ("b.csv", 50)]
        .map(|(name, samples)| Source { samples: Some(samples), ..source(&folder.path().join(name)) });
    let dataset = read(&sources, &schema(&["toxic", "threat"]), Split::Train, BadRows::Refuse, 9).unwrap();
    let picked = numbers(&dataset.examples);
    assert!(picked[..30].is_sorted() && picked[30..].is_sorted() && picked.len() == 80);
    for (place, (number, example)) in picked.iter().zip(&dataset.examples).enumerate() {
        assert_eq!(example.targets[1], (number % 3 / 2) as f32);
        let toxic = if place < 30 { (number % 2) as f32 } else { UNKNOWN };
        assert_eq!(example.targets[0].to_bits(), toxic.to_bits());
    }
    assert_eq!(dataset.left_out.partly_unknown, 50);
    assert_eq!(dataset.left_out.repeated_texts, 30);
}

#[test]
fn asking_for_none_is_refused() {
    let none = Source { samples: Some(0), ..source(Path::new("a.csv")) };
    let sentence = read(&[none], &schema(&["toxic"]), Split::Train, BadRows::Refuse, 1).unwrap_err().to_string();
    assert!(sentence.starts_with("a.csv: no text would be taken of it"), "{sentence}");
}
