//! CSV files with one text a row and one column a label, as in Kaggle's Toxic Comment Classification Challenge.
//!
//! Files are read whole before any row is looked at, 70 MB at most for Kaggle's: only so can a quote that is never closed,
//! as a download that broke off leaves it, be told from a long comment.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::{Dataset, Example};
use crate::{Error, Result};

/// The columns that may hold the text; the first that a file has counts.
const TEXT: [&str; 2] = ["comment_text", "text"];

/// Appended to every file as a row of its own. Where the file ends within quotes it becomes part of the last field.
const END: &[u8] = b"\n\x1aend of file\x1a\n";

/// Targets of one row; none for a row that nobody has scored.
type Targets = Option<Vec<f32>>;

/// Adds the rows of the file at `path` to `dataset`, except those with an id in `seen`; then adds its ids to `seen`.
pub fn read(path: &Path, dataset: &mut Dataset, seen: &mut HashSet<String>) -> Result<()> {
    let mut table = Table::open(path)?;
    let text = TEXT.iter().find_map(|name| table.find(name)).ok_or_else(|| table.lacks(TEXT[0], " nor `text`"))?;
    let weight = table.find("weight");
    let id = table.find("id");
    let labels = match table.columns(&dataset.labels) {
        Ok(columns) => Labels::Here(columns),
        Err(missing) => match labels_file(path) {
            Some(file) => Labels::Elsewhere(Joined::read(&file, &dataset.labels)?),
            None => return Err(missing),
        },
    };
    let mut ids = Vec::new();
    let mut rows = 0;
    while let Some(row) = table.next_row()? {
        rows += 1;
        let row_id = id.map(|column| row.text(column)).transpose()?.filter(|id| !id.is_empty());
        if row_id.is_some_and(|id| seen.contains(id)) {
            dataset.left_out.repeated_ids += 1;
            continue;
        }
        ids.extend(row_id.map(str::to_owned));
        let targets = match &labels {
            Labels::Here(columns) => row.targets(columns)?,
            Labels::Elsewhere(joined) => joined.targets(&row, row_id)?,
        };
        let Some(targets) = targets else {
            dataset.left_out.unscored += 1;
            continue;
        };
        let weight = weight.map_or(Ok(1.0), |column| row.weight(column))?;
        let text = row.text(text)?;
        if text.is_empty() {
            return Err(row.error("the text is empty; remove the row"));
        }
        dataset.examples.push(Example { text: text.to_owned(), second: None, targets, weight });
    }
    if rows == 0 {
        return Err(Error::invalid(format!("{} has no row below its header", path.display())));
    }
    seen.extend(ids);
    Ok(())
}

/// Where the labels of a file are.
enum Labels {
    /// In these columns of its own.
    Here(Vec<Column>),
    /// In another file, by id.
    Elsewhere(Joined),
}

/// `test_labels.csv` beside `test.csv`, where it exists.
fn labels_file(path: &Path) -> Option<PathBuf> {
    let name = format!("{}_labels.csv", path.file_stem()?.to_str()?);
    Some(path.with_file_name(name)).filter(|file| file.is_file())
}

/// The labels of a file of their own.
struct Joined {
    path: PathBuf,
    targets: HashMap<String, Targets>,
}

impl Joined {
    fn read(path: &Path, labels: &[String]) -> Result<Self> {
        let mut table = Table::open(path)?;
        let id = table.find("id").ok_or_else(|| table.lacks("id", ""))?;
        let columns = table.columns(labels)?;
        let mut targets = HashMap::new();
        while let Some(row) = table.next_row()? {
            let id = row.text(id)?;
            if targets.insert(id.to_owned(), row.targets(&columns)?).is_some() {
                return Err(row.error(format!("the id `{id}` was there before; remove one of the rows")));
            }
        }
        Ok(Self { path: path.to_owned(), targets })
    }

    fn targets(&self, row: &Row, id: Option<&str>) -> Result<Targets> {
        let file = self.path.display();
        let Some(id) = id else {
            return Err(row.error(format!("the row has no id by which to find its labels in {file}")));
        };
        let missing = || row.error(format!("the labels of the id `{id}` are not in {file}"));
        self.targets.get(id).cloned().ok_or_else(missing)
    }
}

/// A column that a file has.
#[derive(Debug, Clone, Copy)]
struct Column(usize);

/// A CSV file that is being read.
struct Table {
    path: PathBuf,
    header: Vec<String>,
    reader: Reader<std::io::Cursor<Vec<u8>>>,
    record: ByteRecord,
}

impl Table {
    fn open(path: &Path) -> Result<Self> {
        let mut content = std::fs::read(path).map_err(Error::io(path))?;
        content.extend_from_slice(END);
        // Rows of another length are refused below, where the sentence can say what to do.
        let reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(std::io::Cursor::new(content));
        let mut table = Self { path: path.to_owned(), header: Vec::new(), reader, record: ByteRecord::new() };
        let header = match table.next_row()? {
            Some(row) => {
                (0..row.record.len()).map(|i| row.text(Column(i)).map(|name| name.trim().to_owned())).collect()
            }
            None => Err(Error::invalid(format!("{} is empty", path.display()))),
        };
        table.header = header?;
        Ok(table)
    }

    /// The next row; none at the end of the file.
    fn next_row(&mut self) -> Result<Option<Row<'_>>> {
        let more = self.reader.read_byte_record(&mut self.record);
        more.map_err(|error| Error::invalid(format!("{} cannot be read as CSV: {error}", self.path.display())))?;
        let row = Row {
            path: &self.path,
            header: &self.header,
            content: self.reader.get_ref().get_ref(),
            record: &self.record,
        };
        let end = END.trim_ascii();
        if row.record.len() == 1 && row.record.get(0) == Some(end) {
            return Ok(None);
        }
        if row.record.iter().next_back().is_some_and(|field| field.trim_ascii_end().ends_with(end)) {
            return Err(row.error("a quote (\") opens in this row and is never closed; is the file complete?"));
        }
        if !self.header.is_empty() && row.record.len() != self.header.len() {
            return Err(row.error(format!(
                "the row has {} fields where the header has {}; put texts with commas, quotes or line breaks in quotes",
                row.record.len(),
                self.header.len()
            )));
        }
        Ok(Some(row))
    }

    fn find(&self, name: &str) -> Option<Column> {
        self.header.iter().position(|column| column == name).map(Column)
    }

    fn columns(&self, names: &[String]) -> Result<Vec<Column>> {
        names.iter().map(|name| self.find(name).ok_or_else(|| self.lacks(name, ""))).collect()
    }

    fn lacks(&self, name: &str, nor: &str) -> Error {
        Error::invalid(format!(
            "{}, line 1: there is no column `{name}`{nor}; the columns, separated by commas, are `{}`",
            self.path.display(),
            self.header.join("`, `")
        ))
    }
}

/// One row of a file.
struct Row<'a> {
    path: &'a Path,
    header: &'a [String],
    content: &'a [u8],
    record: &'a ByteRecord,
}

impl Row<'_> {
    /// An error that names the row's first line. The reader's own count of lines is not it: it stands still at the line feed
    /// that ends a Windows line, and at empty lines.
    fn error(&self, sentence: impl std::fmt::Display) -> Error {
        let start = self.record.position().map_or(0, |position| position.byte() as usize);
        let (before, after) = self.content.split_at(start.min(self.content.len()));
        let breaks = after.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let line = 1 + before.iter().chain(breaks).filter(|byte| **byte == b'\n').count();
        Error::invalid(format!("{}, line {line}: {sentence}", self.path.display()))
    }

    fn name(&self, column: Column) -> &str {
        self.header.get(column.0).map_or("header", String::as_str)
    }

    fn text(&self, column: Column) -> Result<&str> {
        // Every row has as many fields as the header, in which the column was found.
        let field = self.record.get(column.0).unwrap_or_default();
        std::str::from_utf8(field).map_err(|_| {
            self.error(format!("the column `{}` is not UTF-8; save the file with UTF-8 encoding", self.name(column)))
        })
    }

    fn targets(&self, columns: &[Column]) -> Result<Targets> {
        let mut targets = Vec::with_capacity(columns.len());
        let mut scored = true;
        for &column in columns {
            let field = self.text(column)?.trim();
            match field.parse::<f32>() {
                Ok(0.0) => targets.push(0.0),
                Ok(1.0) => targets.push(1.0),
                Ok(-1.0) => scored = false,
                _ => {
                    let name = self.name(column);
                    return Err(self.error(match field {
                        "" => format!("the label `{name}` is empty; fill in 0 or 1, or remove the row"),
                        _ => {
                            format!("the label `{name}` is `{field}`; a label is 0 or 1, or -1 where nobody scored it")
                        }
                    }));
                }
            }
        }
        Ok(scored.then_some(targets))
    }

    fn weight(&self, column: Column) -> Result<f32> {
        let field = self.text(column)?.trim();
        let weight = field.parse::<f32>().ok().filter(|weight| weight.is_finite() && *weight >= 0.0);
        weight.ok_or_else(|| self.error(format!("the weight is `{field}`; a weight is a number, and not below 0")))
    }
}
