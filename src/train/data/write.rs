//! Labelled texts written so that they can be read again, with whatever reads JSON.

use std::path::Path;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Example, marks, schema};
use crate::train::files;
use crate::{Error, Result};

/// Writes `examples` as JSON lines, which [`read`](super::read) reads back equal: the text under `text`, the second text
/// under `second` where any example has one, 0, 1, a share between them or null under the name of each of `labels`, marks under
/// `spans` where there are any, and the `weight`.
///
/// # Errors
/// A label is called as one of the other keys, or the file cannot be written; an earlier one is then left as it was.
pub fn write_jsonl(path: &Path, examples: &[Example], labels: &[String]) -> Result<()> {
    schema::check_labels(labels)?;
    let pairs = examples.iter().any(|example| example.second.is_some());
    let mut content = Vec::new();
    for example in examples {
        let line = serde_json::to_writer(&mut content, &Line { example, labels, pairs });
        line.map_err(|error| Error::invalid(format!("{} cannot be written: {error}", path.display())))?;
        content.push(b'\n');
    }
    files::write(path, &content)
}

/// An example as an object whose keys come in the order in which people read them.
struct Line<'a> {
    example: &'a Example,
    labels: &'a [String],
    pairs: bool,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Example { text, second, targets, marks, weight } = self.example;
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("text", text)?;
        if self.pairs {
            line.serialize_entry("second", second)?;
        }
        for (label, target) in self.labels.iter().zip(targets) {
            match *target {
                share if share.is_nan() => line.serialize_entry(label, &())?,
                share if share.fract() == 0.0 => line.serialize_entry(label, &(share as u8))?,
                share => line.serialize_entry(label, &share)?,
            }
        }
        if !marks.is_empty() {
            line.serialize_entry("spans", &marks::in_characters(marks, text))?;
        }
        line.serialize_entry("weight", weight)?;
        line.end()
    }
}
