//! The IMDB movie reviews (Maas et al. 2011) as they are distributed: `aclImdb/{train,test}/{pos,neg}/ID_STARS.txt`.
//!
//! The folder a review lies in is its label; reviews in `unsup` have none and are left out. The archive is read as it was
//! downloaded, in one pass and without unpacking its 100,000 small files.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::{Compression, Example, Split};
use crate::{Error, Result};

/// The one label that these data have.
const LABEL: &str = "positive";

/// The folders and what they say of their reviews.
const FOLDERS: [(&str, bool); 2] = [("neg", false), ("pos", true)];

/// A review, its path below the split (`neg/0_3.txt`) for the order, and whether it is positive.
struct Review {
    path: String,
    text: String,
    positive: bool,
}

/// Checks that the task has the one label that reviews have.
pub fn check_labels(path: &Path, labels: &[String]) -> Result<()> {
    if labels == [LABEL] {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{} has IMDB reviews, whose only label is `{LABEL}`, but the labels `{}` were asked for",
        path.display(),
        labels.join("`, `")
    )))
}

/// Reads one split of the unpacked folder.
pub fn read_folder(folder: &Path, split: Split) -> Result<Vec<Example>> {
    let mut reviews = Vec::new();
    for (name, positive) in FOLDERS {
        let folder = folder.join(split.name()).join(name);
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            let Some(file) = path.file_name().and_then(|file| file.to_str()).filter(|file| is_review(file)) else {
                continue;
            };
            let content = std::fs::read(&path).map_err(Error::io(&path))?;
            let text = text(content, || path.display().to_string())?;
            reviews.push(Review { path: format!("{name}/{file}"), text, positive });
        }
    }
    examples(reviews, folder, split)
}

/// Reads one split of the archive.
pub fn read_archive(path: &Path, compression: Compression, split: Split) -> Result<Vec<Example>> {
    let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(Error::io(path))?);
    // Both formats may be several streams one after the other, which is what parallel compressors write.
    let unpacked: Box<dyn Read> = match compression {
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        Compression::Xz => Box::new(lzma_rust2::XzReader::new(file, true)),
    };
    let damaged = |error: std::io::Error| {
        Error::invalid(format!(
            "{} cannot be read to its end as a compressed tar archive ({error}): fetch it again",
            path.display()
        ))
    };
    let mut archive = tar::Archive::new(BufReader::with_capacity(1 << 16, unpacked));
    let mut reviews = Vec::new();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some((label, positive)) = place(&name, split).filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        let text = text(content, || format!("{} in {}", name, path.display()))?;
        reviews.push(Review { path: label.to_owned(), text, positive });
    }
    examples(reviews, path, split)
}

/// Where below the split's folder an archive's entry lies (`pos/0_9.txt`) and whether it is positive; none for what is no
/// review of this split.
fn place(entry: &str, split: Split) -> Option<(&str, bool)> {
    let (folder, file) = entry.rsplit_once('/')?;
    let (above, folder_name) = folder.rsplit_once('/')?;
    let split_name = above.rsplit_once('/').map_or(above, |(_, name)| name);
    let (_, positive) = FOLDERS.into_iter().find(|(name, _)| *name == folder_name)?;
    (split_name == split.name() && is_review(file)).then(|| (&entry[above.len() + 1..], positive))
}

/// Whether a file is a review: macOS adds `._0_9.txt` beside `0_9.txt`, and that is none.
fn is_review(file: &str) -> bool {
    file.ends_with(".txt") && !file.starts_with('.')
}

/// A review's text. Reviews were taken from web pages, so their line breaks are `<br />`: what people type has none, and
/// to the tokenizer each is four tokens that say nothing of the film, so they become newlines.
fn text(content: Vec<u8>, name: impl Fn() -> String) -> Result<String> {
    let text = String::from_utf8(content).map_err(|error| {
        let line =
            1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        Error::invalid(format!("{}, line {line}: this is not UTF-8; convert the file to UTF-8", name()))
    })?;
    if text.is_empty() {
        return Err(Error::invalid(format!(
            "{}, line 1: the review is empty; remove the file or fetch the data again",
            name()
        )));
    }
    Ok(text.replace("<br />", "\n"))
}

/// The examples in the order of their paths; both classes must be there, or nothing could be learnt or measured.
fn examples(mut reviews: Vec<Review>, source: &Path, split: Split) -> Result<Vec<Example>> {
    for (folder, positive) in FOLDERS {
        if !reviews.iter().any(|review| review.positive == positive) {
            return Err(Error::invalid(format!(
                "{} has no review (ID_STARS.txt) in {}/{folder}: name the whole aclImdb folder or archive",
                source.display(),
                split.name()
            )));
        }
    }
    reviews.sort_by(|a, b| a.path.cmp(&b.path));
    let example = |review: Review| Example {
        text: review.text,
        second: None,
        targets: vec![f32::from(u8::from(review.positive))],
        weight: 1.0,
    };
    Ok(reviews.into_iter().map(example).collect())
}
