//! Tables: of themselves, and with each chart for those who want its numbers or cannot see it.

use super::tree::{Element, html};
use crate::app::wording::percent;

/// A table whose first column has the names of its rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// What it is about.
    pub caption: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its cells, as they are shown.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(caption: String, columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        Self { caption, columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows }
    }

    /// The table, which scrolls to the side where it has to: by keyboard, too.
    pub fn drawn(self) -> Element {
        let heading = |scope: &str, words: String| html("th").with("scope", scope).text(words);
        let columns = self.columns.into_iter().map(|name| heading("col", name)).collect();
        let row = |cells: Vec<String>| {
            let cell = |(place, words): (usize, String)| match place {
                0 => heading("row", words),
                _ => html("td").text(words),
            };
            html("tr").holding_all(cells.into_iter().enumerate().map(cell).collect())
        };
        let table = html("table")
            .holding(html("caption").text(self.caption.clone()))
            .holding(html("thead").holding(html("tr").holding_all(columns)))
            .holding(html("tbody").holding_all(self.rows.into_iter().map(row).collect()));
        let place = html("div").with("class", "scrolls").with("role", "group").with("tabindex", "0");
        place.with("aria-label", &self.caption).holding(table)
    }

    /// The table behind `words`, by which it is opened, and what they are of.
    pub fn behind(self, words: &str, of: &str) -> Element {
        let summary = html("summary").text(words.to_owned());
        let unseen = html("span").with("class", "unseen").text(format!(": {of}"));
        html("details").holding(summary.holding(unseen)).holding(self.drawn())
    }
}

/// A figure with three decimals, or that there is none.
pub fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "not measured".to_owned(), |value| format!("{value:.3}"))
}

/// A share in percent.
pub fn share(share: f64) -> String {
    percent(share as f32)
}
