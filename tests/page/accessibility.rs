//! What a screen reader gets to hear.

use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{GLOWING, answer_to, dist, open};

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_screen_reader_hears_the_verdict_once_typing_pauses() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    open(&browser, &site.address());
    assert_eq!(browser.run("return document.querySelectorAll('[role=status], [aria-live]').length"), json!(1));
    browser.run(
        "window.heard = []; new MutationObserver(() => heard.push(document.querySelector('[role=status]').textContent))\
         .observe(document.querySelector('[role=status]'), { childList: true, characterData: true, subtree: true })",
    );
    answer_to(&browser, GLOWING);
    let heard = browser.wait("an announcement", "return heard.length > 0 && heard");
    assert!(heard[0].as_str().is_some_and(|verdict| verdict.contains("Sentiment: ")), "{heard}");
    // A letter more does not change the verdict, and is not worth a word.
    browser.press("#text", "!");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(browser.run("return heard.length"), json!(1));
    let meters = browser.run(
        "return [...document.querySelectorAll('[role=meter]')].every((meter) => \
         meter.ariaLabel && meter.ariaValueText && meter.ariaValueNow >= 0 && meter.ariaValueNow <= 1)",
    );
    assert_eq!(meters, json!(true));
}
