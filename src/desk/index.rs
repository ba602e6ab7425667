//! Where each row of a file is, so that it can be read again when somebody looks at it.
//!
//! A file of 100 MB stays where it is. What is kept of a row is where its bytes are, its line, and which rows have the same text.

use std::collections::BTreeMap;

/// No row.
const NONE: u32 = u32::MAX;

/// The rows of a file.
#[derive(Debug, Clone, Default)]
pub struct Index {
    places: Vec<Place>,
    /// The first row with the same text, and the next one.
    first: Vec<u32>,
    next: Vec<u32>,
    /// Why rows have no text.
    broken: BTreeMap<u32, String>,
}

/// Where a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Where its bytes begin in the file's UTF-8.
    pub offset: u32,
    /// How many there are, without the line end.
    pub length: u32,
    /// The line that it begins in, counted from 1.
    pub line: u32,
}

impl Index {
    /// Adds a row whose text is that of an earlier one, `last` being the last of these, or which has none for a `reason`.
    pub(super) fn add(&mut self, place: Place, last: Option<u32>, reason: Option<String>) {
        let row = self.places.len() as u32;
        self.places.push(place);
        self.next.push(NONE);
        self.first.push(last.map_or(row, |last| self.first[last as usize]));
        if let Some(last) = last {
            self.next[last as usize] = row;
        }
        if let Some(reason) = reason {
            self.broken.insert(row, reason);
        }
    }

    /// How many rows there are, broken ones among them.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Where a row is.
    pub fn place(&self, row: u32) -> Option<Place> {
        self.places.get(row as usize).copied()
    }

    /// For each row the first one with the same text.
    pub fn first(&self) -> &[u32] {
        &self.first
    }

    /// A row and those behind it that have the same text.
    pub fn same(&self, row: u32) -> impl Iterator<Item = u32> + '_ {
        let known = Some(row).filter(|row| (*row as usize) < self.next.len());
        std::iter::successors(known, |row| Some(self.next[*row as usize]).filter(|next| *next != NONE))
    }

    /// Why a row has no text; none where it has one.
    pub fn reason(&self, row: u32) -> Option<&str> {
        self.broken.get(&row).map(String::as_str)
    }

    /// The rows that have no text, and why.
    pub fn broken(&self) -> impl ExactSizeIterator<Item = (u32, &str)> {
        self.broken.iter().map(|(row, reason)| (*row, reason.as_str()))
    }
}
