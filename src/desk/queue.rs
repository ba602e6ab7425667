//! Which texts are scored next: those that somebody looks at, and then the others in the order of the file.

use super::{Index, Scores};

/// What is still to be scored of a file. Of rows with the same text only the first is.
#[derive(Debug, Clone)]
pub struct Queue {
    is_taken: Vec<bool>,
    /// Before this row there is nothing left.
    cursor: usize,
}

impl Queue {
    /// What of a file has no scores yet.
    pub fn new(index: &Index, scores: &Scores) -> Self {
        let first = index.first();
        let is_taken =
            |row: u32| first[row as usize] != row || index.reason(row).is_some() || scores.is_done(row as usize);
        Self { is_taken: (0..index.len() as u32).map(is_taken).collect(), cursor: 0 }
    }

    /// So many rows at most, and after the first so many bytes of them, those that are `visible` before others.
    pub fn take(&mut self, index: &Index, visible: &[u32], most: usize, bytes: usize) -> Vec<u32> {
        let mut taken = Vec::new();
        let mut room = bytes;
        let mut take = |is_taken: &mut bool, row: u32| {
            let length = index.place(row).map_or(0, |place| place.length as usize);
            let fits = taken.len() < most && (taken.is_empty() || length <= room);
            if fits && !std::mem::replace(is_taken, true) {
                room = room.saturating_sub(length);
                taken.push(row);
            }
            fits
        };
        for row in visible {
            let Some(first) = index.first().get(*row as usize) else { continue };
            if !self.is_taken[*first as usize] && !take(&mut self.is_taken[*first as usize], *first) {
                return taken;
            }
        }
        while let Some(is_taken) = self.is_taken.get_mut(self.cursor) {
            if !*is_taken && !take(is_taken, self.cursor as u32) {
                break;
            }
            self.cursor += 1;
        }
        taken
    }
}
