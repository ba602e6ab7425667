//! Encodings: UTF-8, and the two others that spreadsheets write.
//!
//! A file does not say its encoding, unless by a byte order mark. UTF-16 without one has a zero byte in nearly each of its
//! first characters, since headers and keys are in English letters. What is then no UTF-8 is in one of the many encodings of one
//! byte a character, of which Windows-1252, a superset of printable Latin-1, is what Excel and old data sets have
//! (<https://encoding.spec.whatwg.org/#windows-1252>); but a file with more letters that are right UTF-8 than bytes that are not is UTF-8 with
//! broken rows, and its rows say so.

use std::borrow::Cow;

/// What a file is encoded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, of which single rows may be broken.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// Windows-1252.
    Windows1252,
}

/// So many bytes tell UTF-16, if there are as many, and so few do.
const LOOKED_AT: usize = 1024;
const TELLING: usize = 4;

/// What a file with this content is encoded in.
pub fn of(content: &[u8]) -> Encoding {
    let mut detector = Detector::default();
    detector.push(content);
    detector.encoding()
}

/// The byte order mark of UTF-8.
pub const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Tells what a file is encoded in whose content comes piece by piece.
#[derive(Debug, Default)]
pub struct Detector {
    first: Vec<u8>,
    /// The beginning of a character.
    pending: Vec<u8>,
    /// Characters beyond ASCII, and sequences of bytes that are none.
    right: usize,
    broken: usize,
}

impl Detector {
    /// Takes the bytes that come next.
    pub fn push(&mut self, block: &[u8]) {
        let room = LOOKED_AT - self.first.len();
        self.first.extend_from_slice(&block[..room.min(block.len())]);
        if self.pending.is_empty() {
            self.count(block);
        } else {
            let joined = [&std::mem::take(&mut self.pending), block].concat();
            self.count(&joined);
        }
    }

    /// What a file of what has come is encoded in.
    pub fn encoding(&self) -> Encoding {
        let broken = self.broken + usize::from(!self.pending.is_empty());
        match utf16(&self.first) {
            _ if self.first.starts_with(UTF8_MARK) => Encoding::Utf8,
            Some(encoding) => encoding,
            None if broken > self.right => Encoding::Windows1252,
            None => Encoding::Utf8,
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        if bytes.is_ascii() {
            return;
        }
        let mut end = 0;
        for chunk in bytes.utf8_chunks() {
            self.right += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
            end += chunk.valid().len() + chunk.invalid().len();
            match std::str::from_utf8(chunk.invalid()) {
                Ok(_) => {}
                // What the block ends with may go on in the next one.
                Err(error) if error.error_len().is_none() && end == bytes.len() => {
                    self.pending = chunk.invalid().to_vec();
                }
                Err(_) => self.broken += 1,
            }
        }
    }
}

/// Makes UTF-8 without a byte order mark of a file's bytes as they come.
pub struct Decoder {
    encoding: Option<Encoding>,
    has_begun: bool,
    /// What can be decoded only with what comes next.
    pending: Vec<u8>,
    /// Halves of UTF-16's characters without the other half.
    halves: usize,
}

impl Decoder {
    /// What the file is encoded in; where not given, UTF-8 or UTF-16 as its first bytes tell. Only a whole file can tell Windows-1252
    /// from UTF-8 with a few broken rows ([`of`]). Of UTF-16's two orders of bytes a mark tells, whatever is given.
    pub fn new(encoding: Option<Encoding>) -> Self {
        Self { encoding, has_begun: false, pending: Vec::new(), halves: 0 }
    }

    /// What the file is encoded in, as far as is known.
    pub fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(Encoding::Utf8)
    }

    /// What was decoded otherwise than it stands in the file, in sentences.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        let halves = (self.halves > 0).then(|| {
            format!("halves of characters without the other half, which are read as \u{fffd}: {}", self.halves)
        });
        self.encoding().note().into_iter().chain(halves)
    }

    /// The next bytes in UTF-8; of the file's last bytes, too, if these are.
    pub fn decode<'a>(&mut self, block: &'a [u8], is_last: bool) -> Cow<'a, [u8]> {
        if self.has_begun && self.encoding() == Encoding::Utf8 {
            return Cow::Borrowed(block);
        }
        self.pending.extend_from_slice(block);
        if !self.has_begun && !self.begin(is_last) {
            return Cow::Borrowed(b"");
        }
        let pending = std::mem::take(&mut self.pending);
        Cow::Owned(match self.encoding() {
            Encoding::Utf8 => pending,
            Encoding::Windows1252 => pending.iter().map(|byte| windows1252(*byte)).collect::<String>().into_bytes(),
            Encoding::Utf16Le => self.decode_utf16(&pending, u16::from_le_bytes, is_last),
            Encoding::Utf16Be => self.decode_utf16(&pending, u16::from_be_bytes, is_last),
        })
    }

    /// Looks at the first bytes; false where there are too few.
    fn begin(&mut self, is_last: bool) -> bool {
        if self.pending.len() < TELLING && !is_last && !is_plain(&self.pending) {
            return false;
        }
        self.has_begun = true;
        let marked = marked(&self.pending);
        let encoding = match self.encoding {
            None => utf16(&self.pending).unwrap_or(Encoding::Utf8),
            Some(given @ (Encoding::Utf16Le | Encoding::Utf16Be)) => marked.unwrap_or(given),
            Some(given) => given,
        };
        self.encoding = Some(encoding);
        let mark = match encoding {
            Encoding::Utf8 if self.pending.starts_with(UTF8_MARK) => UTF8_MARK.len(),
            Encoding::Utf16Le | Encoding::Utf16Be if marked.is_some() => 2,
            _ => 0,
        };
        self.pending.drain(..mark);
        true
    }

    fn decode_utf16(&mut self, bytes: &[u8], unit: fn([u8; 2]) -> u16, is_last: bool) -> Vec<u8> {
        let mut length = bytes.len() - bytes.len() % 2;
        // The first half of a character waits for the second.
        let is_first_half = |pair: &[u8]| matches!(unit([pair[0], pair[1]]), 0xd800..=0xdbff);
        if !is_last && length > 0 && is_first_half(&bytes[length - 2..length]) {
            length -= 2;
        }
        let units = bytes[..length].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let mut half = || {
            self.halves += 1;
            char::REPLACEMENT_CHARACTER
        };
        let mut text: String = char::decode_utf16(units).map(|decoded| decoded.unwrap_or_else(|_| half())).collect();
        match is_last {
            true if length < bytes.len() => text.push(half()),
            true => {}
            false => self.pending = bytes[length..].to_vec(),
        }
        text.into_bytes()
    }
}

impl Encoding {
    /// A sentence on it, where it is none that everybody expects.
    pub fn note(self) -> Option<String> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le | Self::Utf16Be => Some("the file is read as UTF-16".to_owned()),
            Self::Windows1252 => Some(
                "the file is not UTF-8 and is read as Windows-1252 (Latin-1); if letters come out wrong, save it with UTF-8 encoding"
                    .to_owned(),
            ),
        }
    }
}

/// Whether a few bytes are UTF-8 for sure, as those of a short line that somebody types.
fn is_plain(content: &[u8]) -> bool {
    content.len() >= 2 && content.iter().all(|byte| *byte != 0 && byte.is_ascii())
}

/// The order of bytes that UTF-16's byte order mark says, where `content` begins with one.
fn marked(content: &[u8]) -> Option<Encoding> {
    match content {
        [0xff, 0xfe, ..] => Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Which UTF-16 `content` is, where it is.
fn utf16(content: &[u8]) -> Option<Encoding> {
    if let Some(marked) = marked(content) {
        return Some(marked);
    }
    let pairs: Vec<_> = content.chunks_exact(2).take(LOOKED_AT / 2).collect();
    let count = |zero: usize| pairs.iter().filter(|pair| pair[zero] == 0 && pair[1 - zero] != 0).count();
    let (high, low) = (count(0), count(1));
    // Texts in other letters than those of the header have fewer zeros, but a file in UTF-8 has none at all.
    let enough = (pairs.len() / 8).max(1);
    // Of other characters than those the other byte of a unit can be zero, too, as in many an emoji.
    let is_most = |zeros: usize, others: usize| zeros > enough && zeros > 4 * others;
    match () {
        () if is_most(low, high) => Some(Encoding::Utf16Le),
        () if is_most(high, low) => Some(Encoding::Utf16Be),
        () => None,
    }
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
