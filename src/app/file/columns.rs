//! Which column has the texts, and what the file is read as: told by itself, and to be said otherwise.

use leptos::prelude::*;

use super::read::Chosen;
use crate::rows::Format;

/// The formats, with their names.
const FORMATS: [(&str, Format); 4] = [
    ("CSV", Format::Table { separator: b',' }),
    ("TSV", Format::Table { separator: b'\t' }),
    ("JSON lines", Format::JsonLines),
    ("a text a line", Format::Lines),
];

/// The two choices.
#[component]
pub fn Columns(
    /// What is known of the file.
    chosen: Chosen,
    /// The column that is read; none where nobody knows.
    column: Option<usize>,
    /// Hears of another one.
    choose_column: Callback<(usize,)>,
    /// Hears of another format.
    choose_format: Callback<(Format,)>,
) -> impl IntoView {
    let guess = chosen.guess;
    let has_columns = !guess.columns.is_empty();
    let names = guess.columns.iter().enumerate().map(|(place, name)| {
        let name = if name.is_empty() { format!("column {}", place + 1) } else { name.clone() };
        view! { <option value=place.to_string() selected=column == Some(place)>{name}</option> }
    });
    let names = names.collect_view();
    let formats = FORMATS.map(|(name, format)| {
        view! { <option selected=format == guess.format>{name}</option> }
    });
    let select_column = move |event| {
        if let Ok(place) = event_target_value(&event).parse() {
            choose_column.run((place,));
        }
    };
    let select_format = move |event| {
        let name = event_target_value(&event);
        if let Some((_, format)) = FORMATS.into_iter().find(|(other, _)| *other == name) {
            choose_format.run((format,));
        }
    };
    view! {
        <div class="layout">
            <label>
                "Read as "
                <select id="format" on:change=select_format>{formats.collect_view()}</select>
            </label>
            {has_columns
                .then(|| {
                    view! {
                        <label>
                            "texts in "
                            <select id="column" on:change=select_column>
                                {column.is_none().then(|| view! { <option value="">"choose a column"</option> })}
                                {names}
                            </select>
                        </label>
                    }
                })}
        </div>
    }
}
