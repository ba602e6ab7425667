//! What the page answers is what the native engine answers, and what people would say.

use std::fs;

use serde_json::{Value, json};
use undertone::bundle::{MANIFEST, TOKENIZER, WEIGHTS};

use crate::browser::{Browser, CLEAR};
use crate::driver::Kind;
use crate::site::Site;
use crate::support::{
    GLOWING, Native, SCATHING, THREAT, answer_to, copy, dist, models, open, open_site, open_site_in, probability,
    put_text, read_answer,
};

in_all_browsers!(
    the_newest_text_overtakes_what_is_being_read,
    answers_what_the_native_engine_answers_even_without_a_network,
    a_long_text_is_said_to_be_cut
);

fn answers_what_the_native_engine_answers_even_without_a_network(kind: Kind) {
    let dist = dist();
    let native = Native::of(&dist);
    let site = Site::serve(&dist);
    let browser = Browser::of(kind);
    open(&browser, &site.address());
    browser.run(
        "window.longTasks = []; new PerformanceObserver((list) => \
         longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' })",
    );
    for text in [GLOWING, SCATHING, THREAT, "ça alors, 100 % naïve 🙂", "a"] {
        native.assert_agrees(text, &answer_to(&browser, text));
    }
    println!("measured: {}", browser.run("return document.querySelector('.measured').innerText"));
    println!("tasks over 50 ms on the page's thread, in ms: {}", browser.run("return longTasks"));

    browser.press("#text", CLEAR);
    browser.wait("an empty answer", "return document.querySelector('#results[data-state=empty]') !== null");
    assert_eq!(browser.run("return document.querySelectorAll('[data-probability], [role=meter]').length"), json!(0));

    drop(site);
    for text in [SCATHING, GLOWING] {
        native.assert_agrees(text, &answer_to(&browser, text));
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// A long text takes the engine seconds; one that is typed meanwhile is what the page shows, and nothing of the long one comes behind it.
fn the_newest_text_overtakes_what_is_being_read(kind: Kind) {
    let (_site, browser) = open_site_in(kind);
    answer_to(&browser, GLOWING);
    browser.run(&format!(
        "const area = document.querySelector('#text');
        const write = (text) => {{ area.value = text; area.dispatchEvent(new Event('input', {{ bubbles: true }})); }};
        write('You are a worthless idiot. '.repeat(400));
        setTimeout(() => {{ write({}); window.wrote = true; }}, 30);",
        json!(SCATHING)
    ));
    browser.wait("the other text", "return window.wrote");
    let native = Native::of(&dist());
    for _ in 0..2 {
        native.assert_agrees(SCATHING, &read_answer(&browser));
        browser.run("window.late = false; setTimeout(() => window.late = true, 300)");
        browser.wait("a while", "return window.late");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn says_what_people_would_say() {
    let (_site, browser) = open_site();
    assert!(probability(&answer_to(&browser, GLOWING), "sentiment", "positive") > 0.5);
    assert!(probability(&answer_to(&browser, SCATHING), "sentiment", "positive") < 0.5);
    assert!(probability(&answer_to(&browser, GLOWING), "toxicity", "toxic") < 0.5);
    assert!(probability(&answer_to(&browser, THREAT), "toxicity", "toxic") > 0.5);
}

fn a_long_text_is_said_to_be_cut(kind: Kind) {
    let dist = dist();
    let native = Native::of(&dist);
    let site = Site::serve(&dist);
    let browser = Browser::of(kind);
    open(&browser, &site.address());
    let long = "All work and no play makes Jack a dull boy. ".repeat(500);
    put_text(&browser, &long);
    native.assert_agrees(&long, &read_answer(&browser));
    let cut = browser.run("return document.querySelector('.truncated').innerText");
    assert!(cut.as_str().is_some_and(|cut| cut.contains("only the first")), "{cut}");
}

/// A classifier of somebody's own, beside the site's: its names are the ones that are shown.
#[test]
#[ignore = "needs the built site: make e2e"]
fn another_bundle_of_the_site_answers_where_the_address_asks_for_it() {
    let copy = copy(&dist());
    let (own, shipped) = (copy.path().join("models/mail"), models(copy.path()));
    fs::create_dir(&own).expect("a folder can be made");
    for name in [WEIGHTS, TOKENIZER] {
        fs::copy(shipped.join(name), own.join(name)).expect("a file can be copied");
    }
    let manifest = fs::read_to_string(shipped.join(MANIFEST)).expect("the manifest can be read");
    let mut manifest: Value = serde_json::from_str(&manifest).expect("the manifest is JSON");
    manifest["tasks"][0]["display"] = json!({ "scale": { "low": "cold", "middle": "lukewarm", "high": "warm" } });
    fs::write(own.join(MANIFEST), manifest.to_string()).expect("the manifest can be written");

    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &format!("{}?bundle=mail", site.address()));
    answer_to(&browser, GLOWING);
    assert_eq!(
        browser.run("return document.querySelector('.ends').innerText.split('\\n')"),
        json!(["cold", "lukewarm", "warm"])
    );
    let verdict = browser.run("return document.querySelector('.verdict').innerText");
    assert!(verdict.as_str().is_some_and(|verdict| verdict.contains("warm") || verdict.contains("cold")), "{verdict}");
    assert_eq!(site.requests("/models/undertone/"), Vec::<String>::new());
    // Nothing but the name of a folder is one.
    open(&browser, &format!("{}?bundle=..%2Felsewhere", site.address()));
    browser.wait("the site's own", "return document.querySelector('#engine[data-state=ready]') !== null");
    assert_eq!(site.requests("elsewhere/"), Vec::<String>::new());
}
