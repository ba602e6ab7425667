//! Answers as CSV: a row as it is written, with our columns behind its own.
//!
//! No cell of ours is one that a spreadsheet takes for a formula; what the row itself has stays as it is.

use undertone::bundle::{HeadKind, Manifest};
use undertone::rows::texts::{RowCells, TextRow};

use super::answer::{Answer, Effects, characters};

/// The columns of the rows themselves.
pub struct Columns {
    pub separator: u8,
    /// The header as it is written.
    pub written: Vec<u8>,
    pub names: Vec<String>,
    /// The place of the one with the texts.
    pub text: usize,
}

impl Columns {
    /// Columns of rows that have no header.
    pub fn new(separator: u8, names: Vec<String>, text: usize) -> Self {
        let cells = names.iter().map(|name| quoted(name.as_bytes(), separator));
        let written = cells.collect::<Vec<_>>().join(&separator);
        Self { separator, written, names, text }
    }

    /// The cells of a row, as many as there are columns. What could not be taken apart is the text.
    pub fn cells(&self, row: &TextRow) -> Vec<u8> {
        match &row.cells {
            RowCells::Fields(fields) => self.as_written(&row.written, fields.len()),
            RowCells::Object(object) => {
                let cell = |name: &String| match object.get(name) {
                    None | Some(serde_json::Value::Null) => Vec::new(),
                    Some(serde_json::Value::String(text)) => quoted(text.as_bytes(), self.separator),
                    Some(other) => quoted(other.to_string().as_bytes(), self.separator),
                };
                self.names.iter().map(cell).collect::<Vec<_>>().join(&self.separator)
            }
            RowCells::Line | RowCells::Broken => {
                let cell = |number: usize| match number == self.text {
                    true => quoted(&row.written, self.separator),
                    false => Vec::new(),
                };
                (0..self.names.len()).map(cell).collect::<Vec<_>>().join(&self.separator)
            }
        }
    }

    /// A row of so many fields as it is written, with empty fields more where it lacks some, and without those that it has too many.
    fn as_written(&self, written: &[u8], count: usize) -> Vec<u8> {
        let mut end = written.len();
        for _ in self.names.len()..count {
            end = written[..end].iter().rposition(|byte| *byte == self.separator).unwrap_or(end);
        }
        let mut cells = written[..end].to_vec();
        cells.resize(end + self.names.len().saturating_sub(count), self.separator);
        cells
    }
}

/// The names of our columns, without what they begin with.
pub fn names(manifest: &Manifest, has_spans: bool) -> Vec<String> {
    let mut names = vec!["row".to_owned(), "line".to_owned()];
    for task in &manifest.tasks {
        if !task.unit.is_text() {
            let of_words = || task.labels.iter().map(|label| format!("{}.{}", task.name, label.name));
            names.extend(has_spans.then(of_words).into_iter().flatten());
            continue;
        }
        if task.kind == HeadKind::Classes {
            names.push(task.name.clone());
        }
        for label in &task.labels {
            names.push(format!("{}.{}", task.name, label.name));
            names.extend(has_spans.then(|| format!("{}.{}.effects", task.name, label.name)));
        }
    }
    names.extend(["tokens", "truncated", "reason", "error"].map(str::to_owned));
    names
}

/// Our cells of a row that was answered, in the order of [`names`].
pub fn answer(manifest: &Manifest, has_spans: bool, row: &TextRow, text: &str, answer: &Answer) -> Vec<String> {
    let Answer { classification, effects } = answer;
    let mut cells = vec![row.place.to_string(), row.line.to_string()];
    let (mut tasks, mut words) = (classification.tasks.iter(), classification.words.iter());
    for task in &manifest.tasks {
        if !task.unit.is_text() {
            let of_label = |_| {
                let spans = words.next().map(|words| words.spans(text)).unwrap_or_default();
                let spans =
                    spans.iter().map(|span| characters(text, span)).map(|[start, end]| format!("{start}-{end}"));
                spans.collect::<Vec<_>>().join(" ")
            };
            cells.extend(has_spans.then(|| task.labels.iter().map(of_label)).into_iter().flatten());
            continue;
        }
        let scores = tasks.next();
        if task.kind == HeadKind::Classes {
            cells.push(scores.and_then(|scores| Some(scores.present().first()?.label.clone())).unwrap_or_default());
        }
        for (number, label) in task.labels.iter().enumerate() {
            let score = scores.filter(|scores| !scores.withheld).and_then(|scores| scores.labels.get(number));
            cells.push(score.map(|score| score.probability.to_string()).unwrap_or_default());
            if has_spans {
                let of_label = effects.iter().find(|effects| effects.task == task.name && effects.label == label.name);
                cells.push(of_label.map(|effects| effects_cell(text, effects)).unwrap_or_default());
            }
        }
    }
    cells.push(classification.tokens.to_string());
    cells.push(classification.truncated.to_string());
    let reason = classification.reason.and_then(|reason| serde_json::to_value(reason).ok());
    cells.push(reason.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned());
    cells.push(String::new());
    cells
}

/// Our cells of a row that is broken, in the order of [`names`].
pub fn broken(columns: usize, row: &TextRow, reason: &str) -> Vec<String> {
    let mut cells = vec![row.place.to_string(), row.line.to_string()];
    cells.resize(columns.saturating_sub(1), String::new());
    cells.push(reason.to_owned());
    cells
}

/// Places and effects of words, the strongest first: `6-11:+0.62 0-3:-0.05`.
fn effects_cell(text: &str, effects: &Effects) -> String {
    let word = |word: &undertone::classify::WordEffect| {
        let [start, end] = characters(text, &word.bytes);
        format!("{start}-{end}:{:+.2}", word.effect)
    };
    effects.words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A line of what is a row's own and of our cells.
pub fn line(own: &[u8], ours: &[String], separator: u8) -> Vec<u8> {
    let mut line = own.to_vec();
    for cell in ours {
        line.push(separator);
        line.extend(quoted(harmless(cell).as_bytes(), separator));
    }
    line.push(b'\n');
    line
}

/// A cell that no spreadsheet takes for a formula: such a one gets an apostrophe before it, which says that it is text.
fn harmless(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

/// A cell in quotes, where it needs some.
fn quoted(cell: &[u8], separator: u8) -> Vec<u8> {
    let needs_quotes = |byte: &u8| matches!(byte, b'"' | b'\r' | b'\n') || *byte == separator;
    if !cell.iter().any(needs_quotes) {
        return cell.to_vec();
    }
    let mut quoted = vec![b'"'];
    for byte in cell {
        quoted.extend(std::iter::repeat_n(*byte, 1 + usize::from(*byte == b'"')));
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_ours_is_a_formula() {
        let cells = ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "0.5", "a\"b"].map(str::to_owned);
        let line = String::from_utf8(line(b"=own", &cells, b',')).unwrap();
        assert_eq!(line, "=own,'=1+1,'+1,'-1,'@a,'\ta,\"'\ra\",0.5,\"a\"\"b\"\n");
    }

    #[test]
    fn rows_have_as_many_cells_as_there_are_columns() {
        let columns = Columns::new(b';', ["id", "text", "a;b"].map(str::to_owned).to_vec(), 1);
        assert_eq!(columns.written, b"id;text;\"a;b\"");
        assert_eq!(columns.as_written(b"1;\"x;\";2", 3), b"1;\"x;\";2");
        assert_eq!(columns.as_written(b"1", 1), b"1;;");
        assert_eq!(columns.as_written(b"1;x;2;; ", 5), b"1;x;2");
        let broken = TextRow {
            place: 1,
            line: 1,
            written: b"\"a;b".to_vec(),
            cells: RowCells::Broken,
            text: Err("why".to_owned()),
        };
        assert_eq!(columns.cells(&broken), b";\"\"\"a;b\";");
    }
}
