//! What a path is: the first bytes and the name of a file tell, and what lies in a folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Split;
use crate::rows::Format;
use crate::{Error, Result};

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Xz,
}

/// What a path turned out to be.
#[derive(Debug, PartialEq)]
pub enum Layout {
    ReviewFolder(PathBuf),
    ReviewArchive(Compression),
    Rows(PathBuf, Format),
}

/// What the names of a folder's files of rows end in.
const ROWS: [&str; 4] = ["csv", "tsv", "jsonl", "ndjson"];

impl Layout {
    pub fn of(path: &Path, split: Split) -> Result<Self> {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Self::of_folder(path, split),
            Ok(_) => Self::of_file(path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::invalid(format!("{} does not exist", path.display())))
            }
            Err(error) => Err(Error::io(path)(error)),
        }
    }

    fn of_folder(path: &Path, split: Split) -> Result<Self> {
        // Unpacking an archive often leaves its folder within another of the same name.
        for folder in [path.to_owned(), path.join("aclImdb")] {
            let has_reviews =
                |split: &str| folder.join(split).join("pos").is_dir() || folder.join(split).join("neg").is_dir();
            if has_reviews("train") || has_reviews("test") {
                return Ok(Self::ReviewFolder(folder));
            }
        }
        let split = split.name();
        let files: Vec<_> =
            ROWS.iter().map(|kind| path.join(format!("{split}.{kind}"))).filter(|file| file.is_file()).collect();
        match files.as_slice() {
            [file] => Self::of_file(file),
            [] => Err(Error::invalid(format!(
                "{} has neither {split}/pos and {split}/neg, as the folder aclImdb has, nor {split}.csv, as Kaggle's data \
                 have, nor {split}.tsv or {split}.jsonl",
                path.display()
            ))),
            [one, other, ..] => Err(Error::invalid(format!(
                "there are both {} and {}: name the one to read",
                one.display(),
                other.display()
            ))),
        }
    }

    /// What a file is, by its first bytes where they tell, since archives are renamed more often than they are damaged.
    fn of_file(path: &Path) -> Result<Self> {
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(6).read_to_end(&mut start)).map_err(Error::io(path))?;
        let compression = match start.as_slice() {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            b"\xfd7zXZ\0" => Some(Compression::Xz),
            _ => None,
        };
        let kind = ending(path);
        if let Some(compression) = compression {
            if format(path).or_else(|| format(Path::new(path.file_stem()?))).is_some() {
                return Err(Error::invalid(format!("{} is compressed: unpack it first", path.display())));
            }
            return Ok(Self::ReviewArchive(compression));
        }
        if start.starts_with(b"PK\x03\x04") {
            return Err(Error::invalid(match kind.as_deref() {
                Some("xlsx" | "ods") => {
                    format!("{} is a spreadsheet: save it as CSV with UTF-8 encoding", path.display())
                }
                _ => format!("{} is a zip archive: unpack it and name the folder", path.display()),
            }));
        }
        if let Some(format) = format(path) {
            return Ok(Self::Rows(path.to_owned(), format));
        }
        match kind.as_deref() {
            Some("json") => Err(Error::invalid(format!(
                "{} is taken for one JSON value: if it has one object a line, name it .jsonl",
                path.display()
            ))),
            _ => Err(Error::invalid(format!(
                "{} is neither a .csv, .tsv, .jsonl or .txt file nor the aclImdb archive as .tar.gz or .tar.xz",
                path.display()
            ))),
        }
    }
}

/// What the name of a file of rows promises.
fn format(path: &Path) -> Option<Format> {
    Format::from_name(path.file_name()?.to_str()?)
}

/// What comes after the last dot of a path, in small letters.
fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}
