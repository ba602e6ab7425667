//! Scores that moderators suggest, kept as rows to learn from: JSON lines with the text and the labels that somebody gave, as `undertone train` reads them.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::perspective::Suggestion;
use crate::{Error, Result};

/// A file that grows by a line for each suggestion.
#[derive(Debug)]
pub struct Suggestions(Mutex<File>);

impl Suggestions {
    /// The file at `path`, which is made where it is not there.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(path: &Path) -> Result<Self> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io)?;
        // Somebody may have cut the last line short.
        let mut last = [b'\n'];
        if file.metadata().map_err(io)?.len() > 0 {
            file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).map_err(io)?;
        }
        if last != [b'\n'] {
            file.write_all(b"\n").map_err(io)?;
        }
        Ok(Self(Mutex::new(file)))
    }

    /// Adds a suggestion's rows, all of them or none.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&self, suggestion: &Suggestion) -> std::io::Result<()> {
        let row = |(text, scores): &(String, BTreeMap<&str, f64>)| {
            let scores = scores.iter().map(|(label, score)| ((*label).to_owned(), Value::from(*score)));
            let row: Map<String, Value> =
                std::iter::once(("text".to_owned(), text.as_str().into())).chain(scores).collect();
            format!("{}\n", Value::from(row))
        };
        let rows: String = suggestion.rows.iter().map(row).collect();
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = file.metadata()?.len();
        file.write_all(rows.as_bytes()).inspect_err(|_| {
            // On a full disk a part may have been written. If it stays, the next row of a reader is said to be broken.
            let _ = file.set_len(before);
        })
    }
}
