//! JSON lines: one object a line, and what programs write that is no JSON.
//!
//! pandas and Python's `json` write `NaN` for a number that they do not have, which JSON cannot say; it is read as null. And a text that was
//! cut by UTF-16 units may end in half an emoji, `"\ud83d"`, which no text in UTF-8 can hold; it is read as �.

use serde_json::{Map, Value};

use super::source::Source;
use super::{Fault, Reason};

type Object = Map<String, Value>;

/// A file of JSON lines.
pub struct JsonLines {
    /// Rows with half an emoji.
    halves: usize,
}

impl JsonLines {
    /// None where nothing has come yet.
    pub fn begin(source: &Source) -> Option<Result<Self, Fault>> {
        let content = source.content();
        let first = content.at(content.find(|byte| !byte.is_ascii_whitespace())?)?;
        let is_array = first == Some(b'[');
        Some(match is_array {
            true => Err(Fault::new(
                1,
                "this is one JSON array; write its objects one a line, without brackets and commas around them",
            )),
            false => Ok(Self { halves: 0 }),
        })
    }

    /// The next object, and its line.
    pub fn next_object(&mut self, source: &mut Source) -> Option<Result<(usize, Object), Fault>> {
        let (number, line) = match source.next_line(false)? {
            Ok(line) => line,
            Err(fault) => return Some(Err(fault)),
        };
        Some(match parse(line) {
            Ok(Parsed { object, has_half }) => {
                self.halves += usize::from(has_half);
                Ok((number, object))
            }
            Err(reason) => Err(Fault::new(number, reason)),
        })
    }

    pub fn notes(&self) -> Vec<String> {
        let halves =
            (self.halves > 0).then(|| format!("rows with half an emoji, which is read as \u{fffd}: {}", self.halves));
        halves.into_iter().collect()
    }
}

struct Parsed {
    object: Object,
    has_half: bool,
}

fn parse(line: &[u8]) -> Result<Parsed, Reason> {
    let line = std::str::from_utf8(line).map_err(|_| "this is not UTF-8; save the file with UTF-8 encoding")?;
    let mut refused = match serde_json::from_str(line) {
        Ok(object) => return Ok(Parsed { object, has_half: false }),
        Err(error) => error,
    };
    let mut longer = 0;
    if let Some(Mended { line, has_half, nulls }) = mended(line) {
        match serde_json::from_str(&line) {
            Ok(object) => return Ok(Parsed { object, has_half }),
            Err(error) => refused = error,
        }
        longer = nulls.iter().filter(|place| **place < refused.column()).count();
    }
    if refused.is_eof() {
        return Err("the JSON object does not end in its line; write each object on one line".to_owned());
    }
    // The parser has seen one line and calls it the first.
    let sentence = refused.to_string();
    let what = sentence.split(" at line ").next().unwrap_or_default();
    Err(format!("this is not a JSON object ({what} at column {}); write one object a line", refused.column() - longer))
}

/// A line with null for NaN and � for half an emoji.
pub struct Mended {
    pub line: String,
    has_half: bool,
    /// Where in `line` each null stands for a NaN, which is a byte shorter.
    nulls: Vec<usize>,
}

/// The line mended; none where nothing is to be.
pub fn mended(line: &str) -> Option<Mended> {
    let (mut mended, mut rest) = (String::with_capacity(line.len()), line);
    let (mut is_string, mut has_half, mut nulls) = (false, false, Vec::new());
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        let mut written = &rest[..length];
        if is_string && character == '\\' {
            let unit = escaped_unit(rest);
            let next = unit.and_then(|_| escaped_unit(&rest[6..]));
            (length, written) = match (unit, next) {
                (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, &rest[..12]),
                (Some(0xd800..=0xdfff), _) => {
                    has_half = true;
                    (6, "\\ufffd")
                }
                // Whatever else is escaped by one character, which may be a quote.
                _ => {
                    let length = rest.chars().take(2).map(char::len_utf8).sum();
                    (length, &rest[..length])
                }
            };
        } else if character == '"' {
            is_string = !is_string;
        } else if !is_string && rest.starts_with("NaN") {
            nulls.push(mended.len());
            (length, written) = (3, "null");
        }
        mended.push_str(written);
        rest = &rest[length..];
    }
    (has_half || !nulls.is_empty()).then_some(Mended { line: mended, has_half, nulls })
}

/// The UTF-16 unit of the escape `\uXXXX` that `text` begins with.
fn escaped_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}
