//! How the rows of a file say whether a label applies: by a number, by a word, or by a number of a scale that is cut.

use std::str::FromStr;

use serde::Deserialize;

use crate::rows::{Cell, Reason, same_name, shown};
use crate::{Error, Result};

/// A label, and how rows say whether it applies.
///
/// Recipes and flags write it as `spam` (a column of 0, 1 or shares between them), `spam:is_spam` (in a column that is called
/// otherwise), `spam:v1=spam` (1 where the column `v1` says spam), `rude:class=hate|insult` (one of several words) or
/// `toxic:target>=0.5` (1 from there on). Where the label's name is left out it is that of the word, or else of the column.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct LabelRule {
    /// The label's name.
    pub name: String,
    /// The column, or key, that says whether it applies.
    pub column: String,
    /// How the column says so.
    pub reading: Reading,
}

/// How a column says whether a label applies.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// By 1 and 0, true and false, or the share of those who said so.
    Share,
    /// By one of these words; any other means that it does not.
    Words(Vec<String>),
    /// By a number that is not below this one.
    From(f64),
    /// By a word that names one of several classes, which are not known yet.
    Class,
}

/// What a row says of a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// How far it applies: 1 or 0, or a share between them.
    Share(f32),
    /// Nothing.
    Unknown,
    /// Nothing, in Kaggle's way: −1.
    Unscored,
}

/// What a row says of a label, and the word by which it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What it says.
    pub target: Target,
    /// Its word, where the label is told by words.
    pub word: Option<String>,
}

/// A label as recipes write it.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a label such as \"spam\" or \"spam:v1=spam\", or a table of its name, column, values = [\"word\"] or from = 0.5"
)]
enum Written {
    Short(String),
    Long(Long),
}

/// `{ name = "rude", column = "class", values = ["hate", "insult"] }`, for names and words that the short form has no room for.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Long {
    name: String,
    column: Option<String>,
    #[serde(default)]
    values: Vec<String>,
    from: Option<f64>,
}

impl LabelRule {
    /// The label `name`, which has a column of its own name with a number in it.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), column: name.to_owned(), reading: Reading::Share }
    }

    /// The class `name` of those that the words of `column` name.
    pub fn class(name: &str, column: &str) -> Self {
        Self { name: name.to_owned(), column: column.to_owned(), reading: Reading::Words(vec![name.to_owned()]) }
    }

    /// What `cell` of the label's column says.
    ///
    /// # Errors
    /// It is neither what the rule expects nor a missing value.
    pub fn read(&self, cell: &Cell) -> Result<Answer, Reason> {
        let only = |target| Answer { target, word: None };
        match &self.reading {
            Reading::Words(words) => {
                let Some(word) = cell.written() else { return Ok(only(Target::Unknown)) };
                let word = word.trim();
                let applies = words.iter().any(|other| same_value(word, other));
                if !applies && cell.has_no_word() {
                    return Ok(only(Target::Unknown));
                }
                Ok(Answer { target: Target::Share(if applies { 1.0 } else { 0.0 }), word: Some(word.to_owned()) })
            }
            Reading::Class => {
                let word = cell.written().filter(|_| !cell.has_no_word()).map(|word| word.trim().to_owned());
                let target = if word.is_some() { Target::Share(1.0) } else { Target::Unknown };
                Ok(Answer { target, word })
            }
            Reading::From(_) | Reading::Share if cell.is_missing() => Ok(only(Target::Unknown)),
            Reading::From(least) => match number(cell) {
                Some(number) => Ok(only(Target::Share(if number >= *least { 1.0 } else { 0.0 }))),
                None => Err(format!(
                    "the label `{}` is {}, where `{}>={least}` wants a number; leave it empty where it is unknown",
                    self.name,
                    self.shown(cell),
                    self.column
                )),
            },
            Reading::Share => match number(cell) {
                Some(-1.0) => Ok(only(Target::Unscored)),
                Some(share) if (0.0..=1.0).contains(&share) => Ok(only(Target::Share(share as f32))),
                is_number => Err(format!(
                    "the label `{}` is {}; a label is 0 or 1, or a share between them, and empty or null where it is unknown; \
                     {}",
                    self.name,
                    self.shown(cell),
                    match is_number {
                        Some(_) =>
                            format!("of other numbers, say from which on it applies, as in `{}>=3`", self.column),
                        None => format!("of words, say which one means 1, as in `{}=yes`", self.column),
                    }
                )),
            },
        }
    }

    fn shown(&self, cell: &Cell) -> String {
        shown(cell.written().unwrap_or_default().trim())
    }
}

/// The number in `cell`, with truth as 1 and 0.
fn number(cell: &Cell) -> Option<f64> {
    use serde_json::Value;
    match cell {
        Cell::Empty => None,
        Cell::Json(Value::Bool(applies)) => Some(f64::from(u8::from(*applies))),
        Cell::Json(value) => value.as_f64(),
        Cell::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(1.0),
        Cell::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(0.0),
        Cell::Text(text) => text.trim().parse().ok(),
    }
}

/// Whether two words are the same but for case and white space, or the same number as programs write it: 1 and 1.0.
pub(super) fn same_value(left: &str, right: &str) -> bool {
    same_name(left, right) || written_number(left).zip(written_number(right)).is_some_and(|(left, right)| left == right)
}

/// The number that a word is. Codes are none: what begins with zeros, has an exponent, or more digits than a number of 64 bits holds.
fn written_number(word: &str) -> Option<f64> {
    let digits = word.trim().trim_start_matches('-');
    let (whole, _) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = digits.len() <= 15
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && (whole == "0" || !whole.starts_with('0'));
    word.trim().parse().ok().filter(|_| is_number)
}

impl FromStr for LabelRule {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self> {
        let wrong = |what: &str| {
            Error::invalid(format!("the label `{written}` {what}: write it as spam, spam:v1=spam or toxic:target>=0.5"))
        };
        let (place, reading) = if let Some((place, least)) = written.split_once(">=") {
            let least = least.trim().parse::<f64>().ok().filter(|least| least.is_finite());
            (place, Reading::From(least.ok_or_else(|| wrong("has no number after >="))?))
        } else if let Some((place, words)) = written.split_once('=') {
            (place, Reading::Words(words.split('|').map(|word| word.trim().to_owned()).collect()))
        } else {
            (written, Reading::Share)
        };
        let (name, column) = match place.split_once(':') {
            Some((name, column)) => (Some(name.trim()), column.trim()),
            None => (None, place.trim()),
        };
        let name = match (&reading, name) {
            (_, Some(name)) => name,
            (Reading::Words(words), None) if words.len() == 1 => &words[0],
            (Reading::Words(_), None) => return Err(wrong("has several words and no name")),
            (_, None) => column,
        };
        if name.is_empty()
            || column.is_empty()
            || matches!(&reading, Reading::Words(words) if words.contains(&String::new()))
        {
            return Err(wrong("lacks a part"));
        }
        Ok(Self { name: name.to_owned(), column: column.to_owned(), reading })
    }
}

impl TryFrom<Written> for LabelRule {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        let Long { name, column, values, from } = match written {
            Written::Short(written) => return written.parse(),
            Written::Long(long) => long,
        };
        let reading = match (values.is_empty(), from) {
            (true, None) => Reading::Share,
            (false, None) => Reading::Words(values),
            (true, Some(least)) if least.is_finite() => Reading::From(least),
            _ => {
                return Err(Error::invalid(format!(
                    "the label {name} has values or a number `from` which it applies, not both"
                )));
            }
        };
        Ok(Self { column: column.unwrap_or_else(|| name.clone()), name, reading })
    }
}
