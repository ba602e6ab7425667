//! Has the rows of a sheet scored, those in sight first, and tells how far that is.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Interval;
use js_sys::Function;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::contents;
use super::sheet::{Data, News, Sheet};
use crate::app::tools::{Scorer, Tools, sentence};
use crate::desk::{Order, Queue};
use crate::protocol::Scores;

/// So many texts of so many bytes are handed over at once: what comes into sight waits for those of two such lists at most.
const LIST: usize = 64;
const LIST_BYTES: usize = 1 << 15;
/// How often the page is told, in milliseconds.
const TOLD: u32 = 250;
/// How often rows are put into another order and counted anew while scores come in, in milliseconds.
const ORDERED: f64 = 3000.0;
/// The rate is that of so many seconds.
const RATE_OVER: f64 = 15.0;

/// Where scoring stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// It has not begun, or somebody ended it.
    Idle,
    /// Engines are started.
    Loading,
    /// Rows are scored.
    Running,
    /// Nothing is done until somebody wants it.
    Paused,
    /// All rows are scored.
    Done,
    /// It cannot go on, for this reason.
    Failed(String),
}

/// How far scoring is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// Rows that need nothing more: scored ones, and those that cannot be.
    pub done: usize,
    /// All rows.
    pub total: usize,
    /// Rows in a second; none where that is not known yet.
    pub rate: Option<f64>,
}

impl Progress {
    /// How many seconds the rest takes.
    pub fn seconds_left(&self) -> Option<f64> {
        let rate = self.rate.filter(|rate| *rate > 0.0)?;
        Some((self.total - self.done) as f64 / rate)
    }
}

/// The scoring of a sheet; copies of it are the same.
#[derive(Clone, Copy)]
pub struct Scoring {
    sheet: Sheet,
    tools: StoredValue<Tools, LocalStorage>,
    /// Where it stands.
    pub work: RwSignal<Work>,
    /// How far it is.
    pub progress: RwSignal<Progress>,
    run: StoredValue<Option<Run>, LocalStorage>,
}

/// One run, from its start to its end or until somebody ends it.
struct Run {
    /// None until the script is here.
    scorer: Option<Scorer>,
    /// The rows that were handed over, in their order.
    sent: Vec<u32>,
    /// Lets a run that is paused go on.
    go_on: Option<Function>,
    /// When how many rows were done.
    marks: Vec<(f64, usize)>,
    ordered: f64,
    /// Rows that were scored since the page was told.
    news: Vec<u32>,
    _teller: Interval,
}

impl Scoring {
    /// Of this sheet, not begun yet.
    pub fn new(sheet: Sheet, tools: Tools) -> Self {
        let scoring = Self {
            sheet,
            tools: StoredValue::new_local(tools),
            work: RwSignal::new(Work::Idle),
            progress: RwSignal::new(Progress::default()),
            run: StoredValue::new_local(None),
        };
        scoring.count();
        on_cleanup(move || scoring.stop());
        scoring
    }

    /// Begins, or goes on where it was ended.
    pub fn start(self) {
        let Some(sha256) = self.sheet.model.with_untracked(|model| Some(model.as_ref()?.0.sha256.clone())) else {
            return;
        };
        self.sheet.update(|data| data.queue = Queue::new(&data.index, &data.scores));
        self.count();
        if self.progress.with_untracked(|progress| progress.done == progress.total) {
            self.work.set(Work::Done);
            return;
        }
        self.run.set_value(Some(Run {
            scorer: None,
            sent: Vec::new(),
            go_on: None,
            marks: Vec::new(),
            ordered: 0.0,
            news: Vec::new(),
            _teller: Interval::new(TOLD, move || self.tell()),
        }));
        self.work.set(Work::Loading);
        let tools = self.tools.get_value();
        spawn_local(async move {
            let outcome = match tools.scorer().await {
                Ok(scorer) => self.run(scorer.unchecked_into(), &sha256).await,
                Err(thrown) => Err(thrown),
            };
            // Somebody may have ended it meanwhile.
            if self.work.try_with_untracked(|work| *work == Work::Idle) != Some(false) {
                return;
            }
            self.tell();
            self.end(match outcome {
                Ok(()) => Work::Done,
                Err(thrown) => Work::Failed(sentence(&thrown)),
            });
        });
    }

    /// Nothing is handed over any more until it goes on.
    pub fn pause(self) {
        self.work.set(Work::Paused);
        self.run.update_value(|run| run.iter_mut().for_each(|run| run.marks.clear()));
    }

    /// Goes on.
    pub fn resume(self) {
        self.work.set(Work::Running);
        let go_on = self.run.try_update_value(|run| run.as_mut()?.go_on.take()).flatten();
        go_on.map(|go_on| go_on.call0(&JsValue::NULL));
    }

    /// Ends it, with what is scored so far kept.
    pub fn stop(self) {
        self.end(Work::Idle);
    }

    fn end(self, work: Work) {
        let run = self.run.try_update_value(Option::take).flatten();
        if let Some(scorer) = run.and_then(|run| run.scorer) {
            scorer.stop();
        }
        let _ = self.work.try_set(work);
        self.settle();
    }

    async fn run(self, scorer: Scorer, sha256: &str) -> Result<(), JsValue> {
        let is_wanted =
            self.run.try_update_value(|run| run.as_mut().map(|run| run.scorer = Some(scorer.clone())).is_some());
        if is_wanted != Some(true) {
            scorer.stop();
            return Ok(());
        }
        let more = Closure::<dyn FnMut() -> js_sys::Promise>::new(move || future_to_promise(self.more()));
        // What happens while one outcome is put down is none of the next one's business.
        let deliver = Closure::<dyn FnMut(usize, Option<String>, Option<String>)>::new(
            move |place, scores: Option<String>, failure: Option<String>| self.take(place, scores, failure),
        );
        let outcome = scorer.run(sha256, more.as_ref().unchecked_ref(), deliver.as_ref().unchecked_ref()).await;
        // An engine that was told to stop may still say something, to functions that are gone with this one.
        let kept = Rc::new(RefCell::new((more, deliver)));
        gloo::timers::callback::Timeout::new(1000, move || drop(kept)).forget();
        outcome
    }

    /// The next texts as an array of strings; undefined when there are none.
    async fn more(self) -> Result<JsValue, JsValue> {
        if self.work.try_get_untracked() == Some(Work::Loading) {
            self.work.set(Work::Running);
        }
        while self.work.try_get_untracked() == Some(Work::Paused) {
            let mut wait = |resolve: Function, _| {
                self.run.try_update_value(|run| run.iter_mut().for_each(|run| run.go_on = Some(resolve.clone())));
            };
            JsFuture::from(js_sys::Promise::new(&mut wait)).await?;
        }
        let visible = self.sheet.visible.try_get_value().unwrap_or_default();
        let rows =
            self.sheet.try_update(|data| data.queue.take(&data.index, &visible, LIST, LIST_BYTES)).unwrap_or_default();
        if rows.is_empty() {
            return Ok(JsValue::UNDEFINED);
        }
        let read = contents::read(self.sheet, &rows).await.map_err(|sentence| js_sys::Error::new(&sentence))?;
        let texts = read.iter().map(|row| JsValue::from_str(row.text.as_deref().unwrap_or_default()));
        let texts: js_sys::Array = texts.collect();
        self.run.try_update_value(|run| run.iter_mut().for_each(|run| run.sent.extend(&rows)));
        // A row that is no more as it was has no scores.
        self.sheet.try_update(|data| {
            for (row, read) in rows.iter().zip(&read) {
                if let Err(reason) = &read.text {
                    data.scores.fail(*row as usize, reason);
                }
            }
        });
        Ok(texts.into())
    }

    /// Puts down what became of a text.
    fn take(self, place: usize, scores: Option<String>, failure: Option<String>) {
        let row = self.run.try_update_value(|run| {
            let run = run.as_mut()?;
            let row = run.sent.get(place).copied()?;
            run.news.push(row);
            Some(row)
        });
        let Some(row) = row.flatten() else { return };
        let Some(Some(labels)) = self.sheet.model.try_with_untracked(|model| Some(model.as_ref()?.1.clone())) else {
            return;
        };
        let scores = scores.map(|json| serde_json::from_str::<Scores>(&json));
        self.sheet.try_update(|data| {
            let Data { index, scores: known, .. } = data;
            for row in index.same(row) {
                match &scores {
                    Some(Ok(scores)) if known.failure(row as usize).is_none() => {
                        let (probabilities, detail) = labels.probabilities(scores);
                        known.set(row as usize, &probabilities, detail);
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => known.fail(row as usize, &format!("The engine said something else: {error}.")),
                    None => known.fail(row as usize, failure.as_deref().unwrap_or("The engine could not read it.")),
                }
            }
        });
    }

    /// Tells the page what has come in.
    fn tell(self) {
        let now = js_sys::Date::now();
        let news = self.run.try_update_value(|run| {
            let run = run.as_mut()?;
            let is_time = now - run.ordered > ORDERED;
            if is_time && !run.news.is_empty() {
                run.ordered = now;
            }
            Some((std::mem::take(&mut run.news), is_time))
        });
        let Some((news, is_time)) = news.flatten().filter(|(news, _)| !news.is_empty()) else { return };
        self.count();
        self.sheet.tell(News::Scored(news));
        let _ = self.sheet.scored.try_update(|version| *version += 1);
        if is_time {
            self.settle();
        }
    }

    /// Lets what looks at all rows look again.
    fn settle(self) {
        if self.sheet.settled.try_update(|version| *version += 1).is_none() {
            return;
        }
        let is_by_score =
            self.sheet.view.with_untracked(|view| view.order != Order::File || view.filter.range.is_some());
        if is_by_score {
            self.sheet.refresh();
        }
    }

    fn count(self) {
        let counted = self.sheet.try_update(|data| {
            let done = data.scores.scored() + data.scores.failed() + data.index.broken().len();
            (done, data.index.len())
        });
        let Some((done, total)) = counted else { return };
        let now = js_sys::Date::now() / 1000.0;
        let rate = self.run.try_update_value(|run| {
            let marks = &mut run.as_mut()?.marks;
            marks.push((now, done));
            let recent = marks.iter().position(|(time, _)| now - time <= RATE_OVER).unwrap_or_default();
            marks.drain(..recent);
            let (first, before) = marks[0];
            (now - first > 1.0).then(|| (done - before) as f64 / (now - first))
        });
        let _ = self.progress.try_set(Progress { done, total, rate: rate.flatten() });
    }
}
