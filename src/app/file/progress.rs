//! How far scoring is, and how to pause and to end it.

use leptos::prelude::*;

use super::scoring::{Progress, Scoring, Work};
use crate::app::wording::{counted, thousands};

/// The bar with its words and buttons.
#[component]
pub fn ProgressBar(
    /// What it tells about.
    scoring: Scoring,
) -> impl IntoView {
    let (work, progress) = (scoring.work, scoring.progress);
    let kind = Memo::new(move |_| work.with(state));
    let words = move || {
        let progress = progress.get();
        match work.get() {
            Work::Loading => "Starting the engines…".to_owned(),
            Work::Failed(sentence) => sentence,
            Work::Done => finished(progress),
            Work::Idle => format!("{} scored.", of_rows(progress)),
            Work::Paused => format!("{} scored; paused.", of_rows(progress)),
            Work::Running => format!("{} scored{}", of_rows(progress), pace(progress)),
        }
    };
    let pause = move |_| if kind.get_untracked() == "paused" { scoring.resume() } else { scoring.pause() };
    let is_at_work = move || matches!(kind.get(), "running" | "paused");
    view! {
        <div class="scoring" id="scoring" data-state=move || kind.get()>
            <label for="scored">{words}</label>
            <progress
                id="scored"
                max=move || progress.with(|progress| progress.total.max(1).to_string())
                value=move || progress.with(|progress| progress.done.to_string())
            ></progress>
            <div class="controls">
                <Show when=is_at_work>
                    <button type="button" id="pause" on:click=pause>
                        {move || if kind.get() == "paused" { "Go on" } else { "Pause" }}
                    </button>
                </Show>
                <Show when=move || matches!(kind.get(), "running" | "paused" | "loading")>
                    <button type="button" id="stop" on:click=move |_| scoring.stop()>"Stop"</button>
                </Show>
                <Show when=move || matches!(kind.get(), "idle" | "failed")>
                    <button type="button" id="start" on:click=move |_| scoring.start()>
                        {move || if kind.get() == "failed" { "Try again" } else { "Score the rest" }}
                    </button>
                </Show>
            </div>
        </div>
    }
}

fn state(work: &Work) -> &'static str {
    match work {
        Work::Idle => "idle",
        Work::Loading => "loading",
        Work::Running => "running",
        Work::Paused => "paused",
        Work::Done => "done",
        Work::Failed(_) => "failed",
    }
}

fn of_rows(Progress { done, total, .. }: Progress) -> String {
    format!("{} of {}", thousands(done), counted(total, "row"))
}

fn finished(Progress { total, .. }: Progress) -> String {
    format!("All {} scored.", counted(total, "row"))
}

fn pace(progress: Progress) -> String {
    let Some(rate) = progress.rate else { return ".".to_owned() };
    let left = progress.seconds_left().map(time_left).unwrap_or_default();
    format!("; {rate:.0} rows a second{left}.")
}

fn time_left(seconds: f64) -> String {
    match seconds {
        ..5.0 => String::new(),
        ..90.0 => format!(", {:.0} seconds left", (seconds / 5.0).ceil() * 5.0),
        ..5400.0 => format!(", {:.0} minutes left", (seconds / 60.0).ceil()),
        _ => format!(", {:.1} hours left", seconds / 3600.0),
    }
}
