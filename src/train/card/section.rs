//! What people have to say of a model, taken from Markdown: of lists and paragraphs the points, of tables the rows, and nothing of how they are
//! set.

use crate::card::Section;

/// The headings of the template under which there are points that hold without any figure.
const TITLES: [&str; 4] = ["Intended use", "Factors", "Ethical considerations", "Caveats and recommendations"];
/// Under this heading there is what the model was made of.
const ORIGIN: &str = "Training and evaluation data";

/// The sections of `template`, and that of `origin`.
pub fn all(template: &str, origin: &str) -> Vec<Section> {
    let under = |title: &str| {
        let (_, rest) = template.split_once(&format!("\n## {title}\n"))?;
        Some(of(title, rest.split("\n## ").next()?))
    };
    TITLES.into_iter().filter_map(under).chain([of(ORIGIN, origin)]).collect()
}

fn of(title: &str, markdown: &str) -> Section {
    let mut section = Section { title: title.to_owned(), ..Section::default() };
    // Whether the next line goes on with the last point.
    let mut is_open = false;
    for line in markdown.lines().map(str::trim) {
        if let Some(row) = line.strip_prefix('|') {
            is_open = false;
            if !row.chars().all(|letter| matches!(letter, '-' | '|' | ':' | ' ')) {
                let cells = row.trim_end_matches('|').split('|');
                section.table.push(cells.map(|cell| plain(cell.trim())).collect());
            }
        } else if line.is_empty() {
            is_open = false;
        } else if let (true, None, Some(last)) = (is_open, line.strip_prefix("- "), section.points.last_mut()) {
            last.push(' ');
            last.push_str(line);
        } else {
            section.points.push(line.strip_prefix("- ").unwrap_or(line).to_owned());
            is_open = true;
        }
    }
    section.points.iter_mut().for_each(|point| *point = plain(point));
    section
}

/// Without emphasis, code and links, of which the words stay.
fn plain(markdown: &str) -> String {
    let mut plain = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some(start) = rest.find('[') {
        let Some((words, after)) = rest[start + 1..].split_once("](") else { break };
        let Some((_, after)) = after.split_once(')') else { break };
        plain.push_str(&rest[..start]);
        plain.push_str(words);
        rest = after;
    }
    plain.push_str(rest);
    plain.replace(['*', '`'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_rows_are_taken_from_markdown() {
        let markdown = "Made of [a model](https://example.org), as *RESULTS*\nsays.\n\n| data | licence |\n|---|---|\n| `x` | none |\n\nMore.\n- A\n  point.";
        let Section { points, table, .. } = of("Origin", markdown);
        assert_eq!(points, ["Made of a model, as RESULTS says.", "More.", "A point."]);
        assert_eq!(table, [["data", "licence"], ["x", "none"]]);
        assert_eq!(plain("an [open bracket"), "an [open bracket");
    }

    #[test]
    fn the_template_has_every_section() {
        let sections = all(super::super::TEMPLATE, "Of nothing.");
        let titles: Vec<&str> = sections.iter().map(|section| section.title.as_str()).collect();
        assert_eq!(titles, [&TITLES[..], &[ORIGIN]].concat());
        assert!(sections.iter().all(|section| !section.points.is_empty()), "{sections:?}");
        assert_eq!(sections[0].points.len(), 3);
    }
}
