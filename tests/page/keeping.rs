//! What was done to a file is there again when it is opened again, and gone when one wants it to be.

use std::fs;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::deciding::{counts, decide_three, press, set, wait_for_row};
use crate::driver::Kind;
use crate::files::{choose, comments, file, open_scored, open_view, save_by, wait_until_scored};
use crate::support::open;

pub fn open_again(browser: &Browser, address: &str) {
    browser.open("about:blank");
    open(browser, &format!("{address}#/file"));
    browser.wait("the view", "return document.querySelector('#file') !== null");
}

/// Waits until what was done so far is kept.
pub fn wait_until_kept(browser: &Browser, decisions: usize, scored: usize) {
    browser.run(
        "window.known = []; window.look = () => { const request = indexedDB.open('undertone');
          request.onsuccess = () => {
            const all = request.result.transaction('files').objectStore('files').getAll();
            all.onsuccess = () => { window.known = all.result; request.result.close(); };
          }; }",
    );
    let kept = format!(
        "look(); return window.known.some(({{ decisions, scored }}) => decisions === {decisions} && scored === {scored})"
    );
    browser.wait("what was done to be kept", &kept);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_file_is_gone_on_with_where_it_was_left() {
    let (folder, path, site, browser) = open_scored(Kind::Chromium, 60);
    decide_three(&browser);
    press(&browser, "u");
    browser.click("#thresholds summary");
    set(&browser, "#threshold", "77", "change");
    // The broken row has no scores.
    wait_until_kept(&browser, 2, 60);
    open_again(&browser, &site.address());
    choose(&browser, &path);
    let question = browser.wait("the question", "return document.querySelector('#resume p')?.textContent");
    assert_eq!(
        question,
        json!("You have been at this file before: 2 rows decided, 60 rows scored. Go on where you were?")
    );
    browser.click("#go-on");
    wait_until_scored(&browser);
    browser.wait("the decisions", "return document.querySelector('#counts').textContent === '1 kept, 1 removed.'");
    browser.wait("the threshold", "return document.querySelector('#threshold').value === '77'");
    // What was taken back before can stand again.
    browser.click("#rows [data-row='5']");
    press(&browser, "\u{E009}\u{E008}z\u{E000}");
    browser.wait(
        "it stands again",
        "return document.querySelector('#counts').textContent === '1 kept, 1 removed, 1 unsure.'",
    );
    // A file that is another one, or read otherwise, is none that one has been at.
    let other = folder.path().join("other.csv");
    fs::write(&other, comments(61)).expect("the file can be written");
    browser.click("#close");
    choose(&browser, &other);
    wait_until_scored(&browser);
    assert_eq!(counts(&browser), json!("Nothing is decided yet."));
    browser.click("#close");
    choose(&browser, &path);
    browser.wait("the question", "return document.querySelector('#resume') !== null");
    browser.click("#start-anew");
    wait_until_scored(&browser);
    assert_eq!(counts(&browser), json!("Nothing is decided yet."));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_file_that_is_forgotten_leaves_nothing() {
    let (_folder, path, site, browser) = open_scored(Kind::Chromium, 16);
    browser.click("#rows [data-row='0']");
    press(&browser, "2");
    wait_until_kept(&browser, 1, 16);
    browser.click("#forget");
    browser.wait(
        "the word",
        "return document.querySelector('#kept').textContent.includes('Nothing of this file is kept any more')",
    );
    press(&browser, "2");
    wait_for_row(&browser, 2);
    open_again(&browser, &site.address());
    browser.run(
        "window.left = undefined; const request = indexedDB.open('undertone');
        request.onsuccess = () => {
          const stores = ['files', 'entries', 'scores'];
          const transaction = request.result.transaction(stores);
          Promise.all(stores.map((store) => new Promise((resolve) => {
            const count = transaction.objectStore(store).count();
            count.onsuccess = () => resolve(count.result);
          }))).then((left) => window.left = left);
        }",
    );
    assert_eq!(browser.wait("a look", "return window.left"), json!([0, 0, 0]));
    choose(&browser, &path);
    wait_until_scored(&browser);
    assert_eq!(counts(&browser), json!("Nothing is decided yet."));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_browser_that_keeps_nothing_says_so_and_works() {
    let (_folder, path) = file("comments.csv", comments(16));
    let (_site, browser) = open_view(Kind::Chromium);
    browser.run("indexedDB.open = () => { throw new DOMException('not here', 'SecurityError') }; IDBFactory.prototype.open = indexedDB.open");
    choose(&browser, &path);
    wait_until_scored(&browser);
    let words = browser.wait("the word", "return document.querySelector('#kept p')?.textContent");
    assert!(words.as_str().is_some_and(|words| words.contains("Save it before you leave")), "{words}");
    browser.click("#rows [data-row='0']");
    press(&browser, "2");
    wait_for_row(&browser, 1);
    // Within the page it is known again.
    browser.click("#close");
    choose(&browser, &path);
    browser.wait("the question", "return document.querySelector('#resume p')?.textContent.includes('1 row decided')");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn thresholds_are_fitted_and_decisions_become_a_log_and_texts_to_train_on() {
    let (_folder, _path, _site, browser) = open_scored(Kind::Chromium, 160);
    browser.click("#thresholds summary");
    browser.click("#fit");
    let said = browser.wait("a sentence", "return document.querySelector('#fitted').textContent");
    assert!(
        said.as_str().is_some_and(|said| said.starts_with("Decide some more: of the rows with a score 0 are removed")),
        "{said}"
    );
    // What is above 30% of toxic is removed, and the rest kept.
    let decide = |low: &str, high: &str, decision: &str| {
        set(&browser, "#low", low, "input");
        set(&browser, "#high", high, "input");
        browser.click(&format!("[data-decide-all={decision}]"));
        browser.click("#yes");
    };
    decide("30", "100", "remove");
    decide("0", "29", "keep");
    browser.click("#fit");
    browser.wait("a threshold", "return document.querySelector('#fitted').textContent.startsWith('From ')");
    // The panel's bar has the mark where the threshold is by now.
    set(&browser, "#threshold", "44", "change");
    browser.wait(
        "the mark",
        "return document.querySelector('#panel [data-label=toxic]').style.getPropertyValue('--threshold') === '0.44'",
    );
    browser.click("#fit");
    let threshold =
        browser.run("return Number(document.querySelector('#threshold').value)").as_f64().expect("a number");
    assert!((5.0..=60.0).contains(&threshold), "{threshold}");
    let quality = browser.run("return document.querySelector('#quality').textContent");
    assert!(quality.as_str().is_some_and(|quality| quality.matches("(100%)").count() == 2), "{quality}");
    set(&browser, "#low", "0", "input");
    set(&browser, "#high", "100", "input");
    let log = save_by(&browser, "#save-log", "comments.decisions.jsonl");
    let log: Vec<Value> =
        String::from_utf8_lossy(&log).lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert_eq!((log.len(), &log[0]["file"], &log[1]["decision"]), (3, &json!("comments.csv"), &json!("remove")));
    let examples = save_by(&browser, "#save-examples", "comments.train.jsonl");
    let examples: Vec<Value> = String::from_utf8_lossy(&examples)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    assert!(
        examples.len() > 100
            && examples.iter().all(|example| example["text"].is_string() && example["removed"].is_u64())
    );
    set(&browser, "#sample-size", "10", "change");
    browser.click("#draw");
    browser.wait("the sample", "return document.querySelector('#rows').ariaRowCount === '11'");
    browser.click("#put-back");
    browser.wait("all rows", "return document.querySelector('#rows').ariaRowCount === '162'");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
