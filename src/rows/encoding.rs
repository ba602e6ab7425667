//! Encodings: UTF-8, and the two others that spreadsheets write.
//!
//! A file does not say its encoding, unless by a byte order mark. UTF-16 without one has a zero byte in nearly each of its
//! first characters, since headers and keys are in English letters. What is then no UTF-8 is in one of the many encodings of one
//! byte a character, of which Windows-1252, a superset of printable Latin-1, is what Excel and old data sets have
//! (<https://encoding.spec.whatwg.org/#windows-1252>); but a file with more letters that are right UTF-8 than bytes that are not is UTF-8 with
//! broken rows, and its rows say so.

use std::str::Utf8Chunk;

/// What a file is encoded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, of which single rows may be broken.
    Utf8,
    /// UTF-16, the low byte first or the high byte first.
    Utf16,
    /// Windows-1252.
    Windows1252,
}

/// So many bytes tell UTF-16.
const LOOKED_AT: usize = 1024;

/// `content` in UTF-8 and without a byte order mark, and what it was encoded in.
pub fn decode(mut content: Vec<u8>) -> (Vec<u8>, Encoding) {
    if content.starts_with(b"\xef\xbb\xbf") {
        content.drain(..3);
    } else if let Some(unit) = utf16_unit(&content) {
        return (from_utf16(&content, unit), Encoding::Utf16);
    } else if is_windows1252(&content) {
        return (content.iter().map(|byte| windows1252(*byte)).collect::<String>().into_bytes(), Encoding::Windows1252);
    }
    (content, Encoding::Utf8)
}

impl Encoding {
    /// A sentence on it, where it is none that everybody expects.
    pub fn note(self) -> Option<String> {
        match self {
            Self::Utf8 => None,
            Self::Utf16 => Some("the file is read as UTF-16".to_owned()),
            Self::Windows1252 => Some(
                "the file is not UTF-8 and is read as Windows-1252 (Latin-1); if letters come out wrong, save it with UTF-8 encoding"
                    .to_owned(),
            ),
        }
    }
}

/// How two bytes make a unit, where `content` is UTF-16.
fn utf16_unit(content: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    if content.starts_with(b"\xff\xfe") {
        return Some(u16::from_le_bytes);
    }
    if content.starts_with(b"\xfe\xff") {
        return Some(u16::from_be_bytes);
    }
    let pairs: Vec<_> = content.chunks_exact(2).take(LOOKED_AT / 2).collect();
    let count = |zero: usize| pairs.iter().filter(|pair| pair[zero] == 0 && pair[1 - zero] != 0).count();
    let (high, low) = (count(0), count(1));
    // Texts in other letters than those of the header have fewer zeros, but a file in UTF-8 has none at all.
    let enough = (pairs.len() / 8).max(1);
    match (high, low) {
        (0, low) if low > enough => Some(u16::from_le_bytes),
        (high, 0) if high > enough => Some(u16::from_be_bytes),
        _ => None,
    }
}

fn from_utf16(content: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let pairs = content.chunks_exact(2);
    let is_odd = !pairs.remainder().is_empty();
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    let characters = char::decode_utf16(units).map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER));
    let mut text: String = characters.collect();
    if is_odd {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text.strip_prefix('\u{feff}').unwrap_or(&text).as_bytes().to_vec()
}

fn is_windows1252(content: &[u8]) -> bool {
    let beyond_ascii = |chunk: &Utf8Chunk| chunk.valid().chars().filter(|character| !character.is_ascii()).count();
    let (right, broken) = content.utf8_chunks().fold((0, 0), |(right, broken), chunk| {
        (right + beyond_ascii(&chunk), broken + usize::from(!chunk.invalid().is_empty()))
    });
    broken > right
}

/// The character of a byte; bytes that have none stay the control characters that they are in Latin-1.
fn windows1252(byte: u8) -> char {
    const FROM_0X80: [u16; 32] = [
        0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,
        0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
        0x0153, 0x9d, 0x017e, 0x0178,
    ];
    let code = match byte {
        0x80..=0x9f => u32::from(FROM_0X80[usize::from(byte - 0x80)]),
        _ => u32::from(byte),
    };
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}
