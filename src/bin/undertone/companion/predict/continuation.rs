//! Whether answers go on what a file has: it has to be of the same columns and to end with the row before the first of them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use undertone::rows::encoding::Encoding;
use undertone::rows::{Format, Rows};

use super::rows::Layout;
use super::{Error, Result};

const BLOCK: usize = 1 << 20;

/// Checks that the rows of the file at `path` are written as `layout` says, and that `skip` of them have been answered. Lines of plain text do not
/// tell.
pub fn check(path: &Path, layout: &Layout, prefix: &str, skip: usize) -> Result<()> {
    let format = match layout {
        Layout::Text => return Ok(()),
        Layout::Jsonl { .. } => Format::JsonLines,
        Layout::Csv { columns, .. } => Format::Table { separator: columns.separator },
    };
    let wrong = |what: &str| Err(Error::invalid(format!("{} {what}", path.display())));
    let others = "is of other columns than these answers, or in another format: name another file by --out";
    let name = format!("{prefix}row");
    let mut rows = Rows::coming(format, Some(Encoding::Utf8), &[&name]);
    let mut file = File::open(path).map_err(Error::io(path))?;
    let (mut block, mut last) = (vec![0; BLOCK], None);
    while !rows.has_ended() {
        match file.read(&mut block).map_err(Error::io(path))? {
            0 => rows.end(),
            length => rows.push(&block[..length]),
        }
        match rows.begin() {
            None => continue,
            Some(Err(_)) => return wrong(others),
            Some(Ok(())) => {}
        }
        // A table's header stands without its line end.
        let header = layout.header();
        if rows.header_written().is_some_and(|written| written != header.trim_ascii_end()) {
            return wrong(others);
        }
        let Ok(Some(column)) = rows.column(&name) else { return wrong(others) };
        while let Some(row) = rows.next_row() {
            let cell = row.ok().and_then(|row| row.cell(&column).ok()?.written().map(|cell| cell.into_owned()));
            let Some(number) = cell.and_then(|cell| cell.parse::<usize>().ok()) else { return wrong(others) };
            last = Some(number);
        }
    }
    match last.unwrap_or(0) {
        number if number == skip => Ok(()),
        0 => wrong("has no answer yet: remove it, and begin without --skip"),
        number => wrong(&format!("has the answers up to row {number}: --skip {number} goes on with it")),
    }
}
