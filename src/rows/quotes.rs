//! Quotes as people write them, made into those of RFC 4180, which are all that the parser behind this knows.
//!
//! There, a field in quotes ends at the first quote that is not doubled, and a separator or line end comes next. What else begins
//! with a quote is one of two things. A program escaped quotes by a backslash, `"she said \"no\""`: they are doubled here. Or the quote is a
//! character of a text that nobody put in quotes, which is what TSV files mostly hold, `"Great movie", he said⇥0`: there the field
//! is put in quotes. In a file with commas that second way would cut the text at its commas, so it is a fault.

use super::lines;

/// A file's content in which every quote is one of RFC 4180.
pub struct Tidied {
    pub content: Vec<u8>,
    /// Fields that begin with a quote which is a character.
    pub characters: usize,
    /// Fields whose quotes were escaped by backslashes.
    pub escaped: usize,
    /// Where fields begin whose quotes are wrong, in order.
    pub faults: Vec<(usize, Wrong)>,
}

/// What is wrong with a field's quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Something follows the closing quote.
    Closed,
    /// There is none.
    NeverClosed,
}

/// What a field that begins with a quote is.
enum Quoted {
    /// In quotes, so many bytes long.
    Whole(usize),
    /// Not in quotes; its first quote that is not doubled, which something follows, ends after so many bytes.
    Closed(usize),
    /// Not in quotes, and none of its quotes could close it.
    NeverClosed,
}

pub fn tidy(content: Vec<u8>, separator: u8) -> Tidied {
    let mut tidied = Tidied { content: Vec::new(), characters: 0, escaped: 0, faults: Vec::new() };
    // What of `content` was copied, and the start of the next field.
    let (mut copied, mut at) = (0, 0);
    while at < content.len() {
        let field = &content[at..];
        if field[0] == b'"' {
            let quoted = doubled(field, separator);
            let whole = match quoted {
                Quoted::Whole(length) if separator == b'\t' && is_swallowing(&field[..length]) => None,
                Quoted::Whole(length) => Some(length),
                _ => None,
            };
            at += if let Some(length) = whole {
                length
            } else if let Some(length) = backslashed(field, separator) {
                tidied.content.extend_from_slice(&content[copied..at]);
                double(&unescape(&field[1..length - 1]), &mut tidied.content);
                tidied.escaped += 1;
                copied = at + length;
                length
            } else if separator == b'\t' {
                let length = end_of_field(field, separator);
                tidied.content.extend_from_slice(&content[copied..at]);
                double(&field[..length], &mut tidied.content);
                tidied.characters += 1;
                copied = at + length;
                length
            } else {
                let (wrong, length) = match quoted {
                    Quoted::Closed(length) => (Wrong::Closed, length),
                    _ => (Wrong::NeverClosed, field.len()),
                };
                tidied.faults.push((tidied.content.len() + at - copied, wrong));
                length
            };
        }
        at += end_of_field(&content[at..], separator) + 1;
    }
    if copied == 0 {
        tidied.content = content;
    } else {
        tidied.content.extend_from_slice(&content[copied..]);
    }
    tidied
}

/// What `field` is where quotes within quotes are doubled.
fn doubled(field: &[u8], separator: u8) -> Quoted {
    let mut at = 1;
    while let Some(quote) = field[at..].iter().position(|byte| *byte == b'"') {
        at += quote + 1;
        match field.get(at) {
            Some(b'"') => at += 1,
            next if ends_field(next, separator) => return Quoted::Whole(at),
            _ => return Quoted::Closed(at),
        }
    }
    Quoted::NeverClosed
}

/// How long `field` is where quotes within quotes are escaped by backslashes; none where some are not.
fn backslashed(field: &[u8], separator: u8) -> Option<usize> {
    let (mut at, mut has_escape) = (1, false);
    while at < field.len() {
        match field[at] {
            b'\\' => {
                has_escape |= field.get(at + 1) == Some(&b'"');
                at += 2;
            }
            b'"' => return (has_escape && ends_field(field.get(at + 1), separator)).then_some(at + 1),
            _ => at += 1,
        }
    }
    None
}

fn ends_field(byte: Option<&u8>, separator: u8) -> bool {
    byte.is_none_or(|byte| *byte == separator || matches!(byte, b'\r' | b'\n'))
}

/// Whether a quoted field of a TSV has both tabs and line ends, and so most likely the rows between two texts that begin and
/// end with a quote.
fn is_swallowing(field: &[u8]) -> bool {
    field.contains(&b'\t') && lines::breaks(field) > 0
}

/// Where the next separator or line end is.
fn end_of_field(content: &[u8], separator: u8) -> usize {
    content.iter().position(|byte| ends_field(Some(byte), separator)).unwrap_or(content.len())
}

/// Takes the backslashes away from before quotes and backslashes.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut unescaped = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = if byte == b'\\' { bytes.next_if(|next| matches!(next, b'"' | b'\\')) } else { None };
        unescaped.push(escaped.unwrap_or(byte));
    }
    unescaped
}

/// Puts `text` in quotes.
fn double(text: &[u8], into: &mut Vec<u8>) {
    into.push(b'"');
    for byte in text {
        into.push(*byte);
        if *byte == b'"' {
            into.push(b'"');
        }
    }
    into.push(b'"');
}
