//! What the parts share: the view of files, and the page's long tasks.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::report::{Figure, Goal};
use crate::settings::Result;
use crate::site::Site;
use crate::support::open;

/// Not a row of any file takes so long, on any machine that this is worth measuring on.
const PATIENCE: Duration = Duration::from_secs(120);

/// Opens the view of files of a site that is served here, and notes tasks from then on.
pub fn open_files(site: &Site) -> Browser {
    let browser = Browser::start();
    note_tasks(&browser);
    open(&browser, &format!("{}#/file", site.address()));
    browser.wait("the view", "return document.querySelector('#file')?.checkVisibility()");
    browser
}

/// Has every page note its tasks above 50 ms, and what they were spent on as far as the browser tells.
fn note_tasks(browser: &Browser) {
    let notes = "window.tasks = [];
        window.spent = [];
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
        new PerformanceObserver((list) => {
          const scripts = list.getEntries().flatMap(({ scripts }) => scripts).filter(({ duration }) => duration > 30);
          spent.push(...scripts.map(({ duration, invoker, sourceURL }) => `${Math.round(duration)} ms: ${invoker} in ${sourceURL.split('/').pop()}`));
        }).observe({ type: 'long-animation-frame' });";
    browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": notes }));
}

/// The tasks until now are none of what is measured next.
pub fn forget_tasks(browser: &Browser) {
    browser.run("tasks.length = spent.length = 0");
}

/// The page's tasks above 50 ms since this was asked last; what they were spent on is printed to stderr.
pub fn tasks(browser: &Browser) -> Vec<f64> {
    for script in browser.run("return spent.splice(0)").as_array().into_iter().flatten() {
        eprintln!("A long task: {}", script.as_str().unwrap_or_default());
    }
    numbers(&browser.run("return tasks.splice(0)"))
}

/// How many there were, and where there were any the longest.
pub fn told(tasks: &[f64], what: impl Fn(&str) -> String) -> Vec<Figure> {
    let count =
        Figure::new(what("the page's tasks above 50 ms"), tasks.len() as f64, "tasks").wanted(Goal::AtMost(0.0));
    let longest = tasks.iter().copied().fold(0.0, f64::max);
    let longest = (longest > 0.0).then(|| Figure::new(what("the longest of these"), longest, "ms"));
    [count].into_iter().chain(longest).collect()
}

pub fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

pub fn choose(browser: &Browser, path: &Path) {
    browser.press("#file", &path.display().to_string());
}

/// Waits until engines are at work on a file, and more rows have come than there were.
pub fn wait_for_scores(browser: &Browser) {
    browser.wait("the engines", "return document.querySelector('#scoring[data-state=running]') !== null");
    let before = scored(browser);
    browser.wait("scores", &format!("return Number(document.querySelector('#scored').value) > {before}"));
}

/// How many rows of the file have scores.
pub fn scored(browser: &Browser) -> f64 {
    browser.run("return Number(document.querySelector('#scored').value)").as_f64().unwrap_or_default()
}

/// Calls `look` every so often until all rows are scored.
pub fn until_scored(browser: &Browser, every: Duration, mut look: impl FnMut(f64)) -> Result<()> {
    let mut last = (scored(browser), Instant::now());
    loop {
        let state = browser.run("return document.querySelector('#scoring').dataset.state");
        let now = scored(browser);
        look(now);
        match state.as_str() {
            Some("done") => return Ok(()),
            Some("running") if now > last.0 => last = (now, Instant::now()),
            Some("running") if last.1.elapsed() < PATIENCE => {}
            _ => return Err(format!("scoring stands still at {now:.0} rows: {}", browser.text()).into()),
        }
        sleep(every);
    }
}
