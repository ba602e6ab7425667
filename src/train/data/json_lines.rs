//! JSON lines: one object a line, with a key for each label.

use std::path::Path;

use serde_json::{Map, Value};

use super::content::{self, shown};
use super::gathering::{Gathering, Label, Reason, Row};
use crate::{Error, Result};

type Object = Map<String, Value>;

/// Takes the rows of the file at `path`.
pub fn read(path: &Path, gathering: &mut Gathering) -> Result<()> {
    let content = content::read(path)?;
    if content.trim_ascii_start().starts_with(b"[") {
        return Err(Error::invalid(format!(
            "{}, line 1: this is one JSON array; write its objects one a line, without brackets and commas around them",
            path.display()
        )));
    }
    let schema = gathering.schema;
    let mut needed = Needed::new(gathering);
    for (number, line) in (1..).zip(content.split(|byte| *byte == b'\n')) {
        let place = || format!("{}, line {number}", path.display());
        if line.trim_ascii().is_empty() {
            continue;
        }
        match object(line) {
            Ok(object) => {
                needed.look(&object);
                let text = schema.text_names();
                gathering.take(
                    &JsonRow { object: &object, text, second: schema.second.as_deref(), labels: &schema.labels },
                    place,
                )?;
            }
            Err(reason) => gathering.refuse(&reason, place)?,
        }
        needed.rows += 1;
    }
    needed.check(path)
}

/// The keys that some row of a file must have: one that none has was misspelt, here or there.
struct Needed<'a> {
    /// Each with other names that do as well.
    keys: Vec<Vec<&'a str>>,
    found: Vec<bool>,
    rows: usize,
    /// The keys of the first object, for the sentence.
    first: Option<Vec<String>>,
}

impl<'a> Needed<'a> {
    fn new(gathering: &Gathering<'a>) -> Self {
        let schema = gathering.schema;
        let labels: &[String] = match &schema.spans {
            _ if gathering.all_negative() => &[],
            Some(spans) => std::slice::from_ref(spans),
            None => &schema.labels,
        };
        let others = schema.second.iter().chain(labels).map(|name| vec![name.as_str()]);
        let keys: Vec<_> = [schema.text_names()].into_iter().chain(others).collect();
        Self { found: vec![false; keys.len()], keys, rows: 0, first: None }
    }

    fn look(&mut self, object: &Object) {
        for (names, found) in self.keys.iter().zip(&mut self.found) {
            *found |= names.iter().any(|name| object.contains_key(*name));
        }
        self.first.get_or_insert_with(|| object.keys().cloned().collect());
    }

    fn check(&self, path: &Path) -> Result<()> {
        if self.rows == 0 {
            return Err(Error::invalid(format!("{} is empty", path.display())));
        }
        let missing = self.keys.iter().zip(&self.found).find(|(_, found)| !**found);
        match (&self.first, missing) {
            (Some(first), Some((names, _))) => Err(Error::invalid(format!(
                "{}: no row has a key `{}`; the keys of the first row are `{}`; \
                 for a label that nobody gave, write null",
                path.display(),
                names.join("` or `"),
                first.join("`, `")
            ))),
            _ => Ok(()),
        }
    }
}

fn object(line: &[u8]) -> Result<Object, Reason> {
    let line = std::str::from_utf8(line).map_err(|_| "this is not UTF-8; save the file with UTF-8 encoding")?;
    serde_json::from_str(line).map_err(|error| {
        if error.is_eof() {
            return "the JSON object does not end in its line; write each object on one line".to_owned();
        }
        // The parser has seen one line and calls it the first.
        let sentence = error.to_string();
        let what = sentence.split(" at line ").next().unwrap_or_default();
        format!("this is not a JSON object ({what} at column {}); write one object a line", error.column())
    })
}

struct JsonRow<'a> {
    object: &'a Object,
    /// Where the text may be.
    text: Vec<&'a str>,
    second: Option<&'a str>,
    labels: &'a [String],
}

impl JsonRow<'_> {
    /// The string at `key`; none where it is null or not there.
    fn string(&self, key: &str) -> Result<Option<String>, Reason> {
        match self.object.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(format!("`{key}` is {}; put the text in quotes", shown(&other.to_string()))),
        }
    }
}

impl Row for JsonRow<'_> {
    fn id(&self) -> Result<Option<String>, Reason> {
        match self.object.get("id") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(id)) => Ok(Some(id.clone()).filter(|id| !id.is_empty())),
            Some(Value::Number(id)) => Ok(Some(id.to_string())),
            Some(other) => Err(format!("the id is {}; an id is a string or a number", shown(&other.to_string()))),
        }
    }

    fn labels(&self) -> Result<Option<Vec<Label>>, Reason> {
        let label = |name: &String| match self.object.get(name) {
            None | Some(Value::Null) => Ok(Label::Unknown),
            Some(Value::Bool(true)) => Ok(Label::Applies),
            Some(Value::Bool(false)) => Ok(Label::DoesNot),
            Some(value) => match value.as_f64() {
                Some(1.0) => Ok(Label::Applies),
                Some(0.0) => Ok(Label::DoesNot),
                Some(-1.0) => Ok(Label::Unscored),
                _ => Err(format!(
                    "the label `{name}` is {}; a label is 0 or 1, or true or false, and null where it is unknown",
                    shown(&value.to_string())
                )),
            },
        };
        self.labels.iter().map(label).collect::<Result<_, _>>().map(Some)
    }

    fn weight(&self) -> Result<f32, Reason> {
        let Some(value) = self.object.get("weight").filter(|value| !value.is_null()) else { return Ok(1.0) };
        let weight = value.as_f64().map(|weight| weight as f32).filter(|weight| weight.is_finite() && *weight >= 0.0);
        let wrong = || format!("the weight is {}; a weight is a number, and not below 0", shown(&value.to_string()));
        weight.ok_or_else(wrong)
    }

    fn text(&self) -> Result<String, Reason> {
        for key in &self.text {
            if let Some(text) = self.string(key)? {
                return Ok(text);
            }
        }
        let keys: Vec<_> = self.object.keys().map(String::as_str).collect();
        Err(format!("there is no `{}`; the keys are `{}`", self.text.join("` nor `"), keys.join("`, `")))
    }

    fn second(&self) -> Result<Option<String>, Reason> {
        self.second.map_or(Ok(None), |key| self.string(key))
    }

    fn field(&self, name: &str) -> Result<Option<String>, Reason> {
        Ok(match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        })
    }
}
