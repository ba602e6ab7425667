//! Line charts as SVG: axes, curves, a legend, and words for those who cannot see them.
//!
//! A chart is drawn at about the width that it has on a phone, so that its writing stays legible there, and its colours are
//! classes of `chart.css`, which a page has once and each file for itself, so that both follow the reader's light or dark.

use std::fmt::Write;

use super::curve::Point;

const WIDTH: f64 = 400.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
const PLOT: f64 = 290.0;
/// Below the plot: its ticks and what they count.
const BELOW: f64 = 42.0;
const LEGEND_ROW: f64 = 19.0;
/// Colours in `chart.css`.
const COLOURS: usize = 8;

/// The style sheet of every chart.
pub const STYLE: &str = include_str!("chart.css");

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

/// An axis, its range on whole ticks.
#[derive(Debug, Clone)]
pub struct Axis {
    pub label: &'static str,
    from: f64,
    to: f64,
    step: f64,
}

impl Axis {
    /// From 0 to 1.
    pub fn share(label: &'static str) -> Self {
        Self { label, from: 0.0, to: 1.0, step: 0.2 }
    }

    /// As far as `values` reach, with four to eight ticks at round numbers.
    pub fn fitting(label: &'static str, values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Self::share(label);
        }
        // One value alone stands in the middle of a range of its own size.
        let (low, high) = if high - low > 1e-9 * high.abs().max(1e-3) {
            (low, high)
        } else {
            let around = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
            (low - around, high + around)
        };
        let rough = (high - low) / 6.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        Self { label, from: (low / step).floor() * step, to: (high / step).ceil() * step, step }
    }

    /// The ticks, and as they are written.
    fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let decimals = (-(self.step * 1.000_001).log10().floor()).max(0.0) as usize;
        let count = ((self.to - self.from) / self.step).round() as usize;
        (0..=count).map(move |i| {
            let tick = self.from + self.step * i as f64;
            // Rounding may leave a 0 with a sign.
            let tick = if tick.abs() < self.step / 2.0 { 0.0 } else { tick };
            (tick, format!("{tick:.decimals$}"))
        })
    }

    /// Where `value` is, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }
}

impl Chart {
    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - self.y.place(value)) * PLOT
    }

    /// The picture as part of a page that has [`STYLE`].
    pub fn inline(&self) -> String {
        self.svg("")
    }

    /// The picture as a file of its own.
    pub fn file(&self) -> String {
        self.svg(&format!("<style>{STYLE}</style>"))
    }

    fn svg(&self, style: &str) -> String {
        let drawn: Vec<&Series> = self.series.iter().filter(|series| !series.points.is_empty()).collect();
        let height = TOP + PLOT + BELOW + LEGEND_ROW * drawn.len().div_ceil(2) as f64 + 6.0;
        let Self { id, title, description, .. } = self;
        let (title, description) = (escape(title), escape(description));
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{id}-title {id}-words"><title id="{id}-title">{title}</title><desc id="{id}-words">{description}</desc>{style}<rect class="paper" width="{WIDTH}" height="{height}"/><text class="title" x="{LEFT}" y="20">{title}</text>"#
        );
        self.draw_axes(&mut svg);
        if drawn.is_empty() {
            let (x, y) = (LEFT + (WIDTH - LEFT - RIGHT) / 2.0, TOP + PLOT / 2.0);
            add(&mut svg, format_args!(r#"<text class="nothing" x="{x}" y="{y}">{}</text>"#, escape(self.nothing)));
        } else if self.diagonal {
            let [x0, x1] = [self.x.from, self.x.to].map(|x| self.x(x));
            let [y0, y1] = [self.y.from, self.y.to].map(|y| self.y(y));
            add(&mut svg, format_args!(r#"<path class="diagonal" d="M{x0} {y0}L{x1} {y1}"/>"#));
        }
        for series in &drawn {
            self.draw(series, &mut svg);
        }
        for (i, series) in drawn.iter().enumerate() {
            let x = LEFT + (i % 2) as f64 * (WIDTH - LEFT - RIGHT) / 2.0;
            let y = TOP + PLOT + BELOW + 14.0 + (i / 2) as f64 * LEGEND_ROW;
            let class = series.class();
            add(&mut svg, format_args!(r#"<path class="{class}" d="M{x} {}h20"/>"#, y - 4.0));
            add(&mut svg, format_args!(r#"<text x="{}" y="{y}">{}</text>"#, x + 26.0, escape(&series.name)));
        }
        svg + "</svg>\n"
    }

    fn draw_axes(&self, svg: &mut String) {
        let (right, bottom) = (WIDTH - RIGHT, TOP + PLOT);
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
        let (x, y) = (LEFT + (right - LEFT) / 2.0, TOP + PLOT / 2.0);
        add(svg, format_args!(r#"<text class="axis" x="{x}" y="{}">{}</text>"#, bottom + 32.0, escape(self.x.label)));
        add(
            svg,
            format_args!(
                r#"<text class="axis" transform="translate(13 {y}) rotate(-90)">{}</text>"#,
                escape(self.y.label)
            ),
        );
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
        }
    }

    fn series(points: Vec<Point>) -> Series {
        Series { name: "a<b".into(), points, colour: 9, look: Look::Plain }
    }

    #[test]
    fn points_stand_where_they_belong() {
        let svg = chart(vec![series(vec![[0.0, 0.0], [0.5, 1.0], [1.0, 1.0]])], Axis::share("share")).inline();
        let (right, middle, bottom) = (WIDTH - RIGHT, (LEFT + WIDTH - RIGHT) / 2.0, TOP + PLOT);
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
    fn ticks_are_round_numbers() {
        let ticks = |values: &[f64]| -> Vec<String> {
            Axis::fitting("loss", values.iter().copied()).ticks().map(|(_, words)| words).collect()
        };
        assert_eq!(ticks(&[0.03, 0.71]), ["0.0", "0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(ticks(&[1.0, 1000.0]), ["0", "200", "400", "600", "800", "1000"]);
        assert_eq!(ticks(&[0.951, 0.962]), ["0.950", "0.952", "0.954", "0.956", "0.958", "0.960", "0.962"]);
        assert_eq!(ticks(&[-0.1, 0.1]), ["-0.10", "-0.05", "0.00", "0.05", "0.10"]);
        for alone in [0.0, 0.7, -3.0, 1e-9, 1e9] {
            assert!((4..=9).contains(&ticks(&[alone]).len()), "{alone}: {:?}", ticks(&[alone]));
        }
        assert_eq!(
            Axis::share("x").ticks().map(|(_, words)| words).collect::<Vec<_>>().join(" "),
            "0.0 0.2 0.4 0.6 0.8 1.0"
        );
    }

    #[test]
    fn control_characters_do_not_break_the_page() {
        assert_eq!(escape("a\u{0}b\u{1b}\n<'>"), "a\u{fffd}b\u{fffd}\n&lt;&#39;&gt;");
    }
}
