//! What a screen reader gets to hear.

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
    browser.wait("word of the model", "return heard.at(-1) === 'The model is ready.'");
    answer_to(&browser, GLOWING);
    browser.wait("an announcement", "return heard.at(-1).includes('Sentiment: ')");
    let meters = browser.run(
        "return [...document.querySelectorAll('[role=meter]')].every((meter) => \
         meter.ariaLabel && meter.ariaValueText && meter.ariaValueNow >= 0 && meter.ariaValueNow <= 1)",
    );
    assert_eq!(meters, json!(true));
}
