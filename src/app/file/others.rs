//! Columns beside the text that are kept in sight: who wrote it, in which thread. Which ones is for the moderator to say, and remembered with what
//! else is known of the file.

use leptos::prelude::*;

use super::contents::Contents;
use super::sheet::Sheet;
use crate::app::wording::counted;

/// The choice of columns; nothing where there are none but the text.
#[component]
pub fn OthersChoice(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    let columns = columns(sheet);
    let choice = |(place, name): (usize, String)| {
        let choose = move |event| {
            let is_chosen = event_target_checked(&event);
            sheet.shown.update(|shown| {
                shown.retain(|other| *other != place);
                if is_chosen {
                    shown.push(place);
                    // As they stand in the file.
                    shown.sort_unstable();
                }
            });
        };
        let is_chosen = move || sheet.shown.with(|shown| shown.contains(&place));
        view! {
            <label>
                <input type="checkbox" data-column=place.to_string() prop:checked=is_chosen on:change=choose />
                {name}
            </label>
        }
    };
    let summary = move || match sheet.shown.with(Vec::len) {
        0 => "Columns beside the text".to_owned(),
        count => format!("{} beside the text", counted(count, "column")),
    };
    (!columns.is_empty()).then(|| {
        view! {
            <details class="columns-shown" id="others">
                <summary>{summary}</summary>
                <fieldset>
                    <legend class="hint">"Shown in the table; where that is too narrow, and all others, in the panel of the row."</legend>
                    {columns.into_iter().map(choice).collect_view()}
                </fieldset>
            </details>
        }
    })
}

/// A row's cells in the columns that are shown.
#[component]
pub fn OtherCells(
    /// The file.
    sheet: Sheet,
    /// What stands in its rows.
    contents: Contents,
    /// Which row.
    row: u32,
) -> impl IntoView {
    let cell = move |place: usize| {
        let value = move || {
            let content = contents.get(row)?;
            content.others.iter().find(|other| other.place == Some(place)).map(|other| other.shortened())
        };
        view! {
            <span role="gridcell" class="other" translate="no" aria-colindex=move || column_index(sheet, place)>
                {value}
            </span>
        }
    };
    view! { <For each=move || sheet.shown.get() key=|place| *place children=cell /> }
}

/// The headings of the columns that are shown.
#[component]
pub fn OtherHeadings(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    let names = sheet.with(|data| data.names.clone());
    let heading = move |place: usize| {
        let name = name(place, &names[place]);
        view! { <span role="columnheader" class="other" aria-colindex=move || column_index(sheet, place)>{name}</span> }
    };
    view! { <For each=move || sheet.shown.get() key=|place| *place children=heading /> }
}

/// The columns that every table has: the row's number, the decision, the text.
pub const FIXED: usize = 3;

/// Where among a table's columns a shown one is, counted from 1.
fn column_index(sheet: Sheet, place: usize) -> usize {
    sheet.shown.with(|shown| shown.iter().position(|other| *other == place).unwrap_or_default()) + FIXED + 1
}

/// The file's columns but for that of the texts, by their places.
fn columns(sheet: Sheet) -> Vec<(usize, String)> {
    sheet.with(|data| {
        let text = data.names.iter().position(|name| *name == data.layout.column);
        let others = data.names.iter().enumerate().filter(|(place, _)| Some(*place) != text);
        others.map(|(place, own)| (place, name(place, own))).collect()
    })
}

/// What a column is called.
fn name(place: usize, name: &str) -> String {
    if name.trim().is_empty() { format!("column {}", place + 1) } else { name.to_owned() }
}
