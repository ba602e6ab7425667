//! What a moderator does with the rows of a file.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::driver::Kind;
use crate::files::{open_scored, read, save};

in_all_browsers!(decisions_are_keys_and_can_be_taken_back);

/// Sets a field and has it tell of that.
pub fn set(browser: &Browser, selector: &str, value: &str, event: &str) {
    browser.run(&format!(
        "const field = document.querySelector('{selector}'); field.value = '{value}'; field.dispatchEvent(new Event('{event}', {{ bubbles: true }}))"
    ));
}

/// The row that has the focus.
pub fn wait_for_row(browser: &Browser, row: usize) {
    browser.wait(&format!("row {row}"), &format!("return document.activeElement.dataset.row === '{row}'"));
}

pub fn counts(browser: &Browser) -> Value {
    browser.run("return document.querySelector('#counts').textContent")
}

fn shown(browser: &Browser) -> Value {
    browser.run("return Number(document.querySelector('#rows').ariaRowCount) - 1")
}

pub fn press(browser: &Browser, keys: &str) {
    browser.press("#rows [tabindex='0']", keys);
}

/// Removes the first row, keeps the second, and is unsure of the third.
pub fn decide_three(browser: &Browser) {
    browser.click("#rows [data-row='0']");
    for (row, key) in ["2", "1", "3"].into_iter().enumerate() {
        press(browser, key);
        wait_for_row(browser, row + 1);
    }
}

/// WebDriver's Control, a key, all keys up.
fn with_control(key: &str) -> String {
    format!("\u{E009}{key}\u{E000}")
}

fn decisions_are_keys_and_can_be_taken_back(kind: Kind) {
    let (_folder, _path, _site, browser) = open_scored(kind, 24);
    decide_three(&browser);
    assert_eq!(counts(&browser), json!("1 kept, 1 removed, 1 unsure."));
    assert_eq!(browser.run("return document.querySelector('[data-row=\"0\"]').dataset.decision"), json!("remove"));
    let heard = browser.run("return document.querySelector('[aria-atomic]').textContent");
    assert_eq!(heard, json!("Row 3 unsure."));
    let regions = "return [...document.querySelectorAll('[role=status], [aria-live]')].filter((region) => region.checkVisibility()).length";
    assert_eq!(browser.run(regions), json!(1), "one region is polite");
    // Not with other keys held, and not in a field.
    press(&browser, &with_control("1"));
    browser.press("#search", "123");
    browser.press("#search", "\u{E003}\u{E003}\u{E003}");
    browser.wait("all rows", "return document.querySelector('#rows').ariaRowCount === '26'");
    assert_eq!(counts(&browser), json!("1 kept, 1 removed, 1 unsure."));
    press(&browser, "u");
    wait_for_row(&browser, 2);
    press(&browser, &with_control("z"));
    wait_for_row(&browser, 1);
    assert_eq!(counts(&browser), json!("1 removed."));
    press(&browser, "\u{E009}\u{E008}z\u{E000}");
    browser.wait("it stands again", "return document.querySelector('#counts').textContent === '1 kept, 1 removed.'");
    // With a reason, as it is saved.
    browser.press("#reason", "not kind");
    browser.click("#rows [data-row='4']");
    press(&browser, "2");
    wait_for_row(&browser, 5);
    let (header, rows) = read(&save(&browser, "comments.scored.csv"));
    let column = |name: &str| header.iter().position(|column| column == name).expect("the column is there");
    let decisions: Vec<&str> = rows.iter().map(|(_, cells)| &cells[column("decision")][..]).collect();
    assert_eq!(decisions[..6], ["remove", "keep", "", "", "remove", ""]);
    assert_eq!(rows[4].1[column("decision_reason")], "not kind");
    assert!(rows[4].1[column("decided")].starts_with("20") && rows[4].1[column("decided")].ends_with('Z'));
    press(&browser, "?");
    browser.wait("the keys", "return document.querySelector('dialog').open");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn rows_are_found_and_decided_together() {
    let (_folder, _path, _site, browser) = open_scored(Kind::Chromium, 24);
    set(&browser, "#order", "highest", "change");
    let first =
        "return document.querySelector('#rows [aria-rowindex=\"2\"]')?.querySelector('.score.present') !== null";
    browser.wait("the highest first", first);
    // From the keyboard: the range's low end, a step at a time.
    browser.press("#low", "\u{E014}\u{E014}");
    browser.wait("the range", "return document.querySelector('#low').getAttribute('aria-valuetext') === '2%'");
    set(&browser, "#low", "60", "input");
    browser.wait("fewer rows", "return Number(document.querySelector('#rows').ariaRowCount) < 20");
    let marked = shown(&browser).as_u64().expect("a number");
    assert!(marked >= 3, "{marked} of three threats");
    browser.click("[data-decide-all=remove]");
    let question = browser.run("return document.querySelector('#question p').textContent");
    assert!(
        question.as_str().is_some_and(|question| question.starts_with(&format!("Remove {marked} rows?"))),
        "{question}"
    );
    browser.click("#no");
    assert_eq!(counts(&browser), json!("Nothing is decided yet."));
    browser.click("[data-decide-all=remove]");
    browser.click("#yes");
    let removed = format!("{marked} removed.");
    browser.wait("they are removed", &format!("return document.querySelector('#counts').textContent === '{removed}'"));
    set(&browser, "#low", "0", "input");
    set(&browser, "#show", "undecided", "change");
    browser.wait("the others", &format!("return document.querySelector('#rows').ariaRowCount === '{}'", 26 - marked));
    browser.click("#undo");
    browser.wait("all again", "return document.querySelector('#rows').ariaRowCount === '26'");
    browser.press("#search", "WONDERFUL");
    browser.wait("what was found", "return document.querySelector('#found').textContent === 'Found in 3 rows.'");
    assert_eq!(shown(&browser), json!(3));
    assert_eq!(browser.run("return document.querySelector('[aria-atomic]').textContent"), json!("Found in 3 rows."));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn unkind_texts_are_hidden_until_they_are_wanted() {
    let (_folder, _path, _site, browser) = open_scored(Kind::Chromium, 24);
    let hidden = "return document.querySelector('#rows [data-row=\"2\"] .blurred')?.ariaHidden === 'true'";
    browser.wait("the threat to be hidden", hidden);
    browser.click("#rows [data-row='2']");
    browser.wait("its panel", "return document.querySelector('#reveal') !== null");
    assert_eq!(
        browser.run("return document.querySelector('#panel').textContent.includes('I will kill')"),
        json!(false)
    );
    press(&browser, "r");
    // With the words that did it, and the other columns.
    browser.wait("the words", "return document.querySelector('#whole mark')?.textContent");
    assert_eq!(browser.run("return document.querySelector('#panel dl').textContent"), json!("id2author Ann 2"));
    assert_eq!(browser.run(hidden), json!(false));
    browser.click("#rows [data-row='10']");
    browser.wait("the next threat", "return document.querySelector('#reveal') !== null");
    browser.click("#shows-focused");
    browser.wait("its text", "return document.querySelector('#whole')?.textContent.startsWith('I will find you')");
    browser.click("#hides");
    browser.wait("nothing hidden", "return document.querySelector('.blurred') === null");
}
