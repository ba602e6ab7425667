//! The file that is open, as the page's parts share it: what is known of its rows, which of them are shown, and which one is looked at.

use std::collections::HashSet;
use std::sync::Arc;

use leptos::prelude::*;
use web_sys::Blob;

use super::read::Opened;
use crate::app::client::Session;
use crate::desk::{Counts, Decision, Entry, Index, Journal, Labels, Layout, Queue, Scores, View};
use crate::protocol::Model;
use crate::rows::texts::Again;

/// What is known of the file. It is large and changes all the time, so that no signal has it: signals say that something has changed.
pub struct Data {
    /// What the file is called.
    pub name: String,
    /// What its rows are read from.
    pub content: Blob,
    /// Its columns or keys.
    pub names: Vec<String>,
    /// Where its rows are.
    pub index: Index,
    /// Reads them again.
    pub again: Again,
    /// How they are written.
    pub layout: Layout,
    /// What was read otherwise than it stands.
    pub notes: Vec<String>,
    /// What the model says of them.
    pub scores: Scores,
    /// What was decided.
    pub journal: Journal,
    /// What is still to be scored.
    pub queue: Queue,
}

/// What is new, and to be kept.
pub enum News {
    /// A step was taken.
    Step(Entry),
    /// These rows are scored.
    Scored(Vec<u32>),
}

/// A file that is open; copies of it are the same file.
#[derive(Clone, Copy)]
pub struct Sheet {
    data: StoredValue<Data, LocalStorage>,
    /// The model that scores, once it is known, and its labels.
    pub model: RwSignal<Option<(Model, Arc<Labels>)>>,
    /// Changes with the scores.
    pub scored: RwSignal<u32>,
    /// Changes with them, but seldom: what looks at all rows waits for this.
    pub settled: RwSignal<u32>,
    /// Changes with the decisions.
    pub decided: RwSignal<u32>,
    /// What is looked at.
    pub view: RwSignal<View>,
    /// The rows that these are.
    pub rows: RwSignal<Arc<Vec<u32>>>,
    /// The row that is looked at.
    pub focused: RwSignal<Option<u32>>,
    /// The rows that are in sight.
    pub visible: StoredValue<Vec<u32>>,
    /// From which probability on each label counts.
    pub thresholds: RwSignal<Vec<f32>>,
    /// What screen readers are told.
    said: RwSignal<String>,
    /// The label that rows are sorted and counted by.
    pub label: RwSignal<usize>,
    /// Why the next rows are decided as they are.
    pub reason: RwSignal<String>,
    /// Whether rows with the same text are decided alike.
    pub are_alike: RwSignal<bool>,
    /// Whether texts in which something was found are hidden, and whether not so while they are looked at.
    pub hides: RwSignal<bool>,
    /// As said above.
    pub shows_focused: RwSignal<bool>,
    /// Rows whose texts somebody wanted to see.
    revealed: RwSignal<HashSet<u32>>,
    /// Whether the list of keys is shown.
    pub shows_keys: RwSignal<bool>,
    /// The places of the columns that are shown beside the text.
    pub shown: RwSignal<Vec<usize>>,
    /// Who keeps what is new.
    keeper: StoredValue<Option<Callback<(News,)>>>,
    /// Whom to ask which words did it.
    pub session: StoredValue<Session, LocalStorage>,
}

impl Sheet {
    /// The sheet of a file; what it says to screen readers is told where `said` is.
    pub fn new(opened: Opened, session: Session, said: RwSignal<String>) -> Self {
        let Opened { name, content, names, rows } = opened;
        let count = rows.index.len();
        let scores = Scores::new(count, 0);
        let data = Data {
            name,
            content,
            names,
            queue: Queue::new(&rows.index, &scores),
            index: rows.index,
            again: rows.again,
            layout: rows.layout,
            notes: rows.notes,
            scores,
            journal: Journal::new(count),
        };
        Self {
            data: StoredValue::new_local(data),
            model: RwSignal::new(None),
            scored: RwSignal::new(0),
            settled: RwSignal::new(0),
            decided: RwSignal::new(0),
            view: RwSignal::new(View::default()),
            rows: RwSignal::new(Arc::new((0..count as u32).collect())),
            focused: RwSignal::new(Some(0)),
            visible: StoredValue::new(Vec::new()),
            thresholds: RwSignal::new(Vec::new()),
            said,
            label: RwSignal::new(0),
            reason: RwSignal::new(String::new()),
            are_alike: RwSignal::new(false),
            hides: RwSignal::new(true),
            shows_focused: RwSignal::new(false),
            revealed: RwSignal::new(HashSet::new()),
            shows_keys: RwSignal::new(false),
            shown: RwSignal::new(Vec::new()),
            keeper: StoredValue::new(None),
            session: StoredValue::new_local(session),
        }
    }

    /// The model that scores this file is this one.
    pub fn set_model(self, model: &Model) {
        let labels = Labels::of(model);
        self.update(|data| data.scores = Scores::new(data.index.len(), labels.all().len()));
        self.thresholds.set(labels.thresholds());
        self.label.set(labels.foremost());
        self.model.set(Some((model.clone(), Arc::new(labels))));
    }

    /// Looks at the data. Within, none of the sheet's other methods may be called.
    pub fn with<T>(self, look: impl FnOnce(&Data) -> T) -> T {
        self.data.with_value(look)
    }

    /// Changes the data, as [`Self::with`] looks at them.
    pub fn update<T>(self, change: impl FnOnce(&mut Data) -> T) -> T {
        self.data.try_update_value(change).expect("the sheet is there as long as what shows it")
    }

    /// The same where the sheet may be closed by now, as after waiting.
    pub fn try_update<T>(self, change: impl FnOnce(&mut Data) -> T) -> Option<T> {
        self.data.try_update_value(change)
    }

    /// The rows that are to be shown, anew.
    pub fn refresh(self) {
        let view = self.view.get_untracked();
        let rows = self.with(|data| view.rows(&data.scores, &data.journal, data.index.first()));
        if self.rows.with_untracked(|before| **before == rows) {
            return;
        }
        // Somebody looks at one of the rows that are shown.
        let focused = self.focused.get_untracked();
        let focused = focused.filter(|focused| rows.contains(focused)).or(rows.first().copied());
        self.rows.set(Arc::new(rows));
        self.focused.set(focused);
    }

    /// How many rows are decided in which way.
    pub fn counts(self) -> Counts {
        self.decided.track();
        self.with(|data| data.journal.counts())
    }

    /// What was decided of a row.
    pub fn decision(self, row: u32) -> Option<Decision> {
        self.decided.track();
        self.with(|data| data.journal.decision(row as usize))
    }

    /// A row's probabilities; none where nothing is known of it.
    pub fn probabilities(self, row: u32) -> Option<Vec<f32>> {
        self.scored.track();
        self.with(|data| data.scores.is_scored(row as usize).then(|| data.scores.probabilities(row as usize)))
    }

    /// Whether something was found in a row that not everybody wants to read.
    pub fn is_marked(self, row: u32) -> bool {
        let thresholds = self.thresholds.get();
        let labels = self.model.with(|model| model.as_ref().map(|(_, labels)| labels.clone()));
        labels.zip(self.probabilities(row)).is_some_and(|(labels, row)| labels.is_marked(&row, &thresholds))
    }

    /// Whether a row's text is hidden, since something was found in it.
    pub fn is_hidden(self, row: u32) -> bool {
        let is_looked_at = move || self.shows_focused.get() && self.focused.get() == Some(row);
        self.hides.get()
            && self.is_marked(row)
            && !self.revealed.with(|revealed| revealed.contains(&row))
            && !is_looked_at()
    }

    /// Shows the text of the row that is looked at, or hides it again.
    pub fn reveal(self) {
        if let Some(row) = self.focused.get_untracked() {
            self.revealed.update(|revealed| {
                if !revealed.remove(&row) {
                    revealed.insert(row);
                }
            });
        }
    }

    /// Looks at the row that is so many further down among those that are shown, or at the last one there is.
    pub fn go_by(self, by: isize) {
        let focused = self.focused.get_untracked();
        let next = self.rows.with_untracked(|rows| {
            let position = focused.and_then(|focused| rows.iter().position(|row| *row == focused)).unwrap_or_default();
            let next = position.saturating_add_signed(by).min(rows.len().saturating_sub(1));
            rows.get(next).copied()
        });
        self.focused.set(next);
    }

    /// Takes a step in the journal; the entry, if there was a step to take.
    pub fn step(self, step: impl FnOnce(&mut Journal, u64) -> Option<Entry>) -> Option<Entry> {
        // Milliseconds are far below 2^53.
        let time = js_sys::Date::now() as u64;
        let entry = self.update(|data| step(&mut data.journal, time))?;
        self.decided.update(|version| *version += 1);
        self.tell(News::Step(entry.clone()));
        Some(entry)
    }

    /// From now on `keeper` hears of all that is new.
    pub fn keep_by(self, keeper: Option<Callback<(News,)>>) {
        self.keeper.set_value(keeper);
    }

    /// Something is new.
    pub fn tell(self, news: News) {
        if let Some(keeper) = self.keeper.try_get_value().flatten() {
            keeper.run((news,));
        }
    }

    /// Has screen readers say something.
    pub fn say(self, words: impl Into<String>) {
        self.said.set(words.into());
    }
}
