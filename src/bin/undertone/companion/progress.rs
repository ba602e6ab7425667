//! Progress bars with the time that is left; plain lines where standard error is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use undertone::train::Progress;

/// Bars on standard error. Pieces of work may nest: the inner one's bar appears below.
#[derive(Default)]
pub struct Bars {
    group: indicatif::MultiProgress,
    bars: Vec<ProgressBar>,
}

impl Progress for Bars {
    fn begin(&mut self, what: &str, steps: usize) {
        let style = ProgressStyle::with_template("{prefix} {bar:32} {pos}/{len} {per_sec:>10} {eta:>5} left  {msg}");
        let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::hidden())
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_prefix(what.to_owned());
        let bar = self.group.add(bar);
        bar.enable_steady_tick(Duration::from_millis(500));
        self.bars.push(bar);
    }

    fn advance(&mut self, steps: usize, state: &str) {
        if let Some(bar) = self.bars.last() {
            bar.set_message(state.to_owned());
            bar.inc(steps as u64);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bars.pop() {
            bar.finish_and_clear();
        }
    }

    fn note(&mut self, line: &str) {
        self.group.suspend(|| hint!("{line}"));
    }
}
