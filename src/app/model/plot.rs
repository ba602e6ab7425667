//! Curves over two axes.

use leptos::prelude::*;

use super::chart::Chart;
use super::table::Table;
use crate::card::Axis;

const WIDTH: f64 = 300.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 8.0;
const HEIGHT: f64 = 210.0;
/// Below the plot: ticks, and what they count.
const BELOW: f64 = 36.0;

/// Curves over two axes.
#[derive(Debug, Clone)]
pub struct Plot {
    /// What it is called.
    pub title: String,
    /// What can be seen, in words.
    pub description: String,
    /// What goes to the right.
    pub x: Axis,
    /// What goes up.
    pub y: Axis,
    /// The curves: how each looks, and its points.
    pub curves: Vec<(Look, Vec<[f64; 2]>)>,
    /// What is marked on them.
    pub marked: Option<[f64; 2]>,
    /// Whether the diagonal is worth comparing with.
    pub has_diagonal: bool,
    /// The same in numbers.
    pub table: Table,
}

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As a line.
    Line,
    /// As a broken line.
    Dashed,
    /// As a line with its points.
    Points,
}

impl Plot {
    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - self.y.place(value)) * HEIGHT
    }

    fn path(&self, points: &[[f64; 2]]) -> String {
        let place = |(number, point): (usize, &[f64; 2])| {
            format!("{}{:.1} {:.1}", if number == 0 { "M" } else { "L" }, self.x(point[0]), self.y(point[1]))
        };
        points.iter().enumerate().map(place).collect()
    }
}

/// The plot.
#[component]
pub fn PlotView(plot: Plot) -> impl IntoView {
    let (right, bottom) = (WIDTH - RIGHT, TOP + HEIGHT);
    let (across, up): (Vec<_>, Vec<_>) = (plot.x.ticks().collect(), plot.y.ticks().collect());
    let grid: String = across
        .iter()
        .map(|(tick, _)| format!("M{:.1} {TOP}V{bottom}", plot.x(*tick)))
        .chain(up.iter().map(|(tick, _)| format!("M{LEFT} {:.1}H{right}", plot.y(*tick))))
        .collect();
    let below = across.into_iter().map(|(tick, words)| (plot.x(tick), bottom + 14.0, "middle", words));
    let beside = up.into_iter().map(|(tick, words)| (LEFT - 5.0, plot.y(tick) + 4.0, "end", words));
    let tick = |(x, y, anchor, words): (f64, f64, &'static str, String)| {
        view! { <text x=x y=y text-anchor=anchor>{words}</text> }
    };
    let ticks = below.chain(beside).map(tick).collect_view();
    let corners = [[plot.x.from, plot.y.from], [plot.x.to, plot.y.to]];
    let diagonal = plot.has_diagonal.then(|| view! { <path class="diagonal" d=plot.path(&corners) /> });
    let curve = |(look, points): &(Look, Vec<[f64; 2]>)| {
        let class = if *look == Look::Dashed { "curve dashed" } else { "curve" };
        let dots = if *look == Look::Points { &points[..] } else { &[] };
        let dot = |point: &[f64; 2]| {
            let [x, y] = [plot.x(point[0]), plot.y(point[1])];
            view! { <circle class="point" cx=x cy=y r="3" /> }
        };
        let (path, dots) = (plot.path(points), dots.iter().map(dot).collect_view());
        view! { <path class=class d=path /> {dots} }
    };
    let curves = plot.curves.iter().map(curve).collect_view();
    let marked = plot.marked.map(|[x, y]| {
        let [x, y] = [plot.x(x), plot.y(y)];
        view! { <circle class="marked" cx=x cy=y r="5" /> }
    });
    let middle = TOP + HEIGHT / 2.0;
    let Plot { title, description, x, y, table, .. } = plot;
    view! {
        <Chart title description table size=(WIDTH, bottom + BELOW)>
            <path class="grid" d=grid />
            {diagonal}
            {curves}
            {marked}
            {ticks}
            <text x=(LEFT + right) / 2.0 y=bottom + 30.0 text-anchor="middle">{x.label}</text>
            <text transform=format!("translate(11 {middle}) rotate(-90)") text-anchor="middle">{y.label}</text>
        </Chart>
    }
}
