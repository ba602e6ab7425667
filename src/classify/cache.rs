//! Answers that are still known when a long text changes in one place.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many answers are remembered: more than a longest text has.
const REMEMBERED: usize = 256;

/// The logits of what was read last, by its tokens.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<VecDeque<(Vec<u32>, Logits)>>);

/// Each task's logits.
pub(super) type Logits = Arc<Vec<Vec<f32>>>;

impl Cache {
    pub fn get(&self, tokens: &[u32]) -> Option<Logits> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(|(key, _)| key == tokens)?;
        // What was asked for last is forgotten last.
        let found = known.remove(place)?;
        let logits = Arc::clone(&found.1);
        known.push_back(found);
        Some(logits)
    }

    pub fn insert(&self, tokens: Vec<u32>, logits: Logits) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.pop_front();
        }
        known.push_back((tokens, logits));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_last_is_remembered() {
        let cache = Cache::default();
        for token in 0..REMEMBERED as u32 {
            cache.insert(vec![token], Arc::new(vec![vec![token as f32]]));
        }
        assert_eq!(cache.get(&[0]).unwrap()[0], [0.0]);
        cache.insert(vec![1000], Arc::new(Vec::new()));
        assert!(cache.get(&[0]).is_some() && cache.get(&[1]).is_none() && cache.get(&[2]).is_some());
    }
}
