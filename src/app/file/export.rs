//! What leaves the page, as a file that the browser saves: rows with what was said and decided of them.
//!
//! The file is read once more from its beginning, so that every byte of it stands where it stood.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

use super::blob::Pieces;
use super::pass::each_row;
use super::sheet::Sheet;
use crate::desk::export::{As, Export, example, kind_of, log};

/// How long a saved file is kept at hand for the browser to take, in milliseconds.
const TAKEN: u32 = 60_000;

/// The buttons that save something.
#[component]
pub fn ExportPanel(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    let kind = RwSignal::new(sheet.with(|data| kind_of(data.layout.format)));
    let is_all = RwSignal::new(true);
    let state = RwSignal::new(String::new());
    let is_busy = RwSignal::new(false);
    let save = move |_| {
        is_busy.set(true);
        state.set("Writing…".to_owned());
        let selected = (!is_all.get_untracked()).then(|| sheet.rows.get_untracked());
        let kind = kind.get_untracked();
        spawn_local(async move {
            let words = match export(sheet, kind, selected.as_deref().map(Vec::as_slice)).await {
                Ok((file, name, note)) => saved(Ok(file), &name, &note),
                Err(sentence) => sentence,
            };
            let _ = state.try_set(words.clone());
            let _ = is_busy.try_set(false);
            sheet.say(words);
        });
    };
    // The log is there at once.
    let save_log = move |_| {
        let written =
            sheet.model.with_untracked(|model| {
                let (model, labels) = model.as_ref()?;
                let thresholds = sheet.thresholds.get_untracked();
                let hash = (&model.name[..], &model.sha256[..]);
                Some(sheet.with(|data| {
                    (log(&data.name, &data.journal, labels, &thresholds, hash), stem(&data.name).to_owned())
                }))
            });
        let Some((written, stem)) = written else { return };
        state.set(saved(whole(&written), &format!("{stem}.decisions.jsonl"), ""));
    };
    let save_examples = move |_| {
        is_busy.set(true);
        state.set("Writing…".to_owned());
        spawn_local(async move {
            let words = match examples(sheet).await {
                Ok((_, 0, _)) => "No row is kept or removed yet, and so there is nothing to learn from.".to_owned(),
                Ok((file, count, name)) => saved(
                    Ok(file),
                    &name,
                    &format!(
                        " It has {}, for undertone train --task mine={name} --labels mine=removed.",
                        crate::app::wording::counted(count, "text")
                    ),
                ),
                Err(sentence) => sentence,
            };
            let _ = state.try_set(words);
            let _ = is_busy.try_set(false);
        });
    };
    let has_steps = move || {
        sheet.decided.track();
        sheet.with(|data| !data.journal.entries().is_empty()) && sheet.model.with(Option::is_some)
    };
    let shown = move || sheet.rows.with(|rows| crate::app::wording::counted(rows.len(), "row"));
    view! {
        <div class="export">
            <label>
                "Rows "
                <select id="export-rows" on:change=move |event| is_all.set(event_target_value(&event) == "all")>
                    <option value="all">"all of the file"</option>
                    <option value="shown">{move || format!("the {} shown", shown())}</option>
                </select>
            </label>
            <label>
                "as "
                <select
                    id="export-kind"
                    on:change=move |event| kind.set(if event_target_value(&event) == "csv" { As::Csv } else { As::JsonLines })
                >
                    <option value="csv" selected=kind.get_untracked() == As::Csv>"CSV"</option>
                    <option value="jsonl" selected=kind.get_untracked() == As::JsonLines>"JSON lines"</option>
                </select>
            </label>
            <button type="button" id="export" disabled=move || is_busy.get() || sheet.model.with(Option::is_none) on:click=save>
                "Save"
            </button>
            <button type="button" id="save-log" disabled=move || !has_steps() on:click=save_log>"Save the log of decisions"</button>
            <button type="button" id="save-examples" disabled=move || is_busy.get() || !has_steps() on:click=save_examples>
                "Save as texts to train on"
            </button>
            <p class="hint" id="exported">{state}</p>
        </div>
    }
}

/// The rows of a file, all or the `selected` ones, with what is said of them; with a name for it, and something to know.
async fn export(sheet: Sheet, kind: As, selected: Option<&[u32]>) -> Result<(Blob, String, String), String> {
    const CLOSED: &str = "The file was closed.";
    let (model, labels) = sheet.model.get_untracked().ok_or("The model is not there yet.")?;
    let thresholds = sheet.thresholds.get_untracked();
    let made = sheet.try_update(|data| {
        let (layout, names) = (data.layout.clone(), data.names.clone());
        let hash = (&model.name[..], &model.sha256[..]);
        let export = Export::new(kind, layout.clone(), &names, (*labels).clone(), thresholds, hash);
        (export, layout, data.content.clone(), data.name.clone(), data.index.len())
    });
    let (export, layout, content, name, count) = made.ok_or(CLOSED)?;
    let is_wanted = selected.map(|rows| {
        let mut is_wanted = vec![false; count];
        rows.iter().for_each(|row| is_wanted[*row as usize] = true);
        is_wanted
    });
    let mut pieces = Pieces::new();
    pieces.push(&export.header())?;
    each_row(&content, &layout, |row| {
        if is_wanted.as_ref().is_some_and(|is_wanted| !is_wanted.get(row.place - 1).copied().unwrap_or(false)) {
            return Ok(());
        }
        let written = sheet.try_update(|data| export.row(row, &data.scores, &data.journal)).ok_or(CLOSED)?;
        pieces.push(&written)
    })
    .await?;
    let ending = match (kind, layout.columns.as_ref().map(|columns| columns.separator)) {
        (As::JsonLines, _) => "jsonl",
        (As::Csv, Some(b'\t')) => "tsv",
        (As::Csv, _) => "csv",
    };
    let note = match export.prefix() {
        "" => String::new(),
        prefix => format!(" Our columns begin with {prefix}, since the file has some of the same names."),
    };
    Ok((pieces.finish()?, format!("{}.scored.{ending}", stem(&name)), note))
}

/// The texts that were kept or removed, as `undertone train` reads them; how many they are, and a name for them.
async fn examples(sheet: Sheet) -> Result<(Blob, usize, String), String> {
    const CLOSED: &str = "The file was closed.";
    let (content, layout, name) =
        sheet.try_update(|data| (data.content.clone(), data.layout.clone(), data.name.clone())).ok_or(CLOSED)?;
    let (mut pieces, mut count) = (Pieces::new(), 0);
    each_row(&content, &layout, |row| match sheet.try_update(|data| example(row, &data.journal)).ok_or(CLOSED)? {
        Some(example) => {
            count += 1;
            pieces.push(&example)
        }
        None => Ok(()),
    })
    .await?;
    Ok((pieces.finish()?, count, format!("{}.train.jsonl", stem(&name))))
}

fn whole(bytes: &[u8]) -> Result<Blob, String> {
    let mut pieces = Pieces::new();
    pieces.push(bytes)?;
    pieces.finish()
}

/// Saves a file, and says so or why not.
fn saved(file: Result<Blob, String>, name: &str, note: &str) -> String {
    match file.and_then(|file| download(&file, name)) {
        Ok(()) => format!("{name} is saved where your browser keeps downloads.{note}"),
        Err(sentence) => sentence,
    }
}

/// A file's name without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Has the browser save a file.
///
/// # Errors
/// A sentence, where it does not.
pub fn download(file: &Blob, name: &str) -> Result<(), String> {
    let refused = |_| "The browser does not let the page save a file.".to_owned();
    let address = Url::create_object_url_with_blob(file).map_err(refused)?;
    let link: HtmlAnchorElement = document().create_element("a").map_err(refused)?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    gloo::timers::callback::Timeout::new(TAKEN, move || drop(Url::revoke_object_url(&address))).forget();
    Ok(())
}
