//! A file from its first byte to its rows, without stopping the page: a piece at a time, and between two pieces the browser has its turn.

use web_sys::Blob;

use super::blob::{self, Pieces, bytes};
use crate::desk::guess::{self, Guess};
use crate::desk::{MOST_BYTES, Reading, Rows};
use crate::rows::encoding::{Detector, Encoding};
use crate::rows::{Fault, Format};

/// So much is read at once: with the shortest of rows it takes some 20 ms.
const BLOCK: u64 = 1 << 16;
/// So much is only looked through at once.
const LOOKED_THROUGH: u64 = 1 << 20;
/// By so much it is told how a file is laid out.
const BEGINNING: u64 = 1 << 18;

/// What there is to know of a file before its rows are read.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// What it is called.
    pub name: String,
    /// It.
    pub file: Blob,
    /// What it is encoded in.
    pub encoding: Encoding,
    /// How it is laid out.
    pub guess: Guess,
}

/// A file whose rows are known.
pub struct Opened {
    /// What it is called.
    pub name: String,
    /// What its rows are read from: the file, or its text in UTF-8.
    pub content: Blob,
    /// Its columns or keys.
    pub names: Vec<String>,
    /// Its rows.
    pub rows: Rows,
}

/// Looks through a file. `format` is what it is to be taken for, if somebody said so.
///
/// # Errors
/// A sentence that says why it is none to be read, and what to do.
pub async fn look(name: &str, file: &Blob, format: Option<Format>) -> Result<Chosen, String> {
    let size = blob::size(file);
    if size > MOST_BYTES as u64 {
        return Err(format!(
            "{name} has {} MB, and this page takes files of up to {} MB. Split it, or have the companion answer it (undertone predict).",
            size / 1_000_000,
            MOST_BYTES / 1_000_000
        ));
    }
    let beginning = bytes(file, 0, BEGINNING.min(size)).await?;
    let format = match format {
        Some(format) => format,
        None => guess::format(name, &beginning)?,
    };
    let mut detector = Detector::default();
    for start in (0..size).step_by(LOOKED_THROUGH as usize) {
        detector.push(&bytes(file, start, (start + LOOKED_THROUGH).min(size)).await?);
    }
    let encoding = detector.encoding();
    let guess = guess::columns(&beginning, size <= BEGINNING, format, encoding);
    let guess = guess.map_err(|fault| sentence(name, &fault))?;
    Ok(Chosen { name: name.to_owned(), file: file.clone(), encoding, guess })
}

/// Reads the rows of a file whose texts are in `column`. `tell` hears how many bytes have been read, and says whether to go on.
///
/// # Errors
/// A sentence that says why its rows cannot be read, and what to do; none where it was not to go on.
pub async fn read(chosen: Chosen, column: Option<usize>, tell: impl Fn(u64) -> bool) -> Result<Opened, Option<String>> {
    let Chosen { name, file, encoding, guess: Guess { format, columns, .. } } = chosen;
    let fault = |fault: Fault| Some(sentence(&name, &fault));
    let column = column.and_then(|column| columns.get(column));
    let mut reading = Reading::new(format, encoding, column.map(String::as_str));
    let mut kept = Pieces::new();
    let mut is_kept = false;
    let mut keep = |piece: Option<Vec<u8>>| -> Result<(), Option<String>> {
        is_kept |= piece.is_some();
        kept.push(&piece.unwrap_or_default()).map_err(Some)
    };
    let size = blob::size(&file);
    for start in (0..size).step_by(BLOCK as usize) {
        let end = (start + BLOCK).min(size);
        keep(reading.push(&bytes(&file, start, end).await?))?;
        while reading.read(1000).map_err(fault)? {}
        if !tell(end) {
            return Err(None);
        }
    }
    keep(reading.end())?;
    while reading.read(1000).map_err(fault)? {}
    let rows = reading.finish().map_err(fault)?;
    let content = if is_kept { kept.finish().map_err(Some)? } else { file };
    Ok(Opened { name, content, names: columns, rows })
}

fn sentence(name: &str, Fault { line, reason, .. }: &Fault) -> String {
    format!("{name}, line {line}: {reason}.")
}
