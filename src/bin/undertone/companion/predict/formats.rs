//! How rows are laid out, here and there: by flag, and else by a file's name.

use std::path::Path;

use clap::ValueEnum;
use undertone::rows::encoding;
use undertone::rows::{self, Format as RowFormat};

use super::{Error, Result};

/// How the rows that come are laid out.
#[derive(Clone, Copy, ValueEnum)]
pub enum InputFormat {
    /// A header and fields, separated by commas, semicolons, tabs or |, as the header tells.
    Csv,
    /// The same, separated by tabs unless the header tells otherwise.
    Tsv,
    /// A JSON object a line.
    Jsonl,
    /// A text a line.
    Lines,
}

/// How answers are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the text, and below it a line for each task; * marks what is at its threshold or above, or the likeliest class.
    Text,
    /// One JSON object a line: {"id": …, "text": …, "row": …, "sentiment": {"positive": …}, …}: what the row has, and behind it what
    /// is said of it; under "classes" the likeliest class of each task whose labels exclude each other. Where there is nothing to
    /// judge by, "reason" says why, and what is no verdict is null.
    Jsonl,
    /// A header, and each row as it is written with columns behind its own: `row`, `line`, `sentiment.positive`, … Fields are
    /// separated as those of the input are.
    Csv,
}

/// What bytes stand for.
#[derive(Clone, Copy, ValueEnum)]
pub enum Encoding {
    /// UTF-8.
    #[value(name = "utf-8")]
    Utf8,
    /// UTF-16, the low byte first unless a byte order mark says otherwise.
    #[value(name = "utf-16", alias = "utf-16le")]
    Utf16,
    /// UTF-16, the high byte first unless a byte order mark says otherwise.
    #[value(name = "utf-16be")]
    Utf16Be,
    /// Windows-1252, or Latin-1.
    #[value(name = "windows-1252", alias = "latin-1")]
    Windows1252,
}

impl From<Encoding> for encoding::Encoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Utf8 => Self::Utf8,
            Encoding::Utf16 => Self::Utf16Le,
            Encoding::Utf16Be => Self::Utf16Be,
            Encoding::Windows1252 => Self::Windows1252,
        }
    }
}

/// How the rows of `file` are laid out, or of standard input where there is none.
pub fn of_input(given: Option<InputFormat>, file: Option<&Path>) -> Result<RowFormat> {
    let format = match (given, file) {
        (Some(InputFormat::Csv), _) => RowFormat::Table { separator: b',' },
        (Some(InputFormat::Tsv), _) => RowFormat::Table { separator: b'\t' },
        (Some(InputFormat::Jsonl), _) => RowFormat::JsonLines,
        (Some(InputFormat::Lines), _) | (None, None) => RowFormat::Lines,
        (None, Some(path)) => by_name(path).ok_or_else(|| {
            Error::invalid(format!(
                "the name of {} does not say how its rows are laid out, as .csv, .tsv, .jsonl and .txt do: say it by --input",
                path.display()
            ))
        })?,
    };
    Ok(format)
}

/// How answers are written.
pub fn of_output(given: Option<Format>, out: Option<&Path>, input: RowFormat) -> Result<Format> {
    match (given, out) {
        (Some(format), _) => Ok(format),
        (None, Some(path)) => match by_name(path) {
            Some(RowFormat::Table { .. }) => Ok(Format::Csv),
            Some(RowFormat::JsonLines) => Ok(Format::Jsonl),
            Some(RowFormat::Lines) => Ok(Format::Text),
            None => Err(Error::invalid(format!(
                "the name of {} does not say how answers are to be written, as .csv, .tsv, .jsonl and .txt do: say it by --format",
                path.display()
            ))),
        },
        (None, None) => Ok(match input {
            RowFormat::Table { .. } => Format::Csv,
            RowFormat::JsonLines => Format::Jsonl,
            RowFormat::Lines => Format::Text,
        }),
    }
}

/// What a file's name promises.
pub fn by_name(path: &Path) -> Option<RowFormat> {
    rows::Format::from_name(path.file_name()?.to_str()?)
}
