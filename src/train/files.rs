//! Files that are there whole or not at all, and sets of files that change together.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Writes `content` beside `path` and renames it there, so that whatever happens `path` holds the old or the new.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    replace(&[(path, content)])
}

/// Replaces several files. All of them are on the disk, each beside its place, before the first is renamed to where it
/// belongs, in the order given: what fails before that leaves everything as it was. A process that is killed between two
/// renames leaves the rest of the new files [`beside`] their places.
pub fn replace(files: &[(&Path, &[u8])]) -> Result<()> {
    for (path, content) in files {
        let written = File::create(beside(path)).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
        written.map_err(|source| {
            // What is half there takes room that may be what was lacking.
            files.iter().for_each(|(path, _)| drop(std::fs::remove_file(beside(path))));
            Error::io(path)(source)
        })?;
    }
    for (path, _) in files {
        settle(path)?;
    }
    Ok(())
}

/// Makes the folder `path`, which is not there yet, with these files in it: all of them or none.
pub fn write_folder(path: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    // Without a slash at its end, beside which nothing can be.
    let path: PathBuf = path.components().collect();
    let beside = beside(&path);
    // What an earlier attempt left that was killed.
    if beside.exists() {
        std::fs::remove_dir_all(&beside).map_err(Error::io(&beside))?;
    }
    make_folder(&beside)?;
    for (name, content) in files {
        write(&beside.join(name), content)?;
    }
    settle(&path)
}

/// Where the new content of `path` is until it is renamed.
pub fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    PathBuf::from(beside)
}

/// Puts what is [`beside`] `path` in its place, for good. It may be there already: whoever reads a set of files whose
/// replacement was cut short ends it.
pub fn settle(path: &Path) -> Result<()> {
    match std::fs::rename(beside(path), path) {
        Err(error) if error.kind() == ErrorKind::NotFound && path.exists() => Ok(()),
        result => result.and_then(|()| sync_folder(path)).map_err(Error::io(path)),
    }
}

/// A rename is on the disk once the folder is. Only Unix lets folders be opened for that.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// Makes `folder` and those above it.
pub fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_cannot_be_written_whole_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        replace(&[(&path("a"), b"old a"), (&path("b"), b"old b")]).unwrap();
        let missing = path("missing/c");
        let said = replace(&[(&path("a"), b"new a"), (&missing, b"c"), (&path("b"), b"new b")]).unwrap_err();
        assert!(said.to_string().contains("missing/c"), "{said}");
        assert_eq!(std::fs::read(path("a")).unwrap(), b"old a");
        assert_eq!(std::fs::read(path("b")).unwrap(), b"old b");
        let mut left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a", "b"]);
    }

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("base/");
        write_folder(&path, &[("a", b"a"), ("missing/b", b"b")]).unwrap_err();
        assert!(!path.exists());
        write_folder(&path, &[("b", b"b"), ("c", b"c")]).unwrap();
        let mut left: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["b", "c"], "nothing of the first attempt");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
