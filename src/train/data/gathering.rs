//! Rows on their way into the data set: which are taken depends on those before them.
//!
//! Every kind of file gives [`Row`]s, and what is asked of a row, in which order, is the same for all. A wrong row is told
//! apart from a wrong file by its type: a row's [`Reason`] can be counted and passed over, an [`Error`] cannot.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::marks;
use super::{BadRows, Dataset, Example, LeftOut, Only, Schema, Source, Split, UNKNOWN};
use crate::{Error, Result};

/// What is wrong with a row, as it stands after the file and the line.
pub type Reason = String;

/// What a row says of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    Applies,
    DoesNot,
    /// Nothing.
    Unknown,
    /// Nothing, in Kaggle's way: −1.
    Unscored,
}

/// A row of any kind of file.
pub trait Row {
    /// What the row is known by; none where it has no id.
    fn id(&self) -> Result<Option<String>, Reason>;
    /// One for each label of the schema; none where they are in another file, and wrong there, which has been counted.
    fn labels(&self) -> Result<Option<Vec<Label>>, Reason>;
    fn weight(&self) -> Result<f32, Reason>;
    fn text(&self) -> Result<String, Reason>;
    /// The second text, where the schema has one; empty where this row has none.
    fn second(&self) -> Result<Option<String>, Reason>;
    /// What is in the column `name`, or under that key; none where the row has none.
    fn field(&self, name: &str) -> Result<Option<String>, Reason>;
}

/// A data set that is being read.
pub struct Gathering<'a> {
    pub schema: &'a Schema,
    split: Split,
    bad_rows: BadRows,
    seed: u64,
    examples: Vec<Example>,
    left_out: LeftOut,
    /// Where the example with a text is, by the digest of its text and second text.
    places: HashMap<[u8; 32], usize>,
    /// The ids of the sources before this one.
    known: HashSet<String>,
    current: Current,
}

/// What is kept of the source that is being read.
#[derive(Default)]
struct Current {
    all_negative: bool,
    only: Option<Only>,
    /// Where its examples begin.
    start: usize,
    /// Its ids, each with the place of its example.
    ids: Vec<(String, usize)>,
    /// Whether any of its labels is 1, 0 and −1.
    applies: bool,
    does_not: bool,
    unscored: bool,
}

impl<'a> Gathering<'a> {
    pub fn new(schema: &'a Schema, split: Split, bad_rows: BadRows, seed: u64) -> Self {
        Self {
            schema,
            split,
            bad_rows,
            seed,
            examples: Vec::new(),
            left_out: LeftOut::default(),
            places: HashMap::new(),
            known: HashSet::new(),
            current: Current::default(),
        }
    }

    pub fn begin(&mut self, source: &Source) {
        let start = self.examples.len();
        self.current =
            Current { all_negative: source.all_negative, only: source.only.clone(), start, ..Current::default() };
    }

    /// Whether nobody needs to know the labels of the source that is being read.
    pub fn all_negative(&self) -> bool {
        self.current.all_negative
    }

    /// Takes `row`, or counts why not. `place` is its file and line.
    pub fn take(&mut self, row: &impl Row, place: impl FnOnce() -> String) -> Result<()> {
        self.consider(row).or_else(|reason| self.refuse(&reason, place))
    }

    /// What becomes of a row that is wrong.
    pub fn refuse(&mut self, reason: &str, place: impl FnOnce() -> String) -> Result<()> {
        let sentence = || format!("{}: {reason}", place());
        match self.bad_rows {
            BadRows::Refuse => Err(Error::invalid(sentence())),
            BadRows::Skip => {
                self.left_out.count_bad(sentence);
                Ok(())
            }
        }
    }

    fn consider(&mut self, row: &impl Row) -> Result<(), Reason> {
        if let Some(Only { column, values }) = &self.current.only {
            match row.field(column)? {
                Some(value) if values.contains(&value) => {}
                Some(_) => return Ok(()),
                None => {
                    return Err(format!(
                        "there is no `{column}`, by which rows are chosen; name a column that is there"
                    ));
                }
            }
        }
        let id = row.id()?;
        if id.as_ref().is_some_and(|id| self.known.contains(id)) {
            self.left_out.repeated_ids += 1;
            return Ok(());
        }
        let marks = match &self.schema.spans {
            Some(column) if !self.current.all_negative => {
                row.field(column)?.map_or(Ok(Vec::new()), |spans| marks::parse(&spans, &row.text()?))?
            }
            _ => Vec::new(),
        };
        let labels = if self.current.all_negative {
            vec![Label::DoesNot; self.schema.labels.len()]
        } else if self.schema.spans.is_some() {
            vec![if marks.is_empty() { Label::DoesNot } else { Label::Applies }]
        } else {
            match row.labels()? {
                Some(labels) => labels,
                None => return Ok(()),
            }
        };
        self.current.applies |= labels.contains(&Label::Applies);
        self.current.does_not |= labels.contains(&Label::DoesNot);
        self.current.unscored |= labels.contains(&Label::Unscored);
        if labels.iter().all(|label| matches!(label, Label::Unknown | Label::Unscored)) {
            match labels.contains(&Label::Unscored) {
                true => self.left_out.unscored += 1,
                false => self.left_out.unlabelled += 1,
            }
            return Ok(());
        }
        let targets = labels.iter().map(|label| match label {
            Label::Applies => 1.0,
            Label::DoesNot => 0.0,
            Label::Unknown | Label::Unscored => UNKNOWN,
        });
        let (weight, text) = (row.weight()?, row.text()?);
        if text.is_empty() {
            return Err("the text is empty; remove the row".to_owned());
        }
        let second = row.second()?.filter(|second| !second.is_empty());
        let place = self.add(Example { text, second, targets: targets.collect(), marks, weight });
        self.current.ids.extend(id.map(|id| (id, place)));
        Ok(())
    }

    /// Adds an example, unless there is one with its text. Gives the place of the one or the other.
    fn add(&mut self, example: Example) -> usize {
        let place = self.examples.len();
        // Nothing leaks from a test into itself, and published figures count every row of it.
        if self.split == Split::Train {
            let first = *self.places.entry(digest(&example)).or_insert(place);
            if first < place {
                self.left_out.repeated_texts += 1;
                let known = &mut self.examples[first].targets;
                let mut pairs = known.iter().zip(&example.targets);
                if pairs.any(|(a, b)| !a.is_nan() && !b.is_nan() && a != b) {
                    self.left_out.contradicting += 1;
                } else {
                    let unknown = known.iter_mut().zip(&example.targets).filter(|(target, _)| target.is_nan());
                    unknown.for_each(|(target, said)| *target = *said);
                }
                return first;
            }
        }
        self.examples.push(example);
        place
    }

    /// Ends `source`: picks as many of its examples as were asked for.
    pub fn end(&mut self, source: &Source) -> Result<()> {
        let Current { start, ids, applies, does_not, unscored, .. } = std::mem::take(&mut self.current);
        if applies && unscored && !does_not {
            return Err(Error::invalid(format!(
                "{}: labels are 1 or -1 and never 0, and -1 means that nobody scored the row; \
                 write 0 where a label does not apply",
                source.path.display()
            )));
        }
        let here = self.examples.len() - start;
        let picked = source.samples.filter(|samples| *samples < here).map(|samples| pick(here, samples, self.seed));
        let Some(picked) = picked else {
            self.known.extend(ids.into_iter().map(|(id, _)| id));
            return Ok(());
        };
        // Where each example of this source goes: what is not picked is as if it had never been there.
        let mut kept = start;
        let moved: Vec<Option<usize>> = picked
            .iter()
            .map(|picked| {
                kept += usize::from(*picked);
                picked.then(|| kept - 1)
            })
            .collect();
        let after = |place: usize| if place < start { Some(place) } else { moved[place - start] };
        self.known.extend(ids.into_iter().filter(|(_, place)| after(*place).is_some()).map(|(id, _)| id));
        self.places.retain(|_, place| after(*place).map(|moved| *place = moved).is_some());
        let mut place = 0..;
        self.examples.retain(|_| place.next().and_then(after).is_some());
        self.left_out.not_picked += here - (kept - start);
        Ok(())
    }

    /// The data set, which may be empty.
    pub fn finish(mut self) -> Dataset {
        let unknown = |example: &&Example| example.targets.iter().any(|target| target.is_nan());
        self.left_out.partly_unknown = self.examples.iter().filter(unknown).count();
        Dataset { labels: self.schema.labels.clone(), examples: self.examples, left_out: self.left_out }
    }
}

/// Which `count` of `all` are picked.
fn pick(all: usize, count: usize, seed: u64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..all).collect();
    fastrand::Rng::with_seed(seed).shuffle(&mut order);
    let mut picked = vec![false; all];
    order[..count].iter().for_each(|&i| picked[i] = true);
    picked
}

/// What an example is told apart by; a digest, so that texts are not kept twice.
fn digest(example: &Example) -> [u8; 32] {
    let second = example.second.as_deref().unwrap_or_default();
    let length = (example.text.len() as u64).to_le_bytes();
    Sha256::new().chain_update(length).chain_update(&example.text).chain_update(second).finalize().into()
}
