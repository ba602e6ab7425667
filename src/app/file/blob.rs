//! Bytes of a file, which stays where it is.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// The bytes from `start` up to `end`.
///
/// # Errors
/// A sentence, where the file is not as it was.
pub async fn bytes(blob: &Blob, start: u64, end: u64) -> Result<Vec<u8>, String> {
    let gone = |_: JsValue| {
        "The file cannot be read any more: it was changed, moved or removed after it was chosen. Choose it again."
            .to_owned()
    };
    // File sizes are integers below 2^53.
    let slice = blob.slice_with_f64_and_f64(start as f64, end as f64).map_err(gone)?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(gone)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// How many bytes there are.
pub fn size(blob: &Blob) -> u64 {
    blob.size() as u64
}

/// Pieces that become one file, which the browser keeps where it sees fit.
#[derive(Debug)]
pub struct Pieces {
    pieces: Array,
    pending: Vec<u8>,
}

/// As much is handed over at once.
const PIECE: usize = 1 << 20;

impl Pieces {
    /// None yet.
    pub fn new() -> Self {
        Self { pieces: Array::new(), pending: Vec::new() }
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// A sentence, where there is no room for them.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() < PIECE { Ok(()) } else { self.hand_over() }
    }

    /// All of them.
    ///
    /// # Errors
    /// A sentence, where there is no room for them.
    pub fn finish(mut self) -> Result<Blob, String> {
        self.hand_over()?;
        Blob::new_with_blob_sequence(&self.pieces).map_err(no_room)
    }

    fn hand_over(&mut self) -> Result<(), String> {
        let bytes = Uint8Array::from(&std::mem::take(&mut self.pending)[..]);
        let piece = Blob::new_with_u8_array_sequence(&Array::of1(&bytes)).map_err(no_room)?;
        self.pieces.push(&piece);
        Ok(())
    }
}

impl Default for Pieces {
    fn default() -> Self {
        Self::new()
    }
}

fn no_room(_: JsValue) -> String {
    "The browser has no room for the file.".to_owned()
}
