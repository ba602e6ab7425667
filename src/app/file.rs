//! The view of a file: its rows with what the model says of them, for somebody who decides what is to become of each. Nothing of it leaves
//! the page, and everything works without a network.
//!
//! A file is looked through ([`read`]) and its rows are found; then it is open ([`Open`]), and its parts share a [`sheet::Sheet`]: the table
//! ([`table`]) reads what comes into sight ([`contents`]), and [`scoring`] has engines score the rest.

pub mod blob;
pub mod charset;
pub mod choose;
pub mod columns;
pub mod contents;
pub mod decide;
pub mod export;
pub mod filters;
pub mod hiding;
pub mod histogram;
pub mod keeping;
pub mod keys;
pub mod others;
pub mod panel;
pub mod pass;
pub mod progress;
pub mod read;
pub mod row;
pub mod sample;
pub mod scoring;
pub mod sheet;
pub mod soon;
pub mod switch;
pub mod table;
pub mod thresholds;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::File;

use super::client::Engine;
use super::tools::Tools;
use super::wording::{capitalised, counted, megabytes};
use crate::rows::Format;
use charset::Charset;
use choose::Choose;
use columns::Columns;
use contents::Contents;
use decide::{DecideAll, press};
use export::ExportPanel;
use filters::Filters;
use hiding::Hiding;
use histogram::Histogram;
use keeping::{Keeping, KeepingLine};
use keys::Keys;
use others::OthersChoice;
use panel::Panel;
use progress::ProgressBar;
use read::{Chosen, Opened, Said};
use sample::Sample;
use scoring::Scoring;
use sheet::Sheet;
use soon::{Soon, soon};
use table::Table;
use thresholds::Thresholds;

/// How far the file is.
#[derive(Clone)]
enum Stage {
    /// There is none.
    None,
    /// It is looked through, or its rows are found: so many of its bytes.
    Reading(String, u64),
    /// It cannot be read, for this reason.
    Refused(String),
    /// Nobody knows which column has the texts.
    NoColumn,
    /// Its rows are known.
    Open,
}

/// The file, from its choice to the table; copies of it are the same.
#[derive(Clone, Copy)]
struct Files {
    stage: RwSignal<Stage>,
    /// What is known of it, and the column that is read.
    chosen: RwSignal<Option<(Chosen, Option<usize>)>, LocalStorage>,
    /// Its rows, until the table has taken them.
    opened: StoredValue<Option<Opened>, LocalStorage>,
    /// Counts what was asked for: what came before the last of it is of no interest.
    turn: StoredValue<u32>,
}

impl Files {
    fn new() -> Self {
        Self {
            stage: RwSignal::new(Stage::None),
            chosen: RwSignal::new_local(None),
            opened: StoredValue::new_local(None),
            turn: StoredValue::new(0),
        }
    }

    /// Looks through a file and reads it, if it is known how.
    fn choose(self, name: String, file: web_sys::Blob, said: Said) {
        let turn = self.next_turn();
        // What was said of a file that cannot be so can be taken back.
        let before = self.chosen.get_untracked().filter(|_| said != Said::default());
        self.chosen.set(None);
        self.stage.set(Stage::Reading(name.clone(), 0));
        spawn_local(async move {
            let looked = read::look(&name, &file, said).await;
            if self.turn.get_value() != turn {
                return;
            }
            match looked {
                Ok(chosen) => {
                    let column = chosen.guess.column;
                    let is_known = column.is_some() || chosen.guess.columns.is_empty();
                    self.chosen.set(Some((chosen, column)));
                    if is_known { self.read(column) } else { self.stage.set(Stage::NoColumn) }
                }
                Err(sentence) => {
                    self.chosen.set(before);
                    self.stage.set(Stage::Refused(sentence));
                }
            }
        });
    }

    /// Reads the rows.
    fn read(self, column: Option<usize>) {
        let turn = self.next_turn();
        let Some((chosen, _)) = self.chosen.get_untracked() else { return };
        self.chosen.set(Some((chosen.clone(), column)));
        self.stage.set(Stage::Reading(chosen.name.clone(), 0));
        let tell = move |bytes| {
            let is_wanted = self.turn.get_value() == turn;
            if is_wanted {
                self.stage.update(|stage| {
                    if let Stage::Reading(_, read) = stage {
                        *read = bytes;
                    }
                });
            }
            is_wanted
        };
        spawn_local(async move {
            let opened = read::read(chosen, column, tell).await;
            if self.turn.get_value() != turn {
                return;
            }
            match opened {
                Ok(opened) => {
                    self.opened.set_value(Some(opened));
                    self.stage.set(Stage::Open);
                }
                Err(sentence) => self.stage.set(Stage::Refused(sentence.unwrap_or_default())),
            }
        });
    }

    fn close(self) {
        self.next_turn();
        self.chosen.set(None);
        self.stage.set(Stage::None);
    }

    fn next_turn(self) -> u32 {
        self.turn.update_value(|turn| *turn += 1);
        self.turn.get_value()
    }
}

/// The view.
#[component]
pub fn FileView(
    /// Who knows the model.
    engine: Engine,
    /// What else there is.
    tools: Tools,
    /// The file that was dropped last, until it is taken.
    dropped: RwSignal<Option<File>, LocalStorage>,
    /// What screen readers are told.
    notice: RwSignal<String>,
) -> impl IntoView {
    let files = Files::new();
    let tools = StoredValue::new_local(tools);
    let kind = Memo::new(move |_| {
        files.stage.with(|stage| match stage {
            Stage::None => "none",
            Stage::Reading(..) => "reading",
            Stage::Refused(_) => "refused",
            Stage::NoColumn => "no-column",
            Stage::Open => "open",
        })
    });
    let reading = move || match files.stage.get() {
        Stage::Reading(name, 0) => format!("Looking through {name}…"),
        Stage::Reading(name, bytes) => format!("Reading {name}: {} MB", megabytes(bytes)),
        _ => String::new(),
    };
    Effect::new(move || {
        if kind.get() == "reading" {
            notice.set(untrack(reading));
        }
    });
    let refusal = move || match files.stage.get() {
        Stage::Refused(sentence) => sentence,
        Stage::NoColumn => "Which column has the texts?".to_owned(),
        _ => String::new(),
    };
    // What another model says of the rows is another matter, and so is what was decided by it.
    Effect::new(move |before: Option<Option<String>>| {
        let model = engine.model().with(|model| model.as_ref().map(|model| model.sha256.clone()));
        let is_another = before.flatten().is_some_and(|before| model.as_ref().is_some_and(|model| *model != before));
        if is_another && files.stage.with_untracked(|stage| matches!(stage, Stage::Open)) {
            let column = files.chosen.with_untracked(|chosen| chosen.as_ref().and_then(|(_, column)| *column));
            files.read(column);
        }
        model
    });
    let choose = Callback::new(move |(file,): (File,)| files.choose(file.name(), file.into(), Said::default()));
    // What was done with the file that is open may be kept nowhere else.
    let put_off = RwSignal::new(None::<String>);
    Effect::new(move || {
        let Some(file) = dropped.get() else { return };
        dropped.set(None);
        let is_open = files.stage.with_untracked(|stage| matches!(stage, Stage::Open));
        put_off.set(is_open.then(|| file.name()));
        if !is_open {
            choose.run((file,));
        }
    });
    let choose_column = Callback::new(move |(column,): (usize,)| files.read(Some(column)));
    let choose_format = Callback::new(move |(format,): (Format,)| {
        if let Some((chosen, _)) = files.chosen.get_untracked() {
            let charset = chosen.is_charset_chosen.then_some(chosen.charset);
            files.choose(chosen.name, chosen.file, Said { format: Some(format), charset, column: None });
        }
    });
    let choose_charset = Callback::new(move |(charset,): (Charset,)| {
        if let Some((chosen, column)) = files.chosen.get_untracked() {
            let said = Said { format: Some(chosen.guess.format), charset: Some(charset), column };
            files.choose(chosen.name, chosen.file, said);
        }
    });
    let layout = move || {
        let (chosen, column) = files.chosen.get()?;
        Some(view! { <Columns chosen column choose_column choose_format choose_charset /> })
    };
    view! {
        <section class="file" aria-labelledby="file-heading" data-stage=move || kind.get()>
            <h2 id="file-heading" class="entry" tabindex="-1">"Moderate a file"</h2>
            <Show when=move || kind.get() != "open">
                <Choose choose />
            </Show>
            <Show when=move || kind.get() == "reading">
                <p>{reading}</p>
            </Show>
            <Show when=move || matches!(kind.get(), "refused" | "no-column")>
                <div class="notice failure" role="alert">
                    <p id="refusal">{refusal}</p>
                </div>
            </Show>
            <Show when=move || kind.get() != "open">{layout}</Show>
            <Show when=move || kind.get() == "open" && put_off.with(Option::is_some)>
                <div class="notice" role="alert">
                    <p id="put-off">
                        {move || put_off.get().map(|name| format!("Close the file that is open first, and drop {name} again."))}
                    </p>
                </div>
            </Show>
            <Show when=move || kind.get() == "open">
                {move || {
                    let opened = files.opened.try_update_value(Option::take).flatten()?;
                    let close = Callback::new(move |()| {
                        put_off.set(None);
                        files.close();
                    });
                    Some(view! { <Open opened engine tools=tools.get_value() layout=ViewFn::from(layout) close notice /> })
                }}
            </Show>
        </section>
    }
}

/// The table of an open file and all that belongs to it.
#[component]
fn Open(
    opened: Opened,
    engine: Engine,
    tools: Tools,
    layout: ViewFn,
    close: Callback<()>,
    notice: RwSignal<String>,
) -> impl IntoView {
    let sheet = Sheet::new(opened, engine.session(), notice);
    let contents = Contents::new(sheet);
    let scoring = Scoring::new(sheet, tools.clone());
    let tools = StoredValue::new_local(tools);
    let keeping = RwSignal::new(None::<Keeping>);
    // What is kept ends with the file, and not with the effect that begins it.
    let owner = Owner::current().expect("a component has an owner");
    // The file is there before the model may be.
    let model = engine.model();
    Effect::new(move || {
        if let Some(model) = model.get()
            && sheet.model.with_untracked(Option::is_none)
        {
            let owner = owner.clone();
            soon(move || {
                sheet.set_model(&model);
                keeping.set(Some(owner.with(|| Keeping::start(sheet, scoring, tools.get_value()))));
            });
        }
    });
    let (name, count, broken, notes) = sheet.with(|data| {
        let broken: Vec<(usize, u32, String)> = data
            .index
            .broken()
            .map(|(row, reason)| {
                (row as usize + 1, data.index.place(row).map_or(0, |place| place.line), reason.to_owned())
            })
            .collect();
        (data.name.clone(), data.index.len(), broken, data.notes.clone())
    });
    sheet.say(format!("{name}: {}.", counted(count, "row")));
    view! {
        <div class="titled">
            <p class="name"><strong>{name}</strong>", "{counted(count, "row")}</p>
            {layout.run()}
            <button type="button" id="close" on:click=move |_| close.run(())>"Close the file"</button>
        </div>
        <Broken broken />
        {notes.into_iter().map(|note| view! { <p class="hint">{capitalised(&note)}"."</p> }).collect_view()}
        <Show when=move || contents.failure.with(Option::is_some)>
            <div class="notice failure" role="alert"><p>{move || contents.failure.get()}</p></div>
        </Show>
        {move || keeping.get().map(|keeping| view! { <KeepingLine keeping /> })}
        <ProgressBar scoring />
        <Soon>
            <div class="wanted">
                <Filters sheet />
                <Histogram sheet />
            </div>
        </Soon>
        <Soon>
            <div class="titled">
                <DecideAll sheet />
                <Sample sheet />
                <div class="controls">
                    <Hiding sheet />
                    <Keys sheet />
                </div>
            </div>
            <OthersChoice sheet />
            <Thresholds sheet />
        </Soon>
        <div
            class="desk"
            on:keydown=move |event| {
                if press(sheet, &event) {
                    event.prevent_default();
                }
            }
        >
            <Table sheet contents />
            <Soon>
                <Panel sheet contents />
            </Soon>
        </div>
        <Soon>
            <ExportPanel sheet />
        </Soon>
    }
}

/// The rows that cannot be read, with their lines.
#[component]
fn Broken(broken: Vec<(usize, u32, String)>) -> impl IntoView {
    /// More are in the table and in what is saved.
    const LISTED: usize = 100;
    let count = broken.len();
    let rest = count.saturating_sub(LISTED);
    let items = broken.into_iter().take(LISTED).map(|(row, line, reason)| {
        view! { <li>{format!("Row {row}, line {line}: {reason}.")}</li> }
    });
    let items = items.collect_view();
    (count > 0).then(|| {
        view! {
            <details class="broken" id="broken">
                <summary>{format!("{} cannot be read", counted(count, "row"))}</summary>
                <ul role="list">{items}</ul>
                {(rest > 0).then(|| view! { <p class="hint">{format!("{rest} more are marked in the table, and have their reasons in what you save.")}</p> })}
            </details>
        }
    })
}
