//! Line charts as SVG: axes, curves, a legend, and words for those who cannot see them.
//!
//! A chart is drawn at about the width that it has on a phone, so that its writing stays legible there, and its colours are
//! classes of `chart/style.css`, which a page has once and each file for itself, so that both follow the reader's light or
//! dark. Files bring their own paper, too: a page may be dark where the reader's system is light.

use std::fmt::Write;

mod reliability;

pub use super::curve::Point;
pub use crate::card::Axis;
pub use reliability::{diagram, panels, points};

const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
/// Below the plot: its ticks and what they count.
const BELOW: f64 = 42.0;
const LEGEND_ROW: f64 = 19.0;
/// Between a plot and its ticks, where it has bars: the highest of them, and above it the room for five digits.
const STRIP: f64 = 78.0;
const HIGHEST_BAR: f64 = 40.0;
/// How many panels a sheet has beside each other.
const COLUMNS: usize = 3;
/// Colours in `style.css`.
const COLOURS: usize = 8;

/// The style sheet of every chart.
pub const STYLE: &str = include_str!("chart/style.css");

/// A picture.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Unique within a page, and the file's name.
    pub id: String,
    pub title: String,
    /// What can be seen, in words.
    pub description: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
    /// Whether the diagonal is worth comparing with.
    pub diagonal: bool,
    /// What is said in place of curves where there are none.
    pub nothing: &'static str,
    /// What stands below the plot.
    pub histogram: Option<Histogram>,
    pub frame: Frame,
}

/// How much there is of what a plot is about.
#[derive(Debug, Clone)]
pub struct Histogram {
    /// Of what.
    pub label: &'static str,
    pub bars: Vec<Bar>,
}

/// How much there is of something between two places of the x axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    pub from: f64,
    pub to: f64,
    pub count: usize,
}

/// How large a chart is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    width: f64,
    /// The height of the plot.
    plot: f64,
}

impl Frame {
    pub const ALONE: Self = Self { width: 400.0, plot: 290.0 };
    /// One of several beside each other.
    pub const PANEL: Self = Self { width: 272.0, plot: 200.0 };
}

/// Charts beside each other that are one picture: small multiples.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The file's name.
    pub id: String,
    pub title: String,
    /// What can be seen in all of them, in words.
    pub description: String,
    pub charts: Vec<Chart>,
}

/// A curve.
#[derive(Debug, Clone)]
pub struct Series {
    /// As the legend has it.
    pub name: String,
    pub points: Vec<Point>,
    /// Which of the colours.
    pub colour: usize,
    pub look: Look,
}

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Plain,
    /// Thin and pale: the noise behind another curve.
    Faint,
    /// Thick: what the eye should find first.
    Strong,
    /// Thick and dashed.
    Dashed,
    /// With a mark at each point.
    Marked,
}

impl Sheet {
    /// The picture as a file of its own.
    pub fn file(&self) -> String {
        let largest = |[width, height]: [f64; 2], chart: &Chart| {
            let [w, h] = chart.size();
            [width.max(w), height.max(h)]
        };
        let [width, height] = self.charts.iter().fold([0.0; 2], largest);
        let mut drawn = String::new();
        for (i, chart) in self.charts.iter().enumerate() {
            let (x, y) = ((i % COLUMNS) as f64 * width, (i / COLUMNS) as f64 * height);
            add(&mut drawn, format_args!(r#"<g transform="translate({x} {y})">{}</g>"#, chart.drawn()));
        }
        let (columns, rows) = (self.charts.len().min(COLUMNS), self.charts.len().div_ceil(COLUMNS));
        let size = [columns as f64 * width, rows as f64 * height];
        document([&self.id, &self.title, &self.description], size, Some(STYLE), &drawn)
    }
}

impl Chart {
    /// The picture as part of a page that has [`STYLE`].
    pub fn inline(&self) -> String {
        self.document(None)
    }

    /// The picture as a file of its own.
    pub fn file(&self) -> String {
        self.document(Some(STYLE))
    }

    fn document(&self, style: Option<&str>) -> String {
        document([&self.id, &self.title, &self.description], self.size(), style, &self.drawn())
    }

    fn size(&self) -> [f64; 2] {
        let legend = LEGEND_ROW * self.with_points().count().div_ceil(2) as f64;
        [self.frame.width, self.bottom() + BELOW + legend + 6.0]
    }

    fn with_points(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(|series| !series.points.is_empty())
    }

    fn right(&self) -> f64 {
        self.frame.width - RIGHT
    }

    /// Where the ticks begin.
    fn bottom(&self) -> f64 {
        TOP + self.frame.plot + if self.histogram.is_some() { STRIP } else { 0.0 }
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (self.right() - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - self.y.place(value)) * self.frame.plot
    }

    fn drawn(&self) -> String {
        let mut svg = format!(r#"<text class="title" x="{LEFT}" y="20">{}</text>"#, escape(&self.title));
        self.draw_axes(&mut svg);
        self.histogram.iter().for_each(|histogram| self.draw_bars(histogram, &mut svg));
        if self.with_points().next().is_none() {
            let (x, y) = ((LEFT + self.right()) / 2.0, TOP + self.frame.plot / 2.0);
            add(&mut svg, format_args!(r#"<text class="nothing" x="{x}" y="{y}">{}</text>"#, escape(self.nothing)));
        } else if self.diagonal {
            let [x0, x1] = [self.x.from, self.x.to].map(|x| self.x(x));
            let [y0, y1] = [self.y.from, self.y.to].map(|y| self.y(y));
            add(&mut svg, format_args!(r#"<path class="diagonal" d="M{x0} {y0}L{x1} {y1}"/>"#));
        }
        for series in self.with_points() {
            self.draw(series, &mut svg);
        }
        for (i, series) in self.with_points().enumerate() {
            let x = LEFT + (i % 2) as f64 * (self.right() - LEFT) / 2.0;
            let y = self.bottom() + BELOW + 14.0 + (i / 2) as f64 * LEGEND_ROW;
            let class = series.class();
            add(&mut svg, format_args!(r#"<path class="{class}" d="M{x} {}h20"/>"#, y - 4.0));
            add(&mut svg, format_args!(r#"<text x="{}" y="{y}">{}</text>"#, x + 26.0, escape(&series.name)));
        }
        svg
    }

    fn draw_axes(&self, svg: &mut String) {
        let (right, bottom) = (self.right(), self.bottom());
        for (tick, words) in self.x.ticks() {
            let x = self.x(tick);
            add(svg, format_args!(r#"<path class="grid" d="M{x:.1} {TOP}V{bottom}"/>"#));
            add(svg, format_args!(r#"<text class="tick below" x="{x:.1}" y="{}">{words}</text>"#, bottom + 15.0));
        }
        for (tick, words) in self.y.ticks() {
            let y = self.y(tick);
            add(svg, format_args!(r#"<path class="grid" d="M{LEFT} {y:.1}H{right}"/>"#));
            add(svg, format_args!(r#"<text class="tick beside" x="{}" y="{:.1}">{words}</text>"#, LEFT - 6.0, y + 4.0));
        }
        let x = (LEFT + right) / 2.0;
        add(svg, format_args!(r#"<text class="axis" x="{x}" y="{}">{}</text>"#, bottom + 32.0, escape(self.x.label)));
        draw_beside(self.y.label, TOP + self.frame.plot / 2.0, svg);
    }

    /// Logarithms of the counts, since of a rare label nearly all are in one bar.
    fn draw_bars(&self, Histogram { label, bars }: &Histogram, svg: &mut String) {
        let bottom = self.bottom();
        let highest = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
        draw_beside(label, bottom - HIGHEST_BAR / 2.0, svg);
        for &Bar { from, to, count } in bars {
            let (left, right) = (self.x(from) + 0.5, self.x(to) - 0.5);
            let height = HIGHEST_BAR * (count as f64).ln_1p() / (highest.max(1) as f64).ln_1p();
            let (width, top) = (right - left, bottom - height);
            add(
                svg,
                format_args!(
                    r#"<rect class="bar" x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}"/>"#
                ),
            );
            // Beside each other numbers of many digits would not fit.
            let (x, y) = (left + width / 2.0 + 3.5, top - 3.0);
            add(
                svg,
                format_args!(r#"<text class="count" transform="translate({x:.1} {y:.1}) rotate(-90)">{count}</text>"#),
            );
        }
    }

    fn draw(&self, series: &Series, svg: &mut String) {
        let places: Vec<(f64, f64)> = series
            .points
            .iter()
            .map(|&[x, y]| (self.x(x), self.y(y)))
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        let mut path = String::new();
        for (i, (x, y)) in places.iter().enumerate() {
            add(&mut path, format_args!("{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" }));
        }
        let class = series.class();
        add(svg, format_args!(r#"<path class="{class}" d="{path}"/>"#));
        // A curve of one point would not be seen.
        if series.look == Look::Marked || places.len() == 1 {
            for (x, y) in places {
                add(svg, format_args!(r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="3"/>"#));
            }
        }
    }
}

impl Series {
    fn class(&self) -> String {
        let look = match self.look {
            Look::Plain => "plain",
            Look::Faint => "faint",
            Look::Strong => "strong",
            Look::Dashed => "strong dashed",
            Look::Marked => "marked",
        };
        format!("curve {look} c{}", self.colour % COLOURS)
    }
}

/// What is drawn as an image that has a name and a description in words; one with a style sheet has a size of its own, too.
fn document([id, title, words]: [&str; 3], [width, height]: [f64; 2], style: Option<&str>, drawn: &str) -> String {
    let (title, words) = (escape(title), escape(words));
    let size = style.map_or(String::new(), |_| format!(r#" width="{width}" height="{height}""#));
    let style = style.map_or(String::new(), |style| format!("<style>{style}</style>"));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width} {height}"{size} role="img" aria-labelledby="{id}-title {id}-words"><title id="{id}-title">{title}</title><desc id="{id}-words">{words}</desc>{style}<rect class="paper" width="{width}" height="{height}"/>{drawn}</svg>
"#
    )
}

/// The task's name as part of a file's name.
pub fn slug(task: &str) -> String {
    task.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' }).collect()
}

/// The name of what goes up from there.
fn draw_beside(label: &str, y: f64, svg: &mut String) {
    let label = escape(label);
    add(svg, format_args!(r#"<text class="axis" transform="translate(13 {y}) rotate(-90)">{label}</text>"#));
}

/// Appends; writing to a string cannot fail.
fn add(text: &mut String, what: std::fmt::Arguments) {
    let _ = text.write_fmt(what);
}

/// The text with what XML and HTML would take for markup written otherwise, and without what XML refuses.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter if letter.is_control() && !letter.is_whitespace() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(series: Vec<Series>, y: Axis) -> Chart {
        Chart {
            id: "roc".into(),
            title: "ROC <&>".into(),
            description: "A \"curve\"".into(),
            x: Axis::share("rate"),
            y,
            series,
            diagonal: true,
            nothing: "nothing here",
            histogram: None,
            frame: Frame::ALONE,
        }
    }

    fn series(points: Vec<Point>) -> Series {
        Series { name: "a<b".into(), points, colour: 9, look: Look::Plain }
    }

    #[test]
    fn points_stand_where_they_belong() {
        let svg = chart(vec![series(vec![[0.0, 0.0], [0.5, 1.0], [1.0, 1.0]])], Axis::share("share")).inline();
        let (right, bottom) = (400.0 - RIGHT, TOP + 290.0);
        let middle = (LEFT + right) / 2.0;
        let path = format!(r#"d="M{LEFT:.1} {bottom:.1}L{middle:.1} {TOP:.1}L{right:.1} {TOP:.1}""#);
        assert!(svg.contains(&path), "{path} in {svg}");
        assert!(
            svg.contains("ROC &lt;&amp;&gt;") && svg.contains("a&lt;b") && svg.contains(r#"class="curve plain c1""#)
        );
        assert!(svg.contains(r#"role="img" aria-labelledby="roc-title roc-words""#) && !svg.contains("<style>"));
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        let empty = chart(vec![series(vec![])], Axis::fitting("loss", std::iter::empty())).file();
        assert!(empty.contains("nothing here") && !empty.contains("a&lt;b") && empty.contains("<style>"), "{empty}");
        let odd = vec![[f64::NAN, 0.5], [0.5, f64::INFINITY], [0.5, 0.5]];
        let svg = chart(vec![series(odd)], Axis::fitting("loss", [f64::NAN, 0.5].into_iter())).inline();
        assert!(!svg.contains("NaN") && !svg.contains("inf") && svg.contains("<circle"), "{svg}");
    }

    #[test]
    fn control_characters_do_not_break_the_page() {
        assert_eq!(escape("a\u{0}b\u{1b}\n<'>"), "a\u{fffd}b\u{fffd}\n&lt;&#39;&gt;");
    }
}
