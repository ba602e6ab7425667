//! What a threshold does, in words, from the model's card.

use crate::app::wording::percent;
use crate::card::LabelCard;

/// What would come of marking from `threshold` on, on texts like those of the card; none where the card does not say.
pub fn in_words(card: &LabelCard, threshold: f32) -> Option<String> {
    let rate = card.rate?;
    let share = |share: f64| percent(share as f32);
    if card.operating_points.is_empty() {
        return None;
    }
    let Some(point) = card.at(threshold) else { return Some("From there on it marks nothing.".to_owned()) };
    Some(format!(
        "It marks {} of all texts; {} of these have the label, and of all that have it {} are found.",
        share(point.marked(rate)),
        share(f64::from(point.precision)),
        share(f64::from(point.recall)),
    ))
}
