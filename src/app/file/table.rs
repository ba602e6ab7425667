//! The table: of all rows only those are there that are in sight.
//!
//! Rows have one height, so that where each is follows from its place. Browsers make no element higher than some 17 million pixels (Chromium
//! 16.7): where large type would have it, the scroll bar stands for more rows than fit it, and the rows are moved by the difference.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::contents::Contents;
use super::others::{FIXED, OtherHeadings};
use super::row::Row;
use super::sheet::Sheet;
use super::soon::soon;
use crate::app::wording::title;

/// The highest that the table's inside is made, in pixels.
const HIGHEST: f64 = 10_000_000.0;
/// So many rows beyond those in sight are there, too.
const BEYOND: usize = 8;
/// A row's height in ems of the root's font.
const HEIGHT: f64 = 2.75;

/// The table.
#[component]
pub fn Table(
    /// The file.
    sheet: Sheet,
    /// What stands in its rows.
    contents: Contents,
) -> impl IntoView {
    let frame = NodeRef::<leptos::html::Div>::new();
    let scrolled = RwSignal::new(0.0);
    let height = RwSignal::new(600.0);
    let row_height = RwSignal::new(HEIGHT * 16.0);
    let measure = move || {
        if let Some(frame) = frame.get_untracked() {
            height.set(f64::from(frame.client_height()));
            scrolled.set(f64::from(frame.scroll_top()));
        }
        row_height.set(HEIGHT * root_size());
    };
    // All that is new is laid out for that, which takes its time.
    frame.on_load(move |_| soon(measure));
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    let count = Memo::new(move |_| sheet.rows.with(|rows| rows.len()));
    let whole = Memo::new(move |_| count.get() as f64 * row_height.get());
    let inside = Memo::new(move |_| whole.get().min(HIGHEST));
    // How far the rows are above where the scroll bar has them.
    let shift = Memo::new(move |_| {
        let (way, bar) = ((whole.get() - height.get()).max(0.0), (inside.get() - height.get()).max(1.0));
        scrolled.get() * (way / bar - 1.0).max(0.0)
    });
    let drawn = Memo::new(move |_| {
        let top = scrolled.get() + shift.get();
        let first = ((top / row_height.get()) as usize).saturating_sub(BEYOND);
        let last = ((top + height.get()) / row_height.get()).ceil() as usize + BEYOND;
        first.min(count.get())..last.min(count.get())
    });
    let rows = Memo::new(move |_| {
        let drawn = drawn.get();
        sheet.rows.with(|rows| {
            let mut there: Vec<(usize, u32)> = drawn.clone().map(|position| (position, rows[position])).collect();
            // The row that has the focus stays there wherever one scrolls.
            if let Some(focused) = sheet.focused.get()
                && !there.iter().any(|(_, row)| *row == focused)
                && let Some(position) = rows.iter().position(|row| *row == focused)
            {
                there.push((position, focused));
            }
            there
        })
    });
    Effect::new(move || {
        let there: Vec<u32> = rows.with(|rows| rows.iter().map(|(_, row)| *row).collect());
        contents.ask(&there);
        sheet.visible.set_value(there);
    });
    // To a row that is looked at, wherever it is; and the focus with it, if it was in the table.
    let reach = move |position: usize| {
        let Some(frame) = frame.get_untracked() else { return };
        let (row_height, height) = (row_height.get_untracked(), height.get_untracked());
        let top = position as f64 * row_height;
        let now = scrolled.get_untracked() + shift.get_untracked();
        // The header stays in sight.
        let wanted = if top < now { top } else { (top + 2.0 * row_height - height).max(now) };
        if wanted != now {
            let way = (whole.get_untracked() - height).max(1.0);
            let bar = (inside.get_untracked() - height).max(0.0);
            frame.set_scroll_top((wanted * bar / way).round() as i32);
            scrolled.set(f64::from(frame.scroll_top()));
        }
    };
    Effect::new(move |before: Option<Option<u32>>| {
        let focused = sheet.focused.get();
        if before.is_some_and(|before| before != focused)
            && let Some(row) = focused
            && let Some(position) = sheet.rows.with_untracked(|rows| rows.iter().position(|other| *other == row))
        {
            reach(position);
        }
        focused
    });
    let has_focus = StoredValue::new(false);
    Effect::new(move || {
        rows.track();
        let focused = sheet.focused.get();
        if !has_focus.get_value() {
            return;
        }
        // When it is drawn.
        request_animation_frame(move || {
            // Somebody who has gone elsewhere meanwhile stays there; not every browser has told where to.
            let active = document().active_element();
            if active.is_some_and(|active| {
                active.tag_name() != "BODY" && !active.closest(".grid").is_ok_and(|grid| grid.is_some())
            }) {
                let _ = has_focus.try_set_value(false);
                return;
            }
            let Some(row) = focused else { return };
            let found = document().query_selector(&format!(".grid [data-row=\"{row}\"]")).ok().flatten();
            let found = found.and_then(|found| found.dyn_into::<HtmlElement>().ok());
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            found.map(|found| found.focus_with_options(&options));
        });
    });
    let press = move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let page = ((height.get_untracked() / row_height.get_untracked()) as isize - 2).max(1);
        let by = match event.key().as_str() {
            "ArrowDown" | "j" | "J" => 1,
            "ArrowUp" | "k" | "K" => -1,
            "PageDown" => page,
            "PageUp" => -page,
            "Home" => isize::MIN,
            "End" => isize::MAX,
            _ => return,
        };
        event.prevent_default();
        sheet.go_by(by);
    };
    let look_at = move |event: leptos::ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let row = target.and_then(|target| target.closest("[data-row]").ok().flatten());
        if let Some(row) = row.and_then(|row| row.get_attribute("data-row")?.parse().ok()) {
            has_focus.set_value(true);
            sheet.focused.set(Some(row));
        }
    };
    let headings = move || {
        let labels = sheet.model.with(|model| Some(model.as_ref()?.1.clone()))?;
        let heading = |(place, task): (usize, &crate::protocol::Task)| {
            let index = move || FIXED + sheet.shown.with(Vec::len) + place + 1;
            view! { <span role="columnheader" class="score" aria-colindex=index>{title(&task.name)}</span> }
        };
        Some(labels.tasks().iter().enumerate().map(heading).collect_view())
    };
    let tasks = move || sheet.model.with(|model| model.as_ref().map_or(0, |(_, labels)| labels.tasks().len()));
    let others = move || sheet.shown.with(Vec::len);
    let text_column = sheet.with(|data| data.layout.column.clone());
    view! {
        <div
            class="grid"
            id="rows"
            role="grid"
            aria-label="Rows"
            aria-rowcount=move || count.get() + 1
            aria-multiselectable="false"
            aria-colcount=move || FIXED + others() + tasks()
            style:--tasks=move || tasks().to_string()
            style:--others=move || others().to_string()
            node_ref=frame
            on:scroll=move |_| measure()
            on:keydown=press
            on:mousedown=look_at
            on:focusin=move |_| has_focus.set_value(true)
            on:focusout=move |event| {
                // A row that goes takes the focus with it to nowhere, and is not left for anything else.
                if event.related_target().is_some() {
                    has_focus.set_value(false);
                }
            }
        >
            <div role="row" class="row heading" aria-rowindex="1">
                <span role="columnheader" class="line" aria-colindex="1">"Row"</span>
                <span role="columnheader" class="decision" aria-colindex="2">"Decision"</span>
                <span role="columnheader" class="text" aria-colindex="3">{text_column}</span>
                <OtherHeadings sheet />
                {headings}
            </div>
            <div role="rowgroup" class="inside" style:height=move || format!("{}px", inside.get())>
                <For each=move || rows.get() key=|(position, row)| (*position, *row) let((position, row))>
                    <Row
                        sheet
                        contents
                        row
                        position
                        top=Signal::derive(move || position as f64 * row_height.get() - shift.get())
                    />
                </For>
            </div>
        </div>
    }
}

/// The size of the root's font in pixels.
fn root_size() -> f64 {
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    size.and_then(|size| size.trim_end_matches("px").parse().ok()).unwrap_or(16.0)
}
