//! Which column has the texts, how the file is laid out and what it is encoded in: told by itself, and to be said otherwise by who sees
//! that it comes out wrong.

use leptos::prelude::*;

use super::charset::{CHARSETS, Charset};
use super::read::Chosen;
use crate::rows::Format;

/// The formats, with their names.
const FORMATS: [(&str, Format); 4] = [
    ("CSV", Format::Table { separator: b',' }),
    ("TSV", Format::Table { separator: b'\t' }),
    ("JSON lines", Format::JsonLines),
    ("a text a line", Format::Lines),
];

/// The three choices.
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
    /// Hears of another encoding.
    choose_charset: Callback<(Charset,)>,
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
    let charsets = CHARSETS.map(|(name, charset)| {
        view! { <option selected=charset == chosen.charset>{name}</option> }
    });
    let select_charset = move |event| {
        let name = event_target_value(&event);
        if let Some((_, charset)) = CHARSETS.into_iter().find(|(other, _)| *other == name) {
            choose_charset.run((charset,));
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
            <label>
                "encoded in "
                <select id="charset" on:change=select_charset>{charsets.collect_view()}</select>
            </label>
        </div>
    }
}
