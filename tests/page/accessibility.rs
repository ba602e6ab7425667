//! What a screen reader gets to hear.

use serde_json::json;

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{GLOWING, answer_to, dist, open, read_answer};

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
    // A letter more does not change the verdict, and is not worth a word: the region is as it was when the number has settled again.
    let count = browser.run("return heard.length");
    browser.press("#text", "!");
    read_answer(&browser);
    browser.run("window.paused = false; setTimeout(() => window.paused = true, 1500)");
    browser.wait("the pause", "return window.paused");
    assert_eq!(browser.run("return heard.length"), count);
    let meters = browser.run(
        "return [...document.querySelectorAll('[role=meter]')].every((meter) => \
         meter.ariaLabel && meter.ariaValueText && meter.ariaValueNow >= 0 && meter.ariaValueNow <= 1)",
    );
    assert_eq!(meters, json!(true));
}

/// Text of twice the size on a phone: nothing is cut off, and nothing needs scrolling to the side (WCAG 1.4.4, 1.4.10).
#[test]
#[ignore = "needs the built site: make e2e"]
fn large_type_fits_a_narrow_screen() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    browser.chromium(
        "Emulation.setDeviceMetricsOverride",
        &json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": true }),
    );
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    browser.run("document.documentElement.style.fontSize = '200%'");
    let wide = browser.run(
        "return [document.documentElement.scrollWidth <= innerWidth,
          ...[...document.querySelectorAll('.gauge')].map((gauge) => gauge.getBoundingClientRect().width > 60)]",
    );
    assert!(wide.as_array().is_some_and(|wide| wide.iter().all(|fits| fits == true)), "{wide}");
}
