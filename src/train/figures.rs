//! Figures as people read them, and what they are called: `undefined` where there is none, as the ROC AUC of one class.

use crate::bundle::HeadKind;

/// With the three decimals that a page has room for.
pub fn figure(value: Option<f64>) -> String {
    with_decimals(value, 3)
}

/// With the four decimals of a table by which models are compared.
pub fn precise(value: Option<f64>) -> String {
    with_decimals(value, 4)
}

/// What the loss of labels that go together so is.
pub fn loss_name(kind: HeadKind) -> &'static str {
    match kind {
        HeadKind::Labels => "binary cross-entropy",
        HeadKind::Classes => "cross-entropy",
    }
}

/// What the accuracy of labels that go together so is called; of classes it is that of the likeliest.
pub fn accuracy_name(kind: HeadKind) -> &'static str {
    match kind {
        HeadKind::Labels => "binary accuracy",
        HeadKind::Classes => "accuracy",
    }
}

fn with_decimals(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.decimals$}"))
}
