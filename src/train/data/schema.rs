//! What a task's rows hold, and under which names.

use super::label::LabelRule;
use crate::bundle::HeadKind;
use crate::rows::same_name;
use crate::{Error, Result};

/// The columns and keys that mean something else than a label; the first two may hold the text, and the first that a file
/// has counts.
const RESERVED: [&str; 5] = ["comment_text", "text", "second", "id", "weight"];

/// What the rows of a task hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// The labels, and which column, or key of each JSON object, says whether one applies.
    pub labels: Vec<LabelRule>,
    /// How the labels go together. Exclusive classes are words of one column, as [`LabelRule::class`] reads them.
    pub kind: HeadKind,
    /// Where the text is; `comment_text` or `text` where none is named.
    pub text: Option<String>,
    /// Where the second text of a pair is, in tasks about pairs.
    pub second: Option<String>,
    /// Where it says which characters of the text are marked, in tasks about that; their only label then means that any are,
    /// and has no column.
    pub spans: Option<String>,
}

impl Schema {
    /// The labels' names.
    pub fn names(&self) -> Vec<String> {
        self.labels.iter().map(|label| label.name.clone()).collect()
    }

    /// Where the text may be.
    pub(super) fn text_names(&self) -> Vec<&str> {
        self.text.as_ref().map_or(RESERVED[..2].to_vec(), |name| vec![name])
    }

    /// Checks that there are labels and that no name stands for two things.
    pub(super) fn check(&self) -> Result<()> {
        match self.kind {
            HeadKind::Labels => check_labels(&self.names())?,
            HeadKind::Classes => self.check_classes()?,
        }
        if self.spans.is_some() && (self.labels.len() != 1 || self.second.is_some()) {
            return Err(Error::invalid(
                "a task about marked words has one label and single texts: name one label, no second",
            ));
        }
        let texts: Vec<_> = [&self.text, &self.second].into_iter().flatten().collect();
        if let Some(label) = self.labels.iter().find(|label| texts.contains(&&label.column)) {
            let name = &label.column;
            return Err(Error::invalid(format!("`{name}` was named as a label and as a text: name another one")));
        }
        if self.second.as_deref().is_some_and(|second| self.text_names().contains(&second)) {
            return Err(Error::invalid("the text and the second text of a pair cannot be the same: name two"));
        }
        Ok(())
    }
}

impl Schema {
    /// Checks that the classes are told by one column, which nothing else has.
    fn check_classes(&self) -> Result<()> {
        let column = self.labels.first().map(|label| label.column.as_str()).unwrap_or_default();
        if column.is_empty() || self.labels.iter().any(|label| label.column != column) {
            return Err(Error::invalid("exclusive classes are the words of one column: name it"));
        }
        if RESERVED.contains(&column) {
            return Err(Error::invalid(format!(
                "classes cannot be told by a column called `{column}`, which data use for something else: rename it"
            )));
        }
        Ok(())
    }
}

/// Checks that there are labels, each is named once and none is called as something else that a row may have.
pub(super) fn check_labels(labels: &[String]) -> Result<()> {
    if labels.is_empty() {
        return Err(Error::invalid("no label was named: name at least one that the data have"));
    }
    for (i, label) in labels.iter().enumerate() {
        // Columns are told apart by no more.
        if labels[..i].iter().any(|other| same_name(other, label)) {
            return Err(Error::invalid(format!("the label `{label}` was named twice: name it once")));
        }
        if label.is_empty() || RESERVED.contains(&label.as_str()) {
            return Err(Error::invalid(format!(
                "a label cannot be called `{label}`, which data use for something else: rename it"
            )));
        }
    }
    Ok(())
}
