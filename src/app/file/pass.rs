//! Once through a file, row by row, for what needs all of them: what is saved is to have every byte, and a search to miss nothing.

use web_sys::Blob;

use super::blob::{self, bytes};
use crate::desk::Layout;
use crate::rows::encoding::Encoding;
use crate::rows::texts::{TextRow, Texts};

/// So much is read at once.
const BLOCK: u64 = 1 << 16;

/// Reads all rows of a file in their order.
///
/// # Errors
/// A sentence, where the file is not as it was, or that of `take`, which ends it.
pub async fn each_row(
    content: &Blob,
    layout: &Layout,
    mut take: impl FnMut(&TextRow) -> Result<(), String>,
) -> Result<(), String> {
    let mut texts = Texts::coming(layout.format, Some(Encoding::Utf8), Some(&layout.column));
    let size = blob::size(content);
    let mut read = |texts: &mut Texts| {
        while let Some(row) = texts.next_text() {
            take(&row.map_err(|fault| fault.reason)?)?;
        }
        Ok::<_, String>(())
    };
    for start in (0..size).step_by(BLOCK as usize) {
        texts.push(&bytes(content, start, (start + BLOCK).min(size)).await?);
        read(&mut texts)?;
    }
    texts.end();
    read(&mut texts)
}
