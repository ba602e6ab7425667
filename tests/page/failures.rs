//! What cannot work is said, and can be tried again without losing the text.

use std::fs;

use serde_json::{Value, json};
use undertone::bundle::{MANIFEST, WEIGHTS};

use crate::browser::{Browser, CLEAR};
use crate::driver::Kind;
use crate::site::Site;
use crate::support::{
    BASELINE, GLOWING, Native, RELAXED, answer_to, copy, dist, engine, failure_kind, models, open, open_site, put_text,
    read_answer, run_in_worker, wait_for_failure,
};

in_all_browsers!(a_damaged_model_is_refused_and_can_be_fetched_again);

fn a_damaged_model_is_refused_and_can_be_fetched_again(kind: Kind) {
    let dist = dist();
    let copy = copy(&dist);
    let weights = models(copy.path()).join(WEIGHTS);
    let whole = fs::read(&weights).expect("the weights can be read");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    fs::write(&weights, &damaged).expect("the weights can be written");

    let site = Site::serve(copy.path());
    let browser = Browser::of(kind);
    open(&browser, &site.address());
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
    // A file that is no good says nothing against the fast build.
    Native::of(&dist).assert_agrees(GLOWING, &read_answer(&browser));
    assert_eq!(browser.run("return document.querySelector('#text').value"), json!(GLOWING));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_missing_model_is_said_to_be_missing() {
    let dist = dist();
    let copy = copy(&dist);
    fs::remove_file(models(copy.path()).join(WEIGHTS)).expect("the weights can be removed");
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    browser.open(&site.address());
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("model.safetensors is not on the server"), "{sentence}");

    fs::remove_dir_all(models(copy.path())).expect("the models can be removed");
    browser.click(".failure button");
    browser.wait(
        "another failure",
        "return document.querySelector('.failure p')?.innerText.includes('manifest.json is not on')",
    );
    drop(site);
    browser.click(".failure button");
    browser.wait(
        "another failure",
        "return document.querySelector('.failure p')?.innerText.includes('could not be fetched')",
    );
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn sizes_that_no_model_can_have_are_refused_before_memory_is_asked_for() {
    let dist = dist();
    let copy = copy(&dist);
    let path = models(copy.path()).join(MANIFEST);
    let whole = fs::read(&path).expect("the manifest can be read");
    let site = Site::serve(copy.path());
    let cases: [(&str, Value, &str); 4] = [
        // More than the model can need, than WebAssembly's slices can have, and than it can count.
        ("/files/model.safetensors/bytes", json!(1_900_000_000), "1900.0 MB"),
        ("/files/model.safetensors/bytes", json!(4_200_000_000u64), "4200.0 MB"),
        ("/files/tokenizer.json/bytes", json!(1u64 << 40), "1099511.6 MB"),
        ("/architecture/hidden_size", json!(1 << 20), "more than 536870912 parameters"),
    ];
    for (field, value, expected) in cases {
        let mut manifest: Value = serde_json::from_slice(&whole).expect("the manifest is JSON");
        *manifest.pointer_mut(field).expect("a field of the manifest") = value;
        if field == "/architecture/hidden_size" {
            manifest["architecture"]["num_attention_heads"] = json!(1);
        }
        fs::write(&path, manifest.to_string()).expect("the manifest can be written");
        let browser = Browser::start();
        browser.open(&site.address());
        let sentence = wait_for_failure(&browser);
        assert!(sentence.contains(expected), "{field}: {sentence}");
        assert_eq!(site.requests(WEIGHTS), Vec::<String>::new(), "{field}");
    }
    fs::write(&path, vec![b' '; 17 << 20]).expect("the manifest can be written");
    let browser = Browser::start();
    browser.open(&site.address());
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("manifest.json has more than 16.8 MB"), "{sentence}");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_model_that_the_browser_has_no_memory_for_is_refused() {
    let dist = dist();
    let copy = copy(&dist);
    // How much a browser gives is its own affair: this one gives no array of ten megabytes.
    run_in_worker(
        copy.path(),
        "self.Uint8Array = new Proxy(Uint8Array, { construct(array, [first, ...rest], target) {
            if (first > 5e6) throw new RangeError('Array buffer allocation failed');
            return Reflect.construct(array, [first, ...rest], target);
        } });",
    );
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    browser.open(&site.address());
    let sentence = wait_for_failure(&browser);
    let bytes = fs::metadata(models(&dist).join(WEIGHTS)).expect("the site has weights").len();
    let expected = format!("there is not enough memory for {WEIGHTS}, which takes {:.1} MB", bytes as f64 / 1e6);
    assert!(sentence.contains(&expected), "{sentence}");
}

/// An engine that can have no more memory than it has, once it is asked about such a text.
#[test]
#[ignore = "needs the built site: make e2e"]
fn memory_that_runs_out_in_the_middle_of_an_answer_is_said_and_the_text_stays() {
    let dist = dist();
    let copy = copy(&dist);
    run_in_worker(
        copy.path(),
        "const { instantiateStreaming } = WebAssembly;
        let memory;
        WebAssembly.instantiateStreaming = async (...given) => {
            const made = await instantiateStreaming.apply(WebAssembly, given);
            memory = made.instance.exports.memory;
            return made;
        };
        addEventListener('message', ({ data }) => {
            if (String(data).includes('Endless')) memory.grow(65536 - memory.buffer.byteLength / 65536);
        });",
    );
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    let native = Native::of(&dist);
    native.assert_agrees(GLOWING, &answer_to(&browser, GLOWING));

    let endless = format!("Endless: {}", "it goes on and on, and nobody knows why. ".repeat(60));
    put_text(&browser, &endless);
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("perhaps because it ran out of memory"), "{sentence}");
    assert_eq!(browser.run("return document.querySelector('#text').value"), json!(endless));

    browser.press("#text", CLEAR);
    browser.click(".failure button");
    native.assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
}

/// A page from before a new version was published asks for an engine that is not there any more.
#[test]
#[ignore = "needs the built site: make e2e"]
fn a_page_of_another_version_than_its_engine_is_got_anew_and_keeps_the_text() {
    let copy = copy(&dist());
    let (whole, away) = (engine(copy.path()), copy.path().join("away"));
    fs::rename(&whole, &away).expect("the engine can be moved");
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    browser.press("#text", GLOWING);
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("a new version of this page has just been published"), "{sentence}");
    assert_eq!(failure_kind(&browser), "build");
    assert_eq!(browser.run("return document.querySelector('.failure button').innerText"), json!("Reload the page"));

    fs::rename(&away, &whole).expect("the engine can be moved");
    browser.run("window.isOld = true");
    browser.click(".failure button");
    browser.wait("the new page", "return window.isOld === undefined && document.querySelector('#text') !== null");
    assert_eq!(browser.run("return document.querySelector('#text').value"), json!(GLOWING));
    read_answer(&browser);
    assert_eq!(browser.run("return sessionStorage.length"), json!(0), "the text is kept for the way only");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn an_engine_that_cannot_start_can_be_started_again() {
    let dist = dist();
    let copy = copy(&dist);
    let folder = engine(copy.path());
    let whole = fs::read_to_string(folder.join("worker.js")).expect("the engine can be read");
    // Nothing that Rust could report: what a trap for lack of memory looks like from outside.
    let trap = "() => new Promise(() => setTimeout(() => { throw new RangeError('no memory left'); }));";
    fs::write(folder.join("worker_relaxed.js"), format!("relaxed_engine = {trap}")).expect("the engine can be written");
    fs::write(folder.join("worker.js"), "this is no script").expect("the engine can be written");

    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    browser.press("#text", GLOWING);
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("no memory left"), "{sentence}");
    assert_eq!(failure_kind(&browser), "engine");
    browser.click(".failure button");
    browser.wait("another failure", "return document.querySelector('.failure p')?.innerText.includes('SyntaxError')");

    fs::write(folder.join("worker.js"), &whole).expect("the engine can be written");
    browser.click(".failure button");
    Native::of(&dist).assert_agrees(GLOWING, &read_answer(&browser));
    assert_eq!(browser.run("return document.activeElement.id"), json!("text"), "the focus is not lost with the button");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn an_engine_that_stops_is_replaced_without_a_word() {
    let dist = dist();
    let copy = copy(&dist);
    run_in_worker(
        copy.path(),
        "addEventListener('message', (event) => {
          if (!event.data.includes('the last word')) return;
          event.stopImmediatePropagation();
          setTimeout(() => { throw new RangeError('no memory left'); });
        });",
    );
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    browser.press("#text", "the last word");
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("no memory left"), "a text that ends every engine: {sentence}");
    let engines = |build: &str| site.requests(&format!("/{build}_bg.wasm")).len();
    assert_eq!((engines(RELAXED), engines(BASELINE)), (2, 1));
    browser.press("#text", CLEAR);
    browser.click(".failure button");
    answer_to(&browser, GLOWING);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_browser_that_cannot_is_told_so() {
    let dist = dist();
    let site = Site::serve(&dist);
    for (lack, words) in [
        ("delete globalThis.WebAssembly", "This browser has no WebAssembly"),
        ("WebAssembly.validate = () => false", "lacks WebAssembly SIMD"),
    ] {
        let browser = Browser::start();
        browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": lack }));
        browser.open(&site.address());
        let sentence = browser.wait("a sentence", "return document.querySelector('[role=alert]')?.innerText");
        assert!(sentence.as_str().is_some_and(|sentence| sentence.contains(words)), "{sentence}");
    }
}

/// A program that ends in the middle of something leaves a page that looks alive.
#[test]
#[ignore = "needs the built site: make e2e"]
fn a_mistake_in_the_page_itself_is_said() {
    let (_site, browser) = open_site();
    browser.wait("the engine", "return document.querySelector('#engine[data-state=ready]') !== null");
    browser.run("dispatchEvent(new ErrorEvent('error', { error: new TypeError('of an extension') }))");
    assert_eq!(browser.run("return document.querySelector('#text') !== null"), json!(true));
    browser.run("dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('unreachable') }))");
    let sentence = browser.run("return document.querySelector('[role=alert]').innerText");
    assert_eq!(sentence, json!("The page has stopped because of a mistake in it. Reload the page."));
}
