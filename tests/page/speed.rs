//! How fast the page is where people wait for it: from a key to the numbers, from a second visit to its first answer, through a file of rows.
//!
//! `make bench-page` runs these one after the other and they print what they measured, in Markdown; nothing is asserted of it, and `make e2e` leaves
//! them out. `ROWS` and `VISITS` say how many, 20,000 and 7 unless they do.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::driver::Kind;
use crate::files::{choose, open_view, wait_until_scored};
use crate::site::Site;
use crate::soak::{go, median, megabytes};
use crate::support::{dist, folder_of, open, read_answer, type_text};

/// Of 64 tokens, with the last letters that are typed.
const TEXT: &str = "I watched this with my sister on a rainy evening, and we had both read the book before. The first hour is slow and rather \
    too fond of its own pictures, but then the two brothers meet at the station, and from there on nobody in the room said a word. Go and see it";
/// What is typed behind it, a key at a time: people who type fast take 120 ms for one.
const TYPED: &str = ", if you can bear it.";
const PAUSE: Duration = Duration::from_millis(120);
/// How many times it is typed.
const TURNS: usize = 4;

#[test]
#[ignore = "measures: make bench-page"]
fn from_a_key_to_the_numbers() {
    let (_site, browser) = open_view(Kind::Chromium);
    println!(
        "\n| typing, 64 tokens | keys | median, ms | 95 of 100 within, ms | tasks of the page above 50 ms | the longest, ms |\n|---|---|---|---|---|---|"
    );
    watch(&browser);
    go(&browser, "#/", "#text");
    type_and_tell(&browser, "with no file");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = comments(&folder, count("ROWS", 20_000));
    go(&browser, "#/file", "#file");
    choose(&browser, &path);
    browser.wait(
        "rows that are scored",
        "return /[1-9][^/]* rows a second/.test(document.querySelector('#scoring')?.textContent)",
    );
    go(&browser, "#/", "#text");
    type_and_tell(&browser, "while a file is scored");
    let is_running = browser.run("return document.querySelector('#scoring').dataset.state");
    assert_ne!(is_running, json!("done"), "the file was at its end too soon: give it more ROWS");
}

/// From now on the page notes its long tasks, and the time from each key to the numbers that are the next to show.
fn watch(browser: &Browser) {
    browser.run(
        "window.times = [];
        window.tasks = [];
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
        let changed;
        addEventListener('input', ({ timeStamp }) => { changed ??= timeStamp; }, true);
        new MutationObserver(() => {
          if (changed === undefined || !document.querySelector('#results[data-state=current]')) return;
          times.push(performance.now() - changed);
          changed = undefined;
        }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-sequence', 'data-state'] });",
    );
}

fn type_and_tell(browser: &Browser, what: &str) {
    let list = |name: &str| -> Vec<f64> {
        let list = browser.run(&format!("return {name}.splice(0)"));
        list.as_array().expect("a list of times").iter().filter_map(Value::as_f64).collect()
    };
    let (mut times, mut tasks) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        // Forty words at once are no typing.
        type_text(browser, TEXT);
        read_answer(browser);
        (list("times"), list("tasks"));
        for key in TYPED.chars() {
            browser.press("#text", &key.to_string());
            std::thread::sleep(PAUSE);
        }
        read_answer(browser);
        times.extend(list("times"));
        tasks.extend(list("tasks"));
    }
    times.sort_by(f64::total_cmp);
    println!(
        "| {what} | {} | {:.0} | {:.0} | {} | {:.0} |",
        times.len(),
        times[times.len() / 2],
        times[times.len() * 95 / 100],
        tasks.len(),
        tasks.iter().copied().fold(0.0, f64::max)
    );
}

/// A page of transformers.js that does the same: the same network in int8, one text, its scores shown.
const PEER: &str = r#"<!doctype html><meta charset="utf-8"><title>peer</title><p id="answer"></p>
<script type="module">
import { env, pipeline } from "../npm/@huggingface/transformers/dist/transformers.min.js";
env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = new URL("../", import.meta.url).pathname;
env.backends.onnx.wasm.numThreads = 1;
env.backends.onnx.wasm.wasmPaths = new URL("../npm/@huggingface/transformers/node_modules/onnxruntime-web/dist/", import.meta.url).href;
const classify = await pipeline("text-classification", "peer", { device: "wasm", dtype: "q8" });
const scores = await classify(decodeURIComponent(location.hash.slice(1)), { top_k: null });
document.getElementById("answer").textContent = JSON.stringify(scores);
window.answered = performance.now();
</script>"#;

#[test]
#[ignore = "measures, and needs PEER_MODEL and NPM: make bench-page"]
fn from_a_second_visit_to_its_first_answer() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, of) in [("site", dist()), ("peer", folder_of("PEER_MODEL")), ("npm", folder_of("NPM"))] {
        symlink(of.canonicalize().expect("the folder is there"), folder.path().join(name)).expect("a link can be made");
    }
    fs::create_dir(folder.path().join("page")).expect("a folder can be made");
    fs::write(folder.path().join("page/index.html"), PEER).expect("the page can be written");
    let site = Site::serve(folder.path());
    let browser = Browser::start();
    let note = "new MutationObserver((_, observer) => {
          if (!document.querySelector('#results[data-state=current]')) return;
          window.answered = performance.now();
          observer.disconnect();
        }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });";
    browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": note }));
    let visit = |name: &str, fragment: &str| {
        // Of one document only the part behind # would change.
        browser.open("about:blank");
        browser.open(&format!("{}{name}/{fragment}", site.address()));
        browser.wait("the answer", "return window.answered").as_f64().expect("milliseconds")
    };
    let text = "What%20a%20wonderful%20film%2C%20superbly%20acted%20and%20deeply%20moving.";
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=count("VISITS", 7) {
        for (times, (name, fragment)) in
            times.iter_mut().zip([("site", format!("#text={text}")), ("page", format!("#{text}"))])
        {
            let time = visit(name, &fragment);
            match round {
                // What the first visit leaves is written in the browser's own time.
                0 => std::thread::sleep(Duration::from_secs(5)),
                _ => times.push(time),
            }
        }
    }
    println!(
        "\n| from navigation to the first answer, a visit after the first | median, ms | least, ms |\n|---|---|---|"
    );
    let least = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
    for (name, times) in ["Undertone's page", "a page of transformers.js, int8"].into_iter().zip(&times) {
        println!("| {name} | {:.0} | {:.0} |", median(times.clone()), least(times));
    }
    println!(
        "| ratio | {:.2} | {:.2} |",
        median(times[0].clone()) / median(times[1].clone()),
        least(&times[0]) / least(&times[1])
    );
}

#[test]
#[ignore = "measures: make bench-page"]
fn through_a_file_of_rows() {
    let rows = count("ROWS", 20_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_site, browser) = open_view(Kind::Chromium);
    let mut number = 0;
    let mut begin = |engines: usize| {
        browser.chromium("Emulation.setHardwareConcurrencyOverride", &json!({ "hardwareConcurrency": engines }));
        let address = browser.run("return location.href");
        browser.open("about:blank");
        open(&browser, address.as_str().expect("an address"));
        // Another file each time: the same one would be asked about.
        number += 1;
        choose(&browser, &comments(&folder, rows + number));
        browser.wait("the first scores", "return document.querySelector('#scoring') !== null");
        (Instant::now(), rows + number)
    };
    println!("\n| {rows} rows, the table open | one engine, rows a second | two engines | ratio |\n|---|---|---|---|");
    for round in 1..=2 {
        let [one, two] = [1, 2].map(|engines| {
            let (begun, rows) = begin(engines);
            wait_until_scored(&browser);
            rows as f64 / begun.elapsed().as_secs_f64()
        });
        println!("| round {round} | {one:.0} | {two:.0} | {:.2} |", two / one);
    }
    let mut looks = Vec::new();
    begin(2);
    loop {
        let is_done = browser.run("return document.querySelector('#scoring[data-state=done]') !== null");
        looks.push(megabytes(&browser));
        if is_done == json!(true) {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    let quarter = looks.len().div_ceil(4);
    let (first, last) = (median(looks[..quarter].to_vec()), median(looks[looks.len() - quarter..].to_vec()));
    println!(
        "\nMemory of the browser's processes over {rows} rows, {} looks: first quarter {first:.0} MB, last {last:.0} MB ({:+.1}%).",
        looks.len(),
        100.0 * (last / first - 1.0)
    );
}

#[test]
#[ignore = "measures: make bench-page"]
fn two_hundred_thousand_rows_open() {
    const MOST: usize = 200_000;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = comments(&folder, MOST);
    let (_site, browser) = open_view(Kind::Chromium);
    watch(&browser);
    let before = megabytes(&browser);
    let begun = Instant::now();
    choose(&browser, &path);
    browser.wait("the rows", &format!("return document.querySelector('#rows')?.ariaRowCount === '{}'", MOST + 1));
    let opened = begun.elapsed().as_secs_f64();
    browser.wait(
        "rows that are scored",
        "return /[1-9][^/]* rows a second/.test(document.querySelector('#scoring')?.textContent)",
    );
    let tasks = browser.run("return Math.max(0, ...tasks)").as_f64().unwrap_or_default();
    let size = fs::metadata(&path).expect("the file is there").len() as f64 / 1e6;
    println!(
        "\n{MOST} rows, {size:.0} MB: in the table after {opened:.1} s; the page's longest task {tasks:.0} ms; {before:.0} MB before and {:.0} MB with it.",
        megabytes(&browser)
    );
}

/// A file of so many comments, no two of them alike.
fn comments(folder: &TempDir, rows: usize) -> PathBuf {
    let beginnings = [
        "I rather liked the second part",
        "Nobody asked you, moron",
        "The delivery came two days late",
        "Thanks for the quick answer",
    ];
    let ends = [
        "and would come again",
        "but the price is a joke",
        "which was a surprise to all of us",
        "as my brother said yesterday",
        "so there",
    ];
    let mut content = "id,comment\n".to_owned();
    for number in 0..rows {
        let (beginning, end) = (beginnings[number % beginnings.len()], ends[number % ends.len()]);
        content.push_str(&format!("{number},\"{beginning}, {end}, no. {number}.\"\n"));
    }
    let path = folder.path().join(format!("{rows}.csv"));
    fs::write(&path, content).expect("the file can be written");
    path
}

/// What the environment says, or else `default`.
fn count(name: &str, default: usize) -> usize {
    let said = std::env::var(name).ok();
    said.map_or(default, |said| said.parse().unwrap_or_else(|_| panic!("{name} is a number, and not {said}")))
}
