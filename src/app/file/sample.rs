//! Some of the rows, drawn at random: to see how good decisions are that were made of many at once.

use leptos::prelude::*;

use super::sheet::Sheet;
use crate::desk::sample;

/// How many are drawn, and the button that draws them.
#[component]
pub fn Sample(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    let count = RwSignal::new(50_usize);
    let is_drawn = Memo::new(move |_| sheet.view.with(|view| view.filter.drawn.is_some()));
    let draw = move |_| {
        let rows = sheet.rows.get_untracked();
        // Other ones each time; milliseconds are far below 2^53.
        let drawn = sample(&rows, count.get_untracked(), js_sys::Date::now() as u64);
        let mut is_in = vec![false; sheet.with(|data| data.index.len())];
        drawn.iter().for_each(|row| is_in[*row as usize] = true);
        sheet.view.update(|view| view.filter.drawn = Some(is_in));
    };
    let put_back = move |_| sheet.view.update(|view| view.filter.drawn = None);
    view! {
        <div class="controls" id="sample">
            <Show
                when=move || is_drawn.get()
                fallback=move || {
                    view! {
                        <label>
                            "At random "
                            <input
                                type="number"
                                id="sample-size"
                                min="1"
                                max="10000"
                                prop:value=move || count.get().to_string()
                                on:change=move |event| count.set(event_target_value(&event).parse().unwrap_or(50).max(1))
                            />
                            " of these"
                        </label>
                        <button type="button" id="draw" on:click=draw>"Draw"</button>
                    }
                }
            >
                <button type="button" id="put-back" on:click=put_back>"Show more than the sample"</button>
            </Show>
        </div>
    }
}
