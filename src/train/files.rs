//! Files that are there whole or not at all.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Writes `content` beside `path` and renames it there, so that whatever happens `path` holds the old or the new.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    let beside = PathBuf::from(beside);
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        std::io::Write::write_all(&mut file, content)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, path)).map_err(|source| {
        // What is half there takes room that may be what was lacking.
        let _ = std::fs::remove_file(&beside);
        Error::io(path)(source)
    })
}

/// Makes `folder` and those above it.
pub fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))
}
