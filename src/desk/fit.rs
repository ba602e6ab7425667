//! A threshold of one's own, by what one has decided.
//!
//! Rows that were removed are those that the label should mark, and rows that were kept those that it should not; the rest says nothing.
//! This is what a moderator's own rules are, and no model knows them beforehand.

use super::{Decision, Journal, Scores};
use crate::logistic::log_odds;
use crate::threshold::{Decisions, Judged, ThresholdObjective, choose};
use crate::{Error, Result};

/// With fewer rows of either kind the best of all thresholds is chance.
const FEWEST: usize = 20;
/// Probabilities are 1 from a logit of 17 on, as f32.
const HIGHEST_LOGIT: f64 = 20.0;

/// A threshold, and how it would have decided the rows that it was fitted to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitted {
    /// The probability from which on the label counts.
    pub threshold: f32,
    /// Whether it has the precision that was wanted; the best one that there is otherwise.
    pub reached: bool,
    /// How it decides the rows that were kept or removed.
    pub decisions: Decisions,
}

/// Fits a threshold of a label to the rows that were kept or removed.
///
/// # Errors
/// Too few were, or the wanted precision is none.
pub fn fit(scores: &Scores, journal: &Journal, label: usize, objective: ThresholdObjective) -> Result<Fitted> {
    objective.check()?;
    let judged: Vec<Judged> = (0..scores.rows()).filter_map(|row| judged(scores, journal, row, label)).collect();
    let removed = judged.iter().filter(|judged| judged.applies).count();
    let kept = judged.len() - removed;
    if removed.min(kept) < FEWEST {
        return Err(Error::invalid(format!(
            "of the rows with a score {removed} are removed and {kept} kept; to fit a threshold takes {FEWEST} of each"
        )));
    }
    let choice = choose(judged.iter().copied(), objective)
        .ok_or_else(|| Error::invalid("no row is removed, so that no threshold can find any"))?;
    let decisions = Decisions::of(judged, choice.threshold);
    Ok(Fitted { threshold: choice.threshold, reached: choice.reached, decisions })
}

/// How a threshold decides the rows that were kept or removed; none where none was.
pub fn judge(scores: &Scores, journal: &Journal, label: usize, threshold: f32) -> Option<Decisions> {
    let judged: Vec<Judged> = (0..scores.rows()).filter_map(|row| judged(scores, journal, row, label)).collect();
    (!judged.is_empty()).then(|| Decisions::of(judged, threshold))
}

fn judged(scores: &Scores, journal: &Journal, row: usize, label: usize) -> Option<Judged> {
    let applies = match journal.decision(row)? {
        Decision::Remove => true,
        Decision::Keep => false,
        Decision::Unsure => return None,
    };
    let logit = log_odds(scores.probability(row, label)?.into()).clamp(-HIGHEST_LOGIT, HIGHEST_LOGIT) as f32;
    Some(Judged { logit, applies, weight: 1.0 })
}
