//! What is decided: of the row that is looked at, by a key or a button, and of all that are shown, after a question.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::sheet::Sheet;
use super::switch::Switch;
use crate::app::wording::counted;
use crate::desk::{Decision, Entry};

/// The decisions, with their keys.
pub const DECISIONS: [(Decision, &str, &str); 3] =
    [(Decision::Keep, "1", "Keep"), (Decision::Remove, "2", "Remove"), (Decision::Unsure, "3", "Unsure")];

impl Sheet {
    /// Decides the row that is looked at, and goes on to the next one. None takes a decision away.
    pub fn decide(self, decision: Option<Decision>) {
        let Some(row) = self.focused.get_untracked() else { return };
        let next = self.rows.with_untracked(|rows| {
            let position = rows.iter().position(|other| *other == row)?;
            rows.get(position + 1).or_else(|| rows.get(position.checked_sub(1)?)).copied()
        });
        let rows: Vec<u32> = match self.are_alike.get_untracked() {
            true => self.with(|data| data.index.same(data.index.first()[row as usize]).collect()),
            false => vec![row],
        };
        self.decide_all(&rows, decision);
        self.focused.set(next.or(Some(row)));
    }

    /// Decides these rows alike.
    pub fn decide_all(self, rows: &[u32], decision: Option<Decision>) {
        let reason = Some(self.reason.get_untracked().trim().to_owned())
            .filter(|reason| !reason.is_empty() && decision.is_some());
        let entry = self.step(|journal, time| journal.decide(rows, decision, reason, time).cloned());
        if entry.is_some() {
            let verdict = decision.map_or("undecided", |decision| match decision {
                Decision::Keep => "kept",
                Decision::Remove => "removed",
                Decision::Unsure => "unsure",
            });
            self.say(match rows {
                [row] => format!("Row {} {verdict}.", row + 1),
                _ => format!("{} {verdict}.", counted(rows.len(), "row")),
            });
            self.refresh();
        }
    }

    /// Takes the last decision back, or lets it stand again.
    pub fn take_back(self, is_undo: bool) {
        let rows = |journal: &crate::desk::Journal| journal.last().cloned().unwrap_or_default();
        let before = self.with(|data| rows(&data.journal));
        let step: fn(&mut crate::desk::Journal, u64) -> Option<Entry> = match is_undo {
            true => |journal, time| journal.undo(time).cloned(),
            false => |journal, time| journal.redo(time).cloned(),
        };
        if self.step(step).is_none() {
            self.say(if is_undo { "There is nothing to take back." } else { "Nothing was taken back." });
            return;
        }
        let rows = if is_undo { before } else { self.with(|data| rows(&data.journal)) };
        self.refresh();
        if let Some(first) = rows.iter().next() {
            self.focused.set(Some(first));
        }
        self.say(format!("{} {}.", counted(rows.len(), "decision"), if is_undo { "taken back" } else { "made again" }));
    }
}

/// What a key does while the focus is in the table or beside it, but not in a field. Whether it did anything.
pub fn press(sheet: Sheet, event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    if target.is_some_and(|target| target.closest("input, textarea, select, dialog").ok().flatten().is_some()) {
        return false;
    }
    let key = event.key();
    if (event.ctrl_key() || event.meta_key()) && !event.alt_key() {
        match (key.as_str(), event.shift_key()) {
            ("z", false) => sheet.take_back(true),
            ("z" | "Z", true) | ("y", false) => sheet.take_back(false),
            _ => return false,
        }
        return true;
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    match key.as_str() {
        "0" => sheet.decide(None),
        "u" | "U" => sheet.take_back(true),
        "r" | "R" => sheet.reveal(),
        "?" => sheet.shows_keys.set(true),
        key => match DECISIONS.iter().find(|(_, own, _)| *own == key) {
            Some((decision, ..)) => sheet.decide(Some(*decision)),
            None => return false,
        },
    }
    true
}

/// The buttons for the row that is looked at.
#[component]
pub fn Decide(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    let current = Memo::new(move |_| sheet.focused.get().and_then(|row| sheet.decision(row)));
    let buttons = DECISIONS.map(|(decision, key, name)| {
        view! {
            <button
                type="button"
                data-decide=decision.name()
                aria-pressed=move || (current.get() == Some(decision)).to_string()
                aria-keyshortcuts=key
                on:click=move |_| sheet.decide(Some(decision))
            >
                {name}
                <kbd aria-hidden="true">{key}</kbd>
            </button>
        }
    });
    let has_past = move || {
        sheet.decided.track();
        sheet.with(|data| data.journal.last().is_some())
    };
    view! {
        <div class="controls decide" role="group" aria-label="What is to become of the row">
            {buttons.collect_view()}
            <button
                type="button"
                id="undo"
                aria-keyshortcuts="u Control+z"
                disabled=move || !has_past()
                on:click=move |_| sheet.take_back(true)
            >
                "Undo"
                <kbd aria-hidden="true">"u"</kbd>
            </button>
        </div>
        <div class="controls">
            <label>
                "Reason "
                <input
                    type="text"
                    id="reason"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="if there is one"
                    maxlength="200"
                    prop:value=move || sheet.reason.get()
                    on:input=move |event| sheet.reason.set(event_target_value(&event))
                />
            </label>
            <Switch id="alike" is_on=sheet.are_alike words="Rows with the same text alike" />
        </div>
    }
}

/// Decides all rows that are shown, after a question.
#[component]
pub fn DecideAll(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    let asked = RwSignal::new(None);
    // Whatever is shown now, the question was about other rows.
    Effect::new(move || {
        sheet.rows.track();
        asked.set(None);
    });
    let shown = move || sheet.rows.with(|rows| counted(rows.len(), "row"));
    let buttons = DECISIONS.map(|(decision, _, name)| {
        view! {
            <button
                type="button"
                data-decide-all=decision.name()
                disabled=move || sheet.rows.with(|rows| rows.is_empty())
                on:click=move |_| asked.set(Some(decision))
            >
                {name}
            </button>
        }
    });
    let question = move || {
        let decision: Decision = asked.get()?;
        let (verb, what) = match decision {
            Decision::Keep => ("Keep", "Yes, keep them"),
            Decision::Remove => ("Remove", "Yes, remove them"),
            Decision::Unsure => ("Mark as unsure", "Yes, mark them"),
        };
        let decide = move |_| {
            let rows = sheet.rows.get_untracked();
            asked.set(None);
            sheet.decide_all(&rows, Some(decision));
        };
        Some(view! {
            <div class="notice" id="question" role="alert">
                <p>{format!("{verb} {}? One Undo takes it back.", shown())}</p>
                <button type="button" id="yes" on:click=decide>{what}</button>
                <button type="button" id="no" on:click=move |_| asked.set(None)>"No"</button>
            </div>
        })
    };
    view! {
        <div class="controls" role="group" aria-label="What is to become of all rows that are shown">
            <span id="shown">"All "{shown}" shown:"</span>
            {buttons.collect_view()}
        </div>
        {question}
    }
}
