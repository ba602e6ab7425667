//! Charts: curves over two axes, and bars beside names. Each has a caption, words for those who cannot see it, and its numbers as a table.

use super::table::Table;
use super::tree::{Element, html, svg};
use crate::card::Axis;

const WIDTH: f64 = 300.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 8.0;
const HEIGHT: f64 = 210.0;
/// Below the plot: ticks, and what they count.
const BELOW: f64 = 36.0;

/// Where bars begin, where they would end, and how far they are apart.
const BARS_LEFT: f64 = 116.0;
const BARS_RIGHT: f64 = 264.0;
const ROW: f64 = 20.0;

/// What all charts have.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What it is called.
    pub title: String,
    /// What can be seen, in words.
    pub description: String,
    /// The same in numbers.
    pub table: Table,
}

/// Curves over two axes.
#[derive(Debug, Clone)]
pub struct Plot {
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

/// Bars beside names.
#[derive(Debug, Clone)]
pub struct Bars {
    /// The names and shares, and what is written at the end of each bar.
    pub bars: Vec<(String, Option<f64>, String)>,
    /// What the whole width stands for.
    pub most: f64,
    /// A share that is worth comparing with.
    pub line: Option<f64>,
}

impl Chart {
    fn around(self, height: f64, drawn: Vec<Element>) -> Element {
        let picture = svg("svg").with("viewBox", &format!("0 0 {WIDTH} {height}")).with("role", "img");
        let picture = picture.with("aria-label", &self.description).holding_all(drawn);
        html("figure")
            .with("class", "chart")
            .holding(html("figcaption").text(self.title.clone()))
            .holding(picture)
            .holding(self.table.behind("In numbers", &self.title))
    }
}

impl Plot {
    /// The plot as `chart`.
    pub fn drawn(&self, chart: Chart) -> Element {
        let (right, bottom, middle) = (WIDTH - RIGHT, TOP + HEIGHT, (LEFT + WIDTH - RIGHT) / 2.0);
        let mut grid = String::new();
        let mut words = vec![words(middle, bottom + 30.0, "middle", self.x.label.to_owned())];
        for (tick, label) in self.x.ticks() {
            let x = self.x(tick);
            grid.push_str(&format!("M{x:.1} {TOP}V{bottom}"));
            words.push(self::words(x, bottom + 14.0, "middle", label));
        }
        for (tick, label) in self.y.ticks() {
            let y = self.y(tick);
            grid.push_str(&format!("M{LEFT} {y:.1}H{right}"));
            words.push(self::words(LEFT - 5.0, y + 4.0, "end", label));
        }
        let turned = format!("translate(11 {}) rotate(-90)", TOP + HEIGHT / 2.0);
        words.push(svg("text").with("transform", &turned).with("text-anchor", "middle").text(self.y.label.to_owned()));
        let mut drawn = vec![path("grid", &grid)];
        if self.has_diagonal {
            drawn.push(path("diagonal", &self.path(&[[self.x.from, self.y.from], [self.x.to, self.y.to]])));
        }
        for (look, points) in &self.curves {
            drawn.push(path(if *look == Look::Dashed { "curve dashed" } else { "curve" }, &self.path(points)));
            let dots = if *look == Look::Points { &points[..] } else { &[] };
            drawn.extend(dots.iter().map(|point| self.dot("point", *point, 3.0)));
        }
        drawn.extend(self.marked.map(|point| self.dot("marked", point, 5.0)));
        drawn.append(&mut words);
        chart.around(bottom + BELOW, drawn)
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - self.y.place(value)) * HEIGHT
    }

    fn dot(&self, class: &str, [x, y]: [f64; 2], radius: f64) -> Element {
        svg("circle").with("class", class).at("cx", self.x(x)).at("cy", self.y(y)).at("r", radius)
    }

    fn path(&self, points: &[[f64; 2]]) -> String {
        let mut path = String::new();
        for (number, [x, y]) in points.iter().enumerate() {
            path.push_str(&format!("{}{:.1} {:.1}", if number == 0 { "M" } else { "L" }, self.x(*x), self.y(*y)));
        }
        path
    }
}

impl Bars {
    /// The bars as `chart`.
    pub fn drawn(self, chart: Chart) -> Element {
        let height = ROW * self.bars.len() as f64;
        let place = |share: f64| BARS_LEFT + (share / self.most).clamp(0.0, 1.0) * (BARS_RIGHT - BARS_LEFT);
        let mut drawn = vec![path("grid", &format!("M{BARS_LEFT} 0V{height}"))];
        for (number, (name, share, end)) in self.bars.into_iter().enumerate() {
            let (y, x) = (ROW * number as f64, share.map_or(BARS_LEFT, place));
            let bar = svg("rect").with("class", "bar").at("x", BARS_LEFT).at("y", y + 4.0);
            drawn.push(bar.at("width", x - BARS_LEFT).at("height", ROW - 8.0));
            drawn.push(words(BARS_LEFT - 8.0, y + 14.0, "end", name));
            drawn.push(words(x + 5.0, y + 14.0, "start", end));
        }
        drawn.extend(self.line.map(|share| path("line", &format!("M{:.1} 0V{height}", place(share)))));
        chart.around(height, drawn)
    }
}

fn path(class: &str, d: &str) -> Element {
    svg("path").with("class", class).with("d", d)
}

fn words(x: f64, y: f64, anchor: &str, words: String) -> Element {
    svg("text").at("x", x).at("y", y).with("text-anchor", anchor).text(words)
}
