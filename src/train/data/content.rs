//! Files of text, of which only the encoding matters so far.

use std::path::Path;

use crate::{Error, Result};

/// What is in the file at `path`, without the byte order mark that spreadsheets put before UTF-8.
///
/// Files are read whole, 70 MB at most for Kaggle's: the line of a row that is wrong is counted only when there is one, and
/// a quote that is never closed can be told from a long comment.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut content = std::fs::read(path).map_err(Error::io(path))?;
    // Text in a language with Latin letters begins with a zero byte in each of its first characters.
    let wide = content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff");
    if wide || content.iter().take(4).any(|byte| *byte == 0) {
        return Err(Error::invalid(format!(
            "{}, line 1: this is UTF-16, not UTF-8; save the file with UTF-8 encoding (in Excel as \"CSV UTF-8\")",
            path.display()
        )));
    }
    if content.starts_with(b"\xef\xbb\xbf") {
        content.drain(..3);
    }
    Ok(content)
}

/// A value as it stands in a sentence, cut where it is long: in a file whose columns have slipped it may be a whole comment.
pub fn shown(value: &str) -> String {
    const LONGEST: usize = 40;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &value[..end]),
        None => format!("`{value}`"),
    }
}
