//! What a threshold does, in words, from the model's card.

use crate::app::wording::percent;
use crate::card::LabelCard;

/// What would come of marking from `threshold` on, on texts like those of the card; none where the card does not say.
pub fn in_words(card: &LabelCard, threshold: f32, counted: &str) -> Option<String> {
    let rate = card.rate?;
    let share = |share: f64| percent(share as f32);
    if card.operating_points.is_empty() {
        return None;
    }
    let Some(point) = card.at(threshold) else {
        return Some(format!("On the {counted} of the model card nothing is marked from there on."));
    };
    Some(format!(
        "On the {counted} of the model card this marks {} of all, of which {} have the label, and finds {} of those that have it.",
        share(point.marked(rate)),
        share(f64::from(point.precision)),
        share(f64::from(point.recall)),
    ))
}
