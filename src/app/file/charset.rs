//! What a file is encoded in: told by its bytes, or said by somebody who sees that letters come out wrong.
//!
//! UTF-8, UTF-16 and Windows-1252 are read as the companion reads them ([`Encoding`]), and the others by the browser's `TextDecoder`, which has the
//! tables.

use wasm_bindgen::JsValue;
use web_sys::{TextDecodeOptions, TextDecoder};

use crate::rows::encoding::Encoding;

/// What a file is encoded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// What is told by itself, too.
    Known(Encoding),
    /// What the browser knows by this name.
    Browser(&'static str),
}

/// Those that can be chosen, with what they are called.
pub const CHARSETS: [(&str, Charset); 26] = [
    ("UTF-8", Charset::Known(Encoding::Utf8)),
    ("UTF-16, low byte first", Charset::Known(Encoding::Utf16Le)),
    ("UTF-16, high byte first", Charset::Known(Encoding::Utf16Be)),
    ("Western (Windows-1252)", Charset::Known(Encoding::Windows1252)),
    ("Western (ISO-8859-15)", Charset::Browser("iso-8859-15")),
    ("Western (Macintosh)", Charset::Browser("macintosh")),
    ("Central European (Windows-1250)", Charset::Browser("windows-1250")),
    ("Central European (ISO-8859-2)", Charset::Browser("iso-8859-2")),
    ("Cyrillic (Windows-1251)", Charset::Browser("windows-1251")),
    ("Cyrillic (KOI8-R)", Charset::Browser("koi8-r")),
    ("Cyrillic (KOI8-U)", Charset::Browser("koi8-u")),
    ("Cyrillic (IBM 866)", Charset::Browser("ibm866")),
    ("Greek (Windows-1253)", Charset::Browser("windows-1253")),
    ("Turkish (Windows-1254)", Charset::Browser("windows-1254")),
    ("Hebrew (Windows-1255)", Charset::Browser("windows-1255")),
    ("Arabic (Windows-1256)", Charset::Browser("windows-1256")),
    ("Baltic (Windows-1257)", Charset::Browser("windows-1257")),
    ("Nordic (ISO-8859-10)", Charset::Browser("iso-8859-10")),
    ("Vietnamese (Windows-1258)", Charset::Browser("windows-1258")),
    ("Thai (Windows-874)", Charset::Browser("windows-874")),
    ("Japanese (Shift_JIS)", Charset::Browser("shift_jis")),
    ("Japanese (EUC-JP)", Charset::Browser("euc-jp")),
    ("Japanese (ISO-2022-JP)", Charset::Browser("iso-2022-jp")),
    ("Chinese (GB18030)", Charset::Browser("gb18030")),
    ("Chinese (Big5)", Charset::Browser("big5")),
    ("Korean (EUC-KR)", Charset::Browser("euc-kr")),
];

impl Charset {
    /// What the rows' reader is to take it for: it is given UTF-8 where the browser decodes.
    pub fn for_reader(self) -> Encoding {
        match self {
            Self::Known(encoding) => encoding,
            Self::Browser(_) => Encoding::Utf8,
        }
    }

    /// What decodes it before the rows' reader.
    ///
    /// # Errors
    /// A sentence, where this browser does not know it.
    pub fn decoder(self) -> Result<Option<Decoder>, String> {
        let Self::Browser(label) = self else { return Ok(None) };
        let unknown = |_: JsValue| format!("This browser does not know the encoding {label}.");
        Ok(Some(Decoder(TextDecoder::new_with_label(label).map_err(unknown)?)))
    }

    /// A sentence on it, where it was told by itself and may be wrong.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Known(Encoding::Windows1252) => Some(
                "the file is not UTF-8 and is read as Windows-1252 (Latin-1); if letters come out wrong, choose another encoding",
            ),
            Self::Known(Encoding::Utf16Le | Encoding::Utf16Be) => Some("the file is read as UTF-16"),
            Self::Known(Encoding::Utf8) | Self::Browser(_) => None,
        }
    }
}

/// The browser's decoder, on its way through a file.
pub struct Decoder(TextDecoder);

impl Decoder {
    /// The next bytes in UTF-8; of the file's last bytes, too, if these are.
    ///
    /// # Errors
    /// A sentence, where there is no room for them.
    pub fn decode(&self, block: &[u8], is_last: bool) -> Result<Vec<u8>, String> {
        let options = TextDecodeOptions::new();
        options.set_stream(!is_last);
        let decoded = self.0.decode_with_u8_array_and_options(block, &options);
        decoded.map(String::into_bytes).map_err(|_| "The browser has no room for the file.".to_owned())
    }
}
