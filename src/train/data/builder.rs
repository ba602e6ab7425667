//! Rows on their way into the data set: which are taken depends on those before them.
//!
//! Every kind of file gives [`Row`]s, and what is asked of a row, in which order, is the same for all. A wrong row is told
//! apart from a wrong file by its type: a row's [`Reason`] can be counted and passed over, an [`Error`] cannot.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::digest::{self, Digest, Likeness};
use super::label::{Answer, LabelRule, Reading, Target, same_value};
use super::row::Row;
use super::{BadRows, Dataset, Example, LeftOut, Only, Schema, Source, Split, UNKNOWN, spans};
use crate::bundle::HeadKind;
use crate::random::{Key, Purpose};
use crate::rows::{Cell, Reason, shown};
use crate::{Error, Result};

/// So many different words of a column are counted one by one.
pub(super) const COUNTED_WORDS: usize = 101;

/// A data set that is being read.
pub struct DatasetBuilder<'a> {
    pub schema: &'a Schema,
    split: Split,
    bad_rows: BadRows,
    seed: u64,
    examples: Vec<Example>,
    left_out: LeftOut,
    notes: Vec<String>,
    /// Where the example with a text is, by the digest of its text and second text.
    places: HashMap<Digest, usize>,
    /// The ids of the sources before this one, each with the place of its example.
    known: HashMap<String, usize>,
    /// How often each label's column has which word, where labels are told by words; in the schema's order.
    words: Vec<BTreeMap<String, usize>>,
    current: Current<'a>,
}

/// What is kept of the source that is being read.
#[derive(Default)]
struct Current<'a> {
    all: Option<f32>,
    only: Option<&'a Only>,
    /// Whether any row was chosen by that.
    has_chosen: bool,
    /// What is to be left out.
    except: HashSet<Digest>,
    /// Where its examples begin.
    start: usize,
    /// Its ids, each with the place of its example.
    ids: Vec<(String, usize)>,
    /// Rows whose id an earlier source has, too: with the same text, and with another one.
    same: usize,
    different: usize,
    /// Examples whose id an earlier source has with a text that may be the same in another cleaning.
    alike: BTreeSet<usize>,
    /// Whether any of its labels is 1, 0 and −1.
    applies: bool,
    does_not: bool,
    unscored: bool,
}

impl<'a> DatasetBuilder<'a> {
    pub fn new(schema: &'a Schema, split: Split, bad_rows: BadRows, seed: u64) -> Self {
        Self {
            schema,
            split,
            bad_rows,
            seed,
            examples: Vec::new(),
            left_out: LeftOut::default(),
            notes: Vec::new(),
            places: HashMap::new(),
            known: HashMap::new(),
            words: vec![BTreeMap::new(); schema.labels.len()],
            current: Current::default(),
        }
    }

    /// Begins `source`, of which the texts with these digests are left out.
    pub fn begin(&mut self, source: &'a Source, except: HashSet<Digest>) {
        let (all, only, start) = (source.all, source.only.as_ref(), self.examples.len());
        self.current = Current { all, only, except, start, ..Current::default() };
    }

    /// Whether nobody needs to know the labels of the source that is being read, since they are all the same.
    pub fn has_constant_labels(&self) -> bool {
        self.current.all.is_some()
    }

    /// Where the rows of the source are chosen by.
    pub fn only(&self) -> Option<&'a Only> {
        self.current.only
    }

    /// Keeps a sentence on what was read, to be shown.
    pub fn note(&mut self, sentence: String) {
        self.notes.push(sentence);
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
        if let Some(Only { column, values }) = self.current.only {
            let missing = || format!("there is no `{column}`, by which rows are chosen; name a column that is there");
            let value = row.chosen_by()?.ok_or_else(missing)?;
            if !values.iter().any(|wanted| same_value(wanted, &value)) {
                return Ok(());
            }
            self.current.has_chosen = true;
        }
        let id = row.id()?;
        let likeness = match id.as_ref().and_then(|id| self.known.get(id)) {
            Some(place) => digest::likeness(&self.examples[*place].text, &row.text()?),
            None => Likeness::None,
        };
        if likeness == Likeness::Same {
            self.current.same += 1;
            self.left_out.repeated_ids += 1;
            return Ok(());
        }
        if !self.current.except.is_empty() {
            let digest = digest::of(&row.text()?, row.second()?.as_deref());
            if self.current.except.contains(&digest) {
                self.left_out.excepted += 1;
                return Ok(());
            }
        }
        let spans = match (self.current.all, &self.schema.spans) {
            (None, Some(_)) => match row.spans()? {
                Some(spans) => spans::parse(&spans, &row.text()?)?,
                // Nobody has said whether anything is marked.
                None => {
                    self.left_out.unlabelled += 1;
                    return Ok(());
                }
            },
            _ => Vec::new(),
        };
        let Some(targets) = self.targets(row, !spans.is_empty())? else { return Ok(()) };
        self.current.applies |= targets.contains(&Target::Share(1.0));
        self.current.does_not |= targets.contains(&Target::Share(0.0));
        self.current.unscored |= targets.contains(&Target::Unscored);
        if targets.iter().all(|target| matches!(target, Target::Unknown | Target::Unscored)) {
            match targets.contains(&Target::Unscored) {
                true => self.left_out.unscored += 1,
                false => self.left_out.unlabelled += 1,
            }
            return Ok(());
        }
        let targets = targets.iter().map(|target| match target {
            Target::Share(share) => *share,
            Target::Unknown | Target::Unscored => UNKNOWN,
        });
        let targets = targets.collect();
        let (weight, text, second) = (row.weight()?, row.text()?, row.second()?);
        let is_known = id.as_ref().is_some_and(|id| self.known.contains_key(id));
        let new = self.examples.len();
        let place = self.add(Example { text, second, targets, spans, weight });
        match likeness {
            Likeness::Alike if place == new => drop(self.current.alike.insert(place)),
            // Another row has the same text, whatever becomes of the one with the known id.
            _ => drop(self.current.alike.remove(&place)),
        }
        self.current.different += usize::from(is_known && likeness == Likeness::None);
        self.current.ids.extend(id.map(|id| (id, place)));
        Ok(())
    }

    /// What `row` says of each label; none where that is wrong and has been counted.
    fn targets(&mut self, row: &impl Row, is_marked: bool) -> Result<Option<Vec<Target>>, Reason> {
        if let Some(share) = self.current.all {
            return Ok(Some(vec![Target::Share(share); self.schema.labels.len()]));
        }
        if self.schema.spans.is_some() {
            return Ok(Some(vec![Target::Share(if is_marked { 1.0 } else { 0.0 })]));
        }
        let Some(answers) = row.answers()? else { return Ok(None) };
        for (Answer { word, .. }, words) in answers.iter().zip(&mut self.words) {
            let Some(word) = word else { continue };
            if words.len() < COUNTED_WORDS || words.contains_key(word) {
                *words.entry(word.clone()).or_default() += 1;
            }
        }
        Ok(Some(answers.into_iter().map(|answer| answer.target).collect()))
    }

    /// Adds an example, unless there is one with its text. Gives the place of the one or the other.
    fn add(&mut self, example: Example) -> usize {
        let place = self.examples.len();
        // Nothing leaks from a test into itself, and published figures count every row of it.
        if self.split == Split::Train {
            let digest = digest::of(&example.text, example.second.as_deref());
            let first = *self.places.entry(digest).or_insert(place);
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

    /// Ends `source`: leaves out what turned out to be repeats, and picks as many of its examples as were asked for.
    pub fn end(&mut self, source: &Source) -> Result<()> {
        let current = std::mem::take(&mut self.current);
        let (start, here) = (current.start, self.examples.len() - current.start);
        if let Some(Only { column, values }) = current.only.filter(|_| !current.has_chosen) {
            return Err(Error::invalid(format!(
                "{}: no row has `{}` in the column `{column}`, by which rows are chosen",
                source.path.display(),
                values.join("` nor `")
            )));
        }
        if current.applies && current.unscored && !current.does_not {
            return Err(Error::invalid(format!(
                "{}: labels are 1 or -1 and never 0, and -1 means that nobody scored the row; \
                 write 0 where a label does not apply",
                source.path.display()
            )));
        }
        // Files number the same comments where most of the ids that they share have the same text; else each counts from 0.
        let are_repeats = current.same > current.different + current.alike.len();
        let (repeats, others) = if are_repeats { (current.alike, 0) } else { (BTreeSet::new(), current.alike.len()) };
        self.left_out.repeated_ids += repeats.len();
        self.left_out.renumbered += current.different + others;
        let mut kept: Vec<usize> = (start..start + here).filter(|place| !repeats.contains(place)).collect();
        if let Some(samples) = source.samples.filter(|samples| *samples < kept.len()) {
            self.left_out.not_picked += kept.len() - samples;
            let picked = pick(kept.len(), samples, self.seed);
            kept = kept.into_iter().zip(picked).filter(|(_, picked)| *picked).map(|(place, _)| place).collect();
        }
        // Where each example of this source goes: what is not kept is as if it had never been there.
        let mut moved = vec![None; here];
        kept.iter().enumerate().for_each(|(index, place)| moved[place - start] = Some(start + index));
        let after = |place: usize| if place < start { Some(place) } else { moved[place - start] };
        for (id, place) in current.ids {
            if let Some(place) = after(place) {
                self.known.entry(id).or_insert(place);
            }
        }
        self.places.retain(|_, place| after(*place).map(|moved| *place = moved).is_some());
        let mut place = 0..;
        self.examples.retain(|_| place.next().and_then(after).is_some());
        Ok(())
    }

    /// The data set, which may be empty.
    ///
    /// # Errors
    /// No row has any of the words that mean that a label applies.
    pub fn finish(mut self) -> Result<Dataset> {
        if self.schema.kind == HeadKind::Classes {
            self.check_classes()?;
        }
        let labels: &[LabelRule] = if self.schema.kind == HeadKind::Labels { &self.schema.labels } else { &[] };
        for (label, words) in labels.iter().zip(&self.words) {
            let Reading::Words(wanted) = &label.reading else { continue };
            if words.is_empty() {
                continue;
            }
            let is_one =
                |word: &str| label.read(&Cell::Text(word)).is_ok_and(|answer| answer.target == Target::Share(1.0));
            let listed = |applies: bool| {
                let mut words: Vec<_> = words.iter().filter(|(word, _)| is_one(word) == applies).collect();
                words.sort_by(|a, b| b.1.cmp(a.1));
                let more = words.len().saturating_sub(5);
                let mut shown: Vec<_> =
                    words.iter().take(5).map(|(word, count)| format!("{} ({count})", shown(word))).collect();
                shown.extend((more > 0).then(|| format!("{more} others")));
                shown.join(", ")
            };
            let (ones, zeros) = (listed(true), listed(false));
            if ones.is_empty() && self.split == Split::Train && words.len() < COUNTED_WORDS {
                return Err(Error::invalid(format!(
                    "no row has `{}` in the column `{}`, by which {} is told; it has {zeros}",
                    wanted.join("` nor `"),
                    label.column,
                    label.name
                )));
            }
            let is_full = words.len() == COUNTED_WORDS;
            let or_nothing = |list: String| match list.is_empty() {
                true if is_full => format!("none of the first {COUNTED_WORDS} words"),
                true => "nothing".to_owned(),
                false => list,
            };
            let has_several = |word: &&String| {
                !is_one(word) && word.split(|separator: char| "[]{},;|\"'".contains(separator)).any(is_one)
            };
            if let Some(word) = words.keys().find(has_several) {
                self.notes.push(format!(
                    "A row of `{}` has {}, which is another word than `{}` and read as 0: where a row has several words, name them as \
                     they are written, or give each label a column of its own",
                    label.column,
                    shown(word),
                    wanted.join("` or `")
                ));
            }
            self.notes.push(format!(
                "The label {} is 1 where `{}` is {}, and 0 where it is {}",
                label.name,
                label.column,
                or_nothing(ones),
                or_nothing(zeros)
            ));
        }
        let is_unknown = |example: &&Example| example.targets.iter().any(|target| target.is_nan());
        let is_share = |example: &&Example| example.targets.iter().any(|target| *target > 0.0 && *target < 1.0);
        self.left_out.partly_unknown = self.examples.iter().filter(is_unknown).count();
        let shares = self.examples.iter().filter(is_share).count();
        if shares > 0 {
            self.notes.push(format!("Rows with a share between 0 and 1 as a label: {shares}"));
        }
        let labels = self.schema.names();
        let words = self.words.into_iter().next().unwrap_or_default();
        Ok(Dataset { labels, examples: self.examples, left_out: self.left_out, notes: self.notes, words })
    }

    /// Checks that every word of the classes' column is one of the classes, and says how often each is there.
    fn check_classes(&mut self) -> Result<()> {
        let Some(words) = self.words.first() else { return Ok(()) };
        let is_class = |word: &str| self.schema.labels.iter().any(|label| same_value(word, &label.name));
        let others: Vec<_> = words.keys().filter(|word| !is_class(word)).take(5).map(|word| shown(word)).collect();
        let column = &self.schema.labels[0].column;
        if !others.is_empty() && self.schema.labels[0].reading != Reading::Class {
            return Err(Error::invalid(format!(
                "the column `{column}` has {}, which is none of the classes: they are {}",
                others.join(", "),
                self.schema.names().join(", ")
            )));
        }
        let counts: Vec<_> = words.iter().map(|(word, count)| format!("{} ({count})", shown(word))).collect();
        self.notes.push(format!("The classes by the column `{column}`: {}", counts.join(", ")));
        Ok(())
    }
}

/// Which `count` of `all` are picked.
fn pick(all: usize, count: usize, seed: u64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..all).collect();
    Key::new(seed, Purpose::Samples).generator().shuffle(&mut order);
    let mut picked = vec![false; all];
    order[..count].iter().for_each(|&i| picked[i] = true);
    picked
}
