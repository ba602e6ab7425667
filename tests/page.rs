//! The whole page in a real browser: real key presses in, numbers read off the page, and the native engine to compare with.
//!
//! `make e2e` builds the site and runs this; it needs `UNDERTONE_DIST`, the folder with the built site, and chromedriver.
//! The browser is served as a static host would serve it, from a folder rather than the root. No test asserts a speed.

#![cfg(not(target_arch = "wasm32"))]

#[path = "page/browser.rs"]
mod browser;
#[path = "page/http.rs"]
mod http;
#[path = "page/site.rs"]
mod site;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use serde_json::{Value, json};
use tempfile::TempDir;
use undertone::bundle::{Bundle, WEIGHTS};
use undertone::classify::Classifier;

use browser::{Browser, CLEAR};
use site::Site;

const GLOWING: &str = "What a wonderful film, superbly acted and deeply moving. I loved every minute of it!";
const SCATHING: &str = "A dreadful, boring waste of time. The worst film I have ever seen.";
const THREAT: &str = "I will find you and I will kill you, you worthless idiot.";

/// The largest difference between the browser's probabilities and the native ones, whose kernels add up in another order.
const TOLERANCE: f64 = 1e-3;

/// The built site, or none where there is nothing to test.
fn dist() -> Option<PathBuf> {
    let folder = env::var_os("UNDERTONE_DIST").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: UNDERTONE_DIST does not name a built site; `make e2e` builds one and runs this test");
    }
    folder
}

fn models(site: &Path) -> PathBuf {
    site.join("models/undertone")
}

/// A copy of the site that a test may damage.
fn copy(site: &Path) -> TempDir {
    fn copy_folder(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder can be made");
        for entry in fs::read_dir(from).expect("the folder can be listed").flatten() {
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy_folder(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), &target).expect("the file can be copied");
            }
        }
    }
    let copy = tempfile::tempdir().expect("a temporary folder");
    copy_folder(site, copy.path());
    copy
}

/// Replaces the text of the page, key by key.
fn type_text(browser: &Browser, text: &str) {
    browser.press("#text", CLEAR);
    browser.press("#text", text);
}

/// Waits for the answer to the text as it stands, and reads it: task, label, probability.
fn read_answer(browser: &Browser, text: &str) -> Vec<(String, String, f64)> {
    let length = text.chars().count();
    browser.wait(
        "the answer",
        &format!(
            "return document.querySelector('#results[data-state=current][data-text-length=\"{length}\"]') !== null"
        ),
    );
    let gauges = browser.run(
        "return [...document.querySelectorAll('[data-task] [data-probability]')].map((gauge) => \
         [gauge.closest('[data-task]').dataset.task, gauge.dataset.label, Number(gauge.dataset.probability)])",
    );
    serde_json::from_value(gauges).expect("a list of task, label and probability")
}

fn answer_to(browser: &Browser, text: &str) -> Vec<(String, String, f64)> {
    type_text(browser, text);
    read_answer(browser, text)
}

fn assert_native_agrees(classifier: &Classifier, text: &str, read: &[(String, String, f64)]) {
    let classification = classifier.classify(text).expect("the native engine classifies");
    let native: Vec<_> = classification
        .tasks
        .iter()
        .flat_map(|task| task.labels.iter().map(|score| (&task.task, &score.label, f64::from(score.probability))))
        .collect();
    assert_eq!(native.len(), read.len(), "the page shows another number of labels");
    for ((task, label, expected), (shown_task, shown_label, shown)) in native.into_iter().zip(read) {
        assert_eq!((task, label), (shown_task, shown_label));
        assert!((expected - shown).abs() < TOLERANCE, "{task} {label} of {text:?}: {shown}, natively {expected}");
    }
}

fn probability(answer: &[(String, String, f64)], task: &str, label: &str) -> f64 {
    let found = answer.iter().find(|(of, name, _)| of == task && name == label);
    found.unwrap_or_else(|| panic!("the page shows no {task} {label}")).2
}

fn wait_for_failure(browser: &Browser) -> String {
    let sentence = browser.wait("a failure", "return document.querySelector('.failure p')?.innerText");
    sentence.as_str().expect("a sentence").to_owned()
}

fn native(site: &Path) -> Classifier {
    let bundle = Bundle::read(&models(site)).expect("the site has a bundle");
    Classifier::new(&bundle).expect("the bundle has a model")
}

#[test]
fn answers_what_the_native_engine_answers_even_without_a_network() {
    let Some(dist) = dist() else { return };
    let classifier = native(&dist);
    let site = Site::serve(&dist);
    let browser = Browser::start();
    browser.open(&site.address());
    browser.wait("the page", "return document.querySelector('#text') !== null");
    browser.run(
        "window.longTasks = []; new PerformanceObserver((list) => \
         longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' })",
    );
    for text in [GLOWING, SCATHING, THREAT, "ça alors, 100 % naïve 🙂", "a"] {
        assert_native_agrees(&classifier, text, &answer_to(&browser, text));
    }
    println!("measured: {}", browser.run("return document.querySelector('.measured').innerText"));
    println!("tasks over 50 ms on the page's thread, in ms: {}", browser.run("return longTasks"));

    browser.press("#text", CLEAR);
    browser.wait("an empty answer", "return document.querySelector('#results[data-state=empty]') !== null");
    assert_eq!(browser.run("return document.querySelectorAll('[data-probability], [role=meter]').length"), json!(0));

    drop(site);
    for text in [SCATHING, GLOWING] {
        assert_native_agrees(&classifier, text, &answer_to(&browser, text));
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn says_what_people_would_say() {
    let Some(dist) = dist() else { return };
    let site = Site::serve(&dist);
    let browser = Browser::start();
    browser.open(&site.address());
    browser.wait("the page", "return document.querySelector('#text') !== null");
    assert!(probability(&answer_to(&browser, GLOWING), "sentiment", "positive") > 0.5);
    assert!(probability(&answer_to(&browser, SCATHING), "sentiment", "positive") < 0.5);
    assert!(probability(&answer_to(&browser, GLOWING), "toxicity", "toxic") < 0.5);
    assert!(probability(&answer_to(&browser, THREAT), "toxicity", "toxic") > 0.5);
}

#[test]
fn a_long_text_is_said_to_be_cut() {
    let Some(dist) = dist() else { return };
    let classifier = native(&dist);
    let site = Site::serve(&dist);
    let browser = Browser::start();
    browser.open(&site.address());
    browser.wait("the page", "return document.querySelector('#text') !== null");
    let long = "All work and no play makes Jack a dull boy. ".repeat(100);
    browser.run(&format!(
        "const area = document.querySelector('#text'); area.value = {}; area.dispatchEvent(new Event('input'))",
        Value::from(long.as_str())
    ));
    assert_native_agrees(&classifier, &long, &read_answer(&browser, &long));
    let cut = browser.run("return document.querySelector('.truncated').innerText");
    assert!(cut.as_str().is_some_and(|cut| cut.contains("only the first")), "{cut}");
}

#[test]
fn a_screen_reader_hears_the_verdict_once_typing_pauses() {
    let Some(dist) = dist() else { return };
    let site = Site::serve(&dist);
    let browser = Browser::start();
    browser.open(&site.address());
    browser.wait("the page", "return document.querySelector('#text') !== null");
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

#[test]
fn a_damaged_model_is_refused_and_can_be_fetched_again() {
    let Some(dist) = dist() else { return };
    let copy = copy(&dist);
    let weights = models(copy.path()).join(WEIGHTS);
    let whole = fs::read(&weights).expect("the weights can be read");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    fs::write(&weights, &damaged).expect("the weights can be written");

    let site = Site::serve(copy.path());
    let browser = Browser::start();
    browser.open(&site.address());
    browser.wait("the page", "return document.querySelector('#text') !== null");
    browser.press("#text", GLOWING);
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("not the file that the manifest describes"), "{sentence}");
    assert_eq!(
        browser.run("return document.querySelector('.failure [role=button], .failure button').innerText"),
        json!("Try again")
    );
    assert_eq!(browser.run("return document.querySelector('#text').value"), json!(GLOWING));

    fs::write(&weights, &whole).expect("the weights can be written");
    browser.click(".failure button");
    assert_native_agrees(&native(&dist), GLOWING, &read_answer(&browser, GLOWING));
    assert_eq!(browser.run("return document.querySelector('#text').value"), json!(GLOWING));
}

#[test]
fn a_missing_model_is_said_to_be_missing() {
    let Some(dist) = dist() else { return };
    let copy = copy(&dist);
    fs::remove_file(models(copy.path()).join(WEIGHTS)).expect("the weights can be removed");
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    browser.open(&site.address());
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("Model.safetensors is not on the server"), "{sentence}");

    fs::remove_dir_all(models(copy.path())).expect("the models can be removed");
    browser.click(".failure button");
    browser.wait(
        "another failure",
        "return document.querySelector('.failure p')?.innerText.includes('anifest.json is not on')",
    );
    drop(site);
    browser.click(".failure button");
    browser.wait(
        "another failure",
        "return document.querySelector('.failure p')?.innerText.includes('could not be fetched')",
    );
}

#[test]
fn a_second_visit_fetches_no_model() {
    let Some(dist) = dist() else { return };
    let site = Site::serve(&dist);
    let browser = Browser::start();
    for _ in 0..2 {
        browser.open(&site.address());
        browser.wait("the page", "return document.querySelector('#text') !== null");
        answer_to(&browser, GLOWING);
        // What is kept is written after the model is ready, in the browser's own time.
        std::thread::sleep(Duration::from_secs(2));
    }
    assert_eq!(site.requests(WEIGHTS).len(), 1);
    assert_eq!(site.requests("manifest.json").len(), 2);
}

#[test]
fn an_engine_of_another_build_is_refused() {
    let Some(dist) = dist() else { return };
    let site = Site::serve(&dist);
    let browser = Browser::start();
    browser.open(&site.address());
    browser.wait("the engine", "return document.querySelector('#engine[data-state=ready]') !== null");
    let asked = site.requests("worker_bg.wasm").remove(0);
    let build = asked.split_once("build=").expect("the page asks for a build").1.to_owned();

    let copy = copy(&dist);
    let engine = copy.path().join("worker_bg.wasm");
    let mut code = fs::read(&engine).expect("the engine can be read");
    let place = code.windows(build.len()).position(|window| window == build.as_bytes());
    let place = place.expect("the engine knows its build");
    code[place..place + build.len()].fill(b'0');
    fs::write(&engine, &code).expect("the engine can be written");
    let site = Site::serve(copy.path());
    browser.open(&site.address());
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("different builds"), "{sentence}");
}

/// What an engine gone bad would do: tell somebody else what was typed.
#[test]
fn the_browser_lets_the_engine_tell_nobody() {
    let Some(dist) = dist() else { return };
    let stranger = TcpListener::bind("127.0.0.1:0").expect("a free port");
    stranger.set_nonblocking(true).expect("a listener can be set not to block");
    let port = stranger.local_addr().expect("a bound listener has an address").port();
    let copy = copy(&dist);
    let engine = copy.path().join("worker.js");
    let code = fs::read_to_string(&engine).expect("the engine can be read");
    let leak = format!("fetch('http://127.0.0.1:{port}/', {{ mode: 'no-cors' }}).catch(() => {{}});");
    fs::write(&engine, format!("{leak}\n{code}")).expect("the engine can be written");

    let visit = || {
        let site = Site::serve(copy.path());
        let browser = Browser::start();
        browser.open(&site.address());
        browser.wait("the page", "return document.querySelector('#text') !== null");
        answer_to(&browser, GLOWING);
        std::thread::sleep(Duration::from_secs(1));
        stranger.accept().is_ok()
    };
    assert!(!visit(), "the engine has told somebody else");

    // Without the policy it would have: so what held it back is the policy, and the test can tell.
    let page = copy.path().join("index.html");
    let html = fs::read_to_string(&page).expect("the page can be read");
    fs::write(&page, html.replace("Content-Security-Policy", "no-policy")).expect("the page can be written");
    assert!(visit(), "without a policy nothing holds the engine back");
}

/// Not a test of anything by itself: takes pictures of the page, if `UNDERTONE_PICTURES` names a folder for them.
#[test]
fn looks_like_this() {
    let (Some(dist), Some(pictures)) = (dist(), env::var_os("UNDERTONE_PICTURES").map(PathBuf::from)) else { return };
    let site = Site::serve(&dist);
    let browser = Browser::start();
    for (device, width, height) in [("desktop", 1280, 800), ("phone", 390, 844)] {
        for scheme in ["light", "dark"] {
            let phone = device == "phone";
            browser.chromium(
                "Emulation.setDeviceMetricsOverride",
                &json!({ "width": width, "height": height, "deviceScaleFactor": if phone { 2 } else { 1 }, "mobile": phone }),
            );
            let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            browser.chromium("Emulation.setEmulatedMedia", &json!({ "features": features }));
            browser.open(&site.address());
            browser.wait("the page", "return document.querySelector('#text') !== null");
            answer_to(&browser, if phone { THREAT } else { GLOWING });
            std::thread::sleep(Duration::from_millis(500));
            assert_eq!(
                browser.run("return document.documentElement.scrollWidth"),
                json!(width),
                "{device} scrolls sideways"
            );
            let picture =
                browser.chromium("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": true }));
            let data = picture["data"].as_str().expect("a picture comes as base64");
            let target = pictures.join(format!("{device}-{scheme}.png.base64"));
            fs::write(target, data).expect("the picture can be written");
        }
    }
}
