//! Files of rows, no two of which are alike.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use undertone::rows::Format;
use undertone::rows::texts::Texts;

use crate::settings::{Result, Settings};

/// Texts to make rows from.
pub struct Rows {
    texts: Vec<String>,
    next: usize,
}

impl Rows {
    /// What `DATA` names, or made-up comments.
    pub fn new(settings: &Settings) -> Result<Self> {
        let texts = match &settings.data {
            Some(data) => read(data)?,
            None => made_up(),
        };
        Ok(Self { texts, next: 0 })
    }

    /// Writes so many rows, none of which was written before, each of at most so many characters.
    pub fn write(&mut self, path: &Path, rows: usize, characters: usize) -> Result<()> {
        let mut file = BufWriter::new(fs::File::create(path)?);
        writeln!(file, "number,comment")?;
        for number in self.next..self.next + rows {
            let (round, place) = (number / self.texts.len(), number % self.texts.len());
            let text: String = self.texts[place].chars().take(characters).collect();
            let text = text.replace('"', "\"\"");
            match round {
                0 => writeln!(file, "{number},\"{text}\"")?,
                // A text that was there before would have its scores.
                _ => writeln!(file, "{number},\"{text} ({round})\"")?,
            }
        }
        self.next += rows;
        Ok(file.flush()?)
    }
}

/// The texts of a file, or of all files of a folder that are of a layout that we know.
fn read(data: &Path) -> Result<Vec<String>> {
    let missing = |error| format!("{} cannot be read: {error}", data.display());
    let mut files: Vec<PathBuf> = match fs::metadata(data).map_err(missing)?.is_dir() {
        true => fs::read_dir(data)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?,
        false => vec![data.to_owned()],
    };
    files.sort();
    let mut texts = Vec::new();
    for file in files {
        let Some(format) = Format::from_name(&file.display().to_string()) else { continue };
        let mut rows = Texts::coming(format, None, None);
        rows.push(&fs::read(&file)?);
        rows.end();
        while let Some(row) = rows.next_text() {
            let row = row.map_err(|fault| format!("{}, line {}: {}", file.display(), fault.line, fault.reason))?;
            texts.extend(row.text.ok().filter(|text| !text.trim().is_empty()));
        }
    }
    // What is there twice would be scored once.
    texts.sort();
    texts.dedup();
    fastrand::Rng::with_seed(1).shuffle(&mut texts);
    match texts.is_empty() {
        true => Err(format!("{} has no texts.", data.display()).into()),
        false => Ok(texts),
    }
}

/// Short comments, as many as there are ways to put them together.
fn made_up() -> Vec<String> {
    const BEGINNINGS: [&str; 6] = [
        "I rather liked the second part",
        "Nobody asked you, moron",
        "The delivery came two days late",
        "Thanks for the quick answer",
        "We went there with my parents in May",
        "This is the worst update so far",
    ];
    const MIDDLES: [&str; 5] = [
        "and would come again",
        "but the price is a joke",
        "which was a surprise to all of us",
        "as my brother said yesterday",
        "so there",
    ];
    const ENDS: [&str; 5] = [
        "Let me know.",
        "You have no idea what you are talking about!",
        "The staff was kind and the room was clean, though it was smaller than in the pictures.",
        "",
        "Why does nobody ever read what is written on the page?",
    ];
    let mut texts = Vec::new();
    for beginning in BEGINNINGS {
        for middle in MIDDLES {
            texts.extend(ENDS.map(|end| format!("{beginning}, {middle}. {end}").trim_end().to_owned()));
        }
    }
    texts
}
