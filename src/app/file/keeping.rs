//! What was decided and scored outlives the page: opened again, the file is as it was left, if one wants it to be.

use std::sync::Arc;

use js_sys::Uint8Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::blob::{self, bytes};
use super::scoring::Scoring;
use super::sheet::{News, Sheet};
use crate::app::tools::{Journal as Script, Kept, Known, Tools, sentence};
use crate::app::wording::counted;
use crate::desk::{Entry, Journal, Labels, Scores, TELLING, key};

/// What is done about keeping.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// It is not known yet whether there is something.
    Looking,
    /// Somebody has been at this file before: with so many rows decided, and so many scored.
    Asked(usize, usize),
    /// What is done is kept.
    Kept,
    /// It is not, for this reason.
    NotKept(String),
}

/// What is kept beside decisions and scores.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Settings {
    thresholds: Vec<f32>,
    /// The columns that are shown beside the text; none in what older versions kept.
    #[serde(default)]
    shown: Vec<usize>,
}

/// The keeping of a file; copies of it are the same.
#[derive(Clone, Copy)]
pub struct Keeping {
    sheet: Sheet,
    scoring: Scoring,
    /// The script and the file's key, once they are there.
    script: StoredValue<Option<(Script, String)>, LocalStorage>,
    owner: StoredValue<Owner>,
    /// What is done.
    pub state: RwSignal<State>,
}

impl Keeping {
    /// Looks whether there is something, and begins to score where there is not.
    pub fn start(sheet: Sheet, scoring: Scoring, tools: Tools) -> Self {
        let keeping = Self {
            sheet,
            scoring,
            script: StoredValue::new_local(None),
            owner: StoredValue::new(Owner::current().expect("a component has an owner")),
            state: RwSignal::new(State::Looking),
        };
        on_cleanup(move || {
            if let Some((script, _)) = keeping.script.try_update_value(Option::take).flatten() {
                script.release();
            }
        });
        spawn_local(async move {
            match keeping.look(&tools).await {
                Ok(Some((decisions, scored))) => drop(keeping.state.try_set(State::Asked(decisions, scored))),
                Ok(None) => keeping.begin().await,
                Err(reason) => keeping.give_up(reason),
            }
        });
        keeping
    }

    /// How many rows are decided and scored of this file from before; none where there is nothing.
    async fn look(self, tools: &Tools) -> Result<Option<(usize, usize)>, String> {
        let script: Script = tools.journal().await.map_err(|thrown| sentence(&thrown))?.unchecked_into();
        let key = self.key().await?;
        let claimed = script.claim(&key).await.map_err(|thrown| sentence(&thrown))?;
        if claimed != JsValue::TRUE {
            return Err("This file is open in another tab, which keeps what is decided there.".to_owned());
        }
        let known = script.find(&key).await.map_err(|thrown| sentence(&thrown))?;
        if self.script.try_set_value(Some((script.clone(), key))).is_some() {
            // The file was closed meanwhile.
            script.release();
            return Ok(None);
        }
        if known.is_undefined() {
            return Ok(None);
        }
        let known: Known = known.unchecked_into();
        Ok(Some((known.decisions(), known.scored())).filter(|(decisions, scored)| decisions + scored > 0))
    }

    async fn key(self) -> Result<String, String> {
        let (content, layout) = self.sheet.try_update(|data| (data.content.clone(), data.layout.clone())).ok_or("")?;
        let sha256 = self.sheet.model.with_untracked(|model| model.as_ref().map(|(model, _)| model.sha256.clone()));
        let size = blob::size(&content);
        let telling = TELLING as u64;
        let beginning = bytes(&content, 0, size.min(telling)).await?;
        let end = bytes(&content, size.saturating_sub(telling), size).await?;
        Ok(key(size, &beginning, &end, &layout, &sha256.unwrap_or_default()))
    }

    /// Goes on where somebody was.
    pub fn go_on(self) {
        self.state.set(State::Looking);
        spawn_local(async move {
            match self.restore().await {
                Ok(()) => self.begin().await,
                Err(reason) => self.give_up(reason),
            }
        });
    }

    /// Lets go of what there is, and begins anew.
    pub fn start_anew(self) {
        self.state.set(State::Looking);
        spawn_local(async move {
            if let Some((script, key)) = self.script.get_value()
                && let Err(thrown) = script.forget(&key).await
            {
                return self.give_up(sentence(&thrown));
            }
            self.begin().await;
        });
    }

    /// Nothing of this file is kept, from now on neither.
    pub fn forget(self) {
        self.sheet.keep_by(None);
        spawn_local(async move {
            let forgotten = match self.script.get_value() {
                Some((script, key)) => script.forget(&key).await,
                None => Ok(()),
            };
            let words = match forgotten {
                Ok(()) => "Nothing of this file is kept any more, and nothing will be.".to_owned(),
                Err(thrown) => sentence(&thrown),
            };
            let _ = self.state.try_set(State::NotKept(words));
        });
    }

    async fn restore(self) -> Result<(), String> {
        let (script, key) = self.script.get_value().ok_or("")?;
        let kept: Kept = script.read(&key).await.map_err(|thrown| sentence(&thrown))?.unchecked_into();
        let damaged = |error: serde_json::Error| format!("What was kept of this file cannot be read: {error}.");
        let entries = kept.entries();
        let entries = entries.iter().filter_map(|entry| entry.as_string());
        let entries: Vec<Entry> =
            entries.map(|entry| serde_json::from_str(&entry)).collect::<Result<_, _>>().map_err(damaged)?;
        let labels: Arc<Labels> =
            self.sheet.model.try_with_untracked(|model| Some(model.as_ref()?.1.clone())).flatten().ok_or("")?;
        let restored = self.sheet.try_update(|data| {
            data.journal = Journal::replay(data.index.len(), entries).map_err(|error| format!("{error}."))?;
            for block in kept.scores().iter() {
                let block = Uint8Array::from(block).to_vec();
                for (row, probabilities, detail) in Scores::from_bytes(&block, labels.all().len()) {
                    for row in data.index.same(row) {
                        data.scores.set(row as usize, &probabilities, detail);
                    }
                }
            }
            Ok::<_, String>(())
        });
        // None where the file was closed meanwhile.
        let Some(restored) = restored else { return Ok(()) };
        restored?;
        if let Ok(Settings { thresholds, shown }) = serde_json::from_str(&kept.settings()) {
            if thresholds.len() == labels.all().len() {
                self.sheet.thresholds.set(thresholds);
            }
            let columns = self.sheet.with(|data| data.names.len());
            self.sheet.shown.set(shown.into_iter().filter(|place| *place < columns).collect());
        }
        self.sheet.scored.update(|version| *version += 1);
        self.sheet.settled.update(|version| *version += 1);
        self.sheet.decided.update(|version| *version += 1);
        self.sheet.refresh();
        Ok(())
    }

    /// Keeps what is done from now on, and has the rest scored.
    async fn begin(self) {
        if let Some((script, key)) = self.script.try_get_value().flatten() {
            let name = self.sheet.try_update(|data| data.name.clone()).unwrap_or_default();
            if let Err(thrown) = script.begin(&key, &name).await {
                return self.give_up(sentence(&thrown));
            }
            self.sheet.keep_by(Some(Callback::new(move |(news,)| self.keep(news))));
            self.keep_changes();
            let _ = self.state.try_set(match script.is_kept() {
                true => State::Kept,
                false => State::NotKept(
                    "This browser keeps nothing here: what you decide is gone with the tab. Save it before you leave."
                        .to_owned(),
                ),
            });
        }
        self.score();
    }

    /// Works without keeping anything.
    fn give_up(self, reason: String) {
        let _ = self
            .state
            .try_set(State::NotKept(format!("{reason} What you decide is not kept: save it before you leave.")));
        self.score();
    }

    fn score(self) {
        if self.state.try_get_untracked().is_some() {
            self.scoring.start();
        }
    }

    fn keep(self, news: News) {
        let Some((script, key)) = self.script.get_value() else { return };
        let kept = self.sheet.with(|data| match &news {
            News::Step(entry) => {
                let counts = data.journal.counts();
                // Cannot fail: an entry is numbers and strings.
                let json = serde_json::to_string(entry).unwrap_or_default();
                (Some(json), Vec::new(), counts.keep + counts.remove + counts.unsure)
            }
            News::Scored(rows) => (None, data.scores.to_bytes(rows), data.scores.scored()),
        });
        spawn_local(async move {
            let outcome = match kept {
                (Some(json), _, decisions) => script.add_entry(&key, &json, decisions).await,
                (None, bytes, scored) => script.add_scores(&key, &Uint8Array::from(&bytes[..]), scored).await,
            };
            self.complain(outcome);
        });
    }

    /// From now on settings are kept when they change.
    fn keep_changes(self) {
        // None where the file was closed meanwhile.
        self.owner.try_with_value(|owner| {
            owner.with(|| {
                Effect::new(move |before: Option<()>| {
                    self.sheet.thresholds.track();
                    self.sheet.shown.track();
                    if before.is_some() {
                        self.keep_settings();
                    }
                })
            })
        });
    }

    fn keep_settings(self) {
        let Some((script, key)) = self.script.get_value() else { return };
        let (thresholds, shown) = (self.sheet.thresholds.get_untracked(), self.sheet.shown.get_untracked());
        let settings = Settings { thresholds, shown };
        let json = serde_json::to_string(&settings).unwrap_or_default();
        spawn_local(async move { self.complain(script.keep_settings(&key, &json).await) });
    }

    fn complain(self, outcome: Result<(), JsValue>) {
        if let Err(thrown) = outcome {
            self.sheet.keep_by(None);
            let reason = sentence(&thrown);
            let _ = self.state.try_set(State::NotKept(format!(
                "What you decide cannot be kept any more: {reason} Save it before you leave."
            )));
        }
    }
}

/// What is kept, in a line, with what can be done about it; or the question whether to go on.
#[component]
pub fn KeepingLine(
    /// It.
    keeping: Keeping,
) -> impl IntoView {
    let question = move || match keeping.state.get() {
        State::Asked(decisions, scored) => Some(view! {
            <div class="notice" id="resume" role="alert">
                <p>
                    {format!(
                        "You have been at this file before: {} decided, {} scored. Go on where you were?",
                        counted(decisions, "row"),
                        counted(scored, "row"),
                    )}
                </p>
                <button type="button" id="go-on" on:click=move |_| keeping.go_on()>"Go on"</button>
                <button type="button" id="start-anew" on:click=move |_| keeping.start_anew()>"Start anew"</button>
            </div>
        }),
        _ => None,
    };
    let words = move || match keeping.state.get() {
        State::Kept => "What you do here is kept in this browser until you have the file forgotten.".to_owned(),
        State::NotKept(reason) => reason,
        State::Looking | State::Asked(..) => String::new(),
    };
    let is_kept = move || keeping.state.with(|state| *state == State::Kept);
    view! {
        {question}
        <div class="controls" id="kept">
            <p class="hint">{words}</p>
            <Show when=is_kept>
                <button type="button" id="forget" on:click=move |_| keeping.forget()>"Forget this file"</button>
            </Show>
        </div>
    }
}
