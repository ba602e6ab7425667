//! The IMDB movie reviews (Maas et al. 2011) as they are distributed: `aclImdb/{train,test}/{pos,neg}/ID_STARS.txt`.
//!
//! The folder a review lies in is its label; reviews in `unsup` have none and are left out. The archive is read as it was
//! downloaded, in one pass and without unpacking its 100,000 small files.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::builder::DatasetBuilder;
use super::label::{Answer, LabelRule, Target};
use super::layout::Compression;
use super::row::Row;
use super::{Schema, Split, text};
use crate::rows::Reason;
use crate::{Error, Result};

/// The one label that these data have.
const LABEL: &str = "positive";

/// The folders and what they say of their reviews.
const FOLDERS: [(&str, f32); 2] = [("neg", 0.0), ("pos", 1.0)];

/// No review is nearly as long; what is longer was made to fill the memory.
const LONGEST_REVIEW: u64 = 1 << 20;

/// The whole data set is a fifteenth of this unpacked.
const LARGEST_ARCHIVE: u64 = 8 << 30;

/// All its reviews together are an eighth of this.
const LARGEST_REVIEWS: usize = 1 << 30;

/// What unpacking xz may take, in KiB: the strongest preset needs 65 MiB.
const XZ_MEMORY: u32 = 256 << 10;

/// A review.
struct Review {
    /// The path below the split (`neg/0_3.txt`), for the order.
    path: String,
    /// The file's name for a sentence.
    name: String,
    content: Vec<u8>,
    /// Whether it is a positive one, as 1 or 0.
    positive: f32,
}

/// Checks that reviews can be read for a task: they have one label, which does not matter where none of the task's labels
/// applies to them, and are no pairs of texts.
pub fn check(path: &Path, schema: &Schema, has_constant_labels: bool) -> Result<()> {
    if let Some(second) = &schema.second {
        return Err(Error::invalid(format!(
            "{} has IMDB reviews, which have no second text, but `{second}` was asked for",
            path.display()
        )));
    }
    if has_constant_labels || schema.labels == [LabelRule::named(LABEL)] {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{} has IMDB reviews, whose only label is `{LABEL}`, but the labels `{}` were asked for; \
         reviews of which you know these labels are read as a source whose labels are all the same, as with all = 0",
        path.display(),
        schema.names().join("`, `")
    )))
}

/// Reads one split of the unpacked folder.
pub fn read_folder(folder: &Path, split: Split, builder: &mut DatasetBuilder) -> Result<()> {
    let mut reviews = Vec::new();
    for (class, positive) in FOLDERS {
        let folder = folder.join(split.name()).join(class);
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            let Some(file) = path.file_name().and_then(|file| file.to_str()).filter(|file| is_review(file)) else {
                continue;
            };
            let mut content = Vec::new();
            let opened = File::open(&path).map_err(Error::io(&path))?;
            opened.take(LONGEST_REVIEW + 1).read_to_end(&mut content).map_err(Error::io(&path))?;
            let name = path.display().to_string();
            reviews.push(Review { path: format!("{class}/{file}"), name, content, positive });
        }
    }
    take(reviews, folder, split, builder)
}

/// Reads one split of the archive.
pub fn read_archive(path: &Path, compression: Compression, split: Split, builder: &mut DatasetBuilder) -> Result<()> {
    let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(Error::io(path))?);
    // Both formats may be several streams one after the other, which is what parallel compressors write.
    let unpacked: Box<dyn Read> = match compression {
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        Compression::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(file, true, XZ_MEMORY)),
    };
    let damaged = |error: std::io::Error| {
        Error::invalid(format!(
            "{} cannot be read to its end as a compressed tar archive ({error}): fetch it again",
            path.display()
        ))
    };
    let unpacked =
        ToTheEnd { inner: BufReader::with_capacity(1 << 16, unpacked.take(LARGEST_ARCHIVE)), has_ended: false };
    let mut archive = tar::Archive::new(unpacked);
    let (mut reviews, mut bytes) = (Vec::new(), 0);
    // Raw, since names of any length would be read into memory otherwise; the data set's own fit into an entry's header.
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        if entry.header().entry_type().is_gnu_longname() {
            return Err(Error::invalid(format!(
                "{} has names of more than 100 characters, as aclImdb's are not: unpack it and name the folder",
                path.display()
            )));
        }
        let inside = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some((below, positive)) = place(&inside, split).filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        let mut content = Vec::new();
        (&mut entry).take(LONGEST_REVIEW + 1).read_to_end(&mut content).map_err(damaged)?;
        bytes += content.len();
        if bytes > LARGEST_REVIEWS {
            return Err(Error::invalid(format!(
                "{} has more than a gigabyte of reviews: it is not the aclImdb archive",
                path.display()
            )));
        }
        let name = format!("{inside} in {}", path.display());
        reviews.push(Review { path: below.to_owned(), name, content, positive });
    }
    if archive.into_inner().has_ended {
        return Err(damaged(std::io::Error::new(
            std::io::ErrorKind::UnexpectedEof,
            "it ends without the mark of its end",
        )));
    }
    take(reviews, path, split, builder)
}

/// What an archive is read from. A tar archive says where it ends, so that nobody has to read to the end of the file: who does was
/// given one that is cut off.
struct ToTheEnd<R> {
    inner: R,
    has_ended: bool,
}

impl<R: Read> Read for ToTheEnd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.has_ended |= count == 0 && !buffer.is_empty();
        Ok(count)
    }
}

/// Where below the split's folder an archive's entry lies (`pos/0_9.txt`) and what that says of it; none for what is no
/// review of this split.
fn place(entry: &str, split: Split) -> Option<(&str, f32)> {
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

impl Row for Review {
    fn id(&self) -> Result<Option<String>, Reason> {
        Ok(None)
    }

    fn answers(&self) -> Result<Option<Vec<Answer>>, Reason> {
        Ok(Some(vec![Answer { target: Target::Share(self.positive), word: None }]))
    }

    fn weight(&self) -> Result<f32, Reason> {
        Ok(1.0)
    }

    fn text(&self) -> Result<String, Reason> {
        if self.content.len() as u64 > LONGEST_REVIEW {
            return Err("this is longer than a megabyte, and so no review; remove the file".to_owned());
        }
        match std::str::from_utf8(&self.content) {
            Ok("") => Err("the review is empty; remove the file or fetch the data again".to_owned()),
            Ok(text) => text::cleaned(text),
            Err(_) => Err("this is not UTF-8; convert the file to UTF-8".to_owned()),
        }
    }

    fn second(&self) -> Result<Option<String>, Reason> {
        Ok(None)
    }

    fn spans(&self) -> Result<Option<String>, Reason> {
        Ok(None)
    }

    fn chosen_by(&self) -> Result<Option<String>, Reason> {
        Ok(None)
    }
}

/// Takes the reviews in the order of their paths. Both classes must be there, or nothing could be learnt or measured,
/// unless the classes do not matter.
fn take(mut reviews: Vec<Review>, source: &Path, split: Split, builder: &mut DatasetBuilder) -> Result<()> {
    let empty = FOLDERS.iter().find(|(_, positive)| !reviews.iter().any(|review| review.positive == *positive));
    if let Some((folder, _)) = empty.filter(|_| reviews.is_empty() || !builder.has_constant_labels()) {
        return Err(Error::invalid(format!(
            "{} has no review (ID_STARS.txt) in {}/{folder}: name the whole aclImdb folder or archive",
            source.display(),
            split.name()
        )));
    }
    reviews.sort_by(|a, b| a.path.cmp(&b.path));
    for review in &reviews {
        builder.take(review, || format!("{}, line {}", review.name, review.broken_line()))?;
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
