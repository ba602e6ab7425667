//! Figures as people read them: `undefined` where there is none, as the ROC AUC of one class.

/// With the three decimals that a page has room for.
pub fn figure(value: Option<f64>) -> String {
    with_decimals(value, 3)
}

/// With the four decimals of a table by which models are compared.
pub fn precise(value: Option<f64>) -> String {
    with_decimals(value, 4)
}

fn with_decimals(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.decimals$}"))
}
