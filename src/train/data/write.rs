//! Labelled texts written so that they can be read again, with whatever reads JSON.

use std::path::Path;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Example, Schema, spans};
use crate::bundle::HeadKind;
use crate::train::files;
use crate::{Error, Result};

/// Writes `examples` as JSON lines, which [`read`](super::read) reads back equal with a schema of the same keys and labels that have
/// columns of their own names: the text under `text` where the schema names no other key, the second text and the marks under the
/// keys that it names, 0, 1, a share between them or null under the name of each label, or the class under that of their column, and
/// the `weight`.
///
/// # Errors
/// The schema gives a key two meanings, or the file cannot be written; an earlier one is then left as it was.
pub fn write_jsonl(path: &Path, examples: &[Example], schema: &Schema) -> Result<()> {
    schema.check()?;
    let mut content = Vec::new();
    for example in examples {
        let line = serde_json::to_writer(&mut content, &Line { example, schema });
        line.map_err(|error| Error::invalid(format!("{} cannot be written: {error}", path.display())))?;
        content.push(b'\n');
    }
    files::write(path, &content)
}

/// An example as an object whose keys come in the order in which people read them.
struct Line<'a> {
    example: &'a Example,
    schema: &'a Schema,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Example { text, second, targets, spans, weight } = self.example;
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry(self.schema.text.as_deref().unwrap_or("text"), text)?;
        if let Some(key) = &self.schema.second {
            line.serialize_entry(key, second)?;
        }
        if let (HeadKind::Classes, Some(label)) = (self.schema.kind, self.schema.labels.first()) {
            let class = self.schema.labels.iter().zip(targets).find(|(_, target)| **target == 1.0);
            line.serialize_entry(&label.column, &class.map(|(class, _)| &class.name))?;
        }
        let labels = if self.schema.kind == HeadKind::Labels { &self.schema.labels[..] } else { &[] };
        for (label, target) in labels.iter().zip(targets) {
            match target {
                0.0 | 1.0 => line.serialize_entry(&label.name, &(*target as u8))?,
                // Null where it is unknown, as JSON has no NaN.
                share => line.serialize_entry(&label.name, share)?,
            }
        }
        // Of a text without any mark, too: that it has none is what it says.
        if let Some(key) = &self.schema.spans {
            line.serialize_entry(key, &spans::in_characters(spans, text))?;
        }
        line.serialize_entry("weight", weight)?;
        line.end()
    }
}
