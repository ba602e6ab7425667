//! How a file is read where it is not as it seems, and what is seen of it beside its texts.

use std::fs;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::driver::Kind;
use crate::files::{choose, file, open_view, save, wait_until_scored};
use crate::keeping::{open_again, wait_until_kept};

fn select(browser: &Browser, selector: &str, value: &str) {
    browser.run(&format!(
        "const select = document.querySelector('{selector}'); select.value = {}; select.dispatchEvent(new Event('change'))",
        Value::from(value)
    ));
}

fn wait_for_text(browser: &Browser, text: &str) {
    browser.wait(
        text,
        &format!(
            "return document.querySelector('#rows [data-row=\"0\"] .text')?.textContent === {}",
            Value::from(text)
        ),
    );
}

/// Shows the column at this place of the file, or no longer.
pub fn toggle(browser: &Browser, place: usize) {
    browser.run(&format!("document.querySelector('#others').open = true; document.querySelector('#others [data-column=\"{place}\"]').click()"));
}

fn cells(browser: &Browser, row: &str) -> Value {
    browser.run(&format!(
        "return [...document.querySelectorAll('#rows {row} > [aria-colindex]')].map((cell) => [cell.ariaColIndex, cell.className.split(' ')[0]])"
    ))
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn another_encoding_is_chosen_where_letters_come_out_wrong() {
    // "Привет, мир" and "Ёлка" in Windows-1251, which is taken for Windows-1252.
    let mut content = b"id,comment\n1,\"\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0\"\n2,\xa8\xeb\xea\xe0\n".to_vec();
    for number in 3..2000 {
        content.extend(format!("{number},\"a line with words {number}\"\n").bytes());
    }
    let (_folder, path) = file("comments.csv", &content);
    let (_site, browser) = open_view(Kind::Chromium);
    choose(&browser, &path);
    wait_for_text(&browser, "Ïðèâåò, ìèð");
    let encoding = "return document.querySelector('#charset').value";
    assert_eq!(browser.run(encoding), json!("Western (Windows-1252)"));
    assert!(browser.text().contains("choose another encoding"));
    select(&browser, "#charset", "Cyrillic (Windows-1251)");
    wait_for_text(&browser, "Привет, мир");
    assert!(!browser.text().contains("choose another encoding"));
    assert_eq!(
        browser.run("return document.querySelector('#column').selectedOptions[0].textContent"),
        json!("comment")
    );
    wait_until_scored(&browser);
    // Rows far down are where they are in what was decoded, and what is saved is UTF-8.
    let saved = String::from_utf8(save(&browser, "comments.scored.csv")).expect("it is UTF-8");
    assert!(
        saved.contains("1,\"Привет, мир\",")
            && saved.contains("2,Ёлка,")
            && saved.contains("1999,\"a line with words 1999\",")
    );
    browser.click("#rows [data-row='0']");
    browser.press("#rows [tabindex='0']", "\u{E010}");
    browser.wait("the last row", "return document.querySelector('#whole')?.textContent === 'a line with words 1999'");
    // Windows-1252 by hand is no guess; and UTF-8 makes rows of it that are broken, and says so of each.
    select(&browser, "#charset", "Western (Windows-1252)");
    wait_for_text(&browser, "Ïðèâåò, ìèð");
    assert!(!browser.text().contains("choose another encoding"));
    select(&browser, "#charset", "UTF-8");
    browser.wait(
        "broken rows",
        "return document.querySelector('#broken summary')?.textContent === '2 rows cannot be read'",
    );
    // Two bytes a character, the high one first, without a mark.
    let wide: Vec<u8> =
        "id,comment\n1,\u{41f}\u{440}\u{438} \u{1f642}\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    fs::write(&path, wide).expect("the file can be written");
    browser.click("#close");
    choose(&browser, &path);
    browser.wait("the view", "return document.querySelector('#charset') !== null");
    select(&browser, "#charset", "UTF-16, high byte first");
    wait_for_text(&browser, "При \u{1f642}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn other_columns_are_kept_in_sight_and_remembered() {
    let rows: String =
        (0..300).map(|number| format!("{number},a text {number},Ann {number},thread {number}\n")).collect();
    let (_folder, path) = file("comments.csv", format!("id,comment,author,thread\n{rows}"));
    let (site, browser) = open_view(Kind::Chromium);
    choose(&browser, &path);
    wait_until_scored(&browser);
    assert_eq!(browser.run("return document.querySelector('#rows').ariaColCount"), json!("5"));
    toggle(&browser, 3);
    toggle(&browser, 2);
    browser.wait("both", "return document.querySelectorAll('#rows .heading .other').length === 2");
    assert_eq!(browser.run("return document.querySelector('#rows').ariaColCount"), json!("7"));
    let expected = json!([
        ["1", "line"],
        ["2", "decision"],
        ["3", "text"],
        ["4", "other"],
        ["5", "other"],
        ["6", "score"],
        ["7", "score"]
    ]);
    assert_eq!(cells(&browser, ".heading"), expected);
    browser.wait(
        "the cells",
        "return [...document.querySelectorAll('#rows [data-row=\"0\"] .other')].map((cell) => cell.textContent).join() === 'Ann 0,thread 0'",
    );
    assert_eq!(cells(&browser, "[data-row=\"0\"]"), expected);
    // Of rows that come into sight later, too.
    browser.click("#rows [data-row='0']");
    browser.press("#rows [tabindex='0']", "\u{E010}");
    browser.wait(
        "the last row's",
        "return document.querySelector('#rows [data-row=\"299\"] .other')?.textContent === 'Ann 299'",
    );
    // In the panel they come first.
    let names =
        browser.run("return [...document.querySelectorAll('#panel .others dt')].map((name) => name.textContent)");
    assert_eq!(names, json!(["author", "thread", "id"]));
    browser.press("#rows [tabindex='0']", "1");
    wait_until_kept(&browser, 1, 300);
    open_again(&browser, &site.address());
    choose(&browser, &path);
    browser.wait("the question", "return document.querySelector('#go-on') !== null");
    browser.click("#go-on");
    browser.wait("both again", "return document.querySelectorAll('#rows .heading .other').length === 2");
    toggle(&browser, 3);
    browser.wait("one", "return document.querySelectorAll('#rows .heading .other').length === 1");
    // On a phone the table has no room for them, and the panel has.
    browser.chromium(
        "Emulation.setDeviceMetricsOverride",
        &json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true }),
    );
    assert_eq!(browser.run("return document.querySelector('#rows .heading .other').checkVisibility()"), json!(false));
    assert_eq!(browser.run("return document.querySelector('#panel .others .shown dt').textContent"), json!("author"));
    assert_eq!(browser.run("return document.documentElement.scrollWidth <= 390"), json!(true));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
