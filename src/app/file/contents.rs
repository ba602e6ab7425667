//! What stands in rows, read when they come into sight.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::blob::bytes;
use super::sheet::Sheet;
use crate::rows::texts::{RowCells, TextRow};

/// So many rows are kept; all others are read again when they are looked at.
const KEPT: usize = 1000;
/// Rows that are not farther apart are read at once, up to so many bytes.
const APART: u32 = 1 << 12;
const AT_ONCE: u32 = 1 << 20;

/// What stands in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// Its text, or why it has none.
    pub text: Result<String, String>,
    /// What stands in its other columns.
    pub others: Vec<Other>,
    /// It as it is written, if it is broken.
    pub written: Option<String>,
}

/// What stands in another column than that of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Other {
    /// The column's place; none where it is a key that the file's first objects have not.
    pub place: Option<usize>,
    /// What the column is called.
    pub name: String,
    /// What stands there.
    pub value: String,
}

impl Other {
    /// As much of it as a line can have.
    pub fn shortened(&self) -> String {
        shortened(&self.value)
    }
}

/// As much of a text as a line can have.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    text.chars().take(LONGEST).map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect()
}

/// Rows that were in sight.
#[derive(Clone, Copy)]
pub struct Contents {
    sheet: Sheet,
    kept: StoredValue<BTreeMap<u32, Rc<Content>>, LocalStorage>,
    asked: StoredValue<HashSet<u32>>,
    version: RwSignal<u32>,
    /// Why rows cannot be read any more.
    pub failure: RwSignal<Option<String>>,
}

impl Contents {
    /// Those of a sheet's rows.
    pub fn new(sheet: Sheet) -> Self {
        Self {
            sheet,
            kept: StoredValue::new_local(BTreeMap::new()),
            asked: StoredValue::new(HashSet::new()),
            version: RwSignal::new(0),
            failure: RwSignal::new(None),
        }
    }

    /// A row, as soon as it was read.
    pub fn get(self, row: u32) -> Option<Rc<Content>> {
        self.version.track();
        self.kept.with_value(|kept| kept.get(&row).cloned())
    }

    /// Reads these rows, if they are not here.
    pub fn ask(self, rows: &[u32]) {
        let is_new = |row: &u32| {
            !self.kept.with_value(|kept| kept.contains_key(row))
                && self.asked.try_update_value(|asked| asked.insert(*row)) == Some(true)
        };
        let missing: Vec<u32> = rows.iter().copied().filter(is_new).collect();
        if missing.is_empty() {
            return;
        }
        let near = (rows[0], rows[rows.len() - 1]);
        spawn_local(async move {
            let read = read(self.sheet, &missing).await;
            self.asked.try_update_value(|asked| asked.retain(|row| !missing.contains(row)));
            match read {
                Ok(read) => self.keep(missing.into_iter().zip(read), near),
                Err(sentence) => drop(self.failure.try_set(Some(sentence))),
            }
        });
    }

    fn keep(self, read: impl Iterator<Item = (u32, TextRow)>, near: (u32, u32)) {
        let Some(names) = self.sheet.try_update(|data| data.names.clone()) else { return };
        let column = self.sheet.with(|data| data.layout.column.clone());
        self.kept.try_update_value(|kept| {
            if kept.len() > KEPT {
                kept.retain(|row, _| (near.0..=near.1).contains(row));
            }
            kept.extend(read.map(|(row, read)| (row, Rc::new(content(read, &names, &column)))));
        });
        let _ = self.version.try_update(|version| *version += 1);
    }
}

fn content(row: TextRow, names: &[String], column: &str) -> Content {
    let others = match row.cells {
        RowCells::Fields(fields) => {
            let text = names.iter().position(|name| name == column);
            let fields = names.iter().zip(fields).enumerate().filter(|(place, _)| Some(*place) != text);
            let other = |(place, (name, field)): (usize, (&String, Vec<u8>))| Other {
                place: Some(place),
                name: name.clone(),
                value: String::from_utf8_lossy(&field).into_owned(),
            };
            fields.map(other).collect()
        }
        RowCells::Object(object) => {
            let others = object.into_iter().filter(|(key, _)| key != column);
            let written = |value: serde_json::Value| match value {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            };
            let other = |(key, value)| Other {
                place: names.iter().position(|name| *name == key),
                value: written(value),
                name: key,
            };
            others.map(other).collect()
        }
        RowCells::Line | RowCells::Broken => Vec::new(),
    };
    let written = row.text.is_err().then(|| String::from_utf8_lossy(&row.written).into_owned());
    Content { text: row.text, others, written }
}

/// Reads rows again, in their order.
///
/// # Errors
/// A sentence, where the file is not as it was.
pub async fn read(sheet: Sheet, rows: &[u32]) -> Result<Vec<TextRow>, String> {
    const CLOSED: &str = "The file was closed.";
    let (content, mut places) = sheet
        .try_update(|data| {
            let place = |(at, row): (usize, &u32)| Some((data.index.place(*row)?, at, *row));
            (data.content.clone(), rows.iter().enumerate().filter_map(place).collect::<Vec<_>>())
        })
        .ok_or(CLOSED)?;
    places.sort_unstable_by_key(|(place, ..)| place.offset);
    let mut read: Vec<Option<TextRow>> = vec![None; rows.len()];
    let mut rest = &places[..];
    while let Some((first, ..)) = rest.first() {
        let (start, mut end) = (first.offset, first.offset + first.length);
        let is_near = |(place, ..): &&(crate::desk::Place, usize, u32)| {
            let is_near = place.offset <= end.saturating_add(APART) && place.offset + place.length - start <= AT_ONCE;
            end = end.max(if is_near { place.offset + place.length } else { end });
            is_near
        };
        let count = rest.iter().skip(1).take_while(is_near).count() + 1;
        let (together, others) = rest.split_at(count);
        rest = others;
        let block = bytes(&content, start.into(), end.into()).await?;
        for (place, at, row) in together {
            let from = (place.offset - start) as usize;
            let written = block.get(from..from + place.length as usize).unwrap_or_default();
            let again = sheet.try_update(|data| {
                let reason = data.index.reason(*row).map(str::to_owned);
                let broken = |reason| TextRow {
                    place: 0,
                    line: 0,
                    written: written.to_vec(),
                    cells: RowCells::Broken,
                    text: Err(reason),
                };
                match reason {
                    Some(reason) => broken(reason),
                    None => data.again.read(written).unwrap_or_else(broken),
                }
            });
            let again = again.ok_or(CLOSED)?;
            read[*at] = Some(TextRow { place: *row as usize + 1, line: place.line as usize, ..again });
        }
    }
    Ok(read.into_iter().flatten().collect())
}
