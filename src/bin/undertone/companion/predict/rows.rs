//! A row and what is said of it, as they are written.

use rayon::prelude::*;
use serde_json::{Map, Value};
use undertone::rows::Fault;
use undertone::rows::texts::{RowCells, TextRow};
use undertone::rows::write::csv::{Columns, line};
use undertone::rows::write::{self, json::row as json_row};

use super::answer::Scorer;
use super::csv;
use super::formats::Format;
use super::input::Input;
use super::{Error, Result, json, plain};

/// How rows are written.
pub enum Layout {
    Text,
    Jsonl { header: Vec<String>, prefix: String, names: Vec<String> },
    Csv { columns: Columns, names: Vec<String> },
}

/// A row that was answered.
pub struct Answered {
    pub place: usize,
    pub line: usize,
    /// Why it could not be.
    pub broken: Option<String>,
    /// What is written of it.
    pub written: Vec<u8>,
}

/// Answers rows on all cores, in their order.
pub fn answer_all(scorer: &Scorer, layout: &Layout, rows: Vec<TextRow>) -> Result<Vec<Answered>> {
    rows.into_par_iter().with_max_len(1).map(|row| answer(scorer, layout, row)).collect()
}

/// Answers one row: the one way from a row to what is written of it.
fn answer(scorer: &Scorer, layout: &Layout, mut row: TextRow) -> Result<Answered> {
    if let Some(reason) = layout.misfit(&row) {
        row.text = Err(reason);
        // Its keys are not our columns', so all of it stands where the text would.
        row.cells = RowCells::Broken;
    }
    let answer = match &row.text {
        Ok(text) => Ok((text.as_str(), scorer.answer(text)?)),
        Err(reason) => Err(reason),
    };
    let written = match (layout, &answer) {
        (Layout::Text, Ok((text, answer))) => plain::answer(text, answer).into_bytes(),
        (Layout::Text, Err(reason)) => {
            format!("row {}, line {} is broken: {reason}\n", row.place, row.line).into_bytes()
        }
        (Layout::Jsonl { header, prefix, .. }, answer) => {
            let ours = match answer {
                Ok((text, answer)) => json::answer(&row, text, answer),
                Err(reason) => json::broken(&row, reason),
            };
            json_row(&row, header, &prefixed(ours, prefix)).map_err(unwritable)?
        }
        (Layout::Csv { columns, names, .. }, answer) => {
            let ours = match answer {
                Ok((text, answer)) => csv::answer(scorer.manifest(), scorer.has_spans(), &row, text, answer),
                Err(reason) => csv::broken(names.len(), &row, reason),
            };
            line(&columns.cells(&row), &ours, columns.separator)
        }
    };
    let broken = answer.err().cloned();
    Ok(Answered { place: row.place, line: row.line, broken, written })
}

/// Our names with what they are to begin with; that of the text is none of ours.
fn prefixed(ours: Map<String, Value>, prefix: &str) -> Map<String, Value> {
    if prefix.is_empty() {
        return ours;
    }
    let name = |name: String| if name == "text" { name } else { format!("{prefix}{name}") };
    ours.into_iter().map(|(key, value)| (name(key), value)).collect()
}

impl Layout {
    /// How answers to the rows of `input` are written, of which the first has been read; `promised` is what separates fields by the name
    /// of the output.
    ///
    /// # Errors
    /// The rows have a column of a name that is ours, or what they have has no place in the output.
    pub fn new(format: Format, prefix: &str, scorer: &Scorer, input: &Input, promised: Option<u8>) -> Result<Self> {
        let (line, own) = match (input.rows().header(), input.first_object()) {
            (Some(header), _) => (1, header.to_vec()),
            (None, Some(first)) => first.clone(),
            (None, None) => (1, vec![input.column().unwrap_or("text").to_owned()]),
        };
        let names = match format {
            Format::Text => return Ok(Self::Text),
            Format::Jsonl => json::names(scorer.manifest()),
            Format::Csv => csv::names(scorer.manifest(), scorer.has_spans()),
        };
        let names: Vec<String> = names.into_iter().map(|name| format!("{prefix}{name}")).collect();
        let refuse = |reason: String| Err(input.error(&Fault { line, reason, may_be_cut: false }));
        if let Some(name) = own.iter().find(|name| names.contains(name)) {
            return refuse(taken(name));
        }
        if format == Format::Jsonl {
            let twice = own.iter().enumerate().find(|(number, name)| own[..*number].contains(name));
            return match twice {
                Some((_, name)) => refuse(format!(
                    "there are two columns `{name}`, of which JSON can have one; rename one, or write CSV by --format csv"
                )),
                None => Ok(Self::Jsonl { header: own, prefix: prefix.to_owned(), names }),
            };
        }
        let text = input.column().and_then(|name| own.iter().position(|own| own == name)).unwrap_or_default();
        let columns = match (input.rows().separator(), input.rows().header_written()) {
            (Some(separator), Some(written)) => {
                if promised.is_some_and(|promised| (promised == b'\t') != (separator == b'\t')) {
                    let by = input.rows().separated_by().unwrap_or_default();
                    let ending = if separator == b'\t' { ".tsv" } else { ".csv" };
                    return Err(Error::invalid(format!(
                        "rows stay as they are written, separated by {by}: give the output a name that ends in {ending}"
                    )));
                }
                Columns { separator, written: written.to_vec(), names: own, text }
            }
            _ => Columns::new(promised.unwrap_or(b','), own, text),
        };
        Ok(Self::Csv { columns, names })
    }

    /// The header; nothing where there is none.
    pub fn header(&self) -> Vec<u8> {
        match self {
            Self::Csv { columns, names, .. } => line(&columns.written, names, columns.separator),
            _ => Vec::new(),
        }
    }

    /// Why a row, which is right by itself, has no place among the others.
    fn misfit(&self, row: &TextRow) -> Option<String> {
        let RowCells::Object(object) = &row.cells else { return None };
        match self {
            Self::Text => None,
            Self::Jsonl { names, .. } => object.keys().find(|key| names.contains(key)).map(|key| taken(key)),
            Self::Csv { columns, .. } => object.keys().find(|key| !columns.names.contains(key)).map(|key| {
                format!("the key `{key}` is none of the columns, which are the keys of the first row; --format jsonl has room for it")
            }),
        }
    }
}

fn taken(name: &str) -> String {
    write::taken(name, "have ours begin with something, as --prefix our_")
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::invalid(format!("an answer cannot be written as JSON: {error}"))
}
