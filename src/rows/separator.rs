//! What separates a table's fields, whatever the file's name promises.

use super::fields::Parser;
use super::lines::Content;
use super::same_name;

/// The separators that files have.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// A header has no more bytes; a quote that never closes would take in the whole file.
const LONGEST_HEADER: usize = 1 << 16;

/// The separator that Excel names in a line of its own before the header, `sep=;`, and how long that line is with its end; none where that
/// is not known yet.
pub fn named(content: Content) -> Option<(Option<u8>, usize)> {
    let written = content.line()?;
    let line = written.trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    // `trim_ascii_end` takes a tab, too.
    let separator = match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] if is_separator(*separator) => *separator,
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] if written.ends_with(b"\t") => b'\t',
        _ => return Some((None, 0)),
    };
    Some((Some(separator), written.len() + content.from(written.len()).line_end()?))
}

fn is_separator(byte: u8) -> bool {
    byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'\'' | b'\\')
}

/// The separator by which the header has most of the `wanted` columns: the promised one rather than another, if it separates anything
/// at all, and else the one that separates most. None where the header has not come yet.
pub fn guess(content: Content, promised: u8, wanted: &[String]) -> Option<u8> {
    let mut best = None;
    for separator in SEPARATORS.into_iter().chain([promised]) {
        let mut parser = Parser::new(separator);
        let is_complete = parser.parse(&content.bytes[..content.bytes.len().min(LONGEST_HEADER)]);
        if !is_complete && !content.is_whole && content.bytes.len() < LONGEST_HEADER {
            return None;
        }
        let names: Vec<_> = parser.fields().iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
        let found = wanted.iter().filter(|name| names.iter().any(|field| same_name(field, name))).count();
        let fitness = (found, separator == promised && names.len() > 1, names.len());
        // Of equal ones the last counts.
        if best.is_none_or(|(best, _)| best <= fitness) {
            best = Some((fitness, separator));
        }
    }
    best.map(|(_, separator)| separator)
}
