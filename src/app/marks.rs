//! Which stretches of the text are marked, and why.
//!
//! While somebody types these are the words that labels were found in, and once typing has paused those that move a scale as well. Places are
//! the browser's: UTF-16 units of the text.

use js_sys::JsString;

use crate::protocol::{Display, Explanation, LabelWords, Model, WordEffect, is_present};

/// A word is marked that moves the logit by this share of what the strongest does, and strongly by this one. How far that is depends on the
/// text: where many words say the same, none of them alone does much.
const MARKED_SHARE: f32 = 0.4;
const STRONG_SHARE: f32 = 0.75;
/// No word does anything where the strongest moves the logit by less.
const LEAST_EFFECT: f32 = 0.05;
/// A word that a label was found in with this probability is marked strongly.
const STRONG_PROBABILITY: f32 = 0.9;

/// A stretch of the text that is marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The UTF-16 units of the text before it.
    pub start: u32,
    /// The same with its own.
    pub end: u32,
    /// What it stands for.
    pub kind: MarkKind,
    /// Whether it does that more than others.
    pub is_strong: bool,
    /// Which of the model's tasks it is about, where it is about one of texts.
    pub task: Option<usize>,
    /// The text in it.
    pub written: String,
}

/// What a marked stretch of a text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// A label was found in it.
    Found,
    /// It moves a scale to its upper end.
    Raises,
    /// It moves a scale to its lower end.
    Lowers,
}

impl MarkKind {
    /// Its name in the style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Raises => "raises",
            Self::Lowers => "lowers",
        }
    }
}

/// The marks of `text`, by its words' answers and, if there is one, its explanation; in the text's order for each of both.
pub fn marks(text: &JsString, model: &Model, words: &[LabelWords], explained: &[Explanation]) -> Vec<Mark> {
    let of_words = words.iter().flat_map(|words| found(text, model, words));
    of_words.chain(explained.iter().flat_map(|explanation| moving(text, model, explanation))).collect()
}

/// The words at the threshold or above, joined where nothing but space is between.
fn found(text: &JsString, model: &Model, LabelWords { label, threshold, words, .. }: &LabelWords) -> Vec<Mark> {
    let task = model.tasks.iter().position(|task| task.labels.iter().any(|of| of.name == *label));
    let mut marks: Vec<Mark> = Vec::new();
    for word in words.iter().filter(|word| is_present(word.probability, *threshold)) {
        let (start, end) = (word.start as u32, word.end as u32);
        let is_strong = word.probability >= STRONG_PROBABILITY;
        match marks.last_mut() {
            Some(last) if text.substring(last.end, start).trim().length() == 0 => {
                last.end = end;
                last.is_strong |= is_strong;
            }
            _ => marks.push(Mark { start, end, kind: MarkKind::Found, is_strong, task, written: String::new() }),
        }
    }
    marks.iter_mut().for_each(|mark| mark.written = text.substring(mark.start, mark.end).into());
    marks
}

/// The words that do most: both ways on a scale, and else those that speak for the label.
fn moving(text: &JsString, model: &Model, Explanation { task, words, .. }: &Explanation) -> Vec<Mark> {
    let is_scale = model.tasks.get(*task).is_some_and(|task| matches!(task.display, Display::Scale(_)));
    let strongest = words.iter().map(|word| word.effect.abs()).fold(LEAST_EFFECT, f32::max);
    let mark = |&WordEffect { start, end, effect }: &WordEffect| {
        let (start, end) = (start as u32, end as u32);
        let written = String::from(text.substring(start, end));
        let kind = match (effect >= 0.0, is_scale) {
            (true, true) => MarkKind::Raises,
            (false, true) => MarkKind::Lowers,
            (true, false) => MarkKind::Found,
            (false, false) => return None,
        };
        // A full stop is no word.
        let is_marked =
            effect.abs() >= MARKED_SHARE * strongest && !written.chars().all(|sign| sign.is_ascii_punctuation());
        let is_strong = effect.abs() >= STRONG_SHARE * strongest;
        is_marked.then_some(Mark { start, end, kind, is_strong, task: Some(*task), written })
    };
    words.iter().filter_map(mark).collect()
}

/// What is left of the marks of one text in the next: those before the place where the texts differ, and those behind it, moved. A word
/// that grows is another word.
pub fn moved(marks: Vec<Mark>, before: &[u16], after: &[u16]) -> Vec<Mark> {
    let same = |(left, right): &(&u16, &u16)| left == right;
    let prefix = before.iter().zip(after).take_while(same).count();
    let room = before.len().min(after.len()) - prefix;
    let suffix = before.iter().rev().zip(after.iter().rev()).take(room).take_while(same).count();
    // Texts of as many units as do not fit are not marked.
    let (changed, rest, grown) = (prefix as u32, (before.len() - suffix) as u32, after.len() as u32);
    let place = |place: u32| place + grown - before.len() as u32;
    let stays = |mark: Mark| match () {
        () if mark.end < changed => Some(mark),
        () if mark.start > rest => Some(Mark { start: place(mark.start), end: place(mark.end), ..mark }),
        () => None,
    };
    marks.into_iter().filter_map(stays).collect()
}

/// A stretch of a text between two places where some mark begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The UTF-16 units of the text before it.
    pub start: u32,
    /// The same with its own.
    pub end: u32,
    /// The names of the marks that it is in; none where it is in none.
    pub names: String,
}

/// A text of `length` units, cut where marks begin and end.
pub fn pieces(length: u32, marks: &[Mark]) -> Vec<Piece> {
    let mut cuts: Vec<u32> = marks.iter().flat_map(|mark| [mark.start, mark.end]).chain([0, length]).collect();
    cuts.retain(|cut| *cut <= length);
    cuts.sort_unstable();
    cuts.dedup();
    let mut ordered: Vec<&Mark> = marks.iter().collect();
    ordered.sort_by_key(|mark| mark.start);
    let mut open: Vec<&Mark> = Vec::new();
    let mut next = 0;
    let mut piece = |[start, end]: [u32; 2]| {
        while let Some(mark) = ordered.get(next).filter(|mark| mark.start <= start) {
            open.push(mark);
            next += 1;
        }
        open.retain(|mark| mark.end > start);
        let mut names: Vec<&str> = open.iter().map(|mark| mark.kind.name()).collect();
        if open.iter().any(|mark| mark.is_strong) {
            names.push("strong");
        }
        names.dedup();
        Piece { start, end, names: names.join(" ") }
    };
    cuts.windows(2).map(|pair| piece([pair[0], pair[1]])).collect()
}
