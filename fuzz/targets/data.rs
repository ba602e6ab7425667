//! What is learnt from.

use std::io::Write;
use std::path::{Path, PathBuf};

use undertone::train::data::{BadRows, Dataset, LabelRule, Schema, Source, Split, read, write_jsonl};
use undertone::train::template::{Slots, fill};

/// A file of labelled texts, as [`rows`] and with marked characters where the first byte says so: what is read can be written,
/// and read again.
pub fn dataset(data: &[u8]) {
    let Some((&kind, content)) = data.split_first() else { return };
    let path = scratch(["data.csv", "data.tsv", "data.jsonl", "data.txt"][usize::from(kind % 4)]);
    std::fs::write(&path, content).expect("a file can be written");
    let labels = match kind & 8 {
        0 => vec![LabelRule::named("toxic"), LabelRule::named("threat")],
        _ => vec![LabelRule::named("toxic")],
    };
    let schema = Schema { labels, spans: (kind & 8 != 0).then(|| "spans".to_owned()), ..Schema::default() };
    let reading = |path: &Path| {
        let sources = [Source { path: path.to_owned(), ..Source::default() }];
        read(&sources, &schema, Split::Train, BadRows::Skip, 1)
    };
    let Ok(Dataset { examples, .. }) = reading(&path) else { return };
    for example in &examples {
        assert_eq!(example.targets.len(), schema.labels.len());
        assert!(example.targets.iter().all(|target| target.is_nan() || (0.0..=1.0).contains(target)), "{example:?}");
        assert!(example.weight.is_finite() && example.weight >= 0.0 && !example.text.trim().is_empty(), "{example:?}");
        assert!(example.spans.iter().all(|mark| example.text.get(mark.clone()).is_some()), "{example:?}");
        assert!(example.spans.windows(2).all(|pair| pair[0].end < pair[1].start), "{example:?}");
    }
    // Of what is left where line breaks were taken out, more may be one.
    if examples.is_empty() || examples.iter().any(|example| example.text.contains('<')) {
        return;
    }
    let again = scratch("again.jsonl");
    write_jsonl(&again, &examples, &schema).expect("what was read can be written");
    assert_eq!(reading(&again).expect("what was written can be read").examples, examples);
}

/// A tar archive of reviews.
pub fn archive(data: &[u8]) {
    let path = scratch("reviews.tar.gz");
    let file = std::fs::File::create(&path).expect("a file can be written");
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::none());
    packed.write_all(data).and_then(|()| packed.finish()).expect("an archive can be written");
    let schema = Schema { labels: vec![LabelRule::named("positive")], ..Schema::default() };
    let sources = [Source { path, ..Source::default() }];
    if let Ok(dataset) = read(&sources, &schema, Split::Train, BadRows::Skip, 1) {
        assert!(dataset.examples.iter().all(|example| example.targets.len() == 1 && !example.text.is_empty()));
    }
}

/// A file of this process's own.
fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("undertone-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder.join(name)
}

/// Templates and the fillings of their slots: two lines that are filled alike, then `slot:filling` a line.
pub fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return };
    let mut slots = Slots::new();
    for (name, filling) in lines.filter_map(|line| line.split_once(':')) {
        slots.entry(name.to_owned()).or_default().push(filling.to_owned());
    }
    // There are as many sentences as ways to choose a filling for each slot.
    if slots.values().map(|fillings| fillings.len() as f64).product::<f64>() > 1e4 {
        return;
    }
    if let Ok(filled) = fill([first, second], &slots) {
        assert!(!filled.is_empty());
    }
}
