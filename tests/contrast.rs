//! The page's colours: what must stand out from what, and how far, by WCAG 2.2 (1.4.3 text, 1.4.11 what is no text).
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What is told apart by these two colours, and the contrast that it takes.
const PAIRS: &[(&str, &str, &str, f64)] = &[
    ("text on the page", "ink", "paper", 4.5),
    ("text on cards and fields", "ink", "surface", 4.5),
    ("quieter text on the page", "ink-soft", "paper", 4.5),
    ("quieter text on cards and fields", "ink-soft", "surface", 4.5),
    ("the sign of what is present", "present", "paper", 4.5),
    ("the edge of a field, inside", "edge", "surface", 3.0),
    ("the edge of a field or button, outside", "edge", "paper", 3.0),
    ("the focus on the page", "focus", "paper", 3.0),
    ("the focus on cards and fields", "focus", "surface", 3.0),
    ("a bar below its threshold", "absent", "track", 3.0),
    ("a bar above its threshold", "present", "track", 3.0),
    ("a threshold beside its bar", "ink", "track", 3.0),
    ("a threshold on its bar, by the line around it", "surface", "present", 3.0),
    ("a threshold within the line around it", "ink", "surface", 3.0),
    ("text that a label was found in", "ink", "found", 4.5),
    ("text that a label was surely found in", "ink", "found-strong", 4.5),
    ("the line under text that a label was found in", "present", "found", 3.0),
    ("the line under text that a label was surely found in", "present", "found-strong", 3.0),
    ("the line under words that raise", "positive", "surface", 3.0),
    ("the line under words that lower", "negative", "surface", 3.0),
    ("the middle of a scale", "ink", "neutral", 3.0),
    ("a curve of a chart", "positive", "surface", 3.0),
    ("what a chart compares with", "ink-soft", "surface", 3.0),
    ("a threshold on its curve, and a line across bars", "present", "surface", 3.0),
    ("a bar of a chart", "absent", "surface", 3.0),
];

type Palette = BTreeMap<String, [f64; 3]>;

/// The colours of each scheme, light and dark; what the dark one does not set is the light one's.
fn palettes() -> [Palette; 2] {
    let css =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("style/palette.css")).expect("it can be read");
    let (light, rest) = css.split_once("@media (prefers-color-scheme: dark)").expect("there is a dark scheme");
    let dark = rest.split("@media").next().expect("split gives at least one part");
    let light = colours(light);
    let both = light.clone().into_iter().chain(colours(dark)).collect();
    [light, both]
}

/// Who sets the page dark sees what others see whose system is.
#[test]
fn a_dark_page_is_the_same_however_it_came_to_be() {
    let css =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("style/palette.css")).expect("it can be read");
    let of = |selector: &str| {
        let (_, rest) = css.split_once(&format!("{selector} {{\n")).unwrap_or_else(|| panic!("there is no {selector}"));
        rest.split('}')
            .next()
            .expect("split gives at least one part")
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let [system, set] = [":root:not([data-theme=\"light\"])", ":root[data-theme=\"dark\"]"].map(of);
    assert_eq!(system.trim(), set.trim());
    assert!(set.contains("--paper: #"), "{set}");
}

fn colours(css: &str) -> Palette {
    let declarations = css.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
    let channel = |hex: &str, place: usize| u8::from_str_radix(&hex[place..place + 2], 16).expect("two digits");
    let colour = |hex: &str| [0, 2, 4].map(|place| f64::from(channel(hex, place)) / 255.0);
    declarations.map(|(name, value)| (name.to_owned(), colour(value.trim_end_matches(';')))).collect()
}

/// Relative luminance, as WCAG defines it.
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = colour.map(|value| if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn contrast_is_what_wcag_says() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 1e-9);
    // The lightest grey that its understanding document allows on white.
    let grey = f64::from(0x76) / 255.0;
    assert!((contrast([grey; 3], [1.0; 3]) - 4.54).abs() < 0.01);
}

#[test]
fn everything_stands_out_from_what_it_is_on() {
    let mut faint = Vec::new();
    for (scheme, palette) in ["light", "dark"].iter().zip(palettes()) {
        for (what, front, back, least) in PAIRS {
            let contrast = contrast(palette[*front], palette[*back]);
            if contrast < *least {
                faint.push(format!("{scheme}: {what} has {contrast:.2} instead of {least}"));
            }
        }
    }
    assert!(faint.is_empty(), "{}", faint.join("\n"));
}
