//! Where answers go: standard output, or a file that is new or gone on with.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Stdout, Write};
use std::path::{Path, PathBuf};

use undertone::rows::Format;

use super::formats::by_name;
use super::{Error, Result};

/// Where answers are written to.
pub struct Output {
    path: Option<PathBuf>,
    target: Target,
    /// Whether it has a header already.
    goes_on: bool,
}

enum Target {
    Stdout(BufWriter<Stdout>),
    /// It is made when there is something to write.
    Awaited,
    File(BufWriter<File>),
}

impl Output {
    /// `skips` says that rows are left out, because the file has them.
    pub fn new(path: Option<PathBuf>, skips: bool) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self { path: None, target: Target::Stdout(BufWriter::new(std::io::stdout())), goes_on: skips });
        };
        let length = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if length > 0 && !skips {
            return Err(Error::invalid(format!(
                "{} is there already: name another file by --out, or go on with it by --skip and the number of rows that it has",
                path.display()
            )));
        }
        if length > 0 {
            check_end(&path)?;
        }
        Ok(Self { path: Some(path), target: Target::Awaited, goes_on: length > 0 })
    }

    /// What separates fields by the file's name.
    pub fn separator(&self) -> Option<u8> {
        match by_name(self.path.as_deref()?)? {
            Format::Table { separator } => Some(separator),
            _ => None,
        }
    }

    /// Whether the header stands there already.
    pub fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// The file that is gone on with.
    pub fn begun(&self) -> Option<&Path> {
        self.path.as_deref().filter(|_| self.goes_on)
    }

    /// Writes rows; false where nobody reads them any more, as `head` that has seen enough.
    pub fn write(&mut self, rows: &[u8]) -> Result<bool> {
        self.with(|target| target.write_all(rows))
    }

    pub fn flush(&mut self) -> Result<bool> {
        self.with(|target| target.flush())
    }

    fn with(&mut self, act: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<bool> {
        if let (Target::Awaited, Some(path)) = (&self.target, &self.path) {
            let file = OpenOptions::new().create(true).append(true).open(path).map_err(Error::io(path))?;
            self.target = Target::File(BufWriter::new(file));
        }
        let outcome = match &mut self.target {
            Target::Stdout(stdout) => act(stdout),
            Target::File(file) => act(file),
            Target::Awaited => Ok(()),
        };
        match (outcome, &self.path) {
            (Ok(()), _) => Ok(true),
            (Err(error), None) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
            (Err(error), None) => Err(Error::invalid(format!("standard output cannot be written: {error}"))),
            (Err(error), Some(path)) => Err(Error::io(path)(error)),
        }
    }
}

/// Checks that the file at `path` ends with a line, as it does unless a process was ended while it wrote.
fn check_end(path: &Path) -> Result<()> {
    let mut last = [0];
    let mut file = File::open(path).map_err(Error::io(path))?;
    file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).map_err(Error::io(path))?;
    match last {
        [b'\n'] => Ok(()),
        _ => Err(Error::invalid(format!(
            "{} ends in the middle of a row: remove what there is of that row, and skip as many as stand before it",
            path.display()
        ))),
    }
}
