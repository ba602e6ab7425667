//! Bars beside names: shares of 0 to 1 that are compared.

use leptos::prelude::*;

use super::chart::Chart;
use super::table::Table;

const WIDTH: f64 = 300.0;
/// Where the bars begin, and where they would end.
const LEFT: f64 = 104.0;
const RIGHT: f64 = 262.0;
const ROW: f64 = 20.0;

/// Bars beside names.
#[derive(Debug, Clone)]
pub struct Rows {
    /// What it is called.
    pub title: String,
    /// What can be seen, in words.
    pub description: String,
    /// The names and shares, and what is written at the end of each bar.
    pub bars: Vec<(String, Option<f64>, String)>,
    /// What the whole width stands for.
    pub most: f64,
    /// A share that is worth comparing with.
    pub line: Option<f64>,
    /// The same in numbers.
    pub table: Table,
}

/// The bars.
#[component]
pub fn RowsView(rows: Rows) -> impl IntoView {
    let Rows { title, description, bars, most, line, table } = rows;
    let height = ROW * bars.len() as f64;
    let place = move |share: f64| LEFT + (share / most).clamp(0.0, 1.0) * (RIGHT - LEFT);
    let bar = move |(number, (name, share, words)): (usize, (String, Option<f64>, String))| {
        let y = ROW * number as f64;
        let end = share.map_or(LEFT, place);
        view! {
            <text x=LEFT - 8.0 y=y + 14.0 text-anchor="end">{name}</text>
            <rect class="bar" x=LEFT y=y + 4.0 width=end - LEFT height=ROW - 8.0 />
            <text x=end + 5.0 y=y + 14.0>{words}</text>
        }
    };
    let line = line.map(|share| view! { <path class="line" d=format!("M{:.1} 0V{height}", place(share)) /> });
    let bars = bars.into_iter().enumerate().map(bar).collect_view();
    view! {
        <Chart title description table size=(WIDTH, height)>
            <path class="grid" d=format!("M{LEFT} 0V{height}") />
            {bars}
            {line}
        </Chart>
    }
}
