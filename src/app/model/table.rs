//! Tables: of themselves, and beside each chart for those who want its numbers or cannot see it.

use leptos::prelude::*;

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
    /// A table with these columns, which are static names.
    pub fn new(caption: impl Into<String>, columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        Self { caption: caption.into(), columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows }
    }
}

/// The table, which scrolls to the side where it has to: by keyboard, too.
#[component]
pub fn TableView(table: Table) -> impl IntoView {
    let Table { caption, columns, rows } = table;
    let row = |cells: Vec<String>| {
        let mut cells = cells.into_iter();
        let first = cells.next();
        view! {
            <tr>
                <th scope="row">{first}</th>
                {cells.map(|cell| view! { <td>{cell}</td> }).collect_view()}
            </tr>
        }
    };
    view! {
        <div class="scrolls" role="group" tabindex="0" aria-label=caption.clone()>
            <table>
                <caption>{caption.clone()}</caption>
                <thead>
                    <tr>{columns.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view()}</tr>
                </thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// A share in percent.
pub fn share(share: f64) -> String {
    percent(share as f32)
}

/// A figure with three decimals, or that there is none.
pub fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "not measured".to_owned(), |value| format!("{value:.3}"))
}
