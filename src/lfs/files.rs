//! Reads files that are there themselves.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::POINTER;
use crate::{Error, Result};

/// Reads a file.
///
/// # Errors
/// It cannot be read, or is a pointer.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    check(path)?;
    std::fs::read(path).map_err(Error::io(path))
}

/// Reads a file of text.
///
/// # Errors
/// It cannot be read, is a pointer, or is not UTF-8.
pub(crate) fn read_to_string(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Error::invalid(format!("{} is not UTF-8: no character begins with its byte {place}", path.display()))
    })
}

/// Checks that a file is there itself.
///
/// # Errors
/// It cannot be read, or is a pointer.
pub(crate) fn check(path: &Path) -> Result<()> {
    let mut start = Vec::new();
    let file = File::open(path).map_err(Error::io(path))?;
    file.take(POINTER.len() as u64).read_to_end(&mut start).map_err(Error::io(path))?;
    if start != POINTER {
        return Ok(());
    }
    Err(Error::LfsPointer { path: path.to_owned() })
}
