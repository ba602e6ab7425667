//! Texts typed and files scored in one window for as long as one likes: whether the browser's memory stays, and how long answers take.
//!
//! `make soak` sets `SOAK_TYPING_MINUTES`, and `make e2e` leaves this out. Memory is that of `memory.rs`. What counts is that of the processes that pages run
//! in: Chromium's own grows by 1 MB with 20 files that are opened. They grow, too, with each text that is typed, by some 7 KB, whatever page it is typed in: so
//! the same keys are pressed in a page that has nothing but a field, and what that page takes more is none of ours.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::browser::{Browser, PATIENCE};
use crate::driver::Kind;
use crate::files::{comments, open_view};
use crate::memory::{Memory, memory};
use crate::support::{GLOWING, SCATHING, THREAT, go};

/// How many texts are typed between two files.
const TEXTS: usize = 20;
/// How many rows a file has, the header not counted; every other file has one more.
const ROWS: usize = 100;
/// How long one waits between two looks at the page.
const BETWEEN: Duration = Duration::from_millis(150);
/// By how much of its memory the page may have grown more, or less, than the one with nothing but a field, once all is warm.
const MEMORY: f64 = 0.05;
/// By how much the time to an answer may have grown. The machine's other work is in it.
const LATENCY: f64 = 0.2;

/// What was seen at one time: minutes since the beginning, megabytes, and milliseconds from a text's last key to the answer that stays.
struct Look {
    minute: f64,
    megabytes: f64,
    /// Those of the page with nothing but a field.
    plain: f64,
    milliseconds: f64,
}

#[test]
#[ignore = "needs the built site and SOAK_TYPING_MINUTES: make soak"]
fn hours_of_typing_and_files_take_no_more_memory_nor_time() {
    let minutes = std::env::var("SOAK_TYPING_MINUTES").expect("SOAK_TYPING_MINUTES says how long: make soak sets it");
    let minutes: f64 = minutes.parse().expect("SOAK_TYPING_MINUTES is a number");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = [ROWS, ROWS + 1].map(|rows| {
        let path = folder.path().join(format!("{rows}.csv"));
        fs::write(&path, comments(rows)).expect("the file can be written");
        path
    });
    let (_site, browser) = open_view(Kind::Chromium);
    take_times(&browser);
    let plain = Browser::start();
    plain.open("data:text/html,<!doctype html><title>Nothing but a field</title><textarea id=text></textarea>");
    let begun = Instant::now();
    let elapsed = || begun.elapsed().as_secs_f64() / 60.0;
    let mut looks = Vec::new();
    println!(
        "| minute | memory of pages, MB | of all, MB | of nothing but a field, MB | answer, ms |\n|---|---|---|---|---|"
    );
    for turn in 0.. {
        score(&browser, &files[turn % 2], ROWS + turn % 2);
        go(&browser, "#/", "#text");
        type_texts(&browser, turn, || wait(&browser, "document.querySelector('#results[data-settled=true]')"));
        type_texts(&plain, turn, || ());
        let Memory { pages: megabytes, all } = memory(&browser);
        let plain = memory(&plain).pages;
        let look = Look { minute: elapsed(), megabytes, plain, milliseconds: median(times(&browser)) };
        println!("| {:.1} | {megabytes:.1} | {all:.0} | {plain:.1} | {:.0} |", look.minute, look.milliseconds);
        // What the browser gets ready once, and what V8 compiles for speed, are no leak.
        if look.minute > minutes / 5.0 {
            looks.push(look);
        }
        if elapsed() > minutes && looks.len() > 3 {
            break;
        }
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
    let halves = looks.split_at(looks.len() / 2);
    let middles = |of: fn(&Look) -> f64| {
        let median = |looks: &[Look]| median(looks.iter().map(of).collect());
        (median(halves.0), median(halves.1))
    };
    let ((earlier, later), (plain_earlier, plain_later)) = (middles(|look| look.megabytes), middles(|look| look.plain));
    let memory = ((later - earlier) - (plain_later - plain_earlier)) / earlier;
    let (earlier_time, later_time) = middles(|look| look.milliseconds);
    let latency = later_time / earlier_time - 1.0;
    println!(
        "After the first fifth of {minutes} minutes: the later half has {:+.1} MB, with nothing but a field {:+.1} MB, so that ours are {:+.1}%; and {:+.1}% time.",
        later - earlier,
        plain_later - plain_earlier,
        100.0 * memory,
        100.0 * latency
    );
    assert!(memory.abs() < MEMORY, "memory did not stay");
    assert!(latency < LATENCY, "answers came later and later, or the machine had other things to do");
}

/// Has a file scored, forgotten and closed.
fn score(browser: &Browser, path: &Path, rows: usize) {
    go(browser, "#/file", "#file");
    choose(browser, path);
    // A header, and a row that is broken.
    wait(browser, &format!("document.querySelector('#rows')?.ariaRowCount === '{}'", rows + 2));
    wait(browser, "document.querySelector('#scoring[data-state=done]')");
    wait(browser, "document.querySelector('#forget')");
    click(browser, "#forget");
    wait(browser, "document.querySelector('#kept').textContent.includes('Nothing of this file is kept')");
    click(browser, "#close");
}

/// Types as people do: some texts, each `read` as it stands, then changed.
fn type_texts(browser: &Browser, turn: usize, read: impl Fn()) {
    for number in 0..TEXTS {
        clear(browser);
        press(browser, [GLOWING, SCATHING, THREAT][number % 3]);
        read();
        press(browser, &format!(" And {turn} times {number}."));
        read();
    }
    clear(browser);
}

/// From now on the page takes the times from a text's last change to the answer that stays.
fn take_times(browser: &Browser) {
    run(
        browser,
        "window.times = [];
        let changed;
        addEventListener('input', () => { changed = performance.now(); }, true);
        new MutationObserver(() => {
          if (changed === undefined || !document.querySelector('#results[data-settled=true]')) return;
          window.times.push(performance.now() - changed);
          changed = undefined;
        }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-settled'] });",
    );
}

/// The times since one has asked for them last.
fn times(browser: &Browser) -> Vec<f64> {
    let times = run(browser, "window.times.splice(0)");
    times.as_array().expect("a list of times").iter().filter_map(Value::as_f64).collect()
}

fn wait(browser: &Browser, is_so: &str) {
    let begun = Instant::now();
    while run(browser, &format!("Boolean({is_so})")) != json!(true) {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {is_so}");
        std::thread::sleep(BETWEEN);
    }
}

fn click(browser: &Browser, selector: &str) {
    run(browser, &format!("document.querySelector({}).click()", json!(selector)));
}

/// Selects the whole text, and deletes it by a key.
fn clear(browser: &Browser) {
    run(browser, "document.querySelector('#text').focus(), document.querySelector('#text').select()");
    for kind in ["keyDown", "keyUp"] {
        let key = json!({ "type": kind, "key": "Backspace", "code": "Backspace", "windowsVirtualKeyCode": 8 });
        browser.chromium("Input.dispatchKeyEvent", &key);
    }
}

/// Presses the keys of a text behind what stands there.
fn press(browser: &Browser, text: &str) {
    for key in text.chars() {
        browser.chromium("Input.dispatchKeyEvent", &json!({ "type": "char", "text": key }));
    }
}

fn choose(browser: &Browser, path: &Path) {
    let input = browser.chromium("Runtime.evaluate", &json!({ "expression": "document.querySelector('#file')" }));
    let input = &input["result"]["objectId"];
    browser.chromium("DOM.setFileInputFiles", &json!({ "objectId": input, "files": [path] }));
    browser.chromium("Runtime.releaseObject", &json!({ "objectId": input }));
}

/// What an expression comes to. Not by `Browser::run`: of all that WebDriver is told of by a page it keeps hold there, of each answer as of each element, and so of
/// whole views that are gone.
fn run(browser: &Browser, expression: &str) -> Value {
    let evaluated = browser.chromium("Runtime.evaluate", &json!({ "expression": expression, "returnByValue": true }));
    assert!(evaluated["exceptionDetails"].is_null(), "{expression}: {}", evaluated["exceptionDetails"]);
    evaluated["result"]["value"].clone()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
