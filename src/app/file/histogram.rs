//! How the rows lie by the label that is looked at, and a range of it to look at alone.

use leptos::prelude::*;

use super::sheet::Sheet;
use crate::app::wording::{counted, humanise};
use crate::desk::Range;

/// So many bars.
const BINS: usize = 25;

/// The picture with its two ends.
#[component]
pub fn Histogram(
    /// The file.
    sheet: Sheet,
) -> impl IntoView {
    let name = move || {
        let label = sheet.label.get();
        sheet.model.with(|model| model.as_ref().and_then(|(_, labels)| Some(humanise(&labels.all().get(label)?.name))))
    };
    // Of all that would be shown without the range.
    let counts = Memo::new(move |_| {
        sheet.settled.track();
        sheet.decided.track();
        let mut view = sheet.view.get();
        view.filter.range = None;
        let label = sheet.label.get();
        sheet.with(|data| {
            let rows = view.filter.rows(&data.scores, &data.journal, data.index.first());
            data.scores.histogram(label, rows.into_iter().map(|row| row as usize), BINS)
        })
    });
    let ends = Memo::new(move |_| {
        let range = sheet.view.with(|view| view.filter.range);
        range.map_or((0, 100), |range| ((range.low * 100.0).round() as u32, (range.high * 100.0).round() as u32))
    });
    let set = move |low: u32, high: u32| {
        let label = sheet.label.get_untracked();
        let range =
            (low > 0 || high < 100).then(|| Range { label, low: low as f32 / 100.0, high: high as f32 / 100.0 });
        sheet.view.maybe_update(|view| std::mem::replace(&mut view.filter.range, range) != range);
    };
    let threshold = move || {
        let label = sheet.label.get();
        sheet.thresholds.with(|thresholds| thresholds.get(label).copied().unwrap_or(0.5).to_string())
    };
    let bars = move || {
        let counts = counts.get();
        let most = counts.iter().copied().max().unwrap_or_default().max(1) as f64;
        let (low, high) = ends.get();
        let bar = |(place, count): (usize, usize)| {
            let (from, to) = (place * 100 / BINS, (place + 1) * 100 / BINS);
            let is_in = to as u32 > low && (from as u32) < high;
            // The few are what is looked for: a root lets them be seen beside the many.
            let height = (count as f64 / most).sqrt();
            view! { <span class="bin" class:in=is_in title=format!("{from}–{to}%: {}", counted(count, "row")) style:--height=height.to_string()></span> }
        };
        counts.into_iter().enumerate().map(bar).collect_view()
    };
    let set_low = Callback::new(move |(low,): (u32,)| set(low, ends.get_untracked().1.max(low)));
    let set_high = Callback::new(move |(high,): (u32,)| set(ends.get_untracked().0.min(high), high));
    view! {
        <fieldset class="histogram" id="histogram">
            <legend>"Rows by "{name}</legend>
            <div class="bins" aria-hidden="true" style:--threshold=threshold>
                {bars}
                <span class="mark"></span>
            </div>
            <div class="ends">
                <End id="low" words="from " percent=Signal::derive(move || ends.get().0) set=set_low />
                <End id="high" words="to " percent=Signal::derive(move || ends.get().1) set=set_high />
            </div>
        </fieldset>
    }
}

/// One end of the range.
#[component]
fn End(
    id: &'static str,
    words: &'static str,
    /// Where it is.
    percent: Signal<u32>,
    /// Hears where it is to be.
    set: Callback<(u32,)>,
) -> impl IntoView {
    let shown = move || format!("{}%", percent.get());
    let parsed = |event: &leptos::ev::Event| {
        event_target_value(event).parse::<f64>().unwrap_or_default().clamp(0.0, 100.0) as u32
    };
    view! {
        <label>
            {words}
            <input
                type="range"
                id=id
                min="0"
                max="100"
                prop:value=move || percent.get().to_string()
                aria-valuetext=shown
                on:input=move |event| set.run((parsed(&event),))
            />
            <output>{shown}</output>
        </label>
    }
}
