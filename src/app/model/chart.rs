//! What all charts have: a caption, what can be seen in words, and the same as a table.

use leptos::prelude::*;

use super::table::{Table, TableView};

/// A chart around what is drawn.
#[component]
pub fn Chart(
    /// What it is called.
    title: String,
    /// What can be seen, in words.
    description: String,
    /// The same in numbers.
    table: Table,
    /// The width and height in which it is drawn.
    size: (f64, f64),
    /// What is drawn.
    children: Children,
) -> impl IntoView {
    let (width, height) = size;
    let of = title.clone();
    view! {
        <figure class="chart">
            <figcaption>{title}</figcaption>
            <svg viewBox=format!("0 0 {width} {height}") role="img" aria-label=description>
                {children()}
            </svg>
            <details>
                <summary>"In numbers"<span class="unseen">": "{of}</span></summary>
                <TableView table />
            </details>
        </figure>
    }
}
