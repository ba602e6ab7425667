//! Where a text is cut that is longer than the model reads at once.
//!
//! Windows overlap, so that each sentence stands as a whole in one of them, with something of what it follows. The tokens around a
//! place decide whether it is cut there, and not their number from the beginning: so an edit moves the cuts near it only, and the
//! answers to all other windows are still known.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::text::Offsets;

/// How many tokens at most a window has of the one before it.
const OVERLAP: usize = 48;
/// How many tokens after a place decide whether windows are cut there.
const DECIDING: usize = 6;

/// Tokens that are read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub tokens: Range<usize>,
    /// Those of them that the window before it does not have.
    pub new: Range<usize>,
}

/// Whether a sentence starts at each token.
pub(super) fn sentence_starts(text: &str, offsets: &[Offsets]) -> Vec<bool> {
    let written = |token: &Offsets| text.get(token.bytes.clone()).unwrap_or_default();
    let ends = |token: &Offsets| written(token).ends_with(['.', '!', '?', '…', '。', '！', '？']);
    let closes = |token: &Offsets| written(token).ends_with(['"', '\'', ')', ']', '”', '’', '»']);
    // The bytes where sentences end, closing quotation marks and brackets included.
    let mut sentence_ends = HashSet::new();
    let mut is_ended = false;
    for token in offsets {
        is_ended = ends(token) || (is_ended && closes(token));
        if is_ended {
            sentence_ends.insert(token.bytes.end);
        }
    }
    let starts = |token: usize| {
        let before = offsets[token - 1].bytes.end;
        let between = text.get(before..offsets[token].bytes.start).unwrap_or_default();
        between.contains(['\n', '\r']) || (between.contains(char::is_whitespace) && sentence_ends.contains(&before))
    };
    (0..offsets.len()).map(|token| token == 0 || starts(token)).collect()
}

/// The windows of `ids`, of at most `most` tokens each, so that all are read.
pub(super) fn cut(ids: &[u32], is_start: &[bool], most: usize) -> Vec<Window> {
    let overlap = OVERLAP.min(most / 4);
    let step = most - overlap;
    let mut windows = Vec::new();
    let mut start = 0usize;
    loop {
        let earliest = start.saturating_sub(overlap);
        let begin = (earliest..start).find(|&token| is_start[token]).unwrap_or(earliest);
        let end = match ids.len() - start <= step {
            true => ids.len(),
            false => place_to_cut(ids, is_start, start + step / 2 + 1..start + step + 1),
        };
        windows.push(Window { tokens: begin..end, new: start..end });
        if end == ids.len() {
            return windows;
        }
        start = end;
    }
}

/// The place among `places` before whose tokens to cut: where a sentence starts if one does, and of several places that which a hash of
/// what follows is lowest for, which is the same place wherever the window before it starts.
fn place_to_cut(ids: &[u32], is_start: &[bool], places: Range<usize>) -> usize {
    let hash = |place: usize| {
        let mut hasher = DefaultHasher::new();
        ids[place..(place + DECIDING).min(ids.len())].hash(&mut hasher);
        hasher.finish()
    };
    let lowest = |places: &mut dyn Iterator<Item = usize>| places.min_by_key(|&place| (hash(place), place));
    lowest(&mut places.clone().filter(|&place| is_start[place]))
        .or_else(|| lowest(&mut places.clone()))
        .unwrap_or(places.end)
}

#[cfg(test)]
mod tests;
