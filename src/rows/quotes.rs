//! Quotes as people write them, made into those of RFC 4180, which are all that the parser behind this knows.
//!
//! There, a field in quotes ends at the first quote that is not doubled, and a separator or line end comes next. What else begins
//! with a quote is one of two things. A program escaped quotes by a backslash, `"she said \"no\""`: they are doubled here. Or the quote is a
//! character of a text that nobody put in quotes, which is what TSV files mostly hold, `"Great movie", he said⇥0`: there the field
//! is put in quotes. In a file with commas that second way would cut the text at its commas, so it is a fault.
//!
//! A quote that is wrong must not take the rows behind it along: the record with it is its first line alone, unless what follows is no row.

use std::borrow::Cow;

use super::lines::{self, Content};

/// The record that some content begins with.
pub struct Record<'a> {
    /// How many bytes it is long, without its line end.
    pub length: usize,
    /// The record with quotes as in RFC 4180, unless some are wrong.
    pub tidied: Cow<'a, [u8]>,
    /// Fields that begin with a quote which is a character.
    pub characters: usize,
    /// Fields whose quotes were escaped by backslashes.
    pub escaped: usize,
    /// What is wrong with its quotes.
    pub wrong: Option<Wrong>,
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

/// The record that `content` begins with, of which `is_row` tells whether a line could be one by itself; none where its end has not come
/// yet.
pub fn record<'a>(content: Content<'a>, separator: u8, is_row: &dyn Fn(&[u8]) -> bool) -> Option<Record<'a>> {
    let mut tidied = Vec::new();
    let (mut characters, mut escaped) = (0, 0);
    // What of `content` was copied, and the start of the next field.
    let (mut copied, mut at) = (0, 0);
    loop {
        let field = content.from(at);
        if field.bytes.first() == Some(&b'"') {
            let quoted = doubled(field, separator)?;
            let whole = match quoted {
                Quoted::Whole(length) if separator == b'\t' && is_swallowing(&field.bytes[..length]) => None,
                Quoted::Whole(length) => Some(length),
                _ => None,
            };
            at += if let Some(length) = whole {
                length
            } else if let Some(length) = backslashed(field, separator)? {
                tidied.extend_from_slice(&content.bytes[copied..at]);
                double(&unescape(&field.bytes[1..length - 1]), &mut tidied);
                escaped += 1;
                copied = at + length;
                length
            } else if separator == b'\t' {
                let length = end_of_field(field, separator)?;
                tidied.extend_from_slice(&content.bytes[copied..at]);
                double(&field.bytes[..length], &mut tidied);
                characters += 1;
                copied = at + length;
                length
            } else {
                let (wrong, closed) = match quoted {
                    Quoted::Closed(length) => (Wrong::Closed, at + length),
                    _ => (Wrong::NeverClosed, at),
                };
                let length = length_of_wrong(content, closed, is_row)?;
                let tidied = Cow::Borrowed(&content.bytes[..length]);
                return Some(Record { length, tidied, characters, escaped, wrong: Some(wrong) });
            };
        }
        at += end_of_field(content.from(at), separator)?;
        if content.bytes.get(at) != Some(&separator) {
            break;
        }
        at += 1;
    }
    let tidied = match copied {
        0 => Cow::Borrowed(&content.bytes[..at]),
        _ => {
            tidied.extend_from_slice(&content.bytes[copied..at]);
            Cow::Owned(tidied)
        }
    };
    // Whether a carriage return is the whole line end is known by the byte behind it.
    content.from(at).line_end()?;
    Some(Record { length: at, tidied, characters, escaped, wrong: None })
}

/// How long a record is whose quotes are wrong up to `closed`: its first line, unless the line behind that is none of the file's rows and so
/// most likely a part of the text in quotes.
fn length_of_wrong(content: Content, closed: usize, is_row: &dyn Fn(&[u8]) -> bool) -> Option<usize> {
    let first = content.line()?.len();
    if closed <= first {
        return Some(first);
    }
    let next = content.from(first + content.from(first).line_end()?).line()?;
    if is_row(next) { Some(first) } else { Some(closed + content.from(closed).line()?.len()) }
}

/// What `field` is where quotes within quotes are doubled.
fn doubled(field: Content, separator: u8) -> Option<Quoted> {
    let mut at = 1;
    while let Some(quote) = field.bytes[at..].iter().position(|byte| *byte == b'"') {
        at += quote + 1;
        match field.at(at)? {
            Some(b'"') => at += 1,
            next if ends_field(next, separator) => return Some(Quoted::Whole(at)),
            _ => return Some(Quoted::Closed(at)),
        }
    }
    field.is_whole.then_some(Quoted::NeverClosed)
}

/// How long `field` is where quotes within quotes are escaped by backslashes, if they are.
fn backslashed(field: Content, separator: u8) -> Option<Option<usize>> {
    let (mut at, mut has_escape) = (1, false);
    while at < field.bytes.len() {
        match field.bytes[at] {
            b'\\' => {
                has_escape |= field.at(at + 1)? == Some(b'"');
                at += 2;
            }
            b'"' => {
                let next = field.at(at + 1)?;
                return Some((has_escape && ends_field(next, separator)).then_some(at + 1));
            }
            _ => at += 1,
        }
    }
    field.is_whole.then_some(None)
}

fn ends_field(byte: Option<u8>, separator: u8) -> bool {
    byte.is_none_or(|byte| byte == separator || matches!(byte, b'\r' | b'\n'))
}

/// Whether a quoted field of a TSV has both tabs and line ends, and so most likely the rows between two texts that begin and
/// end with a quote.
fn is_swallowing(field: &[u8]) -> bool {
    field.contains(&b'\t') && lines::breaks(field) > 0
}

/// Where the next separator or line end is.
fn end_of_field(content: Content, separator: u8) -> Option<usize> {
    content.find(|byte| ends_field(Some(byte), separator))
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
