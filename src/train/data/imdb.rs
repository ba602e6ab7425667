//! The IMDB movie reviews (Maas et al. 2011) as they are distributed: `aclImdb/{train,test}/{pos,neg}/ID_STARS.txt`.
//!
//! The folder a review lies in is its label; reviews in `unsup` have none and are left out. The archive is read as it was
//! downloaded, in one pass and without unpacking its 100,000 small files.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::gathering::{Gathering, Label, Reason, Row};
use super::layout::Compression;
use super::{Schema, Split};
use crate::{Error, Result};

/// The one label that these data have.
const LABEL: &str = "positive";

/// The folders and what they say of their reviews.
const FOLDERS: [(&str, Label); 2] = [("neg", Label::DoesNot), ("pos", Label::Applies)];

/// A review.
struct Review {
    /// The path below the split (`neg/0_3.txt`), for the order.
    path: String,
    /// The file's name for a sentence.
    name: String,
    content: Vec<u8>,
    label: Label,
}

/// Checks that reviews can be read for a task: they have one label, which does not matter where none of the task's labels
/// applies to them, and are no pairs of texts.
pub fn check(path: &Path, schema: &Schema, all_negative: bool) -> Result<()> {
    if let Some(second) = &schema.second {
        return Err(Error::invalid(format!(
            "{} has IMDB reviews, which have no second text, but `{second}` was asked for",
            path.display()
        )));
    }
    if all_negative || schema.labels == [LABEL] {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{} has IMDB reviews, whose only label is `{LABEL}`, but the labels `{}` were asked for; \
         reviews to which none of them applies are read as an all-negative source",
        path.display(),
        schema.labels.join("`, `")
    )))
}

/// Reads one split of the unpacked folder.
pub fn read_folder(folder: &Path, split: Split, gathering: &mut Gathering) -> Result<()> {
    let mut reviews = Vec::new();
    for (class, label) in FOLDERS {
        let folder = folder.join(split.name()).join(class);
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            let Some(file) = path.file_name().and_then(|file| file.to_str()).filter(|file| is_review(file)) else {
                continue;
            };
            let content = std::fs::read(&path).map_err(Error::io(&path))?;
            let name = path.display().to_string();
            reviews.push(Review { path: format!("{class}/{file}"), name, content, label });
        }
    }
    take(reviews, folder, split, gathering)
}

/// Reads one split of the archive.
pub fn read_archive(path: &Path, compression: Compression, split: Split, gathering: &mut Gathering) -> Result<()> {
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
        let inside = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some((below, label)) = place(&inside, split).filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        let name = format!("{inside} in {}", path.display());
        reviews.push(Review { path: below.to_owned(), name, content, label });
    }
    take(reviews, path, split, gathering)
}

/// Where below the split's folder an archive's entry lies (`pos/0_9.txt`) and what that says of it; none for what is no
/// review of this split.
fn place(entry: &str, split: Split) -> Option<(&str, Label)> {
    let (folder, file) = entry.rsplit_once('/')?;
    let (above, folder_name) = folder.rsplit_once('/')?;
    let split_name = above.rsplit_once('/').map_or(above, |(_, name)| name);
    let (_, label) = FOLDERS.into_iter().find(|(name, _)| *name == folder_name)?;
    (split_name == split.name() && is_review(file)).then(|| (&entry[above.len() + 1..], label))
}

/// Whether a file is a review: macOS adds `._0_9.txt` beside `0_9.txt`, and that is none.
fn is_review(file: &str) -> bool {
    file.ends_with(".txt") && !file.starts_with('.')
}

impl Row for Review {
    fn id(&self) -> Result<Option<String>, Reason> {
        Ok(None)
    }

    fn labels(&self) -> Result<Option<Vec<Label>>, Reason> {
        Ok(Some(vec![self.label]))
    }

    fn weight(&self) -> Result<f32, Reason> {
        Ok(1.0)
    }

    /// Reviews were taken from web pages, so their line breaks are `<br />`: what people type has none, and to the
    /// tokenizer each is four tokens that say nothing of the film, so they become newlines.
    fn text(&self) -> Result<String, Reason> {
        match std::str::from_utf8(&self.content) {
            Ok("") => Err("the review is empty; remove the file or fetch the data again".to_owned()),
            Ok(text) => Ok(text.replace("<br />", "\n")),
            Err(_) => Err("this is not UTF-8; convert the file to UTF-8".to_owned()),
        }
    }

    fn second(&self) -> Result<Option<String>, Reason> {
        Ok(None)
    }

    fn field(&self, _: &str) -> Result<Option<String>, Reason> {
        Ok(None)
    }
}

/// Takes the reviews in the order of their paths. Both classes must be there, or nothing could be learnt or measured,
/// unless the classes do not matter.
fn take(mut reviews: Vec<Review>, source: &Path, split: Split, gathering: &mut Gathering) -> Result<()> {
    let empty = FOLDERS.iter().find(|(_, label)| !reviews.iter().any(|review| review.label == *label));
    if let Some((folder, _)) = empty.filter(|_| reviews.is_empty() || !gathering.all_negative()) {
        return Err(Error::invalid(format!(
            "{} has no review (ID_STARS.txt) in {}/{folder}: name the whole aclImdb folder or archive",
            source.display(),
            split.name()
        )));
    }
    reviews.sort_by(|a, b| a.path.cmp(&b.path));
    for review in &reviews {
        gathering.take(review, || format!("{}, line {}", review.name, review.broken_line()))?;
    }
    Ok(())
}

impl Review {
    /// The line of the first byte that is no text; the first line where all is.
    fn broken_line(&self) -> usize {
        let valid = std::str::from_utf8(&self.content).map_or_else(|error| error.valid_up_to(), |_| 0);
        1 + self.content[..valid].iter().filter(|byte| **byte == b'\n').count()
    }
}
