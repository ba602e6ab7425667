//! What a screen reader gets to hear.

use std::fs;

use serde_json::json;

use crate::browser::Browser;
use crate::columns::toggle;
use crate::files::{choose, comments, file, wait_until_scored};
use crate::own::{bundle, refusal, take, wait_for_own};
use crate::site::Site;
use crate::support::{GLOWING, THREAT, answer_to, audit, dist, open, open_site, read_answer, wait_for_failure};

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_screen_reader_hears_the_verdict_once_typing_pauses() {
    let (_site, browser) = open_site();
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
    // A phone shows a page that is too wide as a whole, so that what is too wide is what ends beyond the screen. Examples go on to the side.
    let wide = browser.run(
        "const parts = document.querySelectorAll('h1, main *:not(.examples *, .examples), .colophon *');
        return [...parts].filter((part) => part.getBoundingClientRect().right > 321)
          .map(({ tagName, className }) => `${tagName} ${className}`)",
    );
    assert_eq!(wide, json!([]));
    let narrowest = browser.run(
        "return Math.min(...[...document.querySelectorAll('.gauge')].map((gauge) => gauge.getBoundingClientRect().width))",
    );
    assert!(narrowest.as_f64().is_some_and(|width| width > 80.0), "{narrowest}");
}

/// By axe-core, in every state, whatever colours there are.
#[test]
#[ignore = "needs the built site: make e2e"]
fn axe_finds_nothing() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    let mut audits = 30;
    let (parent, own) = bundle("mail");
    fs::copy(own.join("manifest.json"), parent.path().join("manifest.json")).expect("a file can be copied");
    for (feature, value) in
        [("prefers-color-scheme", "light"), ("prefers-color-scheme", "dark"), ("forced-colors", "active")]
    {
        browser.chromium("Emulation.setEmulatedMedia", &json!({ "features": [{ "name": feature, "value": value }] }));
        for width in [1280, 320] {
            browser.chromium(
                "Emulation.setDeviceMetricsOverride",
                &json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 400 }),
            );
            open(&browser, &site.address());
            browser.wait("the engine", "return document.querySelector('#engine[data-state=ready]') !== null");
            audit(&browser, &format!("empty, {value}, {width}"));
            answer_to(&browser, THREAT);
            browser.run("document.getAnimations().forEach((animation) => animation.finish())");
            audit(&browser, &format!("answered, {value}, {width}"));
            browser.open(&format!("{}#/file", site.address()));
            browser.wait("the view", "return document.querySelector('#file')?.checkVisibility()");
            audit(&browser, &format!("no file, {value}, {width}"));
            // A file that was there before is asked about.
            let (_folder, path) = file("comments.csv", comments(audits));
            audits += 1;
            choose(&browser, &path);
            wait_until_scored(&browser);
            browser.click("#rows [data-row='2']");
            browser.run("document.querySelectorAll('details').forEach((details) => details.open = true)");
            toggle(&browser, 2);
            browser.click("[data-decide-all=remove]");
            browser.wait("the panel", "return document.querySelector('#reveal') !== null");
            audit(&browser, &format!("a file, {value}, {width}"));
            browser.click("#no");
            browser.click("#close");
            choose(&browser, &path);
            browser.wait("the question", "return document.querySelector('#resume') !== null");
            audit(&browser, &format!("a file from before, {value}, {width}"));
        }
        open(&browser, &site.address());
        take(&browser, "#own-folder", &own);
        wait_for_own(&browser, "mail");
        take(&browser, "#own-folder", parent.path());
        refusal(&browser);
        audit(&browser, &format!("a model of one's own, and no model, {value}"));
        open(&browser, &format!("{}?bundle=missing", site.address()));
        wait_for_failure(&browser);
        audit(&browser, &format!("failed, {value}"));
        browser.open(&format!("{}bench.html", site.address()));
        audit(&browser, &format!("bench, {value}"));
    }
}
