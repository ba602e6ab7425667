//! A file from its first byte to its rows, without stopping the page: a piece at a time, and between two pieces the browser has its turn.

use web_sys::Blob;

use super::blob::{self, Pieces, bytes};
use super::charset::Charset;
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
    pub charset: Charset,
    /// Whether somebody said so.
    pub is_charset_chosen: bool,
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

/// What somebody said of a file, who knows it better.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Said {
    /// How it is laid out.
    pub format: Option<Format>,
    /// What it is encoded in.
    pub charset: Option<Charset>,
    /// The place of the column with the texts.
    pub column: Option<usize>,
}

/// Looks through a file, but for what was `said` of it.
///
/// # Errors
/// A sentence that says why it is none to be read, and what to do.
pub async fn look(name: &str, file: &Blob, said: Said) -> Result<Chosen, String> {
    let size = blob::size(file);
    if size > MOST_BYTES as u64 {
        return Err(format!(
            "{name} has {} MB, and this page takes files of up to {} MB. Split it, or have the companion answer it (undertone predict).",
            size / 1_000_000,
            MOST_BYTES / 1_000_000
        ));
    }
    let beginning = bytes(file, 0, BEGINNING.min(size)).await?;
    let format = match said.format {
        Some(format) => format,
        None => guess::format(name, &beginning)?,
    };
    let charset = match said.charset {
        Some(charset) => charset,
        None => Charset::Known(detected(file).await?),
    };
    let is_whole = size <= BEGINNING;
    let decoded = charset.decoder()?.map(|decoder| decoder.decode(&beginning, is_whole)).transpose()?;
    let guess = guess::columns(decoded.as_deref().unwrap_or(&beginning), is_whole, format, charset.for_reader());
    let mut guess = guess.map_err(|fault| sentence(name, &fault))?;
    guess.column = said.column.filter(|column| *column < guess.columns.len()).or(guess.column);
    let is_charset_chosen = said.charset.is_some();
    Ok(Chosen { name: name.to_owned(), file: file.clone(), charset, is_charset_chosen, guess })
}

/// What a file seems to be encoded in.
async fn detected(file: &Blob) -> Result<Encoding, String> {
    let (size, mut detector) = (blob::size(file), Detector::default());
    for start in (0..size).step_by(LOOKED_THROUGH as usize) {
        detector.push(&bytes(file, start, (start + LOOKED_THROUGH).min(size)).await?);
    }
    Ok(detector.encoding())
}

/// Reads the rows of a file whose texts are in `column`. `tell` hears how many bytes have been read, and says whether to go on.
///
/// # Errors
/// A sentence that says why its rows cannot be read, and what to do; none where it was not to go on.
pub async fn read(chosen: Chosen, column: Option<usize>, tell: impl Fn(u64) -> bool) -> Result<Opened, Option<String>> {
    let Chosen { name, file, charset, is_charset_chosen, guess: Guess { format, columns, .. } } = chosen;
    let fault = |fault: Fault| Some(sentence(&name, &fault));
    let column = column.and_then(|column| columns.get(column));
    let decoder = charset.decoder().map_err(Some)?;
    let mut reading = Reading::new(format, charset.for_reader(), column.map(String::as_str));
    let mut kept = Pieces::new();
    let mut is_kept = false;
    let mut keep = |piece: Option<Vec<u8>>| -> Result<(), Option<String>> {
        is_kept |= piece.is_some();
        kept.push(&piece.unwrap_or_default()).map_err(Some)
    };
    // What the rows are to be read from again where that is not the file itself.
    let push = |reading: &mut Reading, block: &[u8], is_last| -> Result<Option<Vec<u8>>, Option<String>> {
        let Some(decoder) = &decoder else { return Ok(reading.push(block)) };
        let decoded = decoder.decode(block, is_last).map_err(Some)?;
        reading.push(&decoded);
        Ok(Some(decoded))
    };
    let size = blob::size(&file);
    for start in (0..size).step_by(BLOCK as usize) {
        let end = (start + BLOCK).min(size);
        keep(push(&mut reading, &bytes(&file, start, end).await?, end == size)?)?;
        while reading.read(1000).map_err(fault)? {}
        if !tell(end) {
            return Err(None);
        }
    }
    keep(reading.end())?;
    while reading.read(1000).map_err(fault)? {}
    let mut rows = reading.finish().map_err(fault)?;
    if let Some(note) = charset.note().filter(|_| !is_charset_chosen) {
        rows.notes.insert(0, note.to_owned());
    }
    let content = if is_kept { kept.finish().map_err(Some)? } else { file };
    Ok(Opened { name, content, names: columns, rows })
}

fn sentence(name: &str, Fault { line, reason, .. }: &Fault) -> String {
    format!("{name}, line {line}: {reason}.")
}
